#!/usr/bin/python3
"""`tutti check` on real servers: a zone with two signers that the controller made has nothing wrong with it, and
what is broken by hand is found, at the right servers, with the right exit code. Prints one line for each case.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator

sys.path[0] = str(Path(__file__).resolve().parents[2])

from lab import bring_up, config, faults  # noqa: E402
from lab.clock import shifted  # noqa: E402
from lab.dnsio import NotReady, ask, eventually, rrset  # noqa: E402
from lab.hands import Hands  # noqa: E402
from lab.movers import BINARY, Controller, MoverError  # noqa: E402
from lab.supervisor import lease  # noqa: E402
from lab.topology import OBSERVERS, PARENTS, REPOSITORY, SIGNERS, Settings, Ttls, addresses  # noqa: E402

COLUMNS = 100
CLEAN, ERRORS, WARNINGS = 0, 1, 2
JOINED, BROKEN = "zone1.lab.", "zone2.lab."
BLUE, GREEN = addresses("blue"), addresses("green")
EACH = [BLUE, GREEN]        # one finding for each of them
PARENT = [s.address for s in PARENTS]
RESOLVER = ["--resolver", OBSERVERS[0].address]


@dataclass
class Case:
    """A command, and what it must find: codes, each with the servers where (or a list of these, one for each
    finding); nothing else above a note."""

    name: str
    command: list[str]
    code: int
    finds: dict[str, Any] = field(default_factory=dict)
    around: Callable[[], AbstractContextManager[Any]] = nullcontext      # what is wrong meanwhile
    says: str = ""                                                       # for what is no report, but an error
    clock: str = ""                                                      # what faketime shows to the command


class Bench:
    def __init__(self, settings: Settings, binary: Path) -> None:
        self.settings, self.binary = settings, binary
        self.lab, _ = bring_up.up(settings)
        self.lease = lease(settings.path)

    def prepare(self) -> None:
        self.hands = Hands(self.lab, BROKEN)
        path = self.settings.path
        # It does not only write DS, but names them in CDS as well; otherwise each signer's own CDS stays, a finding.
        (path / "tutti.toml").write_text(config.text(self.settings) + "reads_cds = true\n")
        tutti = Controller(self.lab, self.binary)
        self.lab.call("spawn", name="tutti", argv=[str(self.binary), "serve", "--config", str(path / "tutti.toml")])
        tutti.wait_ready()
        tutti.run("zone", "add", JOINED, "--signers", "blue", "--parent", "lab")
        tutti.run("apply", JOINED, "--signers", "blue,green")
        tutti.run("wait", JOINED, "--timeout", "120s", patience_s=130)
        self.lab.call("stop", name="tutti")      # it is not needed to check

    # What is wrong for a while.

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """NS and DS name both signers, and neither publishes the other's keys."""
        self.name_both(ds=["blue", "green"])
        yield

    @contextmanager
    def without_ds(self) -> Iterator[None]:
        for signer in ("blue", "green"):
            self.hands.set_keys(signer, ["blue", "green"])
        self.hands.wait_keys(["blue", "green"], ["blue", "green"])
        self.name_both(ds=["blue"])
        yield

    @contextmanager
    def foreign_ds(self) -> Iterator[None]:
        self.name_both(ds=["blue", "green", "red"])
        yield

    def name_both(self, ds: list[str]) -> None:
        for signer in ("blue", "green"):
            self.hands.set_ns(signer, ["blue", "green"])
        self.hands.set_parent(ns=["blue", "green"], ds=ds)
        self.hands.wait_ns(["blue", "green"], ["blue", "green"])
        self.hands.wait_ds(ds)

    @contextmanager
    def hung(self) -> Iterator[None]:
        faults.hang(self.lab, "green2")
        try:
            yield
        finally:
            faults.thaw(self.lab, "green2")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The secondary hears nothing of a change that is at the primary."""
        faults.freeze(self.lab, "green2")
        try:
            writer = self.lab.writer(GREEN[0])
            change = writer.update(JOINED)
            change.add("new." + JOINED, 5, "TXT", "unheard")
            writer.send(change)
            yield
        finally:
            faults.thaw(self.lab, "green2")

    @contextmanager
    def parent_frozen(self) -> Iterator[None]:
        faults.freeze(self.lab, "parent2")
        self.hands.set_parent(ds=["blue", "green"])
        eventually("the parent's primary has the new DS",
                   lambda: len(rrset(ask(PARENT[0], BROKEN, "DS"), BROKEN, "DS") or []) == 2)
        try:
            yield
        finally:
            faults.thaw(self.lab, "parent2")
            self.hands.wait_ds(["blue", "green"])

    @contextmanager
    def stray_csync(self) -> Iterator[None]:
        writer = self.lab.writer(GREEN[0])
        change = writer.update(JOINED)
        change.add(JOINED, 5, "CSYNC", "1 3 NS")
        writer.send(change)
        eventually("the CSYNC is everywhere", lambda: all(rrset(ask(a, JOINED, "CSYNC"), JOINED, "CSYNC") for a in GREEN))
        yield

    # One case.

    def execute(self, case: Case, *more: str) -> subprocess.CompletedProcess[str]:
        time_machine = shifted(case.clock) if case.clock else []
        return subprocess.run([*time_machine, str(self.binary), "check", *case.command, *more], capture_output=True,
                              text=True, timeout=60)

    def judge(self, case: Case) -> list[str]:
        text = self.execute(case)
        told = text if case.says else self.execute(case, "-o", "json")
        problems = [f"exit {done.returncode}, not {case.code}" for done in (text, told) if done.returncode != case.code]
        problems += [f"a line of {len(line)} columns: {line}" for line in (text.stdout + text.stderr).splitlines()
                     if len(line) > COLUMNS]
        if case.says:
            problems += [] if case.says in " ".join(text.stderr.split()) else [f"it does not say: {case.says}"]
        else:
            problems += self.compare(case, json.loads(told.stdout or "{}"))
        return [*problems, "it said:\n" + text.stdout + text.stderr] if problems else []

    def compare(self, case: Case, report: dict[str, Any]) -> list[str]:
        findings = report.get("findings", [])
        found = {(f["code"], tuple(sorted(f["where"]))) for f in findings if f["severity"] != "note"
                 or f["code"] in case.finds}
        wanted = {(code, tuple(sorted(where))) for code, all_where in case.finds.items()
                  for where in (all_where if isinstance(all_where[0], list) else [all_where])}
        problems = [f"not found: {code} at {where}" for code, where in sorted(wanted - found)]
        problems += [f"found: {code} at {where}" for code, where in sorted(found - wanted)]
        problems += [f"{f['code']} says nothing about what it means" for f in findings if not f["means"]]
        return problems


def cases(bench: Bench) -> list[Case]:
    green_too = ["--server", ",".join(f"{a}=green" for a in GREEN)]
    everybody = ["--no-lookup", "--parent-server", ",".join(PARENT), "--server",
                 ",".join([*(f"{a}=blue" for a in BLUE), *(f"{a}=green" for a in GREEN)])]
    return [
        Case("one signer", [BROKEN, *RESOLVER], CLEAN),
        Case("two signers, as the controller leaves them", [JOINED, *RESOLVER], CLEAN),
        Case("two signers, without looking anything up", [JOINED, *everybody], CLEAN),
        Case("a signer that is not prepared, and not yet in NS", [BROKEN, *RESOLVER, *green_too], WARNINGS,
             {"key-missing": EACH, "ds-gap": GREEN, "cds-differ": BLUE + GREEN, "ns-differ": BLUE + GREEN}),
        Case("everything at once, keys not exchanged", [BROKEN, *RESOLVER], ERRORS,
             {"key-missing": EACH, "cds-differ": BLUE + GREEN, "cds-would-cut": EACH}, bench.at_once),
        Case("DS of one signer alone", [BROKEN, *RESOLVER], ERRORS,
             {"ds-gap": GREEN, "cds-differ": BLUE + GREEN, "cds-would-cut": EACH}, bench.without_ds),
        Case("the parent's servers disagree", [BROKEN, *RESOLVER], ERRORS,
             {"ds-gap": GREEN, "parents-differ": PARENT, "cds-differ": BLUE + GREEN, "cds-would-cut": EACH},
             bench.parent_frozen),
        Case("a DS of nobody's key", [BROKEN, *RESOLVER], WARNINGS,
             {"ds-without-key": PARENT, "cds-differ": BLUE + GREEN, "cds-would-cut": EACH}, bench.foreign_ds),
        Case("a secondary that hangs", [JOINED, *RESOLVER], ERRORS, {"unreachable": GREEN[1:]}, bench.hung),
        Case("a secondary that does not follow", [JOINED, *RESOLVER], WARNINGS, {"behind": GREEN[1:]}, bench.frozen),
        Case("a CSYNC that was left behind", [JOINED, *RESOLVER], CLEAN, {"csync": GREEN}, bench.stray_csync),
        Case("signatures that end soon", [JOINED, *RESOLVER], WARNINGS, {"expires-soon": EACH}, clock="+13d"),
        Case("signatures that have expired", [JOINED, *RESOLVER], ERRORS, {"bogus-dnskey": EACH, "bogus-data": EACH}, clock="+40d"),
        Case("a server that does not have the zone", [JOINED, *RESOLVER, "--server", PARENT[0]], WARNINGS,
             {"lame": PARENT[:1]}),
        Case("a zone that does not exist", ["nozone.lab.", *RESOLVER], ERRORS, {"no-such-zone": PARENT}),
        Case("a resolver that does not answer", [JOINED, "--resolver", "127.0.0.99"], ERRORS, says="error"),
        Case("no server to ask", [JOINED, "--no-lookup"], ERRORS, says="name them with --server"),
        Case("a server that is no address", [JOINED, "--server", "ns1.blue.lab."], ERRORS, says="not an address"),
    ]


def forecast(bench: Bench) -> list[str]:
    """`simulate --zone` begins with what the servers show, and shows what comes of it."""
    written = bench.settings.path / "forecast.json"
    command = [str(bench.binary), "simulate", "--zone", JOINED, *RESOLVER, "--signers", "green.lab", "-o", "json",
               "--write-scenario", str(written)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60)
    report = json.loads(told.stdout or "{}")
    if told.returncode or report.get("result") != "done" or not report.get("clean"):
        return [f"exit {told.returncode}: {told.stdout}{told.stderr}"]
    scenario = json.loads(written.read_text())
    wanted = {"initial": ["blue.lab", "green.lab"], "intent": ["green.lab"]}
    problems = [f"{key} is {scenario.get(key)}" for key, value in wanted.items() if scenario.get(key) != value]
    ttl = scenario["signers"]["green.lab"]["ttl"]
    return problems + ([] if ttl["dnskey"] == 4 and scenario["parent"]["ttl"]["ds"] == 3 else [f"TTLs are {scenario}"])


def run(bench: Bench) -> int:
    bad, all_cases = 0, cases(bench)
    problems = forecast(bench)
    bad += bool(problems)
    print("\n     ".join([f"{'FAIL' if problems else 'ok  '} what a leave would come to, from what the servers show", *problems]))
    for case in all_cases:
        began = time.monotonic()
        with case.around():
            problems = bench.judge(case)
        bad += bool(problems)
        print(f"{'ok  ' if not problems else 'FAIL'} {case.name}  ({time.monotonic() - began:.1f} s)", flush=True)
        for problem in problems:
            print("     " + problem.replace("\n", "\n       "), flush=True)
    print(f"{len(all_cases) + 1 - bad} of {len(all_cases) + 1} states of zones: found what is wrong with them, and nothing else")
    return 1 if bad else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, default=REPOSITORY / "build" / "lab" / "check")
    parser.add_argument("--tutti", type=Path, default=BINARY)
    arguments = parser.parse_args()
    ttls = Ttls(ds=3, parent_ns=3, child_ns=3, dnskey=dict.fromkeys(SIGNERS, 4), data=5, negative=3)
    bench = Bench(Settings(str(arguments.dir.resolve()), zones=2, ttls=ttls, observers=("default",)), arguments.tutti.resolve())
    try:
        bench.prepare()
        return run(bench)
    except (MoverError, NotReady, OSError) as error:
        print(f"FAIL {error}")
        return 1
    finally:
        bench.lease.close()


if __name__ == "__main__":
    sys.exit(main())
