"""The data base as a zone: by DNS UPDATE to the primary of the parent zone, or as lines of a zone file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dns.dnssec
import dns.exception
import dns.name
import dns.rdata
import dns.rdatatype
import dns.xfr

from lab.dnsio import Writer
from lab.registry.objects import Policy, is_under
from lab.registry.registry import Registry

Record = tuple[str, int, str, str]       # owner, TTL, type, data


def records(domains: dict[str, dict], hosts: dict[str, dict], policy: Policy) -> Iterator[Record]:
    """What the zone has to say of all domains: NS, DS, and glue for what is below them."""
    for name, domain in domains.items():
        if "clientHold" in domain["statuses"] or "serverHold" in domain["statuses"]:
            continue
        ttl = domain["ttl"]
        for host, addresses in domain["ns"].items():
            yield f"{name}.", ttl.get("NS", policy.ttl), "NS", f"{host}."
            if not policy.host_attributes:
                addresses = hosts.get(host, {}).get("addresses", [])
            if any(is_under(host, other) for other in domains):
                for a in addresses:
                    yield f"{host}.", policy.ttl, "AAAA" if ":" in a else "A", a
        for record in domain["sec"]:
            for tag, algorithm, digest_type, digest in ds_of(name, record):
                yield f"{name}.", ttl.get("DS", policy.ttl), "DS", f"{tag} {algorithm} {digest_type} {digest.lower()}"


def ds_of(name: str, record: dict) -> Iterator[list]:
    """A registry with the key interface computes the DS itself."""
    if "ds" in record:
        yield record["ds"]
        return
    key = dns.rdata.from_text("IN", "DNSKEY", " ".join(str(v) for v in record["key"]))
    ds = dns.dnssec.make_ds(dns.name.from_text(name), key, "SHA256")
    yield [ds.key_tag, ds.algorithm, ds.digest_type, ds.digest.hex()]


def snapshot(registry: Registry) -> set[Record]:
    database = registry.database
    with database.lock:
        return set(records(database.all("domain"), database.all("host"), registry.policy))


def write_file(path: Path, wanted: set[Record]) -> None:
    new = path.with_suffix(".new")
    new.write_text("".join(f"{o} {t} IN {k} {d}\n" for o, t, k, d in sorted(wanted)))
    new.replace(path)


class Publisher:
    """Brings the zone in line with the data base whenever that changed, `delay_s` later, as registries do."""

    def __init__(self, registry: Registry, zone: str, delay_s: float) -> None:
        self.registry = registry
        self.zone = zone if zone.endswith(".") else zone + "."
        self.delay_s = delay_s
        self.rounds = 0
        self.paused = False

    def run(self, send: Callable[[set[Record]], None]) -> None:
        while True:
            self.registry.changed.wait()
            time.sleep(self.delay_s)
            while self.paused:
                time.sleep(0.05)
            self.registry.changed.clear()
            try:
                send(snapshot(self.registry))
                self.rounds += 1
            except (OSError, dns.exception.DNSException) as error:
                print(f"publishing: {error}", flush=True)
                time.sleep(0.5)
                self.registry.changed.set()

    def start(self, send: Callable[[set[Record]], None]) -> None:
        threading.Thread(target=self.run, args=(send,), daemon=True).start()

    def by_update(self, place: str, key_name: str, secret: str) -> None:
        """`place`: the primary, "ADDRESS" or "ADDRESS:PORT"."""
        address, _, port = place.partition(":")
        writer = Writer(address, key_name, secret, int(port or 53))
        self.start(lambda wanted: self.send_update(writer, wanted))

    def by_file(self, path: Path) -> None:
        self.start(lambda wanted: write_file(path, wanted))

    def send_update(self, writer: Writer, wanted: set[Record]) -> None:
        """Every RRset that is not right is replaced; all of it in one message, so all at one moment."""
        served = self.served(writer)
        sets: dict[tuple[str, str], set[tuple[int, str]]] = {}
        for owner, ttl, rdtype, data in wanted:
            sets.setdefault((owner, rdtype), set()).add((ttl, data))
        update, changes = writer.update(self.zone), 0
        for key in sets.keys() | served.keys():
            new = sets.get(key, set())
            if new == served.get(key, set()):
                continue
            changes += 1
            update.delete(*key)
            for ttl, data in new:
                update.add(key[0], ttl, key[1], data)
        if changes:
            writer.send(update)

    def served(self, writer: Writer) -> dict[tuple[str, str], set[tuple[int, str]]]:
        """The RRsets at and below the domains that the registry has or had."""
        mine = set(self.registry.database.all("domain")) | set(self.registry.former)
        out: dict[tuple[str, str], set[tuple[int, str]]] = {}
        for name, ttl, rdata in writer.transfer(self.zone).iterate_rdatas():
            owner = name.derelativize(dns.name.from_text(self.zone)).to_text().lower()
            rdtype = dns.rdatatype.to_text(rdata.rdtype)
            if rdtype in ("NS", "DS", "A", "AAAA") and any(is_under(owner[:-1], m) for m in mine):
                data = rdata.to_text(origin=dns.name.from_text(self.zone), relativize=False)
                out.setdefault((owner, rdtype), set()).add((ttl, data))
        return out
