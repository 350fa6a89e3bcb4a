"""Which change of signers comes next in the testbed: a pure function of the round's seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lab.session import Event, Move
from lab.topology import SIGNERS, Ttls

NEWCOMERS = ("green", "red")          # blue has the delegation at the start
PRIMARIES_AND_SECONDARIES = [s.name for pair in SIGNERS.values() for s in pair]


@dataclass(frozen=True)
class Scenario:
    kind: str
    seed: int
    moves: list[Move]
    lab: dict[str, Any] = field(default_factory=dict)      # of Settings: parent_mode, agent
    late_ds: str = ""                 # the event whose end lets the parent's DS be seen everywhere

    def title(self) -> str:
        way = " -> ".join("+".join(signers) for signers in [["blue"], *(m.after for m in self.moves)])
        extras = [f"{e.do} {e.target}{' ' + e.kind if e.do == 'rollover' else ''} at {e.at:g} s"
                  for m in self.moves for e in m.events]
        extras += [f"{d} dead" for m in self.moves for d in m.dead]
        parent = self.lab.get("agent", "direct")
        return f"{self.kind}: {way}; " + ", ".join([*extras, f"parent {parent}"])


def scenario(seed: int) -> Scenario:
    """Seeds that follow each other take the kinds in turn; the rest is drawn from the seed."""
    kind = list(KINDS)[seed % len(KINDS)]
    return KINDS[kind](seed, random.Random(seed))


def parent(draw: random.Random) -> dict[str, Any]:
    """Half of the parents are written to, half are an agent of their own, which is told by NOTIFY."""
    return draw.choice([{}, {"parent_mode": "cds", "agent": "update"}])


def add(seed: int, draw: random.Random) -> Scenario:
    return Scenario("add", seed, [Move(["blue", draw.choice(NEWCOMERS)])], parent(draw))


def remove(seed: int, draw: random.Random) -> Scenario:
    other = draw.choice(NEWCOMERS)
    return Scenario("remove", seed, [Move(["blue", other]), Move([draw.choice(["blue", other])])], parent(draw))


def replace(seed: int, draw: random.Random) -> Scenario:
    return Scenario("replace", seed, [Move([draw.choice(NEWCOMERS)])], parent(draw))


def rollover(seed: int, draw: random.Random) -> Scenario:
    """A signer rolls a key by its own timing while another joins."""
    who, kind = draw.choice(["blue", "green"]), draw.choice(["zsk", "ksk"])
    event = Event(round(draw.uniform(4, 12), 1), "rollover", who, kind)
    return Scenario("rollover", seed, [Move(["blue", "green"], [event])])


def dead_server(seed: int, draw: random.Random) -> Scenario:
    """One address stops while its signer joins or stays, and comes back before it is needed."""
    other = draw.choice(NEWCOMERS)
    server = draw.choice([s for s in PRIMARIES_AND_SECONDARIES if s[:-1] in ("blue", other)])
    at = round(draw.uniform(3, 5), 1)
    events = [Event(at, "stop", server), Event(round(at + draw.uniform(3, 9), 1), "start", server)]
    return Scenario("dead-server", seed, [Move(["blue", other], events)])


def dead_signer(seed: int, draw: random.Random) -> Scenario:
    """A signer breaks down for good; the operator declares it dead, and the other goes on alone."""
    pair = ["blue", draw.choice(NEWCOMERS)]
    dead = draw.choice(pair)
    return Scenario("dead-signer", seed, [Move(pair), Move([s for s in pair if s != dead], dead=(dead,))])


def late_parent(seed: int, draw: random.Random) -> Scenario:
    """A server of the parent shows the new DS late."""
    events = [Event(0, "freeze", "parent2"), Event(round(draw.uniform(6, 25), 1), "thaw", "parent2")]
    return Scenario("late-parent", seed, [Move(["blue", draw.choice(NEWCOMERS)], events)], late_ds="thaw parent2")


KINDS: dict[str, Callable[[int, random.Random], Scenario]] = {
    "add": add, "remove": remove, "replace": replace, "rollover": rollover, "dead-server": dead_server,
    "dead-signer": dead_signer, "late-parent": late_parent}


def lateness(ttls: Ttls, shown_after_s: float) -> float:
    """Seconds by which a join cannot be quicker when the parent shows the new DS everywhere so late.

    NS may name the newcomer at max(K, shown + D) after the exchange (doc/safety.md): what of it exceeds max(K, D).
    """
    keys = max(ttls.dnskey.values())
    return max(0.0, shown_after_s + ttls.ds - max(keys, ttls.ds))
