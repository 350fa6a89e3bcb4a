"""Who changes the signers: the controller under test, or a hand that follows the control's sequence."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from lab import naive
from lab.bring_up import Lab
from lab.dnsio import eventually
from lab.hands import Hands
from lab.topology import PARENT, REPOSITORY

BINARY = REPOSITORY / "build" / "release" / "tutti"
AWAY_S = 10       # how long a daemon that was killed may take to be there again


class MoverError(Exception):
    """The mover cannot do what it was asked to."""


@dataclass
class Progress:
    """What the mover says about the move under way."""

    state: str = "starting"              # wait, act, blocked, done, ...
    because: str = ""
    ends: float | None = None            # Unix time at which the wait ends, when it is known


class Mover(Protocol):
    def start(self, first: list[str]) -> None: ...
    def begin(self, after: list[str], dead: tuple[str, ...] = (), secure: bool | None = None) -> None: ...
    def progress(self) -> Progress: ...
    def transitions(self) -> list[dict[str, Any]]: ...
    def journals(self) -> dict[str, list[dict[str, Any]]]: ...
    def lose(self, before: list[str], after: list[str]) -> None: ...
    def trace(self, zone: str, path: Path) -> None: ...


class Controller:
    """`tutti serve` in the lab's namespace, spoken to by its command line."""

    def __init__(self, lab: Lab, binary: Path = BINARY) -> None:
        if not binary.exists():
            raise MoverError(f"{binary} is not built: ./dev build")
        self.lab, self.binary = lab, binary
        self.zones = lab.settings.zone_names
        self.socket = lab.path / "tutti.sock"

    def start(self, first: list[str]) -> None:
        self.lab.call("spawn", name="tutti",
                      argv=[str(self.binary), "serve", "--config", str(self.lab.path / "tutti.toml")])
        self.wait_ready()
        self.members = sorted(first)
        for zone in self.zones:
            self.run("zone", "add", zone, "--signers", ",".join(first), "--parent", PARENT.rstrip("."))

    def wait_ready(self) -> None:
        def answers() -> bool:
            try:
                self.run("zone", "list", "-o", "json")
                return True
            except MoverError as error:
                raise OSError(str(error)) from None
        eventually(f"tutti answers (its log: {self.lab.path}/tutti/log)", answers, 15)

    def begin(self, after: list[str], dead: tuple[str, ...] = (), secure: bool | None = None) -> None:
        self.ended_before = len(self.transitions())
        self.to_end = len(self.zones) if sorted(after) != self.members else 0     # transitions
        self.members = sorted(after)
        lost = ["--dead", ",".join(dead)] if dead else []
        if secure is not None:
            lost.append("--secure" if secure else "--insecure")
        for zone in self.zones:
            self.run("apply", zone, "--signers", ",".join(after), *lost)

    def trace(self, zone: str, path: Path) -> None:
        """All that servers served, as the controller saw it, for `tutti check-trace`."""
        self.run("history", zone, "--trace", str(path))

    def lose(self, before: list[str], after: list[str]) -> None:
        """The daemon ends, its database with it; the operator starts again from what is in DNS."""
        self.lab.call("kill", name="tutti")
        for file in self.lab.path.glob("tutti.db*"):
            file.unlink()
        self.lab.call("start", name="tutti")
        self.wait_ready()
        for zone in self.zones:
            self.run("zone", "add", zone, "--signers", ",".join(before), "--parent", PARENT.rstrip("."))
            self.run("apply", zone, "--signers", ",".join(after))
        self.ended_before = 0

    def run(self, *arguments: str, patience_s: float = 30) -> str:
        """One command, once more when the daemon was killed meanwhile: every command may be given twice."""
        command = [str(self.binary), *arguments, "--socket", str(self.socket)]
        deadline = time.monotonic() + AWAY_S
        while True:
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=patience_s)
            except subprocess.TimeoutExpired:
                raise MoverError(f"tutti {' '.join(arguments)}: no answer in {patience_s:g} s") from None
            away = any(text in done.stdout + done.stderr for text in ("does not answer (", "went away before"))
            if not (done.returncode and away and time.monotonic() < deadline):
                break
            time.sleep(0.05)
        if done.returncode != 0:
            raise MoverError(f"tutti {' '.join(arguments)}: exit {done.returncode}: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def progress(self) -> Progress:
        """The zone that is furthest from done speaks for all."""
        said = [self.explain(zone) for zone in self.zones]
        slowest = next((p for p in said if p.state != "done"), said[0])
        if slowest.state == "done" and len(self.transitions()) < self.ended_before + self.to_end:
            return Progress("act", "done is not yet about this move")
        return slowest

    def explain(self, zone: str) -> Progress:
        try:
            told = json.loads(self.run("explain", zone, "-o", "json"))
        except (MoverError, ValueError) as error:
            return Progress("unknown", str(error).splitlines()[0])
        left = told.get("seconds_left")
        because = told.get("because") or ""
        if not isinstance(because, str):
            because = str(because[0].get("text", "")) if isinstance(because, list) and because else ""
        remedy = told.get("remedy")
        return Progress(str(told.get("state", "unknown")).lower(), because + (f" ({remedy})" if remedy else ""),
                        time.time() + float(left) if left is not None else None)

    def transitions(self) -> list[dict[str, Any]]:
        """Those with an end, of every zone. Where a zone was only taken over (from nobody) is none."""
        found: list[dict[str, Any]] = []
        for zone in self.zones:
            shown = json.loads(self.run("zone", "show", zone, "-o", "json"))
            found += [{"zone": zone, **t} for t in shown.get("transitions", [])
                      if t.get("ended") and t.get("from")]
        return found

    def journals(self) -> dict[str, list[dict[str, Any]]]:
        """What happened to each zone, as the controller wrote it down."""
        return {zone: json.loads(self.run("history", zone, "--limit", "100000", "-o", "json"))["events"]
                for zone in self.zones}


@dataclass
class ByHand:
    """The control's sequences; a thread for each zone, so that the view goes on."""

    lab: Lab
    carefully: bool
    records: list[dict[str, Any]] = field(default_factory=list)
    now: Progress = field(default_factory=Progress)
    members: list[str] = field(default_factory=list)

    def start(self, first: list[str]) -> None:
        self.members = first
        self.lab.call("spawn", name="sink", argv=[sys.executable, str(Path(__file__).with_name("notify_sink.py"))])
        self.hands = [Hands(self.lab, zone) for zone in self.lab.settings.zone_names]

    def begin(self, after: list[str], dead: tuple[str, ...] = (), secure: bool | None = None) -> None:
        if dead or secure is not None:
            raise MoverError("a hand changes signers that are alive, and nothing else")
        before, self.members = self.members, after
        self.now = Progress("act", "changes everything at once" if not self.carefully else "")
        self.busy = len(self.hands)
        for hands in self.hands:
            threading.Thread(target=self.work, args=(hands, before, after), daemon=True).start()

    def work(self, hands: Hands, before: list[str], after: list[str]) -> None:
        try:
            record = naive.move(hands, before, after, self.carefully, self.pause)
            self.records.append({"zone": hands.zone, **record})
            self.busy -= 1
            if not self.busy:
                self.now = Progress("done")
        except Exception as error:                   # it ends the run, in the main thread
            self.now = Progress("failed", str(error))

    def pause(self, why: str, seconds: float) -> None:
        self.now = Progress("wait", why, time.time() + seconds)
        time.sleep(seconds)
        self.now = Progress("act")

    def progress(self) -> Progress:
        return self.now

    def transitions(self) -> list[dict[str, Any]]:
        return list(self.records)

    def journals(self) -> dict[str, list[dict[str, Any]]]:
        return {}

    def lose(self, before: list[str], after: list[str]) -> None:
        raise MoverError("a hand has no database to lose")

    def trace(self, zone: str, path: Path) -> None:
        raise MoverError("a hand keeps no record of what was served")
