"""Asking and changing name servers directly: queries, updates (RFC 2136, TSIG), transfers, waiting."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import dns.dnssec
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsig
import dns.tsigkeyring
import dns.update
import dns.zone

T = TypeVar("T")


class NotReady(Exception):
    """Something did not come true before its deadline."""


def eventually(what: str, check: Callable[[], T | None], patience_s: float = 10.0) -> T:
    """Asks again until `check` gives something true; a failed query only means: not yet."""
    deadline = time.monotonic() + patience_s
    last = "no answer"
    while True:
        try:
            found = check()
            if found:
                return found
            last = f"got {found!r}"
        except (dns.exception.DNSException, OSError) as error:
            last = str(error) or type(error).__name__
        if time.monotonic() > deadline:
            raise NotReady(f"{what}: not so within {patience_s:g} s ({last})")
        time.sleep(0.02)


def new_secret(path: Path) -> str:
    path.touch(mode=0o600)
    secret = base64.b64encode(secrets.token_bytes(32)).decode()
    path.write_text(secret + "\n")
    return secret


def ask(address: str, name: str, rdtype: str, timeout_s: float = 1.0) -> dns.message.Message:
    """One question with DO to one address; over TCP when the answer is truncated."""
    query = dns.message.make_query(name, rdtype, want_dnssec=True, payload=4096)
    query.flags &= ~dns.flags.RD
    answer, _ = dns.query.udp_with_fallback(query, address, timeout=timeout_s)
    return answer


def rrset(answer: dns.message.Message, name: str, rdtype: str,
          authority: bool = False) -> dns.rrset.RRset | None:
    """The RRset in an answer; with `authority` also one in the authority section (a delegation)."""
    owner = dns.name.from_text(name)
    wanted = dns.rdatatype.from_text(rdtype)
    for section in [answer.answer] + ([answer.authority] if authority else []):
        for found in section:
            if found.name == owner and found.rdtype == wanted:
                return found
    return None


def key_tags(answer: dns.message.Message, zone: str) -> tuple[set[int], set[int]]:
    """From an answer to DNSKEY: the tags of the keys, and of those that sign the RRset."""
    keys = rrset(answer, zone, "DNSKEY") or []
    signatures = [r for found in answer.answer if found.rdtype == dns.rdatatype.RRSIG for r in found]
    return {dns.dnssec.key_id(k) for k in keys}, {s.key_tag for s in signatures}


def ds_records(zone: str, answer: dns.message.Message) -> list[dns.rdata.Rdata]:
    """The DS records for the keys that sign their DNSKEY RRset (not: that have the SEP flag)."""
    _, signing = key_tags(answer, zone)
    return [dns.dnssec.make_ds(dns.name.from_text(zone), key, "SHA256")
            for key in rrset(answer, zone, "DNSKEY") or [] if dns.dnssec.key_id(key) in signing]


class Writer:
    """Changes one zone on one primary by signed dynamic updates over TCP."""

    def __init__(self, address: str, key_name: str, secret: str, port: int = 53) -> None:
        self.address = address
        self.port = port
        self.keyring = dns.tsigkeyring.from_text({key_name: secret})

    def update(self, zone: str) -> dns.update.UpdateMessage:
        return dns.update.UpdateMessage(zone, keyring=self.keyring,
                                        keyalgorithm=dns.tsig.HMAC_SHA256)

    def send(self, update: dns.update.UpdateMessage) -> None:
        answer = dns.query.tcp(update, self.address, timeout=5, port=self.port)
        if answer.rcode() != dns.rcode.NOERROR:
            raise OSError(f"update at {self.address}: {dns.rcode.to_text(answer.rcode())}\n{update}")

    def transfer(self, zone: str) -> dns.zone.Zone:
        query, _ = dns.xfr.make_query(dns.zone.Zone(zone), keyring=self.keyring,
                                      keyalgorithm=dns.tsig.HMAC_SHA256)
        target = dns.zone.Zone(zone)
        dns.query.inbound_xfr(self.address, target, query, timeout=5, port=self.port)
        return target
