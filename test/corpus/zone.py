"""Zones made by hand: keys, records, signatures, each as wrong as a case wants it."""

from __future__ import annotations

import base64
import functools
import time
from dataclasses import dataclass, field
from typing import Any

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from cryptography.hazmat.primitives.asymmetric import ec, rsa

HOUR, DAY = 3600, 86400
NOW = int(time.time())
TTL = 3600
DELETE_CDS, DELETE_CDNSKEY = "0 0 0 00", "0 3 0 AA=="


@dataclass(frozen=True)
class Key:
    private: Any
    flags: int
    algorithm: int

    @functools.cached_property
    def rdata(self) -> Any:
        made = dns.dnssec.make_dnskey(self.private.public_key(), self.algorithm, flags=self.flags)
        return dns.rdata.from_text("IN", "DNSKEY", made.to_text())

    @property
    def tag(self) -> int:
        return dns.dnssec.key_id(self.rdata)

    def text(self) -> str:
        return self.rdata.to_text()

    def ds(self, owner: str, digest: str = "SHA256") -> str:
        return dns.dnssec.make_ds(dns.name.from_text(owner), self.rdata, digest).to_text()


@functools.cache
def key(name: str) -> Key:
    """Keys by name, the same in all cases: k1, k2 ... sign keys, z, z2 ... zones; r1 is RSA; w1 has no SEP bit."""
    if name.startswith("r"):
        return Key(rsa.generate_private_key(65537, 2048), 257, 8)
    return Key(ec.generate_private_key(ec.SECP256R1()), 257 if name.startswith("k") else 256, 13)


def keys(*names: str) -> list[str]:
    return [key(name).text() for name in names]


def raw(octets: bytes) -> str:
    """Any octets, in the form of RFC 3597."""
    return f"\\# {len(octets)} {octets.hex()}"


