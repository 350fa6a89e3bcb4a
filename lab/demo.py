#!/usr/bin/python3
"""The demo: a signed zone changes its DNS operator while validating resolvers watch.

zone1.lab. moves from blue (BIND) to green (Knot) by way of both, then red (PowerDNS) joins. `--control`
makes the same moves by the naive sequence: there the observers must see failures, or they could not be
trusted when they see none.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

from lab import picture, view  # noqa: E402
from lab.bring_up import Lab  # noqa: E402
from lab.dnsio import NotReady  # noqa: E402
from lab.door import Door  # noqa: E402
from lab.movers import BINARY, Controller  # noqa: E402
from lab.session import Move, RunFailed, Session, by_hand  # noqa: E402
from lab.supervisor import SupervisorError  # noqa: E402
from lab.topology import ALL_OBSERVERS, OBSERVERS, PAGE_PORT, REPOSITORY, Settings  # noqa: E402

FIRST = ["blue"]
MOVES = [Move(["blue", "green"]), Move(["green"]), Move(["green", "red"])]
RATE = 20                    # questions per second and observer
RATIO_LIMIT = 1.15
ANSWERS_WANTED = 10_000


def judge(report: dict[str, Any], session: Session, ratio: float) -> list[str]:
    """What keeps the demo from being a success."""
    problems = session.end_state_problems() + report["errors"]
    if report["failures"]:
        problems.append(f"{report['failures']} answers were not secure: {session.settings.path}/observe/failures.jsonl")
        problems += session.failure_lines()
    if report["queries"] < ANSWERS_WANTED:
        problems.append(f"only {report['queries']} answers, {ANSWERS_WANTED} were wanted")
    if len(report["transitions"]) != len(MOVES):
        problems.append(f"{len(report['transitions'])} transitions on record, not {len(MOVES)}")
    problems += [f"{'+'.join(t['from'])} -> {'+'.join(t['to'])} took {t['ratio']} times the minimum"
                 for t in report["transitions"] if t["ratio"] is None or t["ratio"] > ratio]
    if report["dnsviz"]["verdict"] != "SECURE":
        problems.append(f"DNSViz says {report['dnsviz']['verdict']}")
    return problems


def judge_control(report: dict[str, Any]) -> list[str]:
    """The control fails when nobody would have noticed it."""
    problems = []
    for what, moves in (("a join", [m for m in report["moves"] if len(m["to"]) > len(m["from"])]),
                        ("a leave", [m for m in report["moves"] if len(m["to"]) < len(m["from"])])):
        seen = {o: sum(m["failures"].get(o, 0) for m in moves) for o in ("strict", "chain", "stub")}
        if not seen["stub"]:
            problems.append(f"stub saw no failure in {what}")
        if not seen["strict"] and not seen["chain"]:
            problems.append(f"neither strict nor chain saw a failure in {what}")
    return problems


def print_report(report: dict[str, Any], control: bool) -> None:
    paint = view.Paint(sys.stdout)
    print("\nWhat the observers saw\n")
    print("\n".join(view.table(report, paint)))
    if control:
        print("\nFailures in each move of the control\n")
        for m in report["moves"]:
            each = "  ".join(f"{o} {n}" for o, n in m["failures"].items())
            print(f"  {'+'.join(m['from']) + ' -> ' + '+'.join(m['to']):<30} {each}")
    print("\nHow long it took\n")
    print("\n".join(view.transitions(report)))
    print(f"\nDNSViz: {report['dnsviz']['verdict']}"
          + (f", {', '.join(report['dnsviz']['problems'])}" if report["dnsviz"]["problems"] else "")
          + (f"; picture: {shorter(report['dnsviz']['picture'])}" if report["dnsviz"]["picture"] else ""))
    print(f"Logs, zones and states: {shorter(report['directory'])}")


def print_verdict(problems: list[str], control: bool) -> None:
    for problem in problems:
        print(f"  problem: {problem}")
    if control:
        print("The control was seen: failures in join and in leave." if not problems else "The control went unseen.")
    else:
        print("Nobody noticed a thing." if not problems else "The demo failed.")


def shorter(path: str) -> str:
    """Relative to here, when that is below here."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except ValueError:
        return path


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev demo", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--control", action="store_true", help="the naive sequence: failures must be seen")
    parser.add_argument("--by-hand", action="store_true", help="careful waits by hand instead of tutti")
    parser.add_argument("--all-observers", action="store_true", help="those of the testbed, too")
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text")
    parser.add_argument("--dir", type=Path, help="folder of the run (default: build/lab/demo or build/lab/control)")
    parser.add_argument("--stay", action="store_true", help="at the end, keep servers and page until Ctrl-C")
    parser.add_argument("--tutti", type=Path, default=BINARY, help="the program to show")
    parser.add_argument("--ratio", type=float, default=RATIO_LIMIT,
                        help=f"how many times its minimum a change may take ({RATIO_LIMIT})")
    arguments = parser.parse_args()
    control = arguments.control
    directory = arguments.dir or REPOSITORY / "build" / "lab" / ("control" if control else "demo")
    observers = ALL_OBSERVERS if arguments.all_observers else OBSERVERS
    page = None if control or arguments.by_hand else Door(PAGE_PORT)
    settings = Settings(str(directory.resolve()), observers=tuple(s.name for s in observers), page=page is not None)

    def tutti(lab: Lab) -> Controller:
        if page:
            page.open(PAGE_PORT)
        return Controller(lab, arguments.tutti)

    make = tutti if page else by_hand(not control)
    session = Session(settings, MOVES, make, FIRST, RATE, rest_s=settings.ttls.largest() if control else 0)
    title = "The control: naive changes of signers" if control else "Tutti: zone1.lab. changes its signers"
    shown = view.View(session, title, sys.stderr)
    if page:
        print(f"The same in a browser, live: {page.address}/#/zones/{settings.zone_names[0]}\n", file=sys.stderr)
    session.tick = shown.tick
    try:
        session.run()
        shown.tick()
        session.phase = "asking DNSViz"
        opinion = picture.look(settings.path, settings.zone_names[0])
        report = session.report() | {"control": control, "dnsviz": asdict(opinion)}
        problems = judge_control(report) if control else judge(report, session, arguments.ratio)
        report |= {"ok": not problems, "problems": problems}
        (settings.path / "report.json").write_text(json.dumps(report, indent=1))
        if arguments.output == "text":
            print_report(report, control)
            print()
            print_verdict(problems, control)
        else:
            print(json.dumps(report))
        if page and arguments.stay:
            print(f"\nThe page stays at {page.address} until Ctrl-C.", flush=True)
            signal.pause()
    except (RunFailed, SupervisorError, NotReady, OSError) as error:
        print(f"demo: {error}\n      the run is kept in {shorter(str(settings.path))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        session.close()
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
