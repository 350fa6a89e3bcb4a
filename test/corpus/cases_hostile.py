"""Children that mean harm: work, size, silence, addresses. Each has a budget of queries and of CPU time."""

from __future__ import annotations

from case import Case, add, both, liar, wish, zone
from zone import Zone, keys, raw, same_tag

ROLL = zone(wish("k2"))
CDS, CDNSKEY = 59, 60


def many_keys(z: Zone) -> None:
    """As many keys as fit into a message."""
    made = [raw(bytes([1, 1, 3, 13]) + i.to_bytes(64, "big")) for i in range(400)]
    z.add("DNSKEY", *keys("k1", "k2", "z"), *made, by=("k1", "k2"))


def key_trap(tags: int, signatures: int):
    """Many keys of one tag, many signatures by that tag (CVE-2023-50387)."""
    def step(z: Zone) -> None:
        z.add("DNSKEY", *keys("k1", "k2", "z"), *same_tag("k1", tags), by=("k1", "k2"))
        rrset, good = z.sets[z.origin, "CDS"]
        bad = [good[0].replace(signature=bytes([i]) + good[0].signature[1:]) for i in range(signatures)]
        z.sets[z.origin, "CDS"] = (rrset, bad)
    return step


def many_signatures(kind: str, count: int):
    def step(z: Zone) -> None:
        rrset, good = z.sets[z.origin, kind]
        bad = [good[0].replace(signature=bytes([i % 256, i // 256]) + good[0].signature[2:]) for i in range(count)]
        z.sets[z.origin, kind] = (rrset, bad)
    return step


def huge_key(z: Zone) -> None:
    z.add("DNSKEY", *keys("k1", "k2", "z"), "257 3 8 " + "A" * 20000, by=("k1", "k2"))


def fan_out(slug: str, hosts: list[str], inside: bool) -> Case:
    """A CSYNC that names as many servers as it can."""
    child = f"{slug}.corpus."
    names = tuple(f"{h}.{child}" if inside else f"{h}.many.one." for h in hosts)
    addresses = [add("A", "127.0.3.1", owner=name) for name in names if inside]
    build = zone(add("CSYNC", "1 1 NS A AAAA"), *addresses, ns=names)
    return Case(slug, "R71", "reject work-limit" if inside else "reject too-many-servers", both(build), subject="csync")


FORBIDDEN = {"private": "10.0.0.1", "private-b": "172.16.0.1", "private-c": "192.168.0.1", "linklocal": "169.254.0.1",
             "multicast": "224.0.0.1", "reserved": "240.0.0.1", "multicast6": "ff02::1", "ula": "fd00::1",
             "mapped": "::ffff:127.0.0.1"}

CASES = [
    Case("truncated", "R4", "accept accept-update", liar(ROLL, {0: "truncated"}), note="TC=1, then TCP"),
    Case("no-udp", "R4", "retry server-silent", liar(ROLL, {0: "timeout udp"})),
    Case("drip", "R71", "retry server-silent", liar(ROLL, {CDS: "drip"}), note="one octet a second over TCP"),
    Case("truncated-no-tcp", "R71", "retry server-silent",
         liar(zone(wish("k2")), {CDS: "drip", CDNSKEY: "timeout tcp"})),
    Case("many-keys", "R71", "reject too-big", both(zone(wish("k2"), many_keys))),
    Case("key-trap", "R71", "reject same-tag", liar(zone(wish("k2"), key_trap(20, 15)))),
    Case("key-trap-small", "R71", "reject signature-bad", liar(zone(wish("k2"), key_trap(2, 12)))),
    Case("many-signatures", "R71", "reject too-big", both(zone(wish("k2"), many_signatures("CDS", 200)))),
    Case("many-signatures-key", "R71", "reject too-big",
         both(zone(wish("k2"), many_signatures("DNSKEY", 60)))),
    Case("huge-key", "R71", "reject key-too-big", both(zone(wish("k2"), huge_key))),
    Case("many-servers", "R71", "reject too-many-servers", both(ROLL), ns=tuple(f"n{i}.many.one." for i in range(80))),
    fan_out("fan-out-inside", [f"n{i}" for i in range(60)], True),
    fan_out("fan-out-outside", [f"n{i}" for i in range(60)], False),
    *(Case(f"address-{what}", "R72", "reject address-forbidden", {"alpha": ROLL},
           glue={"ns1.one.": (), "evil.one.": (address,)}) for what, address in FORBIDDEN.items()),
    Case("address-by-name", "R72", "reject address-forbidden", {"alpha": ROLL}, ns=("private.one.",)),
]
