#!/usr/bin/python3
"""Each case of the corpus as a real child on real servers, looked at by `tutti scan`; its verdict and first reason must
be those of the case. Prints one line for each case that is not so, and a summary; with --list, all cases."""

from __future__ import annotations

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

import budget  # noqa: E402
import cases_bootstrap  # noqa: E402
import cases_csync  # noqa: E402
import cases_hostile  # noqa: E402
import cases_update  # noqa: E402
import dnssec_cds  # noqa: E402
import servers  # noqa: E402
from case import Case  # noqa: E402
from lab import namespace  # noqa: E402
from zone import key  # noqa: E402

CASES: list[Case] = [*cases_update.CASES, *cases_bootstrap.CASES, *cases_csync.CASES, *cases_hostile.CASES]
SIDE_BY_SIDE = 4
# Requirements that a child, a server or the registry's state can provoke: each has cases of its own. R10, R56, R63, R64
# and R67 are looked at in every case (whole()). The others are about what the agent does of itself: doc/parent-agent.md says where.
PROVOKED = [1, 2, 3, 4, 5, 6, 7, 8, 9, *range(11, 29), *range(30, 33), *range(34, 41), *range(42, 56), 68, 71, 72]


def delegations(cases: list[Case]) -> str:
    lines = []
    for case in cases:
        for host in case.delegation():
            lines.append(" ".join([case.child, "NS", host, *case.glue.get(host, ())]))
        lines += [f"{case.child} DS {key(k).ds(case.child)}" for k in case.ds]
    return "\n".join(lines) + "\n"


def scan(options: argparse.Namespace, home: Path, cases: list[Case]) -> dict[tuple[str, str], dict[str, Any]]:
    """All cases of one policy in one scan: (child, subject) -> what was printed for it."""
    command = [*scan_command(options, home, cases), "-o", "json", "--evidence"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}{done.stdout[-2000:]}")
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {(line["child"].rstrip(".") + ".", line["subject"]): line for line in lines if "subject" in line}


def scan_command(options: argparse.Namespace, home: Path, cases: list[Case]) -> list[str]:
    one = cases[0]
    listing = home / f"{one.slug}.{len(cases)}.list"
    listing.write_text(delegations(cases))
    command = [str(options.tutti), "scan", "--list", str(listing), "--in-full", "--policy", one.policy,
               "--allow-address", "127.0.0.0/8", "--resolver", servers.RESOLVER, "--trust-anchor",
               str(home / "root.key"), "--retries", "0", "--per-address", "0", "--in-flight", "0", "--waits", "1s,1s"]
    command += [word for setting in one.set for word in ("--set", setting)]
    command += [word for source in one.sources for word in ("--source", source)]
    return command


def judge_again(options: argparse.Namespace, case: Case, line: dict[str, Any]) -> dict[str, Any]:
    """The same evidence, with what the registry remembers in this case."""
    registry = line["registry"]
    assert case.state
    case.state(registry, line)
    command = [str(options.tutti), "parent", "judge", "--policy", case.policy]
    command += [word for setting in [*case.set, "allow_addresses=127.0.0.0/8"] for word in ("--set", setting)]
    text = json.dumps({"evidence": line["evidence"], "registry": registry})
    done = subprocess.run(command, input=text + "\n", capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"{case.slug}: {done.stderr}")
    return json.loads(done.stdout)


def wrong(case: Case, verdict: dict[str, Any] | None) -> str:
    """What is not as it must be."""
    if verdict is None:
        return "was not looked at"
    reasons = [r["code"] for r in verdict.get("reasons", [])]
    said = f"{verdict['decision'].replace('_', '-')} {reasons[0] if reasons else ''}"
    if said != case.expect:
        text = verdict["reasons"][0]["text"] if reasons else ""
        return f"expected \"{case.expect}\", found \"{said}\": {text}"
    if case.mentions and case.mentions not in reasons:
        return f"no reason {case.mentions}, only {reasons}"
    changes = [k for k in ("ds_add", "ds_remove", "ns_add", "ns_remove", "glue_add", "glue_remove")
               if verdict.get("change", {}).get(k)]
    if (verdict["decision"] == "accept") != bool(changes):
        return f"{verdict['decision']}, but the change has {changes or 'nothing'}"
    return whole(case, verdict)


