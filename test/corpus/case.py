"""What a case of the corpus is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from zone import Zone

Step = Callable[[Zone], Any]
Build = Callable[[str], Zone]

# Server -> its name in NS, its address. Two real servers and two that lie.
SERVERS = {"alpha": ("ns1.one.", "127.0.1.1"), "beta": ("ns2.two.", "127.0.2.1"),
           "liar1": ("liar1.one.", "127.0.9.1"), "liar2": ("liar2.two.", "127.0.9.2")}
NEWCOMER = ("ns3.one.", "127.0.3.1")     # "gamma" serves there: in no delegation until a CSYNC says so


@dataclass
class Lie:
    """How a liar serves a zone: type number, or 0 for all -> what it does (liar.py)."""

    build: Build
    lies: dict[int, str] = field(default_factory=dict)
    other: Build | None = None


@dataclass
class Case:
    slug: str                     # first label of the child
    requirement: str
    expect: str                   # "reject signer-not-in-ds": the decision, and the first reason
    at: dict[str, Build | Lie]    # server -> what it serves
    ds: tuple[str, ...] = ("k1",)  # keys of the DS at the parent
    ns: tuple[str, ...] = ()      # further names in the delegation
    glue: dict[str, tuple[str, ...]] = field(default_factory=dict)   # name in the delegation -> addresses in it
    policy: str = "strict"
    set: tuple[str, ...] = ()     # settings over it
    sources: tuple[str, ...] = ()
    subject: str = "ds"
    mentions: str = ""            # a further reason
    signal: dict[str, Build] | None = None   # RFC 9615: name server -> whose CDS and CDNSKEY its signal shows
    state: Callable[[dict[str, Any], dict[str, Any]], None] | None = None   # (registry, verdict) changes the registry
    parent: str = "corpus."
    note: str = ""

    @property
    def child(self) -> str:
        return f"{self.slug}.{self.parent}"

    def delegation(self) -> list[str]:
        return list(dict.fromkeys([*(SERVERS[s][0] for s in self.at if s in SERVERS and not self.glue), *self.glue,
                                   *self.ns]))


def zone(*steps: Step, **options: Any) -> Build:
    def build(origin: str) -> Zone:
        made = Zone(origin, **options)
        for step in steps:
            step(made)
        return made
    return build


def wish(*names: str, **options: Any) -> Step:
    return lambda z: z.wish(*names, **options)


def wish_delete(**options: Any) -> Step:
    return lambda z: z.wish_delete(**options)


def add(kind: str, *texts: str, **options: Any) -> Step:
    return lambda z: z.add(kind, *(t.replace("@", z.origin) for t in texts), **options)


def without(*kinds: str) -> Step:
    return lambda z: z.without(*kinds)


def spoil(kind: str) -> Step:
    return lambda z: z.spoil(kind)


def both(build: Build) -> dict[str, Build | Lie]:
    return {"alpha": build, "beta": build}


def liar(build: Build, lies: dict[int, str] | None = None, other: Build | None = None,
         beside: Build | None = None) -> dict[str, Build | Lie]:
    """A real server, and a liar beside it."""
    return {"alpha": beside or build, "liar1": Lie(build, lies or {}, other)}
