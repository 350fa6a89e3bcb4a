"""What the controller's journal (`tutti history -o json`) must not hold."""

from __future__ import annotations

from typing import Any

# CSYNC is an order to the parent: it is given, and taken back when it was carried out.
ORDERS = ("csync",)


def problems(events: list[dict[str, Any]]) -> list[str]:
    """Under one wish nothing that was removed is added again, and no wish ends twice.

    The other way round is right: who replaces a signer lends the new one the old one's keys for a while.
    """
    found: list[str] = []
    removed: set[tuple[str, str, str]] = set()     # what, where, key or signer
    ends = 0
    for event in events:
        if event["kind"] == "intent":
            removed, ends = set(), 0
        elif event["kind"] == "done":
            ends += 1
            if ends > 1:
                found.append(f"the journal ends one wish twice: {event['text']} at {event['at']}")
        elif event["kind"] == "action" and event["detail"]["do"] not in ORDERS:
            detail = event["detail"]
            where = detail.get("at_signer", "the parent")
            if any((detail["do"], where, what) in removed for what in detail["add"]):
                found.append(f"the journal undoes a removal under the same wish: {event['text']} at {event['at']}")
            removed |= {(detail["do"], where, what) for what in detail["remove"]}
    return found


def repeated(events: list[dict[str, Any]]) -> int:
    """How many actions say the same as an earlier one under the same wish: those of which the outcome was lost."""
    seen: set[str] = set()
    count = 0
    for event in events:
        if event["kind"] == "intent":
            seen = set()
        elif event["kind"] == "action":
            count += event["text"] in seen
            seen.add(event["text"])
    return count


def keys_of(signer: str, journals: dict[str, list[dict[str, Any]]]) -> set[str]:
    """The keys of a signer that were added at others."""
    return {zone + key for zone, events in journals.items() for event in events
            if event["kind"] == "action" and event["detail"]["do"] == "dnskey"
            for key in event["detail"]["add"] if key.startswith(f"{signer}/")}
