#!/usr/bin/python3
"""One round of the testbed, in a process of its own: a lab, a change of signers drawn from a seed, and what came of it.

Writes round.json into its folder when everything else is there.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import math
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

from lab import narrow, picture, rotation  # noqa: E402
from lab.dnsio import NotReady  # noqa: E402
from lab.movers import Controller, MoverError  # noqa: E402
from lab.results import replace, rfc3339  # noqa: E402
from lab.session import RunFailed, Session  # noqa: E402
from lab.supervisor import SupervisorError  # noqa: E402
from lab.topology import ALL_OBSERVERS, SIGNERS, Settings, Ttls  # noqa: E402

RATIO_LIMIT = 1.15
ATTEMPTS = 2               # as stub resolvers do; how often the second was needed is in the record
STATUS_EVERY_S = 1.0
RATE_OVER_S = 10.0
MIDDLE_AFTER_S = 8.0       # of the last move: keys are exchanged, caches are waited for
PACKETS_MB = 400           # at most; more is cut at the beginning
PR_SET_PDEATHSIG = 1
# Rounds of half a minute, to try the testbed itself: reacting takes so large a part of them that no ratio says anything.
QUICK = Ttls(ds=7, parent_ns=4, child_ns=5, dnskey=dict.fromkeys(SIGNERS, 9), data=11, negative=6)


class Round:
    def __init__(self, arguments: argparse.Namespace) -> None:
        self.number, self.home = arguments.number, arguments.home
        self.scenario = rotation.scenario(arguments.seed)
        self.limit, self.middle_s = (math.inf, 2.0) if arguments.quick else (RATIO_LIMIT, MIDDLE_AFTER_S)
        settings = Settings(str(arguments.work), ttls=QUICK if arguments.quick else Ttls(),
                            observers=tuple(s.name for s in ALL_OBSERVERS), **self.scenario.lab)
        self.session = Session(settings, self.scenario.moves, self.make_mover, ["blue"], arguments.rate)
        self.session.binary = self.tutti = arguments.tutti
        self.session.attempts = ATTEMPTS
        self.session.tick = self.tick
        self.started = time.time()
        self.looks: dict[str, threading.Thread] = {}
        self.opinions: dict[str, picture.Opinion] = {}
        self.recent: deque[tuple[float, int]] = deque()
        self.status_due = 0.0
        self.trace = ""

    def make_mover(self, lab: Any) -> Controller:
        """Called when all servers run: from here on packets are kept, in case that they are needed."""
        folder = lab.path / "packets"
        folder.mkdir()
        if shutil.which("tcpdump"):
            lab.call("spawn", name="tcpdump", argv=["tcpdump", "-i", "lo", "-Z", "root", "-n", "-s", "0", "-U", "-C",
                                                    str(PACKETS_MB // 4), "-W", "4", "-w", str(folder / "lo.pcap")])
        return Controller(lab, self.tutti)

    # While it runs.

    def tick(self) -> None:
        phase = self.session.phase
        moving = len(self.session.done) == len(self.scenario.moves) and not self.session.done[-1].ended
        if phase.startswith("observing before"):
            self.look("begin")
        elif moving and time.time() - self.session.done[-1].began > self.middle_s:
            self.look("middle")
        elif phase.startswith("observing after"):
            self.look("end")
        if time.time() >= self.status_due:
            self.status_due = time.time() + STATUS_EVERY_S
            replace(self.home / "status.json", json.dumps(self.record("running") | self.moment()))

    def look(self, name: str) -> None:
        """DNSViz takes seconds; the round does not wait for it."""
        if name in self.looks:
            return

        def work() -> None:
            zone = self.session.settings.zone_names[0]
            self.opinions[name] = picture.look(self.session.settings.path, zone, name)
        self.looks[name] = threading.Thread(target=work, daemon=True)
        self.looks[name].start()

    def moment(self) -> dict[str, Any]:
        answers = self.session.counters().get("queries", 0)
        now = time.time()
        self.recent.append((now, answers))
        while now - self.recent[0][0] > RATE_OVER_S:
            self.recent.popleft()
        passed = now - self.recent[0][0]
        p = self.session.progress
        phase = self.session.phase
        if self.session.done and not self.session.done[-1].ended:
            phase += f": {p.state} {p.because}"
        return {"phase": phase[:300], "zone": self.session.settings.zone_names[0], "seconds": round(now - self.started, 1),
                "answers_per_s": round((answers - self.recent[0][1]) / passed, 1) if passed > 0 else 0.0}

    # What came of it.

    def record(self, verdict: str) -> dict[str, Any]:
        totals = self.session.counters()
        return {"round": self.number, "scenario": self.scenario.kind, "seed": self.scenario.seed,
                "started": rfc3339(self.started), "seconds": None, "minimum_s": None, "ratio": None,
                "answers": totals.get("queries", 0), "failures": totals.get("failures", 0),
                "repeated": totals.get("repeated", 0),
                "observers": {name: {"answers": o["queries"], "failures": o["failures"]}
                              for name, o in totals.get("observers", {}).items()},
                "verdict": verdict, "trace": None, "title": self.scenario.title()}

    def transitions(self) -> list[dict[str, Any]]:
        """tutti's account of each; what the parent was late by, on purpose, is part of the minimum."""
        made: list[dict[str, Any]] = [{k: t.get(k) for k in ("from", "to", "elapsed", "minimum")} for t in self.session.transitions]
        for t in made:
            t["late_s"] = 0.0
        if made and self.scenario.late_ds:
            made[0]["late_s"] = self.parent_late_s()
        for t in made:
            least = (t["minimum"] or 0) + t["late_s"]
            t["ratio"] = round(t["elapsed"] / least, 4) if t["minimum"] else None
        return made

    def parent_late_s(self) -> float:
        """From the moment at which the parent's server was told to go on, not from the one that was planned."""
        times = [float(line.split(" ", 1)[0]) for line in self.session.event_log
                 if line.split(" ", 1)[1] == self.scenario.late_ds]
        began = self.session.done[0].began - self.session.began
        return round(rotation.lateness(self.session.settings.ttls, times[0] - began), 2) if times else 0.0

    def judged_trace(self) -> list[str]:
        zone = self.session.settings.zone_names[0]
        path = self.home / "trace.json"
        self.session.mover.trace(zone, path)
        self.trace = path.name
        problems = self.check(path)
        if problems:
            states = (self.session.settings.path / "observe" / "states.jsonl").read_text().splitlines()
            exact = narrow.narrowed(json.loads(path.read_text()), [json.loads(line) for line in states], zone)
            self.trace = "trace-narrowed.json"
            replace(self.home / self.trace, json.dumps(exact))
            problems = self.check(self.home / self.trace)
        return problems

    def check(self, trace: Path) -> list[str]:
        done = subprocess.run([str(self.tutti), "check-trace", str(trace), "--samples", "200", "-o", "json"],
                              capture_output=True, text=True, timeout=300)
        text = " ".join((done.stdout + done.stderr).split())
        return [] if done.returncode == 0 else [f"check-trace, exit {done.returncode}: {text[:1000]}"]

    def problems(self, transitions: list[dict[str, Any]], report: dict[str, Any]) -> list[str]:
        found = self.session.end_state_problems() + report["errors"]
        if report["failures"]:
            found += [f"{report['failures']} of {report['queries']} answers were not secure", *self.session.failure_lines()]
        if len(transitions) != len(self.scenario.moves):
            found.append(f"{len(transitions)} transitions on record, not {len(self.scenario.moves)}")
        found += [f"{'+'.join(t['from'])} -> {'+'.join(t['to'])}: {t['elapsed']:.1f} s, ratio {t['ratio']}"
                  for t in transitions if t["ratio"] is None or t["ratio"] > self.limit]
        found += [f"DNSViz at {name}: {self.opinions[name].verdict if name in self.opinions else 'did not look'}"
                  for name in ("begin", "middle", "end")
                  if name not in self.opinions or self.opinions[name].verdict != "SECURE"]
        return found + self.judged_trace()

    def run(self) -> dict[str, Any]:
        replace(self.home / "begun.json", json.dumps(self.record("running")))
        problems: list[str] = []
        more: dict[str, Any] = {}
        try:
            self.session.run()
            for thread in self.looks.values():
                thread.join(3 * picture.PATIENCE_S)
            made = self.transitions()
            report = self.session.report()
            problems = self.problems(made, report)
            ratios = [t["ratio"] for t in made if t["ratio"] is not None]
            more = {"seconds": round(sum(t["elapsed"] for t in made), 2),
                    "minimum_s": round(sum((t["minimum"] or 0) + t["late_s"] for t in made), 2),
                    "ratio": max(ratios, default=None), "trace": f"rounds/{self.home.name}/{self.trace}",
                    "transitions": made, "events": report["events"], "startup_s": report["startup"],
                    "elapsed_s": report["elapsed"]}
        except (RunFailed, SupervisorError, NotReady, MoverError, OSError, subprocess.SubprocessError) as error:
            problems.append(str(error)[:1000])
        finally:
            self.session.close()
        verdict = "ok" if not problems else "glitch" if more else "failed"
        viz = {n: {"verdict": o.verdict, "problems": o.problems} for n, o in self.opinions.items()}
        return self.record(verdict) | more | {"dnsviz": viz, "problems": problems, "said": self.session.said}

    def store(self, record: dict[str, Any]) -> None:
        """Pictures and verdicts always; the whole lab when something was wrong."""
        work = self.session.settings.path
        for file in (work / "dnsviz").glob("*"):
            if file.name.endswith((".svg", ".grok.json")):
                shutil.copy2(file, self.home / file.name)
        if record["problems"]:
            wait_down(work)
            shutil.rmtree(self.home / "lab", ignore_errors=True)
            shutil.copytree(work, self.home / "lab", ignore=only_files, ignore_dangling_symlinks=True)
            (self.home / "lab-is-from").write_text(str(work) + "\n")
        replace(self.home / "round.json", json.dumps(record))


def only_files(folder: str, names: list[str]) -> list[str]:
    """Sockets cannot be copied."""
    return [n for n in names if not (Path(folder) / n).is_file() and not (Path(folder) / n).is_dir()]


def wait_down(work: Path) -> None:
    deadline = time.monotonic() + 30
    while (work / "supervisor.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, kind in (("number", int), ("seed", int), ("home", Path), ("work", Path), ("tutti", Path), ("rate", float)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)      # no round outlives its runner
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    one = Round(arguments)
    record = one.run()
    one.store(record)
    return 0 if record["verdict"] == "ok" else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
