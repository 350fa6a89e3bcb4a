#!/usr/bin/python3
"""The control: changes signers by the naive sequence, with the waits cut short.

    join    publishes keys, DS and NS of the new signer all at once
    leave   removes NS, DS and keys of the old signer all at once

Every record is right at every moment; what goes wrong is what caches still hold, and how long depends on
luck: on the age of what is cached just then. So the control waits for a moment that is bad for it, to be
seen every time. If the observers see nothing here, they would see nothing anywhere. `--safe` does the same moves with the waits of the safety
rule, written down by hand: there the observers must see nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dns.message
import dns.query

sys.path[0] = str(Path(__file__).resolve().parents[1])

from lab.bring_up import Lab  # noqa: E402
from lab.dnsio import eventually  # noqa: E402
from lab.hands import Hands  # noqa: E402
from lab.topology import CACHE, DEFAULT_DIR, Ttls  # noqa: E402

MARGIN_S = 1.0       # TTLs count whole seconds

Pause = Callable[[str, float], None]


def minimum_s(before: list[str], after: list[str], ttls: Ttls) -> float:
    """The least time for a change of signers from fresh caches, by the safety rule."""
    joiners, leavers = set(after) - set(before), set(before) - set(after)
    total = 0.0
    if joiners:      # old DNSKEY RRsets without the new keys, and old DS, must be gone before NS names the new signer
        total += max(ttls.ds, *(ttls.dnskey[s] for s in before))
    if leavers:      # first nobody may still ask the leaver, then nothing it said may still be cached
        total += max(ttls.parent_ns, ttls.child_ns) + max(ttls.data, *(ttls.dnskey[s] for s in leavers))
    return total


def announce(text: str, seconds: float) -> None:
    print(f"{text} ({seconds:.0f} s)", file=sys.stderr, flush=True)
    time.sleep(seconds)


def bad_moment(hands: Hands, before: list[str], after: list[str]) -> None:
    """Waits until the shared cache has fetched the DNSKEY RRset just now (for a join) or long ago (a leave)."""
    ttl = min(hands.lab.settings.ttls.dnskey[s] for s in before)
    joining = bool(set(after) - set(before))

    def bad() -> bool:
        query = dns.message.make_query(hands.zone, "DNSKEY", want_dnssec=True)
        answer = dns.query.udp(query, CACHE.address, timeout=1)
        left = answer.answer[0].ttl if answer.answer else ttl / 2
        return left >= 0.8 * ttl if joining else left <= 0.2 * ttl
    eventually("a bad moment for the control", bad, 2 * ttl)


def naive(hands: Hands, before: list[str], after: list[str], pause: Pause = announce) -> None:
    del pause
    involved = sorted({*before, *after})
    for signer in involved:
        hands.set_keys(signer, after if signer in after else [signer])
        hands.set_ns(signer, after if signer in after else [signer])
    hands.set_parent(ns=after, ds=after)


def safe(hands: Hands, before: list[str], after: list[str], pause: Pause = announce) -> None:
    ttls = hands.lab.settings.ttls
    both = sorted({*before, *after})
    if set(after) - set(before):
        for signer in both:
            hands.set_keys(signer, both)
        hands.set_parent(ds=both)
        hands.wait_keys(both, both)
        hands.wait_ds(both)
        pause("until no cache holds a DNSKEY or DS without the new keys",
              max(ttls.ds, *(ttls.dnskey[s] for s in before)) + MARGIN_S)
    for signer in both:
        hands.set_ns(signer, after)          # the leaver too: caches refresh the NS from the child
    hands.set_parent(ns=after)
    hands.wait_ns(both, after)
    leavers = [s for s in before if s not in after]
    if leavers:
        pause("until nobody asks the leaver any more", max(ttls.parent_ns, ttls.child_ns) + MARGIN_S)
        pause("until nothing that the leaver signed is cached",
              max(ttls.data, *(ttls.dnskey[s] for s in leavers)) + MARGIN_S)
        hands.set_parent(ds=after)
        for signer in after:
            hands.set_keys(signer, after)
        hands.wait_keys(after, after)
        hands.wait_ds(after)


def move(hands: Hands, before: list[str], after: list[str], carefully: bool, pause: Pause = announce) -> dict[str, Any]:
    """One change of signers; returns its record in the form that the controller gives too."""
    if not carefully:
        bad_moment(hands, before, after)
    started = time.time()
    (safe if carefully else naive)(hands, before, after, pause)
    elapsed, minimum = time.time() - started, minimum_s(before, after, hands.lab.settings.ttls)
    return {"from": before, "to": after, "started": started, "ended": started + elapsed,
            "elapsed": round(elapsed, 3), "minimum": minimum, "ratio": round(elapsed / minimum, 3) if minimum else None}


def main() -> None:
    parser = argparse.ArgumentParser(description="Change the signers of a lab's zone by hand.")
    parser.add_argument("--dir", type=Path, default=DEFAULT_DIR)
    parser.add_argument("--zone", default="zone1.lab.")
    parser.add_argument("--safe", action="store_true", help="with the waits of the safety rule")
    parser.add_argument("moves", nargs="+", metavar="SIGNERS", help="e.g.: blue blue,green green")
    arguments = parser.parse_args()
    hands = Hands(Lab.open(arguments.dir.resolve()), arguments.zone)
    moves = [m.split(",") for m in arguments.moves]
    for before, after in zip(moves, moves[1:], strict=False):
        print(json.dumps(move(hands, before, after, arguments.safe)), flush=True)


if __name__ == "__main__":
    main()
