#!/usr/bin/python3
"""Measures how long a change takes from the primary to the secondary, at each signer and the parent."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from lab.bring_up import Lab  # noqa: E402
from lab.dnsio import ask, eventually, rrset  # noqa: E402
from lab.topology import DEFAULT_DIR, PARENT, PARENTS, SIGNERS  # noqa: E402


def measure(lab: Lab, pair, zone: str, mark: str) -> list[float]:
    """Writes one TXT record at the primary; seconds until each of the pair shows it."""
    name = f"propagation.{zone}"
    started = time.monotonic()
    if pair[0].brand == "powerdns":
        lab.api.replace(zone, name, "TXT", 5, [f'"{mark}"'])
    else:
        writer = lab.writer(pair[0].address)
        change = writer.update(zone)
        change.replace(name, 5, "TXT", f'"{mark}"')
        writer.send(change)

    def shows(address: str) -> bool:
        found = rrset(ask(address, name, "TXT"), name, "TXT")
        return bool(found) and mark in found[0].to_text()

    took = [time.monotonic() - started]
    for server in pair:
        eventually(f"{server.name} shows {mark}", lambda: shows(server.address))
        took.append(time.monotonic() - started)
    return took


def main() -> None:
    lab = Lab.open(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else DEFAULT_DIR)
    zone = lab.settings.zone_names[0]
    print(f"{'':8} {'accepted':>9} {'primary':>9} {'secondary, median':>18} {'worst':>8}   (seconds)")
    for who, pair, where in [*((s, p, zone) for s, p in SIGNERS.items()), ("parent", PARENTS, PARENT)]:
        runs = [measure(lab, pair, where, f"{time.time():.3f}") for _ in range(10)]
        accepted, primary, secondary = (list(column) for column in zip(*runs, strict=True))
        print(f"{who:8} {statistics.median(accepted):9.3f} {statistics.median(primary):9.3f} "
              f"{statistics.median(secondary):18.3f} {max(secondary):8.3f}")


if __name__ == "__main__":
    main()
