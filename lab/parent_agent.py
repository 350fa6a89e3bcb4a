#!/usr/bin/python3
"""A small parent agent: reads CDS, CDNSKEY and CSYNC of the children of `lab.` and changes DS and NS.

It looks at every child now and then, and at once when told by NOTIFY(CDS) or NOTIFY(CSYNC) (RFC 9859). It
acts only on what all addresses of all delegated name servers say alike (RFC 9975), what validates by
the present DS (RFC 7344, RFC 7477), and what leaves the child validating at each of them. One line per
decision that differs from the last one goes to the log.
"""

from __future__ import annotations

import argparse
import select
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import dns.dnssec
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rdatatype
import dns.rrset

sys.path[0] = str(Path(__file__).resolve().parents[1])

from lab.dnsio import Writer, ask, rrset  # noqa: E402
from lab.topology import AGENT, PARENT, PARENTS, UPDATE_KEY, Settings  # noqa: E402

DELETE_ALGORITHM = 0            # CDS 0 0 0 00: the child asks to become insecure (RFC 8078)
IMMEDIATE, SOA_MINIMUM = 1, 2   # CSYNC flags (RFC 7477)
READ_TYPES = ("DNSKEY", "CDS", "CDNSKEY", "CSYNC", "NS", "SOA")


class NoAction(Exception):
    """Why nothing is done; the text goes to the log."""


@dataclass
class Answer:
    """An RRset as one server gave it, with its signatures; both may be missing."""

    rrset: dns.rrset.RRset | None
    signatures: dns.rrset.RRset | None

    def texts(self) -> frozenset[str]:
        return frozenset(r.to_text() for r in self.rrset or [])


Child = dict[str, Answer]        # what one address says, by type


def read(address: str, zone: str) -> Child:
    found: Child = {}
    name = dns.name.from_text(zone)
    for rdtype in READ_TYPES:
        query = dns.message.make_query(zone, rdtype, want_dnssec=True)
        query.flags &= ~dns.flags.RD
        try:
            message = dns.query.tcp(query, address, timeout=2)
        except (OSError, dns.exception.DNSException) as error:
            raise NoAction(f"{address} does not answer: {error or type(error).__name__}") from None
        if message.rcode() != 0 or not message.flags & dns.flags.AA:
            raise NoAction(f"{address} does not serve {zone} with authority")
        signatures = message.get_rrset(message.answer, name, 1, dns.rdatatype.RRSIG,
                                       dns.rdatatype.from_text(rdtype))
        found[rdtype] = Answer(rrset(message, zone, rdtype), signatures)
    return found


def validate(zone: str, answer: Answer, keys: dns.rrset.RRset, what: str) -> None:
    name = dns.name.from_text(zone)
    try:
        if answer.signatures is None:
            raise dns.dnssec.ValidationFailure("no signature")
        dns.dnssec.validate(answer.rrset, answer.signatures, {name: keys})
    except dns.dnssec.ValidationFailure as error:
        raise NoAction(f"{what} does not validate: {error}") from None


def anchored(zone: str, child: Child, ds: frozenset[str]) -> dns.rrset.RRset | None:
    """The keys of the child that a DS set vouches for; None when they do not sign the DNSKEY RRset."""
    name = dns.name.from_text(zone)
    keys = child["DNSKEY"].rrset or dns.rrset.RRset(name, 1, dns.rdatatype.DNSKEY)
    vouched = dns.rrset.RRset(name, 1, dns.rdatatype.DNSKEY)
    for key in keys:
        if any(dns.dnssec.make_ds(name, key, d).to_text() in ds for d in ("SHA256", "SHA384")):
            vouched.add(key)
    try:
        validate(zone, child["DNSKEY"], vouched, "DNSKEY")
    except NoAction:
        return None
    return keys


