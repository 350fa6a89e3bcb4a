#!/usr/bin/python3
"""The API under load: many zones, many readers of events, requests of all kinds; then the daemon is killed under it.

Prints how long requests took (99th percentile), how much memory the daemon had, errors, and events that a reader did
not get. Exit 1 if there was an error or an event was lost; the targets for time and memory are told, not enforced.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import resource
import shutil
import signal
import sqlite3
import ssl
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "test/api")]

from daemon import Daemon  # noqa: E402
from nameserver import NameServer  # noqa: E402

TARGET_P99_MS, TARGET_MB = 50, 500
CONNECTIONS = 32
READER_PROCESSES = 2


def zone(n: int) -> str:
    return f"z{n}.a.lab."


def fill(daemon: Daemon, zones: int) -> None:
    """As many copies of a zone that was looked at as there shall be."""
    with sqlite3.connect(daemon.folder / "tutti.db") as db:
        columns = [row[1] for row in db.execute("pragma table_info(zone)")]
        row = dict(zip(columns, db.execute("select * from zone where name = 'a.lab.'").fetchone(), strict=True))
        events = db.execute("select at, kind, text, detail from event where zone = 'a.lab.'").fetchall()
        for n in range(zones):
            copy = [v.replace('"a.lab.', f'"{zone(n)}') if isinstance(v, str) else v for v in row.values()]
            copy[columns.index("name")] = zone(n)
            db.execute(f"insert into zone values ({','.join('?' * len(columns))})", copy)
            db.executemany("insert into event (zone, at, kind, text, detail) values (?, ?, ?, ?, ?)", [(zone(n), *e) for e in events])


class Client:
    """One connection that is kept; requests one after the other."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, target: str, body: bytes = b"") -> int:
        if self.reader is None:
            self.reader, self.writer = await self.load.address.open()
        assert self.writer
        kind = b"Content-Type: application/json\r\n" if body else b""
        self.writer.write(f"{method} {target} HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {self.load.secret}\r\nContent-Length: {len(body)}\r\n"
                          .encode() + kind + b"\r\n" + body)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
        await self.reader.readexactly(length)
        return int(head.split()[1])

    def close(self) -> None:
        if self.writer:
            self.writer.close()
        self.reader = self.writer = None


@dataclass
class Reader:
    """Follows the events, comes back after a cut, and remembers every number."""

    address: Address
    first: int                     # nothing up to this one
    ids: list[int] = field(default_factory=list)
    doubled: int = 0
    cuts: int = 0
    refused: int = 0

    async def run(self, connected: Callable[[], None]) -> None:
        while True:
            writer = None
            try:
                reader, writer = await self.address.open()
                last = self.ids[-1] if self.ids else self.first
                writer.write(f"GET /v1/events HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {self.address.secret}\r\nLast-Event-ID: {last}\r\n\r\n".encode())
                self.refused += b" 200 " not in await reader.readuntil(b"\r\n\r\n")
                connected()
                while line := await reader.readline():
                    if line.startswith(b"id: "):
                        number = int(line[4:])
                        self.doubled += bool(self.ids) and number <= self.ids[-1]
                        self.ids.append(number)
                self.cuts += 1
            except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
                pass
            finally:
                if writer:
                    writer.close()
            await asyncio.sleep(0.5 + random.random())


@dataclass
class Address:
    port: int
    ca: str
    secret: str
    context: ssl.SSLContext | None = None

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.context = self.context or ssl.create_default_context(cafile=self.ca)
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=self.context, server_hostname="127.0.0.1", limit=1 << 22)


def follow(address: Address, first: int, count: int, pipe: Connection) -> None:
    """A process with some of the readers: says when all are connected; told the last number, says what they got."""
    async def run() -> None:
        readers = [Reader(address, first) for _ in range(count)]
        there = 0

        def connected() -> None:
            nonlocal there
            there += 1
            if there == count:
                pipe.send("connected")
        tasks = [asyncio.create_task(r.run(connected)) for r in readers]
        until = await asyncio.to_thread(pipe.recv)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and any(not r.ids or r.ids[-1] < until for r in readers):
            await asyncio.sleep(0.2)
        pipe.send([(r.ids, r.doubled, r.cuts, r.refused) for r in readers])
        for task in tasks:
            task.cancel()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    asyncio.run(run())