@dataclass
class Zone:
    """`sets` holds signed RRsets: (owner, type) -> (rrset, list of RRSIG rdata)."""

    origin: str
    dnskey: tuple[str, ...] = ("k1", "k2", "z")
    keys_by: tuple[str, ...] = ("k1", "k2")     # who signs the DNSKEY set
    data_by: tuple[str, ...] = ("z",)
    serial: int = 1
    ns: tuple[str, ...] = ("ns1.one.", "ns2.two.")
    inception: int = -HOUR                      # relative to now
    expiration: int = 7 * DAY
    nsec3: int | None = None                    # iterations
    sets: dict[tuple[str, str], tuple[Any, list[Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.add("SOA", f"ns1.one. hostmaster.one. {self.serial} 3600 600 1209600 300")
        self.add("NS", *self.ns)
        self.add("DNSKEY", *keys(*self.dnskey), by=self.keys_by)

    def add(self, kind: str, *texts: str, by: tuple[str, ...] | None = None, owner: str = "", ttl: int = TTL,
            inception: int | None = None, expiration: int | None = None, signer: str = "") -> Zone:
        name = dns.name.from_text(owner or self.origin)
        rrset = dns.rrset.RRset(name, dns.rdataclass.IN, dns.rdatatype.from_text(kind))
        for text in texts:
            rrset.add(rdata(kind, text), ttl)
        signatures = [self.sign(rrset, k, self.inception if inception is None else inception,
                                self.expiration if expiration is None else expiration, signer)
                      for k in (self.data_by if by is None else by)]
        self.sets[name.to_text().lower(), kind] = (rrset, signatures)
        return self

    def sign(self, rrset: Any, name: str, inception: int, expiration: int, signer: str) -> Any:
        return dns.dnssec.sign(rrset, key(name).private, dns.name.from_text(signer or self.origin), key(name).rdata,
                               inception=NOW + inception, expiration=NOW + expiration)

    def wish(self, *names: str, by: tuple[str, ...] = ("k1",), digest: str = "SHA256", **more: Any) -> Zone:
        """CDS and CDNSKEY for these keys."""
        self.add("CDS", *(key(n).ds(self.origin, digest) for n in names), by=by, **more)
        return self.add("CDNSKEY", *keys(*names), by=by, **more)

    def wish_delete(self, by: tuple[str, ...] = ("k1",)) -> Zone:
        return self.add("CDS", DELETE_CDS, by=by).add("CDNSKEY", DELETE_CDNSKEY, by=by)

    def without(self, *kinds: str) -> Zone:
        for kind in kinds:
            self.sets.pop((self.origin, kind), None)
        return self

    def unsigned(self, kind: str) -> Zone:
        self.sets[self.origin, kind][1].clear()
        return self

    def spoil(self, kind: str, owner: str = "") -> Zone:
        """The signatures no longer fit."""
        _, signatures = self.sets[owner or self.origin, kind]
        for i, sig in enumerate(signatures):
            signatures[i] = sig.replace(signature=flip(sig.signature))
        return self

    def doubled(self, kind: str) -> Zone:
        """One signature that does not fit before each that does."""
        rrset, good = self.sets[self.origin, kind]
        bad = [sig.replace(signature=flip(sig.signature)) for sig in good]
        self.sets[self.origin, kind] = (rrset, bad + list(good))
        return self

    def records(self) -> list[tuple[str, int, int, bytes]]:
        """(owner, type, TTL, RDATA in wire form), with NSEC or NSEC3."""
        out = []
        for (owner, _), (rrset, signatures) in (self.sets | self.denial()).items():
            for rdata in [*rrset, *signatures]:
                out.append((owner, int(rdata.rdtype), rrset.ttl, rdata.to_wire()))
        return out

    def denial(self) -> dict[tuple[str, str], tuple[Any, list[Any]]]:
        types: dict[str, list[str]] = {}
        for owner, kind in self.sets:
            types.setdefault(owner, []).append(kind)
        names = sorted(types, key=lambda n: dns.name.from_text(n))
        other = Zone.__new__(Zone)
        other.__dict__.update(self.__dict__, sets={})
        if self.nsec3 is None:
            for i, owner in enumerate(names):
                following = names[(i + 1) % len(names)]
                other.add("NSEC", f"{following} {' '.join(types[owner])} RRSIG NSEC", owner=owner, ttl=300)
            return other.sets
        other.add("NSEC3PARAM", f"1 0 {self.nsec3} -")
        types[self.origin].append("NSEC3PARAM")
        hashed = sorted((dns.dnssec.nsec3_hash(n, "", self.nsec3, 1).lower(), n) for n in names)
        for i, (label, owner) in enumerate(hashed):
            following = hashed[(i + 1) % len(hashed)][0]
            other.add("NSEC3", f"1 0 {self.nsec3} - {following} {' '.join(types[owner])} RRSIG",
                      owner=f"{label}.{self.origin}", ttl=300)
        return other.sets

    def text(self) -> str:
        lines = []
        ordered = sorted((self.sets | self.denial()).items(), key=lambda item: item[0][1] != "SOA")
        for (owner, _), (rrset, signatures) in ordered:
            lines += [f"{owner} {rrset.ttl} IN {dns.rdatatype.to_text(r.rdtype)} {r.to_text()}"
                      for r in [*rrset, *signatures]]
        return "\n".join(lines) + "\n"


def flip(octets: bytes) -> bytes:
    return octets[:-1] + bytes([octets[-1] ^ 1])


def rdata(kind: str, text: str) -> Any:
    if not text.startswith("\\#"):
        return dns.rdata.from_text("IN", kind, text)
    octets = bytes.fromhex("".join(text.split()[2:]))
    return dns.rdata.GenericRdata(dns.rdataclass.IN, dns.rdatatype.from_text(kind), octets)


def same_tag(name: str, count: int) -> list[str]:
    """DNSKEYs with the tag of this key: octets of equal weight change places."""
    fields = key(name).text().split()
    octets = bytearray(base64.b64decode("".join(fields[3:])))
    out = []
    for i in range(count):
        a, b = bytearray(octets), 2 * (i // 8)
        a[b], a[b + 2] = (a[b] + 1 + i % 8) % 256, (a[b + 2] - 1 - i % 8) % 256
        text = " ".join([*fields[:3], base64.b64encode(bytes(a)).decode()])
        if dns.dnssec.key_id(dns.rdata.from_text("IN", "DNSKEY", text)) == key(name).tag:
            out.append(text)
    return out
