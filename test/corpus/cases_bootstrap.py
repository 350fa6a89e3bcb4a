"""The first DS: by signals at the operators' zones, or by waiting."""

from __future__ import annotations

from case import Case, Lie, both, wish, without, zone
from zone import DAY, NOW

FIRST = zone(wish("k1"))
TWO = zone(wish("k1"), dnskey=("k1", "z"), keys_by=("k1",))
OTHER = zone(wish("k2", by=("k2",)))
CDS_ONLY, CDNSKEY_ONLY = zone(wish("k1"), without("CDNSKEY")), zone(wish("k1"), without("CDS"))
GOOD = {"ns1.one.": FIRST, "ns2.two.": FIRST}
ACCEPTED = "accept accept-bootstrap"
WAIT = ("bootstrap_delay=yes",)
LONG = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"


def first(slug: str, requirement: str, expect: str, at=None, signal=None, **options) -> Case:
    return Case(slug, requirement, expect, both(FIRST) if at is None else at, ds=(),
                signal=GOOD if signal is None else signal, **options)


def waited(days: float, runs: int, since: dict | None = None, stale: bool = False):
    """The registry has watched for so long already: the first verdict's counter, moved into the past."""
    def change(registry, verdict) -> None:
        delay = dict(verdict.get("delay") or {"set": "", "first_us": 0, "last_us": 0, "runs": 0})
        delay.update(first_us=int((NOW - days * DAY) * 10**6), last_us=int((NOW - DAY) * 10**6), runs=runs)
        if stale:
            delay["set"] = "0" * 64
        registry["delay"] = delay
        if since:
            registry["last_change"] = since
    return change


def registry(**fields):
    return lambda r, verdict: r.update(fields)


