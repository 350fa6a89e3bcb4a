"""CSYNC: name servers and glue."""

from __future__ import annotations

from case import Case, Lie, add, both, liar, spoil, without, zone
from zone import NOW

CSYNC, NS, SOA = 62, 2, 6
NEW_NS = ("ns1.one.", "ns2.two.", "ns3.one.")
BESIDE_LIAR = ("ns1.one.", "liar1.one.", "ns3.one.")
ACCEPTED = "accept accept-csync"


def csync(text: str = "1 1 NS", *steps, ns=NEW_NS, **options):
    return zone(add("CSYNC", text), *steps, ns=ns, **options)


def sync(slug: str, requirement: str, expect: str, build=None, at=None, third=None, **options) -> Case:
    """`third`: what ns3.one. serves, who is to be brought in."""
    build = build or csync()
    servers = dict(at or both(build))
    servers["gamma"] = third or build
    return Case(slug, requirement, expect, servers, subject="csync", **options)


def glued(slug: str, requirement: str, expect: str, *steps, text: str = "1 1 A AAAA",
          a: tuple[str, ...] = ("127.0.3.1",), was: tuple[str, ...] = ("127.0.1.1",), **options) -> Case:
    host = f"ns.{slug}.corpus."
    extra = [add("A", *a, owner=host)] if a else [add("TXT", '"no address"', owner=host)]
    build = zone(add("CSYNC", text), *extra, *steps, ns=(host, "ns2.two."), **options.pop("make", {}))
    return Case(slug, requirement, expect, {"alpha": build, "beta": build, "gamma": build}, subject="csync",
                glue={host: was, "ns2.two.": ()}, **options)


def last_csync(registry, verdict) -> None:
    registry["last_csync"] = verdict["csync"]


