"""One run: a lab, observers, a mover, moves with their events; and what came of it.

The observers watch from one largest TTL before the first change to one after the last.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab import bring_up, config, faults, journal, parent_tutti, rolling
from lab.movers import BINARY, ByHand, Controller, Mover, MoverError, Progress
from lab.supervisor import lease
from lab.topology import SIGNERS, Settings

HERE = Path(__file__).parent
TICK_S = 0.2
LOOK_S = 0.5            # how often the mover is asked how it gets on
MOVE_PATIENCE_S = 300
NOTICED_S = 5          # from the end of a signer to the operator's word


class RunFailed(Exception):
    """The run could not be carried to its end."""


@dataclass(frozen=True)
class Event:
    """A fault or a rollover, some seconds after its move began."""

    at: float
    do: str              # freeze, hang, thaw, stop, start, kill, rollover, crash, lose
    target: str          # a server; a signer for rollover; tutti for crash and lose
    kind: str = "zsk"    # crash: action = not at random moments, but whenever it has just begun to act
    count: int = 1       # crash: how often
    over: float = 0.0    # crash: within so many seconds


@dataclass(frozen=True)
class Move:
    after: list[str]
    events: list[Event] = field(default_factory=list)
    wait: bool = True    # until done, before the next move
    secure: bool | None = None       # whether there shall be DS at the parent
    roll: str = ""                   # this signer rolls its KSK, to the end: the old DS is gone
    dead: tuple[str, ...] = ()       # signers that break down before it, for good; the operator says so a little later


@dataclass
class Done:
    """A move as this run saw it, for setting failures beside it."""

    before: list[str]
    after: list[str]
    began: float
    ended: float = 0.0
    failures: dict[str, int] = field(default_factory=dict)
    record: dict[str, Any] | None = None    # the mover's own account: elapsed, minimum, ratio


class Session:
    def __init__(self, settings: Settings, moves: list[Move], make_mover: Callable[[bring_up.Lab], Mover],
                 first: list[str], rate: float = 20, rest_s: float = 0.0) -> None:
        self.settings, self.moves, self.first, self.rate, self.rest_s = settings, moves, first, rate, rest_s
        self.make_mover = make_mover
        self.binary = BINARY
        self.phase = "bringing up the servers"
        self.phase_ends: float | None = None
        self.attempts = 1                       # of the observers, at each question
        self.began = time.time()
        self.progress = Progress()
        self.journals: dict[str, list[dict[str, Any]]] = {}
        self.said: list[str] = []               # every different thing the mover said, with its time
        self.done: list[Done] = []
        self.owners: dict[int, str] = {}        # key tag -> signer
        self.tick: Callable[[], None] = lambda: None
        self.event_log: list[str] = []
        self.errors: list[str] = []
        self.crashing = threading.Lock()

    # The course of a run.

    def run(self) -> None:
        self.lab, self.up_s = bring_up.up(self.settings)
        self.phase = "starting"
        self.lease = lease(self.settings.path)       # no lab outlives its run
        try:
            (self.lab.path / "tutti.toml").write_text(config.text(self.settings))
            if self.settings.parent_mode == "cds":
                parent_tutti.start(self.lab, self.binary)
            self.lab.call("spawn", name="observe", argv=[*self.python("observe.py"), "--rate", str(self.rate),
                                                         "--attempts", str(self.attempts)])
            self.mover = self.make_mover(self.lab)
            self.mover.start(self.first)
            rest = self.settings.ttls.largest() + 1
            self.rest("observing before the first change", rest)
            before = self.first
            for move in self.moves:
                self.make(before, move)
                before = move.after
            if not self.rest_s:
                self.rest("observing after the last change", rest)
            self.transitions = self.mover.transitions()
            self.journals = self.mover.journals()
            (self.lab.path / "journals.json").write_text(json.dumps(self.journals, indent=1))
        except MoverError as error:
            raise RunFailed(str(error)) from None
        finally:
            self.stop_observing()

    def python(self, script: str) -> list[str]:
        return [sys.executable, str(HERE / script), str(self.settings.path)]

    def stop_observing(self) -> None:
        if "observe" in self.lab.call("status"):
            self.lab.call("stop", name="observe")

    def close(self) -> None:
        """The lab goes down with its lease."""
        if hasattr(self, "lease"):
            self.lease.close()

    def rest(self, phase: str, seconds: float) -> None:
        self.phase, self.phase_ends = phase, time.time() + seconds
        while time.time() < self.phase_ends:
            self.tick()
            time.sleep(TICK_S)
        self.phase_ends = None

    def make(self, before: list[str], move: Move) -> None:
        self.learn_owners()
        self.phase = f"{'+'.join(before)} -> {'+'.join(move.after)}"
        done = Done(before, move.after, time.time())
        self.done.append(done)
        at_start = self.failures()
        self.progress = Progress()
        log = self.settings.path / "tutti" / "log"
        self.log_at = log.stat().st_size if log.exists() else 0
        self.bury(move.dead)
        before = [e for e in move.events if e.at == 0 and e.do != "crash"]
        for event in before:     # what it is to find is so when it begins
            self.happen(event, time.time())
        done.began = time.time()
        self.mover.begin(move.after, move.dead, move.secure)
        for event in (e for e in move.events if e not in before):
            threading.Thread(target=self.happen, args=(event, done.began), daemon=True).start()
        if move.roll:
            rolling.roll_ksk(self, move.roll)
        if move.wait:
            self.wait_done(done)
            done.ended = time.time()
            done.record = next(reversed(self.mover.transitions()), None)
            if self.rest_s:
                self.rest(f"observing after {self.phase}", self.rest_s)
        else:
            self.rest(self.phase, max([e.at + 1 for e in move.events], default=1))
        done.ended = done.ended or time.time()
        done.failures = {o: n - at_start.get(o, 0) for o, n in self.failures().items()}

    def bury(self, signers: tuple[str, ...]) -> None:
        if signers:          # as long as a cache knows nobody else, nobody could help it
            ttls = self.settings.ttls
            self.rest("waiting until all caches know who signs", max(ttls.parent_ns, ttls.child_ns) + 1)
        for server in (s for signer in signers for s in SIGNERS[signer]):
            faults.kill(self.lab, server.name)
            self.event_log.append(f"{time.time() - self.began:.1f} dead {server.name}")
        if signers:
            self.rest(f"{'+'.join(signers)} is dead, and nobody has said so", NOTICED_S)

    def wait_done(self, done: Done) -> None:
        deadline, next_look = time.monotonic() + MOVE_PATIENCE_S, 0.0
        while True:
            if time.monotonic() >= next_look:
                self.look()
                next_look = time.monotonic() + LOOK_S
            self.tick()
            if self.progress.state == "failed":
                raise RunFailed(self.progress.because)
            if self.progress.state == "done" and time.time() - done.began > LOOK_S:
                return
            if time.monotonic() > deadline:
                raise RunFailed(f"{self.phase}: not done in {MOVE_PATIENCE_S} s; "
                                f"{self.progress.state}: {self.progress.because}")
            time.sleep(TICK_S)

    def look(self) -> None:
        self.progress = self.mover.progress()
        self.learn_owners()
        text = f"{self.progress.state}: {self.progress.because}"
        if not self.said or self.said[-1].split(" ", 1)[1] != text:
            self.said.append(f"{time.time() - self.began:.1f} {text}")

    def happen(self, event: Event, began: float) -> None:
        """Makes one event come true, in its own thread."""
        times = [event.at]
        if event.do == "crash" and event.kind == "action":
            return self.crash_in_action(event, began)
        if event.do == "crash":
            times = sorted(event.at + random.uniform(0, event.over) for _ in range(event.count))
        for at in times:
            time.sleep(max(0.0, began + at - time.time()))
            try:
                if event.do == "rollover":
                    for zone in self.settings.zone_names:
                        faults.rollover(self.lab, event.target, event.kind, zone)
                elif event.do == "crash":
                    self.crash(event.target)
                elif event.do == "lose":
                    with self.crashing:
                        self.mover.lose(self.done[-1].before, self.done[-1].after)
                else:
                    getattr(faults, event.do)(self.lab, event.target)
                self.event_log.append(f"{time.time() - self.began:.1f} {event.do} {event.target}")
            except Exception as error:
                self.errors.append(f"event {event.do} {event.target}: {error}")

    def crash(self, name: str) -> None:
        with self.crashing:
            faults.kill(self.lab, name)
            faults.start(self.lab, name)

    def crash_in_action(self, event: Event, began: float) -> None:
        """Kills when the log has a new action: it is written down, and under way or not."""
        left = event.count
        try:
            with open(self.settings.path / event.target / "log") as log:
                log.seek(self.log_at)
                while left and time.time() < began + event.over:
                    if " action: " not in log.read():
                        time.sleep(0.002)
                        continue
                    self.crash(event.target)
                    log.read()
                    left -= 1
                    self.event_log.append(f"{time.time() - self.began:.1f} crash {event.target} in action")
        except Exception as error:
            self.errors.append(f"event {event.do} {event.target}: {error}")

    # What is known meanwhile.

    def counters(self) -> dict[str, Any]:
        try:
            return json.loads((self.settings.path / "observe" / "counters.json").read_text())
        except FileNotFoundError:
            return {}

    def failures(self) -> dict[str, int]:
        return {name: o["failures"] for name, o in self.counters().get("observers", {}).items()}

    def published(self) -> dict[str, Any]:
        return self.counters().get("zones", {}).get(self.settings.zone_names[0], {})

    def learn_owners(self) -> None:
        """A key belongs to the signer that signs with it, or that had it before any exchange."""
        for zone in self.counters().get("zones", {}).values():
            for signer, servers in zone["signers"].items():
                for state in filter(None, servers.values()):
                    own = [*state["signed_by"], *state["data"], *([] if self.done else state["dnskey"])]
                    for tag in own:
                        self.owners.setdefault(tag, signer)

    def report(self) -> dict[str, Any]:
        """Totals, per observer, per transition."""
        totals = json.loads((self.settings.path / "observe" / "report.json").read_text())
        return {"queries": totals["queries"], "secure": totals["secure"], "insecure": totals["insecure"], "failures": totals["failures"],
                "timeouts": totals["timeouts"],
                "observers": {name: {k: o[k] for k in ("queries", "secure", "failures", "timeouts")}
                              for name, o in totals["observers"].items()},
                "transitions": [{k: t.get(k) for k in ("from", "to", "elapsed", "minimum", "ratio")}
                                | ({"zone": t["zone"]} if self.settings.zones > 1 else {}) for t in self.transitions],
                "moves": [{"from": d.before, "to": d.after, "failures": d.failures} for d in self.done],
                "repeated": sum(journal.repeated(events) for events in self.journals.values()),
                "events": self.event_log, "errors": self.errors, "startup": round(self.up_s, 1),
                "elapsed": round(time.time() - self.began, 1), "directory": str(self.settings.path)}

    def failure_lines(self, most: int = 5) -> list[str]:
        """The first failure of each kind, in words."""
        first: dict[tuple[str, str], dict[str, Any]] = {}
        for line in (self.settings.path / "observe" / "failures.jsonl").read_text().splitlines():
            failure = json.loads(line)
            first.setdefault((failure["observer"], failure["failure"]), failure)
        return [f"{f['observer']}: {f['failure']} at {f['time'] - self.began:.1f} s, {f['name']} {f['type']}"
                f"{', EDE ' + f['ede'][0][:90] if f['ede'] else ''}, published: state {f['state']}"
                for f in list(first.values())[:most]]

    # What must be true at the end.

    def end_state_problems(self) -> list[str]:
        """Whether every server shows what the last move asked for and nothing else, and the way there was straight."""
        wanted = sorted(self.moves[-1].after)
        with_ds = wanted if self.moves[-1].secure is not False else []
        problems = [f"{zone}: {p}" for zone, events in self.journals.items() for p in journal.problems(events)]
        for name, zone in self.counters().get("zones", {}).items():
            for address, state in zone["parent"].items():
                if state is None or state["ns"] != wanted:
                    problems.append(f"{name}: NS at the parent {address}: {state and state['ns']}, not {wanted}")
                owners = {self.owners.get(tag, "?") for tag in state["ds"]} if state else set()
                if owners != set(with_ds):
                    problems.append(f"{name}: DS at the parent {address}: of {sorted(owners)}, not {with_ds}")
            shown = {a: s for signer in wanted for a, s in zone["signers"][signer].items()}
            for address, state in shown.items():
                if state is None or state["ns"] != wanted:
                    problems.append(f"{name}: NS at {address}: {state and state['ns']}, not {wanted}")
            # Every key that signs data is in every DNSKEY RRset (RFC 8901); a KSK is needed at its own signer only.
            signing = {t for s in filter(None, shown.values()) for t in s["data"]}
            for address, state in shown.items():
                if state and not signing <= set(state["dnskey"]):
                    problems.append(f"{name}: {address} lacks keys {sorted(signing - set(state['dnskey']))}")
                foreign = {self.owners.get(t, "?") for t in state["dnskey"]} - set(wanted) if state else set()
                if foreign - {"?"}:
                    problems.append(f"{name}: {address} still has keys of {sorted(foreign - {'?'})}")
        return problems


def controller(lab: bring_up.Lab) -> Mover:
    return Controller(lab)


def by_hand(carefully: bool) -> Callable[[bring_up.Lab], Mover]:
    return lambda lab: ByHand(lab, carefully)


def check_signers(names: list[str]) -> list[str]:
    unknown = [n for n in names if n not in SIGNERS]
    if unknown:
        raise SystemExit(f"no signer is called {unknown[0]}; there are: {' '.join(SIGNERS)}")
    return names
