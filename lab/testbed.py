"""The permanent testbed: changes of signers on real servers, one round after the other, several side by side.

    ./dev lab run [--rounds N] [--seed S] [--parallel K] [--results DIR] [--keep N]
    ./dev lab stats [--results DIR] [--csv FILE]
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from lab import figures, rotation
from lab.movers import BINARY
from lab.results import Results, replace
from lab.topology import REPOSITORY

BUILD = REPOSITORY / "build"
DEFAULT_RESULTS = BUILD / "testbed" if BUILD.is_dir() else Path("testbed")      # where the lab is installed: here
CURRENT_EVERY_S = 1.0
STAGGER_S = 6.0             # between two starts: bringing a lab up is the heaviest part of a round
ROUND_PATIENCE_S = 900
FAILED_IN_A_ROW = 10        # rounds that cannot even be carried out: the machine is the reason


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=0, metavar="N", help="end after so many (default: never)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="round n has the seed S + n - 1 (S: 1)")
    parser.add_argument("--parallel", type=int, default=1, metavar="K", help="rounds side by side (1)")
    parser.add_argument("--results", type=Path, default=DEFAULT_RESULTS, metavar="DIR")
    parser.add_argument("--keep", type=int, default=500, metavar="N", help="rounds whose trace and pictures stay (500)")
    parser.add_argument("--rate", type=float, default=10, help="questions per second and observer (10)")
    parser.add_argument("--quick", action="store_true", help="short TTLs: to try the testbed, not to measure")
    parser.add_argument("--tutti", type=Path, default=BINARY, help="the program under test")


class Runner:
    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.results = Results(arguments.results.resolve())
        self.running: dict[int, tuple[subprocess.Popen[bytes], float]] = {}
        self.ended = self.failed_in_a_row = self.not_ok = 0
        self.stopping = False

    def run(self) -> int:
        self.results.claim()
        self.number = self.results.recover()
        last = self.number + self.arguments.rounds if self.arguments.rounds else None
        next_start = 0.0
        try:
            while True:
                self.reap()
                more = not self.stopping and (last is None or self.number < last)
                if not more and not self.running:
                    self.results.current([])
                    return 1 if self.not_ok else 0
                if more and len(self.running) < self.arguments.parallel and time.monotonic() >= next_start:
                    self.start()
                    next_start = time.monotonic() + STAGGER_S
                self.results.current([s for n in self.running if (s := self.status(n))])
                time.sleep(CURRENT_EVERY_S)
        except KeyboardInterrupt:
            for process, _ in self.running.values():
                process.send_signal(signal.SIGTERM)
            for process, _ in self.running.values():
                process.wait()
            self.reap()
            self.results.current([])
            return 130

    def start(self) -> None:
        self.number += 1
        home, work = self.results.home(self.number), self.results.work(self.number)
        home.mkdir(parents=True, exist_ok=True)
        seed = self.arguments.seed + self.number - 1
        with open(home / "log", "wb") as log:
            process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("one_round.py")), "--number", str(self.number), "--seed", str(seed),
                 "--home", str(home), "--work", str(work), "--tutti", str(self.arguments.tutti.resolve()),
                 "--rate", str(self.arguments.rate), *(["--quick"] if self.arguments.quick else [])],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.running[self.number] = process, time.monotonic()
        print(f"{time.strftime('%H:%M:%S')} round {self.number}: {rotation.scenario(seed).title()}", flush=True)

    def reap(self) -> None:
        for number, (process, began) in list(self.running.items()):
            if process.poll() is None:
                if time.monotonic() - began > ROUND_PATIENCE_S:
                    process.send_signal(signal.SIGTERM)
                continue
            del self.running[number]
            self.finish(number)

    def finish(self, number: int) -> None:
        record = self.results.outcome(number)
        self.results.add([record])
        (self.results.home(number) / "status.json").unlink(missing_ok=True)
        shutil.rmtree(self.results.work(number), ignore_errors=True)
        self.results.keep(self.arguments.keep)
        self.ended += 1
        self.not_ok += record["verdict"] != "ok"
        self.failed_in_a_row = self.failed_in_a_row + 1 if record["verdict"] in ("failed", "interrupted") else 0
        if self.failed_in_a_row >= FAILED_IN_A_ROW:
            print(f"{FAILED_IN_A_ROW} rounds in a row could not be carried out: stopping", flush=True)
            self.stopping = True
        ratio = figures.number(record["ratio"])
        print(f"{time.strftime('%H:%M:%S')} round {number}: {record['verdict']}, {record['scenario']}, ratio {ratio}, "
              f"{record['answers']} answers, {record['failures']} failures", flush=True)
        for problem in record.get("problems", []):
            print(f"         {problem}", flush=True)

    def status(self, number: int) -> dict[str, Any]:
        for name in ("status.json", "begun.json"):
            try:
                return {"phase": "starting", "zone": "zone1.lab.", "answers_per_s": 0.0,
                        **json.loads((self.results.home(number) / name).read_text())}
            except (FileNotFoundError, ValueError):
                continue
        return {}


def run(arguments: argparse.Namespace) -> None:
    if not arguments.tutti.exists():
        raise SystemExit(f"{arguments.tutti} is not built: ./dev build")
    if arguments.parallel < 1 or arguments.rounds < 0 or arguments.keep < 0:
        raise SystemExit("--parallel is 1 or more, --rounds and --keep are not negative")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(Runner(arguments).run())


def stats(arguments: argparse.Namespace) -> None:
    rounds = Results(arguments.results.resolve()).read()
    if not rounds:
        raise SystemExit(f"no round has ended in {arguments.results}: `./dev lab run` makes some")
    if arguments.csv:
        replace(arguments.csv, figures.as_csv(rounds))
    print(figures.text(rounds))