class Load:
    def __init__(self, options: argparse.Namespace, daemon: Daemon) -> None:
        self.options, self.daemon, self.secret = options, daemon, daemon.tokens["load"]
        self.address = Address(daemon.port, str(daemon.folder / "api.pem"), self.secret)
        self.times: list[float] = []
        self.late: list[float] = []
        self.errors: list[str] = []
        self.restarting = False
        self.first = self.newest()

    def newest(self) -> int:
        with sqlite3.connect(f"file:{self.daemon.folder}/tutti.db?mode=ro", uri=True) as db:
            return int(db.execute("select seq from sqlite_sequence where name = 'event'").fetchone()[0])

    def stored(self, until: int) -> set[int]:
        with sqlite3.connect(f"file:{self.daemon.folder}/tutti.db?mode=ro", uri=True) as db:
            return {row[0] for row in db.execute("select id from event where id > ? and id <= ?", (self.first, until))}

    def pick(self) -> tuple[str, str, bytes]:
        name = zone(random.randrange(self.options.zones))
        here = f"/v1/zones/{name}"
        dice = random.random()
        if dice < 0.15:
            return "GET", f"/v1/zones?limit=100&sort=alarm&q=z{random.randrange(100)}", b""
        if dice < 0.25:
            return "GET", "/v1/zones?limit=50", b""
        if dice < 0.90:
            return "GET", here + random.choice(("", "/explain", "/timeline", "/keys", "/history", "/decision", "/intent")), b""
        if dice < 0.98:
            return "GET", "/v1/whoami", b""
        if dice < 0.995:
            return "POST", here + random.choice(("/pause", "/resume")), b""
        return "PUT", here + "/mode", json.dumps({"mode": random.choice(("manual", "automatic"))}).encode()

    async def worker(self, queue: asyncio.Queue[float | None]) -> None:
        client = Client(self)
        while (due := await queue.get()) is not None:
            method, target, body = self.pick()
            started = time.monotonic()
            try:
                status = await client.ask(method, target, body)
                self.times.append(time.monotonic() - started)
                self.late.append(time.monotonic() - due)
                if status >= 400:
                    self.errors.append(f"{method} {target}: {status}")
            except (OSError, asyncio.IncompleteReadError, ssl.SSLError) as e:
                client.close()
                if not self.restarting:
                    self.errors.append(f"{method} {target}: {e!r}")
        client.close()

    async def requests(self, seconds: float) -> None:
        """At an even rate, whatever the answers take."""
        queue: asyncio.Queue[float | None] = asyncio.Queue()
        workers = [asyncio.create_task(self.worker(queue)) for _ in range(CONNECTIONS)]
        started, sent = time.monotonic(), 0
        while (passed := time.monotonic() - started) < seconds:
            while sent < passed * self.options.rate:
                queue.put_nowait(started + sent / self.options.rate)
                sent += 1
            await asyncio.sleep(0.002)
        for _ in workers:
            queue.put_nowait(None)
        await asyncio.gather(*workers)

    def report(self, what: str, seconds: float, used: float) -> None:
        def at(share: float, values: list[float]) -> float:
            return 1000 * sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0
        print(f"{what}: {len(self.times)} requests, {len(self.errors)} errors\n"
              f"  ms: median {at(0.5, self.times):.1f}, 99 % {at(0.99, self.times):.1f} (target {TARGET_P99_MS}), worst {at(1, self.times):.1f}; "
              f"from when they were due, 99 % {at(0.99, self.late):.1f}\n"
              f"  the daemon: {used / seconds:.2f} cores, {self.daemon.memory_mb():.0f} MB (target {TARGET_MB}); "
              f"the machine has {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
        self.times, self.late = [], []


async def restart(load: Load) -> None:
    for how in (signal.SIGKILL, signal.SIGTERM):
        await asyncio.sleep(5)
        load.restarting = True
        await asyncio.to_thread(load.daemon.stop, how)
        await asyncio.to_thread(load.daemon.start)
        await asyncio.sleep(3)
        load.restarting = False


async def measure(load: Load) -> int:
    options = load.options
    pipes, processes = [], []
    for part in range(READER_PROCESSES):
        ours, theirs = multiprocessing.Pipe()
        count = options.streams * (part + 1) // READER_PROCESSES - options.streams * part // READER_PROCESSES
        processes.append(multiprocessing.Process(target=follow, args=(load.address, load.first, count, theirs), daemon=True))
        pipes.append(ours)
    for process in processes:
        process.start()
    for pipe in pipes:
        await asyncio.to_thread(pipe.recv)
    before, started = load.daemon.cpu_s(), time.monotonic()
    await load.requests(options.seconds)
    load.report(f"{options.zones} zones, {options.streams} readers, {options.rate}/s for {options.seconds} s", time.monotonic() - started, load.daemon.cpu_s() - before)
    await asyncio.gather(load.requests(20), restart(load))
    load.report("while it was killed and started again twice", 20, load.daemon.cpu_s())
    until = load.newest()
    for pipe in pipes:
        pipe.send(until)
    readers = [r for pipe in pipes for r in await asyncio.to_thread(pipe.recv)]
    wanted = load.stored(until)
    lost = sum(len(wanted - set(ids)) for ids, _, _, _ in readers)
    doubled, refused = sum(r[1] for r in readers), sum(r[3] for r in readers)
    print(f"events: {len(wanted)} for each of {len(readers)} readers, lost {lost}, twice {doubled}, streams refused {refused}; "
          f"each reader was cut off {min(r[2] for r in readers)} to {max(r[2] for r in readers)} times")
    for e in load.errors[:10]:
        print("  " + e)
    return 1 if load.errors or lost or doubled or refused else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zones", type=int, default=10_000)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=500, help="requests per second")
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    folder = REPOSITORY / "build/bench-serve"
    shutil.rmtree(folder, ignore_errors=True)
    server = NameServer(folder / "knot")
    daemon = Daemon(folder / "daemon", api="requests_per_second = 100000")
    try:
        daemon.start()
        daemon.make_token("load", "apply")
        daemon.ask("POST", "/v1/zones", {"zone": "a.lab.", "parent": "lab", "signers": ["blue"], "probe": False}, unix=True)
        while daemon.ask("GET", "/v1/zones/a.lab.", unix=True).json["view"] is None:
            time.sleep(0.1)
    finally:
        server.stop()
    try:
        daemon.stop()
        fill(daemon, options.zones)
        started = time.monotonic()
        daemon.start()
        print(f"start with {options.zones} zones: {time.monotonic() - started:.1f} s, {daemon.memory_mb():.0f} MB", flush=True)
        return asyncio.run(measure(Load(options, daemon)))
    finally:
        daemon.stop()


if __name__ == "__main__":
    sys.exit(main())
