#!/usr/bin/python3
"""The program as a whole, on real name servers: each run is a lab of its own, several are up at once.

One line for each run, its problems below it. The folder of a run that fails is kept in build/lab/system.
`run.py NAME ...` runs only these; `--jobs` says how many labs are up at once.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
LAB = REPOSITORY / "lab"
PATIENCE_S = 600          # no run takes half as long on two quick cores
# Several labs share the machine, so a change may take twice its minimum: what is longer is a wait that nothing needs. How
# near to 1 changes come is measured by the testbed, on a machine that has time.
RATIO = 2.0
IDLE, OVER_S = 0.2, 1.0   # the next run begins when so much of the machine was idle for so long
OWN = ("bad_input.py", "check.py", "error_report.py", "model1.py", "parent_crash.py",
       "testbed.py")      # beside this file; a line for each case

Judge = Callable[[dict[str, Any]], list[str]]


def as_it_says(report: dict[str, Any]) -> list[str]:
    return [] if report["ok"] else report["problems"] or ["it failed"]


def demo(report: dict[str, Any]) -> list[str]:
    """Again, and not by the demo's own judgement: what is promised."""
    problems = as_it_says(report)
    if report["queries"] < 10_000 or report["secure"] != report["queries"]:
        problems.append(f"{report['secure']} of {report['queries']} answers were secure; 10000 and all were promised")
    if len(report["transitions"]) != 3 or any(t["ratio"] > RATIO for t in report["transitions"]):
        problems.append(f"transitions: {report['transitions']}; 3 were promised, none above {RATIO} times the minimum")
    return problems


def control(report: dict[str, Any]) -> list[str]:
    problems = as_it_says(report)
    for what, bigger in (("join", True), ("leave", False)):
        moves = [m["failures"] for m in report["moves"] if (len(m["to"]) > len(m["from"])) == bigger]
        seen = {observer: sum(m.get(observer, 0) for m in moves) for observer in ("stub", "strict", "chain")}
        if not seen["stub"] or not seen["strict"] + seen["chain"]:
            problems.append(f"the control's {what} went unseen: {seen}")
    return problems


@dataclass
class Run:
    name: str
    seconds: int               # how long it takes; the long ones start first
    judge: Judge = as_it_says
    script: str = "run.py"     # of lab/, for a scenario of this name
    options: tuple[str, ...] = ()


RUNS = [
    Run("demo", 185, demo, "demo.py", ("-o", "json", "--ratio", str(RATIO))),
    Run("control", 160, control, "demo.py", ("--control", "-o", "json")),
    Run("cds-parent", 195),
    Run("epp-parent", 195),
    Run("parent-lags", 177),
    Run("crashes", 165),
    Run("many-zones", 160),
    Run("ttls-differ", 155),
    Run("all-three", 150),
    Run("primary-stopped", 148),
    Run("knot-rolls", 145),
    Run("bind-rolls", 145),
    Run("both-roll", 145),
    Run("cds-fresh-bind", 145),
    Run("csk", 145),
    Run("replace-at-once", 145),
    Run("secondary-frozen", 121),
    Run("lost-database", 180),
    Run("changed-mind", 105),
    Run("parent-life-update", 120),
    Run("parent-life-epp", 120),
    Run("parent-life-notify", 120),
    Run("parent-crash", 150, script="parent_crash.py"),
    Run("testbed", 75, script="testbed.py"),
    Run("parent-killed-notify", 70),
    Run("parent-update", 50),
    Run("parent-epp", 50),
    Run("check", 35, script="check.py"),
    Run("bad-input", 25, script="bad_input.py"),
    Run("model1", 10, script="model1.py"),
    Run("error-report", 5, script="error_report.py"),
]


