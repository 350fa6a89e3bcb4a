"""A signer rolls its KSK from beginning to end. The parent's part - the DS - is the controller's to bring about."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from lab import faults
from lab.dnsio import NotReady, ask, key_tags, rrset
from lab.servers import knot
from lab.topology import PARENTS, SIGNERS

if TYPE_CHECKING:
    from lab.session import Session

PATIENCE_S = 120


def roll_ksk(session: Session, signer: str) -> None:
    """Returns when no server of the parent has a DS of the old key any more."""
    primary = SIGNERS[signer][0]
    zone = session.settings.zone_names[0]

    def signing() -> set[int]:
        return key_tags(ask(primary.address, zone, "DNSKEY"), zone)[1]

    def everywhere() -> list[set[int]]:
        return [{r.key_tag for r in rrset(ask(p.address, zone, "DS"), zone, "DS") or []} for p in PARENTS]
    old = signing()
    faults.rollover(session.lab, signer, "ksk", zone)
    wait(session, f"{signer} signs with another KSK", lambda: bool(signing() - old))
    wait(session, f"the parent has the DS of the other KSK of {signer}",
         lambda: all(signing() - old <= tags for tags in everywhere()))
    # Knot asks somebody whether it may go on, here the lab: when no cache has the DS set without the new one any more.
    session.rest(f"{signer}: caches may still hold the old DS", session.settings.ttls.ds + 1)
    knot.control(session.lab.home(primary), "zone-ksk-submitted", zone)
    wait(session, f"the parent has no DS of the old KSK of {signer}", lambda: not any(old & tags for tags in everywhere()))
    session.event_log.append(f"{time.time() - session.began:.1f} rolled {signer}")


def wait(session: Session, what: str, so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not so():
        if time.monotonic() > deadline:
            raise NotReady(f"{what}: not so within {PATIENCE_S} s")
        session.look()
        session.tick()
        time.sleep(0.2)
