"""What every authoritative server publishes for a zone at one moment, asked of each address directly."""

from __future__ import annotations

import asyncio
import itertools
import socket
from typing import Any

import dns.exception
import dns.message
import dns.rdatatype

from lab.dnsio import key_tags, rrset
from lab.topology import PARENTS, SIGNERS, addresses, signer_of
from lab.wire import DNSKEY, NS, NUMBERS, SOA, encode_query, header

PATIENCE_S = 0.5

State = dict[str, Any]


class Asker:
    """Questions to one address over one UDP socket, many at a time."""

    def __init__(self, address: str) -> None:
        self.waiting: dict[int, asyncio.Future[bytes]] = {}
        self.numbers = itertools.cycle(range(1, 65536))
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.connect((address, 53))
        asyncio.get_running_loop().add_reader(self.socket, self.hear)

    def hear(self) -> None:
        try:
            message = self.socket.recv(65535)
        except OSError:
            return                   # nobody listens there; the question runs into its deadline
        future = self.waiting.pop(header(message)[0], None) if len(message) >= 12 else None
        if future and not future.done():
            future.set_result(message)

    async def ask(self, name: str, rdtype: int) -> dns.message.Message | None:
        number = next(self.numbers)
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.waiting[number] = future
        try:
            self.socket.send(encode_query(name, rdtype, number, recursion=False))
            return dns.message.from_wire(await asyncio.wait_for(future, PATIENCE_S))
        except (OSError, asyncio.TimeoutError, dns.exception.DNSException):
            self.waiting.pop(number, None)
            return None


class Reader:
    """Reads the published state of zones again and again."""

    def __init__(self) -> None:
        self.askers = {a: Asker(a) for a in [*(s.address for s in PARENTS), *(a for s in SIGNERS for a in addresses(s))]}

    async def read(self, zone: str) -> State:
        """{"parent": {address: {ds, ns}}, "signers": {signer: {address: {dnskey, signed_by, ns, data}}}}

        Keys are given by tag, name servers by signer; an address that did not answer is null.
        """
        parents = [s.address for s in PARENTS]
        members = [(s, a) for s in SIGNERS for a in addresses(s)]
        found = await asyncio.gather(*(self.read_parent(a, zone) for a in parents),
                                     *(self.read_signer(a, zone) for _, a in members))
        signers: dict[str, dict[str, Any]] = {s: {} for s in SIGNERS}
        for (signer, address), state in zip(members, found[len(parents):], strict=True):
            signers[signer][address] = state
        return {"parent": dict(zip(parents, found, strict=False)), "signers": signers}

    async def read_parent(self, address: str, zone: str) -> State | None:
        asker = self.askers[address]
        ds, ns = await asyncio.gather(asker.ask(zone, NUMBERS["DS"]), asker.ask(zone, NS))
        if ds is None or ns is None:
            return None
        return {"ds": sorted({r.key_tag for r in rrset(ds, zone, "DS") or []}), "ns": named(ns, zone)}

    async def read_signer(self, address: str, zone: str) -> State | None:
        asker = self.askers[address]
        keys, ns, soa = await asyncio.gather(*(asker.ask(zone, t) for t in (DNSKEY, NS, SOA)))
        if keys is None or ns is None or soa is None:
            return None
        published, signing = key_tags(keys, zone)
        data = {r.key_tag for s in soa.answer if s.rdtype == dns.rdatatype.RRSIG for r in s}
        return {"dnskey": sorted(published), "signed_by": sorted(signing), "ns": named(ns, zone), "data": sorted(data)}


def named(answer: dns.message.Message, zone: str) -> list[str]:
    """The signers that an NS RRset names; one that it names only in part is marked with a star."""
    targets = [signer_of(r.target.to_text()) for r in rrset(answer, zone, "NS", authority=True) or []]
    return sorted({t if targets.count(t) == 2 else t + "*" for t in targets})