def idle_share(over_s: float) -> float:
    """Of all cores, from now on."""
    def read() -> tuple[int, int]:
        fields = [int(f) for f in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return fields[3] + fields[4], sum(fields)
    idle, whole = read()
    time.sleep(over_s)
    idle_then, whole_then = read()
    return (idle_then - idle) / max(1, whole_then - whole)


class Tests:
    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.folder: Path = arguments.dir.resolve()
        self.waiting = sorted((r for r in RUNS if not arguments.name or r.name in arguments.name),
                              key=lambda r: -r.seconds)
        self.lock = threading.Lock()
        self.door = threading.Lock()          # one after the other, as the machine has room
        self.running: set[subprocess.Popen[str]] = set()
        self.bad: list[str] = []

    def work(self) -> None:
        while True:
            with self.door:
                while self.running and self.waiting and idle_share(OVER_S) < IDLE:
                    pass
                if not self.waiting:
                    return
                run = self.waiting.pop(0)
                process = self.start(run)
            self.perform(run, process)

    def command(self, run: Run) -> list[str]:
        options = ["--tutti", str(self.arguments.tutti)]
        if run.script == "run.py":
            return [str(LAB / "run.py"), str(LAB / "scenarios" / f"{run.name}.toml"), *options, "--ratio", str(RATIO),
                    "--dir", str(self.folder)]
        home = Path(__file__).parent if run.script in OWN else LAB
        return [str(home / run.script), *run.options, *options, "--dir", str(self.folder / run.name)]

    def start(self, run: Run) -> subprocess.Popen[str]:
        process = subprocess.Popen([sys.executable, *self.command(run)], stdin=subprocess.DEVNULL, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        self.running.add(process)
        return process

    def perform(self, run: Run, process: subprocess.Popen[str]) -> None:
        began = time.monotonic()
        try:
            output, _ = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGTERM)          # its lab goes down with it
            output = process.communicate()[0] + f"\nno end within {PATIENCE_S} s"
        self.running.discard(process)
        (self.folder / f"{run.name}.log").write_text(output)
        said, problems = self.outcome(run, process.returncode, output)
        with self.lock:
            print(f"{'FAIL' if problems else 'ok  '} {run.name:17} {time.monotonic() - began:4.0f} s  {said}", flush=True)
            for problem in problems:
                print(f"     {problem}", flush=True)
            if problems:
                self.bad.append(run.name)
                print(f"     kept: {self.folder / run.name}, {run.name}.log", flush=True)
        if not problems:
            shutil.rmtree(self.folder / run.name, ignore_errors=True)

    def outcome(self, run: Run, code: int, output: str) -> tuple[str, list[str]]:
        """In words, and what is wrong."""
        last = output.strip().splitlines()[-1:] or ["no output"]
        if run.script in OWN:
            failed = [line for line in output.splitlines() if not line.startswith("ok ")]
            return last[0], failed if code else []
        try:
            report = json.loads((self.folder / run.name / "report.json").read_text())
            told = told_in_short(report)
        except (OSError, ValueError, KeyError):
            return "no report", output.strip().splitlines()[-8:]
        problems = run.judge(report)
        return told, problems or ([f"exit {code}: {last[0]}"] if code else [])

    def run(self) -> int:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        began = time.monotonic()
        count = len(self.waiting)
        threads = [threading.Thread(target=self.work) for _ in range(self.arguments.jobs)]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        except KeyboardInterrupt:
            self.waiting.clear()
            for process in list(self.running):
                os.killpg(process.pid, signal.SIGTERM)
            return 130
        print(f"{count - len(self.bad)} of {count} runs are ok, {time.monotonic() - began:.0f} s"
              + (f"; not: {' '.join(self.bad)}" if self.bad else ""))
        return 1 if self.bad else 0


def told_in_short(report: dict[str, Any]) -> str:
    ratios = [t["ratio"] for t in report["transitions"] if t["ratio"]]
    text = f"{report['queries']} answers, {report['failures']} failures"
    if ratios:
        text += f"; {len(ratios)} transitions, {min(ratios):.2f} to {max(ratios):.2f} times the minimum"
    crashes = sum(" crash " in event for event in report["events"])
    return text + (f"; {crashes} kills, {report['repeated']} actions repeated" if crashes else "")


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="*", choices=[[], *(r.name for r in RUNS)], help="only these")
    parser.add_argument("--jobs", type=int, default=9, help="how many labs at once (9)")
    parser.add_argument("--dir", type=Path, default=REPOSITORY / "build" / "lab" / "system")
    parser.add_argument("--tutti", type=Path, default=REPOSITORY / "build" / "release" / "tutti")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)      # also when started in the background
    return Tests(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