CASES = [
    first("boot", "R30", ACCEPTED),
    first("boot-two-places", "R30", ACCEPTED, sources=("127.1.0.1", "127.1.0.2"), set=("vantages=2",)),
    first("boot-cds-only", "R30", ACCEPTED, both(CDS_ONLY), {"ns1.one.": CDS_ONLY, "ns2.two.": CDS_ONLY}),
    first("boot-signal-missing", "R30", "reject signal-missing", signal={"ns1.one.": FIRST}),
    first("boot-no-signal", "R30", "reject signal-missing", signal={}),
    first("boot-signal-differs", "R30", "reject signal-differs", signal={"ns1.one.": FIRST, "ns2.two.": OTHER}),
    first("boot-signal-half", "R30", "reject signal-differs", signal={"ns1.one.": FIRST, "ns2.two.": CDS_ONLY}),
    first("boot-apex-half", "R30", "reject signal-differs", both(CDNSKEY_ONLY)),
    first("boot-signal-bogus", "R30", "reject signal-bogus", ns=("sig.one.",),
          signal={**GOOD, "sig.one.": FIRST}),
    first("boot-signal-insecure", "R30", "reject signal-insecure", ns=("plain.one.",),
          signal={**GOOD, "plain.one.": FIRST}),
    first("boot-insecure-operator", "R30", "reject signal-insecure", ns=("ns1.plain.",),
          signal={**GOOD, "ns1.plain.": FIRST}),
    first("boot-servers-differ", "R7", "retry inconsistent", {"alpha": FIRST, "beta": zone()}),
    first("boot-silent", "R6", "reject bootstrap-server-failed", {"alpha": FIRST, "liar2": Lie(FIRST, {0: "timeout"})},
          {"ns1.one.": FIRST, "liar2.two.": FIRST}),
    first("boot-lame", "R6", "reject bootstrap-server-failed", {"alpha": FIRST, "liar2": Lie(FIRST, {0: "lame"})},
          {"ns1.one.": FIRST, "liar2.two.": FIRST}),
    first("boot-in-domain", "R31", "reject signal-all-in-domain", signal={},
          glue={"ns1.boot-in-domain.corpus.": ("127.0.1.1",), "ns2.boot-in-domain.corpus.": ("127.0.2.1",)}),
    first("boot-in-domain-wait", "R31", "hold delay-counting", signal={}, set=WAIT, mentions="signal-all-in-domain",
          glue={"ns1.boot-in-domain-wait.corpus.": ("127.0.1.1",)}),
    first("boot-mixed", "R31", ACCEPTED, signal={"ns1.one.": FIRST},
          glue={"ns1.one.": (), "ns2.boot-mixed.corpus.": ("127.0.2.1",)}),
    first("boot-zone-cut", "R32", "reject signal-zone-cut", ns=("cut.one.",), signal={**GOOD, "cut.one.": FIRST}),
    first("boot-cut-above", "R32", ACCEPTED, ns=("above.one.",), signal={**GOOD, "above.one.": FIRST}),
    first("boot-strangers", "R34", "reject signal-missing", signal={"ns1.one.": FIRST, "ns3.one.": FIRST}),
    first("boot-strange-too", "R34", ACCEPTED, signal={**GOOD, "ns3.one.": OTHER}),
    first("boot-long", "R35", "reject signal-name-too-long", parent=f"{LONG}.{LONG}.{LONG}.corpus.",
          ns=(f"{LONG[:40]}.one.",)),
    first("boot-long-wait", "R35", "hold delay-counting", parent=f"{LONG}.{LONG}.{LONG}.corpus.", set=WAIT,
          ns=(f"{LONG[:40]}.one.",), mentions="signal-name-too-long"),
    Case("boot-has-ds", "R36", "reject unsigned", both(zone(wish("k2", by=()))),
         signal={"ns1.one.": zone(wish("k2", by=())), "ns2.two.": zone(wish("k2", by=()))}),
    Case("boot-has-ds-good", "R36", "accept accept-update", both(zone(wish("k2"))), signal={"ns1.one.": OTHER}),
    first("boot-off", "R37", "reject bootstrap-off", set=("bootstrap_signal=no",)),
    first("boot-wait", "R37", "hold delay-counting", signal={}, set=WAIT),
    first("boot-wait-wrong", "R37", "reject signal-differs", signal={"ns1.one.": FIRST, "ns2.two.": OTHER}, set=WAIT),
    first("boot-waited", "R38", "accept accept-bootstrap-delay", signal={}, set=WAIT, state=waited(4, 3)),
    first("boot-waited-runs", "R38", "hold delay-counting", signal={}, set=WAIT, state=waited(4, 1)),
    first("boot-waited-days", "R38", "hold delay-counting", signal={}, set=WAIT, state=waited(2, 5)),
    first("boot-waited-changed", "R38", "hold delay-counting", signal={}, set=WAIT, state=waited(4, 3, stale=True),
          mentions="delay-restarted"),
    first("boot-waited-epp", "R38", "hold delay-counting", signal={}, set=WAIT, mentions="delay-restarted",
          state=waited(4, 3, {"at_us": (NOW - 2 * DAY) * 10**6, "channel": "epp"})),
    first("boot-waited-cz", "R38", "accept accept-bootstrap-delay", signal={}, policy="cz", state=waited(8, 7)),
    first("boot-key-does-not-sign", "R39", "reject continuity-broken",
          both(zone(wish("k1"), keys_by=("z",), dnskey=("k1", "z")))),
    first("boot-unsigned", "R39", "reject unsigned", both(zone(wish("k1", by=()))),
          {n: zone(wish("k1", by=())) for n in GOOD}),
    first("boot-algorithm", "R39", "reject continuity-algorithm",
          both(zone(wish("k1", "r1"), dnskey=("k1", "r1", "z"), keys_by=("k1",))),
          {n: zone(wish("k1", "r1")) for n in GOOD}),
    first("boot-no-way-back", "R40", "reject registrar-cannot-disable", state=registry(registrar_offers_disable="no")),
    first("boot-way-back", "R40", ACCEPTED, state=registry(registrar_offers_disable="yes")),
    first("boot-suspended", "R43", "hold suspended", state=registry(suspended=True)),
    Case("suspension-over", "R44", "accept accept-update", both(zone(wish("k2"))), state=registry(suspended=True),
         mentions="suspension-over"),
    first("boot-after-delete", "R43", ACCEPTED, state=registry(
        last_change={"at_us": (NOW - DAY) * 10**6, "channel": "in-band", "inception_us": (NOW - DAY) * 10**6})),
]