CASES = [
    sync("sync-ns", "R45", ACCEPTED),
    Case("sync-insecure", "R45", "no-change no-cds", both(csync()), ds=(), note="not even asked for"),
    sync("sync-unsigned", "R45", "reject csync-unvalidated", zone(add("CSYNC", "1 1 NS", by=()), ns=NEW_NS)),
    sync("sync-bogus-ns", "R45", "reject csync-unvalidated", csync("1 1 NS", spoil("NS"))),
    sync("sync-bogus-soa", "R45", "reject csync-unvalidated", csync("1 1 NS", spoil("SOA"))),
    Case("sync-off", "R45", "no-change no-cds", both(csync()), set=("csync=no",), note="not even asked for"),
    sync("sync-flag", "R46", "reject csync-flags", csync("1 5 NS")),
    sync("sync-flag-high", "R46", "reject csync-flags", csync("1 32769 NS")),
    sync("sync-type", "R46", "reject csync-types", csync("1 1 NS TXT")),
    sync("sync-type-only", "R46", "reject csync-types", csync("1 1 MX")),
    sync("sync-not-immediate", "R47", "hold csync-not-immediate", csync("1 0 NS")),
    sync("sync-soa-only", "R47", "hold csync-not-immediate", csync("1 2 NS")),
    sync("sync-early", "R48", "reject csync-soaminimum", csync("2 3 NS")),
    sync("sync-in-time", "R48", ACCEPTED, csync("1 3 NS")),
    sync("sync-early-ignored", "R48", ACCEPTED, csync("2 1 NS")),
    sync("sync-early-somewhere", "R48", "retry csync-soaminimum-differs",
         at={"alpha": csync("2 3 NS", serial=2), "beta": csync("2 3 NS", serial=1)}),
    sync("sync-wrapped", "R48", ACCEPTED, csync("4294967290 3 NS", serial=5)),
    sync("sync-types-differ", "R49", "retry csync-differs", at={"alpha": csync(), "beta": csync("1 1 NS A")}),
    sync("sync-on-one", "R49", "retry csync-differs", at={"alpha": csync(), "beta": zone(ns=NEW_NS)}),
    sync("sync-serials-differ", "R49", ACCEPTED, at={"alpha": csync("1 3 NS"), "beta": csync("9 3 NS", serial=9)}),
    sync("sync-moves", "R50", "retry csync-serial-moved",
         at=liar(csync(ns=BESIDE_LIAR), {SOA: "changing"}, csync(serial=2, ns=BESIDE_LIAR)), third=csync()),
    sync("sync-stands-still", "R50", ACCEPTED,
         at=liar(csync(ns=BESIDE_LIAR), {SOA: "changing"}, csync(ns=BESIDE_LIAR)), third=csync()),
    sync("sync-ns-differs", "R52", "retry csync-data-differs",
         at={"alpha": csync(), "beta": csync(ns=("ns1.one.", "ns2.two."))}),
    sync("sync-ns-empty", "R52", "reject csync-ns-empty", at={
        "liar1": Lie(csync("1 1 NS", without("NS"))), "liar2": Lie(csync("1 1 NS", without("NS")))}, third=csync()),
    sync("sync-new-lame", "R53", "retry csync-new-server-failed", csync(ns=(*NEW_NS[:2], "ns4.one.")),
         note="nobody at ns4 has the zone"),
    sync("sync-new-dead", "R53", "retry csync-new-server-failed", csync(ns=(*NEW_NS[:2], "dead.one."))),
    sync("sync-new-unsigned", "R53", "retry csync-new-server-insecure", third=csync("1 1 NS", without("DNSKEY"))),
    sync("sync-new-other-keys", "R53", "reject csync-new-server-insecure",
         third=csync(dnskey=("k8", "z8"), keys_by=("k8",), data_by=("z8",))),
    sync("sync-new-nowhere", "R53", "retry csync-new-server-failed", csync(ns=(*NEW_NS[:2], "nobody.one."))),
    sync("sync-two", "R54", "reject csync-several",
         zone(add("CSYNC", "1 1 NS", "2 1 NS"), ns=NEW_NS)),
    sync("sync-no-glue", "R54", "reject csync-glue-missing",
         zone(add("CSYNC", "1 1 NS"), add("A", "127.0.3.1", owner="ns.sync-no-glue.corpus."),
              ns=("ns1.one.", "ns.sync-no-glue.corpus."))),
    sync("sync-processed", "R55", "no-change csync-processed", csync("1 3 NS"), state=last_csync),
    sync("sync-newer", "R55", ACCEPTED, csync("1 3 NS"), state=lambda registry, verdict: registry.update(
        last_csync={"serial": 0, "hash": "0" * 64, "inception_us": (NOW - 86400) * 10**6})),
    sync("sync-older", "R55", "reject replay", csync("1 3 NS"), state=lambda registry, verdict: registry.update(
        last_csync={"serial": 0, "hash": "0" * 64, "inception_us": NOW * 10**6})),
    sync("sync-current", "R8", "no-change csync-current", csync(ns=("ns1.one.", "ns2.two."))),
    sync("sync-silent", "R6", "retry server-silent", at=liar(csync(), {CSYNC: "timeout"}), third=csync()),
    glued("glue-moves", "R51", ACCEPTED),
    glued("glue-adds", "R51", ACCEPTED, a=("127.0.1.1", "127.0.3.1")),
    glued("glue-one-family", "R51", ACCEPTED, text="1 1 A"),
    glued("glue-ignored", "R51", "no-change csync-current", set=("csync_glue=no",), mentions="csync-glue-ignored"),
    glued("glue-gone", "R54", "reject csync-glue-missing", a=()),
    Case("glue-differs", "R52", "retry csync-data-differs",
        {"alpha": zone(add("CSYNC", "1 1 A"), add("A", "127.0.3.1", owner="ns.glue-differs.corpus."),
                       ns=("ns.glue-differs.corpus.", "ns2.two.")),
         "beta": zone(add("CSYNC", "1 1 A"), add("A", "127.0.3.2", owner="ns.glue-differs.corpus."),
                      ns=("ns.glue-differs.corpus.", "ns2.two."))},
        subject="csync", glue={"ns.glue-differs.corpus.": ("127.0.1.1",), "ns2.two.": ()}),
    glued("glue-private", "R72", "reject address-forbidden", a=("10.1.2.3",), text="1 1 A"),
    glued("glue-multicast", "R72", "reject address-forbidden", a=("224.0.0.1",), text="1 1 A"),
    glued("glue-nsec3", "R71", ACCEPTED, make={"nsec3": 0}),
    glued("glue-nsec3-some", "R71", ACCEPTED, make={"nsec3": 50}),
    glued("glue-nsec3-many", "R71", "reject nsec3-iterations", make={"nsec3": 500}),
]
