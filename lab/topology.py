"""What stands where: addresses, names, TTLs. Everything else in the lab derives from these values.

The lab has a network namespace of its own, so addresses are fixed and every server has port 53:
two labs can run side by side without knowing of each other.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
DEFAULT_DIR = REPOSITORY / "build" / "lab" / "default"

PARENT = "lab."
CONTROLLER = "127.0.0.5"       # where the controller listens for NOTIFY
AGENT = "127.0.0.6"            # where the parent agent listens for NOTIFY (RFC 9859)
REGISTRY = "127.0.0.7"         # where the test registry speaks EPP (see registry/)
UPDATE_KEY = "ctl."            # TSIG key of whoever may update and transfer: controller, agent
TRANSFER_KEY = "xfr."          # TSIG key of the secondaries


@dataclass(frozen=True)
class Server:
    """One name server or resolver process with one address."""

    name: str
    brand: str                 # bind, knot, nsd, powerdns; of resolvers: unbound, named, kresd, recursor
    address: str
    follows: str = ""          # the primary's address, for a secondary

    @property
    def primary(self) -> str:
        """The name of the server this one transfers from: `blue2` follows `blue1`."""
        return self.name[:-1] + "1"


ROOT = Server("root", "knot", "127.0.0.10")
PARENTS = (Server("parent1", "knot", "127.0.0.20"),
           Server("parent2", "knot", "127.0.0.21", follows="127.0.0.20"))
SIGNERS: dict[str, tuple[Server, Server]] = {
    "blue": (Server("blue1", "bind", "127.0.1.1"),
             Server("blue2", "bind", "127.0.1.2", follows="127.0.1.1")),
    "green": (Server("green1", "knot", "127.0.2.1"),
              Server("green2", "nsd", "127.0.2.2", follows="127.0.2.1")),
    "red": (Server("red1", "powerdns", "127.0.3.1"),
            Server("red2", "knot", "127.0.3.2", follows="127.0.3.1")),
}
CACHE = Server("cache", "unbound", "127.0.0.65")   # caching, not validating; behind chain and stub
OBSERVERS = (Server("default", "unbound", "127.0.0.53"),
             Server("strict", "unbound", "127.0.0.54"),
             Server("chain", "unbound", "127.0.0.55"),
             Server("stub", "unbound", "127.0.0.56"),
             Server("kresd", "kresd", "127.0.0.57"))
# The testbed watches with these, too: other brands and other tempers.
MORE_OBSERVERS = (Server("named", "named", "127.0.0.58"),
                  Server("named-fwd", "named", "127.0.0.59"),
                  Server("kresd-fwd", "kresd", "127.0.0.60"),
                  Server("recursor", "recursor", "127.0.0.61"),
                  Server("hardened", "unbound", "127.0.0.62"))
ALL_OBSERVERS = (*OBSERVERS, *MORE_OBSERVERS)
FORWARDED = ("chain", "stub", "named-fwd", "kresd-fwd")    # those that ask the cache alone
AUTHORITATIVE = (ROOT, *PARENTS, *(s for pair in SIGNERS.values() for s in pair))
SERVERS = {s.name: s for s in (*AUTHORITATIVE, CACHE, *ALL_OBSERVERS)}
PAGE_PORT = 8686               # of 127.0.0.1, where `tutti` shows its page
POWERDNS_API = f"http://{SIGNERS['red'][0].address}:8081"


def name_servers(signer: str) -> list[str]:
    """The NS names a signer contributes: ns1.blue.lab., ns2.blue.lab."""
    return [f"ns{i}.{signer}.{PARENT}" for i in (1, 2)]


def host_zone(signer: str) -> str:
    """The zone around the names of its name servers, where the lab has one (Settings.insecure): blue.lab."""
    return f"{signer}.{PARENT}"


def addresses(signer: str) -> list[str]:
    return [s.address for s in SIGNERS[signer]]


def signer_of(name_server: str) -> str:
    """The signer behind an NS name; the name itself when it is none of ours."""
    labels = name_server.lower().split(".")
    return labels[1] if len(labels) == 4 and labels[1] in SIGNERS else name_server


@dataclass
class Ttls:
    """The TTLs that a transition waits for. They differ, so that each wait is exercised by itself.

    The NS TTLs are shorter than the DNSKEY TTL: the other way round, a cache always fetches the
    DNSKEY again before it meets the new signer, and a join that is too early goes unseen. The data
    TTL is longer than the DNSKEY TTL for the like reason: a leave that is too early must be seen.
    None is a multiple of another: refetches at the same beat would hide what happens between them.
    """

    ds: int = 11
    parent_ns: int = 7
    child_ns: int = 13
    dnskey: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SIGNERS, 20))
    data: int = 35
    negative: int = 23

    def largest(self) -> int:
        return max(self.ds, self.parent_ns, self.child_ns, self.data, self.negative,
                   *self.dnskey.values())


@dataclass
class Settings:
    """The choices of one run, kept in <dir>/lab.json so that every later command knows them."""

    directory: str
    zones: int = 1
    ttls: Ttls = field(default_factory=Ttls)
    parent_mode: str = "direct"          # direct: the controller writes DS and NS; cds: an agent polls; epp: a registry
    agent: str = "small"                 # cds: which one: small (parent_agent.py); update, epp (tutti parent serve);
                                         # notify: as update, and it looks only when it is told to
    green_csk: bool = False              # Knot signs with one key (single-type-signing)
    propagation: int = 10                # seconds that BIND's and Knot's own rollovers allow on top of TTLs
    fresh_blue: bool = False             # BIND made its keys just now (see servers/bind.py)
    slow_notify: bool = False            # leave NOTIFY to the servers, with their second of delay
    observers: tuple[str, ...] = tuple(s.name for s in OBSERVERS)
    page: bool = False                   # tutti shows its page at 127.0.0.1:PAGE_PORT, inside of the namespace
    insecure: bool = False               # no DS at first, delegated to blue and green, whose names stand in zones of theirs

    @property
    def path(self) -> Path:
        return Path(self.directory)

    @property
    def zone_names(self) -> list[str]:
        return [f"zone{i}.{PARENT}" for i in range(1, self.zones + 1)]

    def zones_at(self, signer: str) -> list[str]:
        return self.zone_names + ([host_zone(signer)] if self.insecure else [])

    def save(self) -> None:
        (self.path / "lab.json").write_text(json.dumps(asdict(self), indent=1))

    @staticmethod
    def load(directory: Path) -> Settings:
        try:
            raw = json.loads((directory / "lab.json").read_text())
        except FileNotFoundError:
            raise SystemExit(f"no lab in {directory}: bring one up with `lab.py up --dir {directory}`") from None
        raw["ttls"] = Ttls(**raw["ttls"])
        raw["observers"] = tuple(raw["observers"])
        return Settings(**raw)
