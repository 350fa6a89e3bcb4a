"""The same cases by `dnssec-cds` of BIND, as far as it can take them: one server's records, an update or a delete.
Where it decides otherwise than the case wants, that must be one of the differences below; doc/dnssec-cds.md has why."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from case import Case, Lie
from zone import key

# slug -> what dnssec-cds does
DIFFERENCES = {
    "mismatch": "accept",
    "delete": "a DS of the delete record itself",
    "delete-mixed": "no-change",
    "delete-mixed-key": "a DS of the delete record itself, and the real one",
    "delete-and-key": "no-change",
    "delete-cds-only": "reject",
    "almost-delete-key": "a DS of that record",
    "digest-loses-key": "no-change",
    "uneven": "only the SHA-256 ones",
    "many-keys": "accept",
    "huge-key": "accept"}
KINDS = ("CDS", "CDNSKEY", "DNSKEY", "SOA")
LONG_AGO = "20200101000000"


def takes(case: Case) -> bool:
    """One content at real servers, a DS at the parent, nothing remembered, the default policy."""
    builds = list(case.at.values())
    return (case.subject == "ds" and bool(case.ds) and not case.state and not case.set and case.policy == "strict"
            and not case.ns and not case.glue and len(builds) > 1
            and all(b is builds[0] and not isinstance(b, Lie) for b in builds))


def records(case: Case) -> str:
    """As `dig +dnssec` would print them."""
    build = next(iter(case.at.values()))
    assert not isinstance(build, Lie)
    lines = []
    for (owner, kind), (rrset, signatures) in build(case.child).sets.items():
        if kind in KINDS and owner == case.child:
            lines += [f"{owner} {rrset.ttl} IN {kind} {r.to_text()}" for r in rrset]
            lines += [f"{owner} {rrset.ttl} IN RRSIG {s.to_text()}" for s in signatures]
    return "\n".join(lines) + "\n"


def current_ds(case: Case) -> list[str]:
    return sorted(key(k).ds(case.child).upper() for k in case.ds)


def ours(case: Case, verdict: dict[str, Any]) -> list[str]:
    """The DS set after our verdict."""
    change = verdict.get("change", {})
    gone = [ds.upper() for ds in change.get("ds_remove", [])]
    return sorted([ds for ds in current_ds(case) if ds not in gone] + [ds.upper() for ds in change.get("ds_add", [])])


def decide(case: Case, home: Path) -> tuple[str, list[str], str]:
    """Its decision in our words, the DS set after it, and what it says."""
    child, parent = home / "child", home / "parent"
    child.write_text(records(case))
    current = current_ds(case)
    parent.write_text("".join(f"{case.child} 3600 IN DS {ds}\n" for ds in current))
    done = subprocess.run(["dnssec-cds", "-s", LONG_AGO, "-f", str(child), "-d", str(parent), case.child],
                          capture_output=True, text=True, timeout=30)
    said = (done.stderr.strip().splitlines() or [""])[-1]
    if done.returncode != 0:
        return "reject", current, said
    found = []
    for line in done.stdout.splitlines():
        words = line.upper().split()
        if "DS" in words:
            fields = words[words.index("DS") + 1:]
            found.append(" ".join([*fields[:3], "".join(fields[3:])]))
    return "no-change" if sorted(found) == current else "accept", sorted(found), said


def compare(verdicts: list[tuple[Case, dict[str, Any]]], home: Path) -> list[str]:
    """What is not as expected; the last line is a summary."""
    out, taken = [], 0
    for case, verdict in verdicts:
        if not takes(case):
            continue
        taken += 1
        decision, ds, said = decide(case, home)
        same = decision == case.expect.split()[0] and ds == ours(case, verdict)
        if same and case.slug in DIFFERENCES:
            out.append(f"{case.slug}: dnssec-cds decides as we do ({decision}), which is listed as a difference")
        if not same and case.slug not in DIFFERENCES:
            out.append(f"{case.slug}: we {case.expect}, dnssec-cds {decision} {ds}: {said}")
    return [*out, f"dnssec-cds took {taken} cases and decided {len(DIFFERENCES)} of them otherwise (doc/dnssec-cds.md)"]
