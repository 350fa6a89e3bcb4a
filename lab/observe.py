#!/usr/bin/python3
"""Asks all observers without pause and counts what does not validate.

`secure` is an answer with the expected rcode and the AD flag. Everything else is a failure and is
written down with the time, the Extended DNS Errors and what was published at that moment. Runs in
the lab's namespace until SIGTERM; <dir>/observe/ then holds

    counters.json     running totals, rewritten several times a second (for the live view)
    failures.jsonl    one line per failure (the first thousands of each observer)
    states.jsonl      every change of what was published, as it was seen
    report.json       at the end: totals per observer and kind

Half of the questions are for a few steady names. The others are for ever other names: each is planted in
the shared cache (as other clients of that cache would do) and asked of every observer once, at a random
age. So the validators meet data of every age. Most of these names have a record of their own: answers
from a wildcard and negative ones share their NSEC in a cache, and age and expire together with it.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

from lab import published, wire, zones  # noqa: E402
from lab.topology import ALL_OBSERVERS, CACHE, FORWARDED, Server, Settings  # noqa: E402

DEADLINE_S = 5.0             # an answer that takes longer is none; stub resolvers ask again then (resolv.conf, attempts)
RECORDED_FAILURES = 5000     # per observer; the counters go on
COUNTERS_EVERY_S = 0.2
STATE_EVERY_S = 0.5         # for one zone; many zones are read less often
FRESH_S = 0.15               # a failure is put beside a state that is not older than this
NOERROR, NXDOMAIN = 0, 3
# An Unbound that tries nothing twice, asked for the DNSKEY RRset just as it fetches keys to validate other data with: the
# two fetches may go to two signers, and the one's RRset is then judged by the other's keys, which lack the KSK that signs
# it (RFC 8901 model 2). Each is right by itself, so such a question is put once more when the verdict is forgotten.
CROSSED = "signatures from unknown keys"
FORGOTTEN_S = 1.5            # val-bogus-ttl is 1 s
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 5: "REFUSED"}


@dataclass(frozen=True)
class Question:
    kind: str
    label: str               # below the zone; "" is the apex; {n} is replaced by a number
    rdtype: str
    rcode: int = NOERROR
    answers: bool = True     # whether the answer section must hold something


POSITIVE = [Question("positive", label, rdtype) for label, rdtype in zones.POSITIVE]
ALIAS = [Question("cname", zones.ALIAS, "A"), Question("cname", zones.ALIAS, "AAAA")]
NODATA = [Question("nodata", "www", "MX", answers=False), Question("nodata", "er", "A", answers=False)]
ABSENT = [Question("nxdomain", "nope", "A", NXDOMAIN, False)]
# Which of these the next other name is, is told by its number.
MANY = Question("positive", "n{n}", "A")
OTHERS = [MANY, Question("wildcard", "a{n}." + zones.WILDCARD, "A"), MANY,
          Question("nxdomain", "a{n}." + zones.NEGATIVE, "A", NXDOMAIN, False), MANY,
          Question("wildcard", "t{n}." + zones.WILDCARD, "TXT"), MANY,
          Question("nodata", "a{n}." + zones.WILDCARD, "AAAA", answers=False)]
APEX = [Question("apex", "", t) for t in ("SOA", "DNSKEY", "A", "MX", "TXT", "AAAA")]
# An Unbound that only caches sometimes answers NS with what a referral said, unsigned: false alarms.
APEX_NS = [Question("apex", "", "NS")]
# How often each kind of steady name comes up.
MIX = ((POSITIVE, 3), (ALIAS, 1), (NODATA, 2), (ABSENT, 1))
OTHER_SHARE = 0.5


def full_name(label: str, zone: str) -> str:
    return f"{label}.{zone}" if label else zone


@dataclass
class Tally:
    queries: int = 0         # finished ones: answered or given up
    secure: int = 0
    insecure: int = 0        # right, and without proof, where there need not be one
    failures: int = 0
    repeated: int = 0        # questions that were asked again
    kinds: Counter[str] = field(default_factory=Counter)       # timeout, servfail, insecure, wrong
    questions: Counter[str] = field(default_factory=Counter)   # failures by kind of question

    def report(self) -> dict[str, Any]:
        return {"queries": self.queries, "secure": self.secure, "insecure": self.insecure, "failures": self.failures,
                "repeated": self.repeated, "timeouts": self.kinds["timeout"], "kinds": dict(self.kinds), "questions": dict(self.questions)}


class Observer:
    """One resolver, the questions under way to it, and what came of the others."""

    def __init__(self, server: Server, run: Run) -> None:
        self.name = server.name
        self.run = run
        self.tally = Tally()
        self.waiting: dict[int, tuple[float, Question, str, int]] = {}      # sent, asked, name, how often before
        self.number = random.randrange(65536)
        apex = APEX + ([] if server.name in FORWARDED else APEX_NS)
        self.mix = [questions for questions, weight in (*MIX, (apex, 2)) for _ in range(weight)]
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.connect((server.address, 53))
        asyncio.get_running_loop().add_reader(self.socket, self.hear)

    def ask_steady(self) -> None:
        question = random.choice(random.choice(self.mix))
        self.ask(question, full_name(question.label, random.choice(self.run.zones)))

    def ask(self, question: Question, name: str, before: int = 0) -> None:
        if self.run.ending.is_set():
            return
        self.number = (self.number + 1) & 0xFFFF
        self.waiting[self.number] = (time.monotonic(), question, name, before)
        try:
            self.socket.send(wire.encode_query(name, wire.NUMBERS[question.rdtype], self.number))
        except OSError:
            pass                     # it runs into its deadline

    def hear(self) -> None:
        while True:
            try:
                message = self.socket.recv(65535)
            except OSError:
                return
            number, flags, answers = wire.header(message)
            asked = self.waiting.pop(number, None)
            if asked:
                self.judge(*asked[1:], message, flags, answers)

    def judge(self, question: Question, name: str, before: int, message: bytes, flags: int, answers: int) -> None:
        rcode, authentic = flags & 0xF, bool(flags & 0x20)
        if rcode == 2 and question.rdtype == "DNSKEY" and not before and CROSSED in " ".join(wire.extended_errors(message)):
            self.tally.repeated += 1
            asyncio.get_running_loop().call_later(FORGOTTEN_S, self.ask, question, name, 1)
            return
        self.tally.queries += 1
        if rcode == question.rcode and bool(answers) == question.answers:
            if authentic:
                self.tally.secure += 1
                return
            # Knot Resolver takes a zone that it knows to be insecure as such for as long as it is asked without a pause.
            if self.run.may_be_insecure(name) or (self.name.startswith("kresd") and not self.run.secure_from_start):
                self.tally.insecure += 1
                return
            kind = "insecure"
            if not self.run.secure_from_start:     # the DS may have gone since the parent was looked at
                said = RCODES.get(rcode, str(rcode)), wire.extended_errors(message)
                self.run.doubt(name, lambda excused: self.settle(excused, question, name, *said))
                return
        else:
            kind = "servfail" if rcode == 2 else "wrong"
        self.fail(kind, question, name, RCODES.get(rcode, str(rcode)), wire.extended_errors(message))

    def settle(self, excused: bool, question: Question, name: str, rcode: str, errors: list[str]) -> None:
        if excused:
            self.tally.insecure += 1
        else:
            self.fail("insecure", question, name, rcode, errors)

    def expire(self, now: float) -> None:
        for number in [n for n, (sent, *_) in self.waiting.items() if now - sent > DEADLINE_S]:
            _, question, name, before = self.waiting.pop(number)
            if before + 1 < self.run.attempts and not self.run.ending.is_set():
                self.tally.repeated += 1
                self.ask(question, name, before + 1)
                continue
            self.tally.queries += 1
            self.fail("timeout", question, name, None, [])

    def fail(self, kind: str, question: Question, name: str, rcode: str | None, errors: list[str]) -> None:
        self.tally.failures += 1
        self.tally.kinds[kind] += 1
        self.tally.questions[question.kind] += 1
        if self.tally.failures <= RECORDED_FAILURES:
            self.run.record({"time": round(time.time(), 3), "observer": self.name, "failure": kind,
                             "question": question.kind, "name": name, "type": question.rdtype, "rcode": rcode,
                             "ede": errors})


class Run:
    """All observers, and what is published meanwhile."""

    def __init__(self, settings: Settings, folder: Path, zone_names: list[str], rate: float, attempts: int) -> None:
        self.zones = zone_names
        self.attempts = attempts
        self.secure_from_start = not settings.insecure
        self.with_ds: dict[str, float] = {}          # since when every server of the parent has a DS
        # A resolver that has just learned that there is no DS may fetch data then, for as long as they live.
        self.insecure_s = settings.ttls.negative + settings.ttls.largest() + 2
        self.window_s = settings.ttls.largest()
        self.rate = rate
        self.folder = folder
        self.started = time.time()
        self.observers = [Observer(s, self) for s in ALL_OBSERVERS if s.name in settings.observers]
        self.reader = published.Reader()
        self.state: dict[str, published.State] = {}
        self.state_number = 0
        self.state_read = 0.0
        self.read_began = 0.0        # of the last reading: since then a change can be
        self.reading: asyncio.Task[None] | None = None
        self.unplaced: list[dict[str, Any]] = []      # failures that wait for a fresh state
        self.doubtful: list[tuple[float, str, Callable[[bool], None]]] = []    # when, name, whom to tell whether it is excused
        self.failures = open(folder / "failures.jsonl", "w", buffering=1)
        self.states = open(folder / "states.jsonl", "w", buffering=1)
        self.ending = asyncio.Event()

    def record(self, failure: dict[str, Any]) -> None:
        """Writes a failure down beside the published state, which is read again when it is not fresh."""
        self.unplaced.append(failure)
        if time.monotonic() - self.state_read < FRESH_S:
            self.place()
        else:
            self.read_state()

    def doubt(self, name: str, tell: Callable[[bool], None]) -> None:
        """An answer without proof: whether that is a failure is known when the parent has been looked at after it."""
        self.doubtful.append((time.time(), name, tell))
        self.read_state()

    def settle(self, until: float) -> None:
        settled = [d for d in self.doubtful if d[0] <= until]
        self.doubtful = [d for d in self.doubtful if d[0] > until]
        for _, name, tell in settled:
            tell(self.may_be_insecure(name))

    def place(self) -> None:
        for failure in self.unplaced:
            self.failures.write(json.dumps({**failure, "state": self.state_number}) + "\n")
        self.unplaced.clear()

    def read_state(self) -> None:
        if self.reading is None or self.reading.done():
            self.reading = asyncio.create_task(self.read_states())

    async def read_states(self) -> None:
        began = time.time()
        found = {zone: await self.reader.read(zone) for zone in self.zones}
        if found != self.state:
            self.state = found
            self.state_number += 1
            self.states.write(json.dumps({"state": self.state_number, "time": round(began, 3),
                                          "old_at": self.read_began, "zones": found}) + "\n")
        for zone, state in found.items():
            if all(p and p["ds"] for p in state["parent"].values()):
                self.with_ds.setdefault(zone, time.monotonic())
            elif any(p and not p["ds"] for p in state["parent"].values()):
                self.with_ds.pop(zone, None)
        self.read_began = began
        self.state_read = time.monotonic()
        self.settle(began)
        self.place()

    def may_be_insecure(self, name: str) -> bool:
        """Where a run begins without DS: until all that caches can hold is from after the first one, and without one."""
        if self.secure_from_start:
            return False
        zone = next(z for z in self.zones if name.endswith(z))
        return time.monotonic() - self.with_ds.get(zone, float("inf")) < self.insecure_s

    def report(self) -> dict[str, Any]:
        self.settle(time.time())
        each = {o.name: o.tally.report() for o in self.observers}
        totals = {key: sum(o[key] for o in each.values()) for key in ("queries", "secure", "insecure", "failures", "repeated", "timeouts")}
        return {"started": self.started, "time": time.time(), **totals, "observers": each}

    async def ask_steady(self) -> None:
        """Takes the observers in turn."""
        turns = itertools.cycle(self.observers)
        async for _ in self.paced(self.rate * (1 - OTHER_SHARE) * len(self.observers)):
            next(turns).ask_steady()

    async def ask_others(self) -> None:
        """Plants ever other names in the shared cache, and has every observer ask for each of them once."""
        loop = asyncio.get_running_loop()
        numbers = itertools.count(int(self.started))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            async for _ in self.paced(self.rate * OTHER_SHARE):
                number = next(numbers)
                question = OTHERS[number % len(OTHERS)]
                label = question.label.replace("{n}", str(number % zones.MANY if question is MANY else number))
                name = full_name(label, random.choice(self.zones))
                try:
                    out.sendto(wire.encode_query(name, wire.NUMBERS[question.rdtype], number & 0xFFFF), (CACHE.address, 53))
                except OSError:
                    pass
                for observer in self.observers:
                    loop.call_later(random.uniform(0, self.window_s), observer.ask, question, name)

    async def paced(self, rate: float) -> AsyncIterator[None]:
        """Yields at a steady pace that does not drift when the loop is late."""
        due = time.monotonic()
        while not self.ending.is_set():
            yield
            due = max(due + 1 / rate, time.monotonic() - 1)
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def every(self, seconds: float, action: Callable[[], None]) -> None:
        while not self.ending.is_set():
            action()
            await asyncio.sleep(seconds)

    def tick(self) -> None:
        for observer in self.observers:
            observer.expire(time.monotonic())
        self.write("counters.json", {**self.report(), "state": self.state_number, "zones": self.state})

    def write(self, name: str, content: dict[str, Any]) -> None:
        """Replaces a file in one step, so that a reader never sees half of it."""
        partial = self.folder / (name + ".partial")
        partial.write_text(json.dumps(content))
        os.replace(partial, self.folder / name)

    async def watch(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.ending.set)
        await asyncio.gather(self.ask_steady(), self.ask_others(), self.every(COUNTERS_EVERY_S, self.tick),
                             self.every(STATE_EVERY_S * max(1.0, len(self.zones) / 2), self.read_state))
        # The last questions get their answers; those that do not are neither secure nor failures.
        patience = time.monotonic() + 2
        while any(o.waiting for o in self.observers) and time.monotonic() < patience:
            await asyncio.sleep(0.05)
        if self.reading:
            await self.reading
        self.place()
        unfinished = sum(len(o.waiting) for o in self.observers)
        self.tick()
        self.write("report.json", {**self.report(), "unfinished": unfinished})


async def main() -> None:
    parser = argparse.ArgumentParser(description="Ask all observers without pause and count.")
    parser.add_argument("dir", type=Path, help="the lab's folder")
    parser.add_argument("--rate", type=float, default=20, help="questions per second and observer (20)")
    parser.add_argument("--attempts", type=int, default=1, help="how often a question without an answer is asked (1)")
    parser.add_argument("--zone", action="append", help="zone to ask for (default: all of the lab)")
    arguments = parser.parse_args()
    settings = Settings.load(arguments.dir)
    folder = arguments.dir / "observe"
    folder.mkdir(exist_ok=True)
    await Run(settings, folder, arguments.zone or settings.zone_names, arguments.rate, arguments.attempts).watch()


if __name__ == "__main__":
    asyncio.run(main())
