"""Event streams: numbered, resumed, filtered; nothing lost over a restart."""

from __future__ import annotations

import json
import signal
import socket
import threading
from typing import Any

from bench import ZONES, Bench
from daemon import PATIENCE_S


class Reader(threading.Thread):
    """Follows a stream until it ends; `ids` are what came."""

    def __init__(self, b: Bench, query: str = "", after: int | None = None, token: str = "read") -> None:
        super().__init__(daemon=True)
        self.connection = b.daemon.connect()
        headers = {"Authorization": "Bearer " + b.daemon.tokens[token]}
        if after is not None:
            headers["Last-Event-ID"] = str(after)
        self.connection.request("GET", "/v1/events" + query, headers=headers)
        self.sock = self.connection.sock
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.events: list[Any] = []
        fields = {k.lower(): v for k, v in self.response.getheaders()}
        b.spec.check("GET", "/v1/events" + query, self.status, fields, b"" if self.status == 200 else self.response.read())
        self.start()

    @property
    def ids(self) -> list[int]:
        return [e["id"] for e in self.events]

    def run(self) -> None:
        if self.status != 200:
            return
        try:
            for line in self.response:
                if line.startswith(b"data: "):
                    self.events.append(json.loads(line[6:]))
        except (OSError, ValueError, AttributeError):
            pass

    def close(self) -> None:
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass                          # the other side was faster
        self.join(PATIENCE_S)


def toggle(b: Bench, zone: str, times: int = 1) -> None:
    for _ in range(times):
        for verb in ("pause", "resume"):
            b.expect(200, "POST", f"/v1/zones/{zone}/{verb}")


def following(b: Bench) -> None:
    everything, one, limited = Reader(b), Reader(b, "?zone=" + ZONES[1]), Reader(b, token="limited")
    toggle(b, ZONES[0], 3)
    toggle(b, ZONES[1], 3)
    for reader, zones in ((everything, set(ZONES)), (one, {ZONES[1]}), (limited, {ZONES[0]})):
        b.wait("six events of each zone", lambda r=reader, z=zones: all(
            sum(e["zone"] == zone and e["kind"] in ("paused", "resumed") for e in r.events) == 6 for zone in z))
        b.must(f"no others: {zones}", {e["zone"] for e in reader.events} <= zones)
        b.must("numbers grow", reader.ids == sorted(set(reader.ids)))
    b.must("data fits the description", not any(
        b.spec.valid("event", {"$ref": "#/components/schemas/Event"}, e) for e in everything.events))
    for reader in (everything, one, limited):
        reader.close()
    b.expect("events-gone", "GET", "/v1/events?after=99999999")
    b.expect("query-invalid", "GET", "/v1/events?after=x")
    b.expect("zone-invalid", "GET", "/v1/events?zone=a..b")


def restarting(b: Bench) -> None:
    """Killed and started again, again and again, while zones change: who resumes sees each event, once."""
    first = Reader(b)
    toggle(b, ZONES[0])
    b.wait("the first event", lambda: bool(first.ids))
    seen = list(first.ids)
    for how in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
        b.daemon.stop(how)
        first.join(PATIENCE_S)
        seen += [i for i in first.ids if i > seen[-1]]
        b.daemon.start()
        toggle(b, ZONES[1], 2)
        first = Reader(b, after=seen[-1])
        toggle(b, ZONES[0], 2)
    last = b.expect(200, "GET", f"/v1/zones/{ZONES[0]}/history?limit=100000").json["events"][-1]["id"]
    b.wait("the newest event", lambda: bool(first.ids) and first.ids[-1] >= last)
    seen += [i for i in first.ids if i > seen[-1]]
    stored = sorted(e["id"] for zone in ZONES
                    for e in b.expect(200, "GET", f"/v1/zones/{zone}/history?limit=100000").json["events"])
    wanted = [i for i in stored if seen[0] <= i <= seen[-1]]
    b.must(f"lost: {sorted(set(wanted) - set(seen))[:10]}, twice: {len(seen) - len(set(seen))}", set(wanted) <= set(seen) and len(seen) == len(set(seen)))
    first.close()


def all_of_them(b: Bench) -> None:
    following(b)
    restarting(b)