def whole(case: Case, verdict: dict[str, Any]) -> str:
    """What every verdict must have, whatever it says."""
    reasons, kind = verdict["reasons"], verdict["kind"]
    if not reasons or not all(r["text"] and r["requirement"].startswith("R") for r in reasons):
        return "a reason without text or requirement (R63)"
    if "evidence" in verdict and len(verdict.get("servers", [])) != len(verdict["evidence"].get("servers", [])):
        return "not every server has its record (R10)"
    records = verdict.get("servers", [])
    if not all(r["server"] and r["says"] and r["transport"] in ("udp", "tcp", "none") for r in records):
        return "a server's record is not complete (R10)"
    accepted = verdict["decision"] == "accept"
    if accepted and kind in ("update", "bootstrap") and not 300 <= verdict["change"].get("ds_ttl", 0) <= 900:
        return "the new DS have no short TTL (R56)"
    if verdict.get("tell_people", False) != (accepted and kind in ("bootstrap", "delete")):
        return f"tell_people is wrong for {kind} (R67)"
    if accepted and "ede" in verdict or verdict["decision"] == "no-change" and verdict.get("report"):
        return "an error report where nothing is wrong (R64)"
    return ""


def uncovered() -> list[int]:
    count = collections.Counter(case.requirement for case in CASES)
    return [n for n in PROVOKED if count[f"R{n}"] < 2]


def play(options: argparse.Namespace, home: Path, cases: list[Case]) -> list[tuple[Case, str, dict[str, Any]]]:
    groups = collections.defaultdict(list)
    for case in cases:
        groups[case.policy, case.set, case.sources].append(case)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        found = {k: v for part in pool.map(lambda g: scan(options, home, g), groups.values()) for k, v in part.items()}
    out = []
    for case in cases:
        line = found.get((case.child, case.subject))
        if line and case.state:
            line = judge_again(options, case, line)
        out.append((case, wrong(case, line), line or {}))
        if options.verbose and line:
            print(json.dumps({k: v for k, v in line.items() if k not in ("evidence", "registry")}, indent=1))
    return out


def inside(options: argparse.Namespace) -> int:
    namespace.ip("link", "set", "lo", "up")
    namespace.ip("address", "add", "10.0.0.1/32", "dev", "lo")
    cases = [c for c in CASES if not options.only or c.slug in options.only]
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tutti-corpus-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        running = servers.start(cases, home)
        ready = time.monotonic()
        try:
            results = play(options, home, cases)
            quiet = [c for c in cases if c.slug == "nothing"]
            hostile = [c for c in cases_hostile.CASES if c in cases]
            costs = budget.over(hostile, quiet[0], lambda c: scan_command(options, home, [c])) if quiet else [""]
        finally:
            running.stop()
        compared = costs[:-1] + dnssec_cds.compare([(case, line) for case, what, line in results if not what], home)
    for case, what, _ in results:
        if what or options.list:
            print(f"{'FAIL' if what else 'ok'}  {case.requirement:4} {case.slug}: {what or case.expect}")
    print("\n".join([*compared, costs[-1]]))
    if uncovered():
        print(f"fewer than two cases for {', '.join(f'R{n}' for n in uncovered())}")
    bad = len(uncovered()) + sum(bool(what) for _, what, _ in results) + len(compared) - 1
    good = sum(not what for _, what, _ in results)
    print(f"{good} of {len(results)} cases as expected; {ready - begin:.1f} s to set up, "
          f"{time.monotonic() - ready:.1f} s to look and judge")
    return 1 if bad or not results else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tutti", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=[], help="these cases only")
    parser.add_argument("--list", action="store_true", help="print every case")
    parser.add_argument("--verbose", action="store_true", help="print every verdict")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return inside(options)
    return subprocess.run([*namespace.unshare_command(), sys.executable, *sys.argv, "--inside"],
                          env=os.environ | {"TZ": "UTC"}).returncode


if __name__ == "__main__":
    sys.exit(main())
