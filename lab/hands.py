"""Changes a zone's keys, NS and DS at signers and parent by hand: no plan, no waiting, no safety.

For the control and for preparing scenarios. Only the lab uses this; the controller has its own drivers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import dns.dnssec
import dns.name
import dns.rdatatype

from lab.bring_up import Lab
from lab.dnsio import ask, ds_records, eventually, key_tags, rrset
from lab.topology import PARENT, PARENTS, SIGNERS, addresses, name_servers

Texts = set[str]


class Hands:
    """One zone at all signers and at the parent. Made before any key exchange: what is there is own."""

    def __init__(self, lab: Lab, zone: str) -> None:
        self.lab, self.zone = lab, zone
        self.keys: dict[str, Texts] = {}
        self.ds: dict[str, Texts] = {}
        for signer, (primary, _) in SIGNERS.items():
            answer = ask(primary.address, zone, "DNSKEY")
            self.keys[signer] = {k.to_text(chunksize=0) for k in rrset(answer, zone, "DNSKEY") or []}
            self.ds[signer] = {d.to_text() for d in ds_records(zone, answer)}

    def set_keys(self, signer: str, of: Iterable[str]) -> None:
        """Publishes the keys of the given signers at `signer`, besides its own."""
        wanted = set().union(*(self.keys[s] for s in of if s != signer))
        self.difference(signer, "DNSKEY", wanted, self.served(signer, "DNSKEY") - self.keys[signer],
                        self.lab.settings.ttls.dnskey[signer])

    def set_ns(self, signer: str, of: Iterable[str]) -> None:
        wanted = {name for s in of for name in name_servers(s)}
        self.difference(signer, "NS", wanted, self.served(signer, "NS"), self.lab.settings.ttls.child_ns)

    def served(self, signer: str, rdtype: str) -> Texts:
        found = rrset(ask(SIGNERS[signer][0].address, self.zone, rdtype), self.zone, rdtype) or []
        return {r.to_text(chunksize=0) if rdtype == "DNSKEY" else r.to_text() for r in found}

    def difference(self, signer: str, rdtype: str, wanted: Texts, served: Texts, ttl: int) -> None:
        """Adds and deletes single records: deleting an apex NS RRset as a whole is ignored everywhere."""
        if wanted == served:
            return
        primary = SIGNERS[signer][0]
        if primary.brand == "powerdns":
            self.lab.api.replace(self.zone, self.zone, rdtype, ttl, sorted(wanted))
            return
        writer = self.lab.writer(primary.address)
        change = writer.update(self.zone)
        for text in wanted - served:
            change.add(self.zone, ttl, rdtype, text)
        for text in served - wanted:
            change.delete(self.zone, rdtype, text)
        writer.send(change)

    def set_parent(self, ns: Iterable[str] | None = None, ds: Iterable[str] | None = None) -> None:
        """Sets what the parent says: NS naming these signers, DS for these signers' keys."""
        ttls, writer = self.lab.settings.ttls, self.lab.writer(PARENTS[0].address)
        change = writer.update(PARENT)
        if ns is not None:
            change.delete(self.zone, "NS")
            for name in (n for s in ns for n in name_servers(s)):
                change.add(self.zone, ttls.parent_ns, "NS", name)
        if ds is not None:
            change.delete(self.zone, "DS")
            for text in set().union(*(self.ds[s] for s in ds)):
                change.add(self.zone, ttls.ds, "DS", text)
        writer.send(change)

    # Until it is so at every address.

    def wait_keys(self, signers: Iterable[str], of: Iterable[str]) -> None:
        zone = dns.name.from_text(self.zone)
        tags = {dns.dnssec.key_id(dns.rdata.from_text("IN", "DNSKEY", k, zone)) for s in of for k in self.keys[s]}
        self.everywhere("DNSKEY", [a for s in signers for a in addresses(s)],
                        lambda a: key_tags(ask(a, self.zone, "DNSKEY"), self.zone)[0] == tags)

    def wait_ns(self, signers: Iterable[str], of: Iterable[str], parent: bool = True) -> None:
        wanted = {n for s in of for n in name_servers(s)}
        where = [a for s in signers for a in addresses(s)] + ([s.address for s in PARENTS] if parent else [])
        self.everywhere("NS", where, lambda a: {r.to_text() for r in rrset(
            ask(a, self.zone, "NS"), self.zone, "NS", authority=True) or []} == wanted)

    def wait_ds(self, of: Iterable[str]) -> None:
        wanted = set().union(*(self.ds[s] for s in of))
        self.everywhere("DS", [s.address for s in PARENTS], lambda a: {r.to_text() for r in rrset(
            ask(a, self.zone, "DS"), self.zone, "DS") or []} == wanted)

    def everywhere(self, what: str, where: list[str], check: Callable[[str], bool]) -> None:
        for address in where:
            eventually(f"{address} serves the new {what} of {self.zone}", lambda: check(address))