class Agent:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        secret = (settings.path / "ctl.secret").read_text().strip()
        self.writer = Writer(PARENTS[0].address, UPDATE_KEY, secret)
        self.said: dict[str, str] = {}

    def say(self, zone: str, text: str) -> None:
        if self.said.get(zone) != text:
            self.said[zone] = text
            print(f"{time.time():.3f} {zone} {text}", flush=True)

    def look(self, zone: str) -> None:
        """One look at one child, and what follows from it."""
        try:
            ds = frozenset(r.to_text() for r in rrset(ask(PARENTS[0].address, zone, "DS"), zone, "DS") or [])
            delegated = {r.target.to_text() for r in rrset(ask(PARENTS[0].address, zone, "NS"), zone, "NS",
                                                           authority=True) or []}
            children = self.read_all(zone, delegated)
            for address, child in children.items():
                keys = anchored(zone, child, ds)
                if keys is None:
                    raise NoAction(f"DNSKEY at {address} does not validate by the present DS")
                for rdtype in ("CDS", "CDNSKEY", "CSYNC", "NS"):
                    if child[rdtype].rrset:
                        validate(zone, child[rdtype], keys, f"{rdtype} at {address}")
            done = self.act_on_cds(zone, children, ds) + self.act_on_csync(zone, children, delegated)
            self.say(zone, "; ".join(done) or "nothing to do")
        except NoAction as reason:
            self.say(zone, f"no action: {reason}")
        except (OSError, dns.exception.DNSException) as error:
            self.say(zone, f"no action: {error or type(error).__name__}")

    def read_all(self, zone: str, name_servers: set[str]) -> dict[str, Child]:
        """What every address of these name servers says; they must agree on what we act upon."""
        children: dict[str, Child] = {}
        for name in sorted(name_servers):
            found = rrset(ask(PARENTS[0].address, name, "A"), name, "A")
            if not found:
                raise NoAction(f"{name} has no address")
            for record in found:
                children[record.address] = read(record.address, zone)
        if not children:
            raise NoAction("not delegated")
        for rdtype in ("CDS", "CDNSKEY", "CSYNC"):
            self.agree(rdtype, children)
        return children

    @staticmethod
    def agree(rdtype: str, children: dict[str, Child]) -> None:
        """RFC 9975: any difference between servers means that nothing is done."""
        texts = {a: c[rdtype].texts() for a, c in children.items()}
        if rdtype == "CSYNC":     # serials are each signer's own; what it asks for must be alike
            texts = {a: frozenset(t.split(" ", 1)[1] for t in found) for a, found in texts.items()}
        first, *others = texts
        for other in others:
            if texts[other] != texts[first]:
                raise NoAction(f"{rdtype} differs between {first} and {other}")

    def act_on_cds(self, zone: str, children: dict[str, Child], present: frozenset[str]) -> list[str]:
        child = next(iter(children.values()))
        wanted = child["CDS"].texts()
        if not wanted or wanted == present:
            return []
        change = self.writer.update(PARENT)
        change.delete(zone, "DS")
        if any(r.algorithm == DELETE_ALGORITHM for r in child["CDS"].rrset or []):
            if len(wanted) != 1:
                raise NoAction("CDS mixes a delete with other records")
            wanted = frozenset()
        else:
            self.same_keys(zone, child)
            for address, each in children.items():
                if anchored(zone, each, wanted) is None:
                    raise NoAction(f"DNSKEY at {address} would not validate by the new DS")
            for text in wanted:
                change.add(zone, self.settings.ttls.ds, "DS", text)
        self.writer.send(change)
        return [f"DS {tags(present)} -> {tags(wanted)}"]

    @staticmethod
    def same_keys(zone: str, child: Child) -> None:
        """CDS and CDNSKEY, where both are there, must speak of the same keys."""
        if not child["CDNSKEY"].rrset:
            return
        name = dns.name.from_text(zone)
        keys = list(child["CDNSKEY"].rrset)
        by_key = {dns.dnssec.key_id(k) for k in keys}
        if by_key != {r.key_tag for r in child["CDS"].rrset or []}:
            raise NoAction("CDS and CDNSKEY name different keys")
        hashes = {dns.dnssec.make_ds(name, k, d).to_text() for k in keys for d in ("SHA256", "SHA384")}
        if not child["CDS"].texts() <= hashes:
            raise NoAction("a CDS matches no CDNSKEY")

    def act_on_csync(self, zone: str, children: dict[str, Child], delegated: set[str]) -> list[str]:
        for address, child in children.items():
            record = (child["CSYNC"].rrset or [None])[0]
            if record is None:
                return []
            if not record.flags & IMMEDIATE:
                raise NoAction("CSYNC without the immediate flag: a human would have to agree")
            serial = child["SOA"].rrset[0].serial if child["SOA"].rrset else 0
            if record.flags & SOA_MINIMUM and (serial - record.serial) % 2**32 >= 2**31:
                raise NoAction(f"{address} has not reached the serial of its CSYNC")
            if "NS" not in record.to_text().split()[2:]:
                return []
        self.agree("NS", children)
        wanted = set(next(iter(children.values()))["NS"].texts())
        if wanted == delegated:
            return []
        self.read_all(zone, wanted)            # the new ones must be there, and say the same
        change = self.writer.update(PARENT)
        change.delete(zone, "NS")
        for name in wanted:
            change.add(zone, self.settings.ttls.parent_ns, "NS", name)
        self.writer.send(change)
        return [f"NS {' '.join(sorted(delegated))} -> {' '.join(sorted(wanted))}"]


def tags(ds: frozenset[str]) -> str:
    return "+".join(sorted(text.split()[0] for text in ds)) or "none"


def serve(agent: Agent, every_s: float) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind((AGENT, 53))
        due = 0.0
        while True:
            if time.monotonic() >= due:
                for zone in agent.settings.zone_names:
                    agent.look(zone)
                due = time.monotonic() + every_s
            if select.select([listener], [], [], max(0.0, due - time.monotonic()))[0]:
                zone = hear(listener)
                if zone in agent.settings.zone_names:
                    agent.look(zone)


def hear(listener: socket.socket) -> str:
    """Answers one NOTIFY(CDS) or NOTIFY(CSYNC) and returns the child it is about."""
    data, sender = listener.recvfrom(4096)
    try:
        message = dns.message.from_wire(data)
    except dns.exception.DNSException:
        return ""
    if message.opcode() != dns.opcode.NOTIFY or not message.question:
        return ""
    listener.sendto(dns.message.make_response(message).to_wire(), sender)
    question = message.question[0]
    return question.name.to_text().lower() if question.rdtype in (dns.rdatatype.CDS, dns.rdatatype.CSYNC) else ""


def main() -> None:
    parser = argparse.ArgumentParser(description="Keep DS and NS of the children of lab. as they ask for.")
    parser.add_argument("dir", type=Path, help="the lab's folder")
    parser.add_argument("--every", type=float, default=5, help="seconds between looks without a NOTIFY (5)")
    arguments = parser.parse_args()
    serve(Agent(Settings.load(arguments.dir)), arguments.every)


if __name__ == "__main__":
    main()
