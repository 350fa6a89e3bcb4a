#!/usr/bin/python3
"""`tutti lab run`: two short rounds side by side, after a runner that was killed with two under way. What the page and
the statistics read is there and whole. Prints one line for each case.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[2])

from lab import figures, rotation  # noqa: E402
from lab.movers import BINARY  # noqa: E402
from lab.topology import REPOSITORY  # noqa: E402

SEED = 7            # rounds 1, 2: add, remove; 3, 4: replace, rollover
PATIENCE_S = 240
LINE = {"round", "scenario", "seed", "started", "seconds", "minimum_s", "ratio", "answers", "failures", "observers", "verdict",
        "trace"}


class Testbed:
    def __init__(self, folder: Path, tutti: Path) -> None:
        self.folder, self.tutti = folder, tutti
        self.seen: list[dict[str, Any]] = []       # what current.json said of rounds under way

    def start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([str(self.tutti), "lab", "run", "--rounds", "2", "--parallel", "2", "--quick", "--seed", str(SEED),
                                 "--results", str(self.folder)], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    def current(self) -> list[dict[str, Any]]:
        try:
            return json.loads((self.folder / "current.json").read_text())
        except FileNotFoundError:
            return []

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "rounds.jsonl").read_text().splitlines()]

    def labs(self) -> list[Path]:
        return list((self.folder / "work").glob("*/supervisor.pid"))

    def killed(self) -> list[str]:
        runner = self.start()
        wait(lambda: len(self.labs()) == 2)
        runner.send_signal(signal.SIGKILL)
        runner.wait()
        return [] if wait(lambda: not self.labs()) else ["its labs outlive it"]

    def resumed(self) -> list[str]:
        runner = self.start()
        while runner.poll() is None:
            self.seen += self.current()
            time.sleep(0.3)
        problems = [] if runner.returncode == 0 else [f"exit {runner.returncode}"]
        verdicts = [(r["round"], r["seed"], r["verdict"]) for r in sorted(self.lines(), key=lambda r: r["round"])]
        wanted = [(n, SEED + n - 1, "interrupted" if n < 3 else "ok") for n in (1, 2, 3, 4)]
        problems += [] if verdicts == wanted else [f"rounds are {verdicts}, not {wanted}"]
        return problems + [f"round {r['round']}: {p}" for r in self.lines() for p in r.get("problems", [])]

    def whole(self) -> list[str]:
        problems = [f"round {r['round']} lacks {sorted(LINE - set(r))}" for r in self.lines() if not LINE <= set(r)]
        for r in (r for r in self.lines() if r["verdict"] == "ok"):
            home = self.folder / "rounds" / f"{r['round']:05}"
            problems += [f"{home / f'{when}.svg'} is no picture" for when in ("begin", "middle", "end")
                         if "<svg" not in read(home / f"{when}.svg")]
            problems += [] if r["scenario"] == rotation.scenario(r["seed"]).kind else ["the seed stands for another scenario"]
            problems += [f"{name} was asked {o['answers']} times" for name, o in r["observers"].items() if o["answers"] < 50]
            problems += [] if len(r["observers"]) == 10 else [f"observers: {sorted(r['observers'])}"]
            checked = subprocess.run([str(self.tutti), "check-trace", str(self.folder / r["trace"]), "--samples", "0"],
                                     capture_output=True, timeout=60)
            problems += [] if checked.returncode == 0 else ["its trace is not clean"]
        return problems

    def live(self) -> list[str]:
        """current.json told what ran, while it ran, and nothing afterwards."""
        problems = [] if self.current() == [] else ["current.json still tells of rounds"]
        phases = {s["phase"] for s in self.seen}
        if len(phases) < 3 or not any(s["answers_per_s"] > 20 and s["zone"] == "zone1.lab." for s in self.seen):
            problems.append(f"current.json told {len(self.seen)} states, phases {sorted(phases)[:5]}")
        return problems

    def told(self) -> list[str]:
        table = self.folder / "rounds.csv"
        done = subprocess.run([str(self.tutti), "lab", "stats", "--results", str(self.folder), "--csv", str(table)],
                              capture_output=True, text=True, timeout=60)
        problems = [] if done.returncode == 0 else [done.stderr]
        problems += [f"wide: {line}" for line in done.stdout.splitlines() if len(line) > figures.WIDTH]
        return problems + ([] if len(read(table).splitlines()) == 5 else ["the CSV has not one line for each round"])

    def not_installed(self) -> list[str]:
        done = subprocess.run([str(self.tutti), "lab", "run"], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "TUTTI_LAB": "/nonexistent"})
        said = " ".join(done.stderr.split())
        return [] if done.returncode == 1 and "not installed" in said and "TUTTI_LAB" in said else [f"{done.returncode}: {said}"]


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def wait(so: Callable[[], object]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not so() and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(so())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, default=REPOSITORY / "build" / "lab" / "testbed")
    parser.add_argument("--tutti", type=Path, default=BINARY)
    arguments = parser.parse_args()
    shutil.rmtree(arguments.dir, ignore_errors=True)
    arguments.dir.mkdir(parents=True)
    bed = Testbed(arguments.dir.resolve(), arguments.tutti.resolve())
    os.environ["TUTTI_LAB"] = str(REPOSITORY / "lab")
    bad = 0
    for name, case in (("a runner that is killed takes its labs along", bed.killed),
                       ("the next one goes on with the next round", bed.resumed),
                       ("each round's line, pictures and trace", bed.whole), ("what runs is told meanwhile", bed.live),
                       ("statistics and CSV", bed.told), ("a program without its lab says so", bed.not_installed)):
        problems = case()
        bad += bool(problems)
        print("\n     ".join([f"{'FAIL' if problems else 'ok  '} {name}", *problems]), flush=True)
    print(f"{6 - bad} of 6 cases of the testbed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
