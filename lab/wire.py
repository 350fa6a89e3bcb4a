"""Just enough of the DNS wire format for the busy loops, where a full parser would cost too much."""

from __future__ import annotations

import struct

A, NS, CNAME, SOA, TXT, AAAA, DNSKEY, OPT, CDS = 1, 2, 5, 6, 16, 28, 48, 41, 59
NUMBERS = {"A": A, "NS": NS, "SOA": SOA, "TXT": TXT, "AAAA": AAAA, "MX": 15, "DS": 43, "DNSKEY": DNSKEY,
           "CDS": CDS, "CDNSKEY": 60}
EDE_OPTION = 15          # Extended DNS Error, RFC 8914

Header = tuple[int, int, int]      # id, flags, number of answers


def encode_name(name: str) -> bytes:
    labels = [label.encode() for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def encode_query(name: str, rdtype: int, number: int, recursion: bool = True, dnssec: bool = True) -> bytes:
    """A query with EDNS (4096 octets), with or without DO and RD."""
    header = struct.pack("!6H", number, 0x0100 if recursion else 0, 1, 0, 0, 1)
    question = encode_name(name) + struct.pack("!2H", rdtype, 1)
    return header + question + b"\0" + struct.pack("!HHIH", OPT, 4096, 0x8000 if dnssec else 0, 0)


def header(message: bytes) -> Header:
    number, flags, _, answers = struct.unpack_from("!4H", message)
    return number, flags, answers


def skip_name(message: bytes, at: int) -> int:
    while True:
        length = message[at]
        if length == 0:
            return at + 1
        if length >= 0xC0:
            return at + 2
        at += 1 + length


def records(message: bytes):
    """Yields (type, class, ttl, rdata offset, rdata length) of every record."""
    _, _, questions, *counts = struct.unpack_from("!6H", message)
    at = 12
    for _ in range(questions):
        at = skip_name(message, at) + 4
    for _ in range(sum(counts)):
        at = skip_name(message, at)
        rdtype, rdclass, ttl, length = struct.unpack_from("!HHIH", message, at)
        yield rdtype, rdclass, ttl, at + 10, length
        at += 10 + length


def soa_serial(message: bytes) -> int | None:
    for rdtype, _, _, at, _ in records(message):
        if rdtype == SOA:
            return int(struct.unpack_from("!I", message, skip_name(message, skip_name(message, at)))[0])
    return None


def extended_errors(message: bytes) -> list[str]:
    """The Extended DNS Errors of an answer: "6" or "6 some text"."""
    found = []
    for rdtype, _, _, at, length in records(message):
        end = at + length
        while rdtype == OPT and at + 4 <= end:
            code, size = struct.unpack_from("!2H", message, at)
            if code == EDE_OPTION and size >= 2:
                info = struct.unpack_from("!H", message, at + 4)[0]
                found.append(f"{info} {message[at + 6:at + 4 + size].decode(errors='replace')}".strip())
            at += 4 + size
    return found
