"""What the groups of checks share: a daemon with tokens and zones, and a list of what went wrong."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from daemon import PATIENCE_S, Answer, Daemon
from spec import Spec

ZONES = ("a.lab.", "b.lab.")
ROUND = {"round": 7, "scenario": "add", "seed": 1, "started": "2026-11-24T10:00:00Z", "seconds": 60.5, "minimum_s": 58,
         "ratio": 1.04, "answers": 8000, "failures": 0, "verdict": "ok", "title": "blue -> blue + green"}


class Bench:
    def __init__(self, folder: Path, spec: Spec) -> None:
        self.spec = spec
        self.problems: list[str] = []
        self.make_testbed(folder / "testbed")
        self.make_agent(folder)
        self.daemon = Daemon(folder, spec=spec, api="public_read = false\nrequests_per_second = 5000",
                             more='[page]\nagent = "agent.toml"\ntestbed = "testbed"')
        self.daemon.start()
        for scope in ("read", "plan", "apply", "admin", "approve"):
            self.daemon.make_token(scope, scope)
        self.daemon.make_token("limited", "admin", zones=[ZONES[0]])
        self.daemon.make_token("elsewhere", "admin", **{"from": ["198.51.100.0/24"]})
        for zone in ZONES:
            self.add(zone)

    def add(self, zone: str) -> None:
        self.expect(201, "POST", "/v1/zones", {"zone": zone, "parent": "lab", "signers": ["blue"], "probe": False})

    @staticmethod
    def make_testbed(folder: Path) -> None:
        (folder / "rounds/00007").mkdir(parents=True)
        rounds = [{**ROUND, "round": n} for n in (5, 6, 7)]
        (folder / "rounds.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rounds))
        (folder / "current.json").write_text(json.dumps([{**ROUND, "round": 8, "phase": "change", "zone": "z.lab."}]))
        (folder / "rounds/00007/begin.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
        (folder / "rounds/00007/trace.json").write_text('{"format": "tutti-trace/1", "zone": "z.lab."}')
        (folder / "rounds/00007/round.json").write_text("not yet written")

    @staticmethod
    def make_agent(folder: Path) -> None:
        (folder / "agent.toml").write_text("[parent-agent]\n")     # its data base comes with Agent.run

    def ask(self, method: str, target: str, body: Any = None, token: str = "admin", **more: Any) -> Answer:
        return self.daemon.ask(method, target, body, token, **more)

    def expect(self, status: int | str, method: str, target: str, body: Any = None, token: str = "admin",
               **more: Any) -> Answer:
        """`status`: a number, or the code of a problem."""
        answer = self.ask(method, target, body, token, **more)
        got: int | str = answer.status if isinstance(status, int) else answer.code
        if got != status:
            self.problems.append(f"{method} {target} as {token or 'nobody'}: {answer.status} {answer.code or ''} instead of {status}: "
                                 f"{answer.body[:300]!r}")
        return answer

    def must(self, what: str, fine: bool) -> None:
        if not fine:
            self.problems.append(what)

    def wait(self, what: str, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not true():
            if time.monotonic() > deadline:
                self.problems.append(f"it never came: {what}")
                return
            time.sleep(0.05)

    def state(self) -> str:
        """All that a request could change; not what the engine learns meanwhile."""
        with sqlite3.connect(f"file:{self.daemon.folder}/tutti.db?mode=ro", uri=True) as db:
            rows = db.execute("select name, intent, mode, paused, steps from zone order by name").fetchall()
            rows += db.execute("select kind, name, content from config where kind <> 'clock' order by kind, name").fetchall()
        return repr(rows)

    def fill(self, path: str, zone: str = ZONES[0]) -> str:
        """A path of the description with names that exist."""
        for name, value in (("zone", zone), ("child", "c.example."), ("round", "7"), ("file", "begin.svg"), ("id", "0000"),
                            ("name", "blue")):
            if "/parents/" in path and name == "name":
                value = "lab"
            path = path.replace("{" + name + "}", value)
        return path
