"""A trace, told more exactly by who looked more often. Pure.

The controller looks a few times each TTL when it has nothing to do. So when a signer begins to use a key by its own
timing, its trace only says: some time since the last look. The observers' reader asks every address twice a second. What
it saw can only make that interval smaller: at `old_at` every address of the signer still answered without the new key.
"""

from __future__ import annotations

import copy
from typing import Any

Trace = dict[str, Any]


def narrowed(trace: Trace, states: list[dict[str, Any]], zone: str) -> Trace:
    """Moves the beginning of versions of signed data forward to the last moment at which they were seen not to be there."""
    out = copy.deepcopy(trace)
    for track in (t for t in out["tracks"] if t["track"] == "data"):
        versions = track["versions"]
        for before, version in zip(versions, versions[1:], strict=False):
            new = tags(version) - tags(before)
            seen = not_yet(states, zone, track["signer"], new) if new else None
            if seen is not None and seen > version["from"]:
                version["from"] = seen
    return out


def tags(version: dict[str, Any]) -> set[int]:
    return {int(label.rsplit("/", 1)[1]) for label in version["content"]}


def not_yet(states: list[dict[str, Any]], zone: str, signer: str, new: set[int]) -> float | None:
    """When all addresses of a signer last answered before any of them signed by one of these keys."""
    before: list[dict[str, Any] | None] = [None]
    for line in states:
        now = list(line["zones"].get(zone, {}).get("signers", {}).get(signer, {}).values())
        if any(new & set(state["data"]) for state in now if state):
            return line["old_at"] if all(before) else None
        before = now
    return None
