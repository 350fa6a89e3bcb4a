#!/usr/bin/python3
"""Runs scenarios: small files that say which signers come and go, what breaks meanwhile, and what must be true.

    [lab]                          as the options of `lab.py up`; all may be left out
    parent_mode = "cds" or "epp"   zones = 3, green_csk, fresh_blue, slow_notify = true, propagation = 10
    insecure = true                no DS at the start, delegated to blue and green; answers without proof are no failures
                                   until the first DS has been there for the largest TTL
    agent = "update"               or "epp", "notify" (it looks at children that it is told of only): `tutti parent serve` is the parent's agent, not the small one of the lab
    ttl = { ds = 11, parent_ns = 7, child_ns = 13, dnskey = 20, data = 35, negative = 23 }
    dnskey = { green = 30 }        the DNSKEY TTL of one signer

    first = ["blue"]               who signs at the start; blue, the only delegated one

    [[move]]
    to = ["blue", "green"]
    secure = false                 no DS at the end of it; true: DS
    roll = "green"                 it rolls its KSK to the end (Knot)
    wait = true                    false: the next move comes after this one's last event, done or not
    event = [ { at = 5, do = "freeze", target = "green2" }, { at = 60, do = "thaw", target = "green2" } ]
                                   at = 0: before the move begins; do: freeze hang thaw stop start kill a server; rollover a signer's key
                                   (kind = "zsk" or "ksk"); crash: kill and start, count times within over
                                   at random, or (kind = "action") when it has just begun to act;
                                   lose: kill it, take its database away, and begin anew

    [expect]
    failures = 0                   at most; timeouts are failures
    ratio = 1.15                   at most, of every transition; leave out where faults make it wait
    says = ["green at 127.0.2.2"]  what the mover must have said while it was waiting
    keys = { blue = 2 }            how many keys of a signer, at least, others were given: 1, and 1 for each rollover
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

from lab import journal, parent_tutti, view  # noqa: E402
from lab.dnsio import NotReady  # noqa: E402
from lab.movers import BINARY, Controller  # noqa: E402
from lab.session import Event, Move, RunFailed, Session, by_hand, check_signers  # noqa: E402
from lab.supervisor import SupervisorError  # noqa: E402
from lab.topology import REPOSITORY, SIGNERS, Settings, Ttls  # noqa: E402

KNOWN = {"": {"title", "lab", "first", "move", "expect"}, "lab": {"parent_mode", "agent", "zones", "green_csk",
         "fresh_blue", "slow_notify", "propagation", "insecure", "ttl", "dnskey"}, "move": {"to", "wait", "event", "secure", "roll"},
         "event": {"at", "do", "target", "kind", "count", "over"}, "expect": {"failures", "ratio", "says", "keys"}}


def check_known(part: dict[str, Any], what: str, path: Path) -> None:
    unknown = set(part) - KNOWN[what]
    if unknown:
        raise SystemExit(f"{path}: [{what}] has no `{sorted(unknown)[0]}`; known: {' '.join(sorted(KNOWN[what]))}")


def read(path: Path, directory: Path) -> tuple[Settings, list[str], list[Move], dict[str, Any], str]:
    text = tomllib.loads(path.read_text())
    check_known(text, "", path)
    lab, expect = text.get("lab", {}), text.get("expect", {})
    check_known(lab, "lab", path)
    check_known(expect, "expect", path)
    ttl = dict(lab.pop("ttl", {}))
    everywhere = ttl.pop("dnskey", Ttls().dnskey["blue"])
    ttls = Ttls(**ttl, dnskey=dict.fromkeys(SIGNERS, everywhere) | lab.pop("dnskey", {}))
    moves = []
    for move in text["move"]:
        check_known(move, "move", path)
        for event in move.get("event", []):
            check_known(event, "event", path)
        moves.append(Move(check_signers(move["to"]), [Event(**e) for e in move.get("event", [])], move.get("wait", True),
                          move.get("secure"), move.get("roll", "")))
    settings = Settings(str(directory / path.stem), ttls=ttls, **lab)
    return settings, check_signers(text.get("first", ["blue"])), moves, expect, text.get("title", path.stem)


def judge(session: Session, report: dict[str, Any], expect: dict[str, Any]) -> list[str]:
    problems = session.end_state_problems() + report["errors"]
    if session.settings.agent != "small":
        problems += parent_tutti.changed_twice(session.lab)
    if report["failures"] > expect.get("failures", 0):
        problems.append(f"{report['failures']} of {report['queries']} answers were not secure "
                        f"({report['timeouts']} of them no answer)")
        problems += session.failure_lines()
    for t in report["transitions"]:
        if "ratio" in expect and (t["ratio"] is None or t["ratio"] > expect["ratio"]):
            problems.append(f"{'+'.join(t['from'])} -> {'+'.join(t['to'])}: {t['ratio']} times the minimum")
    problems += [f"it never said `{text}`" for text in expect.get("says", []) if text not in "\n".join(session.said)]
    problems += [f"the journals name {len(found)} keys of {signer}, not {least}"
                 for signer, least in expect.get("keys", {}).items()
                 if len(found := journal.keys_of(signer, session.journals)) < least]
    problems += [f"only {crashes} of {wanted} crashes came about" for wanted in [sum(
        e.count for m in session.moves for e in m.events if e.do == "crash")]
                 if (crashes := sum(" crash " in line for line in session.event_log)) < wanted]
    return problems


def run(path: Path, arguments: argparse.Namespace) -> bool:
    settings, first, moves, expect, title = read(path, arguments.dir.resolve())
    make = by_hand(True) if arguments.by_hand else lambda lab: Controller(lab, arguments.tutti)
    session = Session(settings, moves, make, first, arguments.rate)
    session.binary = arguments.tutti
    session.tick = view.View(session, title, sys.stderr).tick
    if arguments.ratio and "ratio" in expect:
        expect["ratio"] = arguments.ratio
    report: dict[str, Any] = {}
    try:
        session.run()
        report = session.report()
        problems = judge(session, report, expect)
    except (RunFailed, SupervisorError, NotReady, OSError) as error:
        problems = [str(error)]
    finally:
        session.close()
    report |= {"scenario": path.stem, "ok": not problems, "problems": problems, "said": session.said}
    if settings.path.exists():
        (settings.path / "report.json").write_text(json.dumps(report, indent=1))
    print(f"{'ok  ' if not problems else 'FAIL'} {path.stem:24} {report.get('queries', 0):6} answers, "
          f"{report.get('failures', '?')} failures; "
          + " ".join(f"x{t['ratio']}" for t in report.get("transitions", [])), flush=True)
    for problem in problems:
        print(f"     {problem}", flush=True)
    if problems:
        print(f"     kept: {settings.path}", flush=True)
    return not problems


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", type=Path, nargs="+", help="files of lab/scenarios/")
    parser.add_argument("--dir", type=Path, default=REPOSITORY / "build" / "lab", help="each run gets a folder in it")
    parser.add_argument("--tutti", type=Path, default=BINARY)
    parser.add_argument("--ratio", type=float, help="instead of the scenario's, on a machine that has other work")
    parser.add_argument("--by-hand", action="store_true", help="careful waits by hand instead of tutti")
    parser.add_argument("--rate", type=float, default=20, help="questions per second and observer (20)")
    arguments = parser.parse_args()
    results = [run(path, arguments) for path in arguments.scenario]
    print(f"{sum(results)} of {len(results)} scenarios are ok")
    return 0 if all(results) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
