"""Updates and deletions of DS."""

from __future__ import annotations

from case import Case, Lie, add, both, liar, spoil, wish, wish_delete, without, zone
from zone import DAY, DELETE_CDNSKEY, DELETE_CDS, HOUR, NOW, Zone, key, raw

CDS, CDNSKEY, DNSKEY = 59, 60, 48
NO_PATIENCE = ("backoff=none",)
ROLL = zone(wish("k2"))
QUIET = zone()
ROLLED = "accept accept-update"


def cds(*parts: tuple[str, str], by: tuple[str, ...] = ("k1",)):
    """CDS by (key, digest)."""
    return lambda z: z.add("CDS", *(key(k).ds(z.origin, digest) for k, digest in parts), by=by)


def odd_cds(*parts: tuple[str, int], also: str = ""):
    """CDS with another digest type written over the real one."""
    def step(z: Zone) -> None:
        texts = []
        for k, kind in parts:
            tag, algorithm, _, digest = key(k).ds(z.origin).split()
            texts.append(raw(int(tag).to_bytes(2, "big") + bytes([int(algorithm), kind]) + bytes.fromhex(digest)))
        z.add("CDS", *texts, *([key(also).ds(z.origin)] if also else []), by=("k1",))
    return step


def flags(name: str, change) -> str:
    fields = key(name).text().split()
    return " ".join(change(fields))


def last_change(**fields):
    def change(registry, verdict) -> None:
        registry["last_change"] = {"at_us": (NOW - DAY) * 10**6, "channel": "in-band"} | fields
    return change


def statuses(*names: str):
    return lambda registry, verdict: registry.update(statuses=list(names))


SILENT = liar(ROLL, {0: "timeout"})

CASES = [
    # ---- who is asked, and who answers ----
    Case("child-names-more", "R1", ROLLED, both(zone(wish("k2"), ns=("ns1.one.", "ns2.two.", "dead.one.")))),
    Case("child-names-other", "R1", ROLLED, both(zone(wish("k2"), ns=("dead.one.",)))),
    Case("second-address", "R2", "retry inconsistent", {"alpha": ROLL, "liar1": Lie(ROLL), "liar2": Lie(QUIET)},
         glue={"ns1.one.": (), "both.one.": ()}),
    Case("both-addresses", "R2", ROLLED, {"alpha": ROLL, "liar1": Lie(ROLL), "liar2": Lie(ROLL)},
         glue={"ns1.one.": (), "both.one.": ()}),
    Case("glue-address", "R2", "retry inconsistent", {"alpha": ROLL, "liar1": Lie(ROLL), "liar2": Lie(QUIET)},
         glue={"ns1.one.": (), "glued.one.": ("127.0.9.2",)}, note="the registry's address, beside the resolver's"),
    Case("bogus-address", "R2", "retry server-silent", {"alpha": ROLL}, ns=("ns1.bogus.",)),
    Case("no-address", "R2", "retry server-silent", {"alpha": ROLL}, ns=("nobody.one.",)),
    Case("wrong-id", "R3", "retry server-silent", liar(ROLL, {CDS: "wrong id"})),
    Case("wrong-question", "R3", "retry server-silent", liar(ROLL, {CDS: "wrong question"})),
    Case("other-owner", "R3", "retry server-silent", liar(ROLL, {CDS: "other owner", CDNSKEY: "other owner"}),
         note="records of another name are no CDS of this one"),
    Case("upper-case", "R3", ROLLED, liar(ROLL, {0: "upper case"})),
    Case("short-cds", "R3", "reject malformed", liar(zone(add("CDS", raw(b"abc"), by=("k1",))), beside=ROLL)),
    Case("short-cdnskey", "R3", "reject malformed", liar(zone(add("CDNSKEY", raw(b"ab"), by=("k1",))), beside=ROLL)),
    Case("garbage", "R3", "reject malformed", liar(ROLL, {CDS: "garbage"})),
    Case("cut", "R3", "reject malformed", liar(ROLL, {CDS: "cut"})),
    Case("pointer-loop", "R3", "reject malformed", liar(ROLL, {CDS: "loop"})),
    Case("on-one-only", "R5", "retry inconsistent", {"alpha": ROLL, "beta": QUIET}),
    Case("one-type-each", "R5", ROLLED, {"alpha": zone(wish("k2"), without("CDS")),
                                         "beta": zone(wish("k2"), without("CDNSKEY"))}),
    Case("silent", "R6", "retry server-silent", SILENT),
    Case("silent-for-long", "R6", ROLLED, SILENT, set=NO_PATIENCE, mentions="server-ignored"),
    Case("refused", "R6", "retry server-silent", liar(ROLL, {0: "refused"})),
    Case("servfail", "R6", "retry server-silent", liar(ROLL, {0: "servfail"})),
    Case("formerr", "R6", "retry server-silent", liar(ROLL, {0: "formerr"})),
    Case("lame", "R6", "retry server-lame", liar(ROLL, {0: "lame"})),
    Case("lame-for-long", "R6", ROLLED, liar(ROLL, {0: "lame"}), set=NO_PATIENCE, mentions="server-ignored"),
    Case("half-silent", "R6", "retry server-silent", liar(ROLL, {CDNSKEY: "timeout"})),
    Case("dead-address", "R6", "retry server-silent", {"alpha": ROLL}, ns=("dead.one.",)),
    Case("differ", "R7", "retry inconsistent", {"alpha": ROLL, "beta": zone(wish("k1", "k2"))}),
    Case("differ-for-long", "R7", "reject inconsistent", {"alpha": ROLL, "beta": zone(wish("k1", "k2"))},
         set=NO_PATIENCE),
    Case("behind", "R7", "retry inconsistent", {"alpha": ROLL, "beta": zone(wish("k1"))}),
    Case("current", "R8", "no-change ds-current", both(zone(wish("k1")))),
    Case("nothing", "R8", "no-change no-cds", both(QUIET)),
    Case("veto", "R9", "reject server-veto", SILENT, set=(*NO_PATIENCE, "unreachable_is_veto=yes")),
    Case("all-silent", "R9", "retry server-silent", {"liar1": Lie(ROLL, {0: "timeout"}),
                                                     "liar2": Lie(ROLL, {0: "refused"})}),
    Case("all-silent-for-long", "R9", "reject no-answer",
         {"liar1": Lie(ROLL, {0: "timeout"}), "liar2": Lie(ROLL, {0: "refused"})}, set=NO_PATIENCE),
    Case("two-places", "R11", ROLLED, both(ROLL), sources=("127.1.0.1", "127.1.0.2"), set=("vantages=2",)),
    Case("two-faces", "R11", "retry inconsistent", {"alpha": ROLL, "liar1": Lie(ROLL, {0: "by source"}, QUIET)},
         sources=("127.1.0.1", "127.1.0.2"), set=("vantages=2",)),
    Case("one-place", "R11", "retry too-few-vantage-points", both(ROLL), set=("vantages=2",)),

    # ---- what CDS and CDNSKEY say ----
    Case("neither", "R12", "no-change no-cds", both(QUIET)),
    Case("neither-no-ds", "R12", "no-change no-cds", both(QUIET), ds=()),
    Case("same-keys", "R13", ROLLED, {"alpha": zone(cds(("k2", "SHA256"))), "beta": zone(cds(("k2", "SHA384")))}),
    Case("one-key-more", "R13", "retry inconsistent", {"alpha": zone(cds(("k2", "SHA256"))),
                                                       "beta": zone(cds(("k2", "SHA384"), ("k1", "SHA384")))}),
    Case("hijacked", "R13", "retry inconsistent", {"alpha": zone(), "liar1": Lie(
        zone(wish("k9", by=()), dnskey=("k9", "z9"), keys_by=("k9",), data_by=("z9",)))}),
    Case("hijacked-cds-same", "R22", "retry inconsistent", {"alpha": ROLL, "liar1": Lie(
        zone(wish("k2", "k9", by=("k9",)), dnskey=("k9", "z9"), keys_by=("k9",), data_by=("z9",)))}),
    Case("digest-99", "R14", "reject digest-unusable", both(zone(odd_cds(("k2", 99))))),
    Case("digest-99-beside", "R14", ROLLED, both(zone(odd_cds(("k2", 99), also="k2"))), mentions="digest-ignored"),
    Case("digest-sha1", "R14", "reject digest-unusable", both(zone(odd_cds(("k2", 1))))),
    Case("digest-length", "R14", "reject digest-length", liar(zone(odd_cds(("k2", 4))))),
    Case("cds-only", "R15", ROLLED, both(zone(wish("k2"), without("CDNSKEY")))),
    Case("cdnskey-only", "R15", ROLLED, both(zone(wish("k2"), without("CDS")))),
    Case("mismatch", "R15", "reject cds-cdnskey-differ",
         both(zone(wish("k2"), lambda z: z.add("CDNSKEY", key("k1").text(), by=("k1",))))),
    Case("both-wanted", "R15", "reject both-required", both(zone(wish("k2"), without("CDNSKEY"))),
         set=("require_both=yes",)),
    Case("delete-on-one", "R16", "retry inconsistent-delete", {"alpha": zone(wish_delete()), "beta": QUIET}),
    Case("delete-or-update", "R16", "retry inconsistent-delete", {"alpha": zone(wish_delete()), "beta": ROLL}),
    Case("delete-mixed", "R16", "reject delete-mixed",
         both(zone(lambda z: z.add("CDS", DELETE_CDS, key("k1").ds(z.origin), by=("k1",))))),
    Case("delete-mixed-key", "R16", "reject delete-mixed",
         both(zone(lambda z: z.add("CDNSKEY", DELETE_CDNSKEY, key("k1").text(), by=("k1",))))),
    Case("delete-and-key", "R15", "reject cds-cdnskey-differ",
         both(zone(add("CDS", DELETE_CDS, by=("k1",)), lambda z: z.add("CDNSKEY", key("k1").text(), by=("k1",))))),
    Case("almost-delete", "R17", "reject delete-wrong-fields", both(zone(add("CDS", "0 0 0 01", by=("k1",))))),
    Case("almost-delete-tag", "R17", "reject delete-wrong-fields", both(zone(add("CDS", "1 0 0 00", by=("k1",))))),
    Case("almost-delete-key", "R17", "reject delete-wrong-fields",
         both(zone(add("CDNSKEY", "256 3 0 AA==", by=("k1",))))),
    Case("digest-loses-key", "R18", "reject digest-drops-key", both(zone(odd_cds(("k2", 99), also="k1")))),
    Case("algorithm", "R18", "reject algorithm-refused", both(ROLL), set=("algorithms=8,15",)),
    Case("from-cdnskey", "R19", ROLLED, both(ROLL), set=("source=cdnskey", "digest_types=2,4")),
    Case("from-cds-missing", "R19", "reject source-missing", both(zone(wish("k2"), without("CDS"))),
         set=("source=cds",)),
    Case("from-cdnskey-missing", "R19", "reject source-missing", both(zone(wish("k2"), without("CDNSKEY"))),
         policy="cz"),
    Case("protocol", "R20", "reject cdnskey-protocol",
         both(zone(add("CDNSKEY", flags("k2", lambda f: [f[0], "2", *f[2:]]), by=("k1",))))),
    Case("zone-bit", "R20", "reject cdnskey-zone-bit",
         both(zone(add("CDNSKEY", flags("k2", lambda f: ["1", *f[1:]]), by=("k1",))))),
    Case("revoked", "R20", "reject cdnskey-revoked",
         both(zone(add("CDNSKEY", flags("k2", lambda f: ["385", *f[1:]]), by=("k1",))))),
    Case("no-sep", "R20", ROLLED, both(zone(wish("z"), keys_by=("k1", "z"))), mentions="not-sep"),
    Case("seven", "R20", "reject too-many-ds", both(zone(wish("k1", "k2", "k3", "k4", "k5", "k6", "k7"))),
         policy="se", set=("vantages=1",)),
    Case("six", "R20", ROLLED, both(zone(wish("k1", "k2", "k3", "k4", "k5", "k6"))), policy="se",
         set=("vantages=1",)),
    Case("current-by-key", "R21", "no-change ds-current", both(zone(wish("k1"), without("CDS")))),
    Case("current-two", "R21", "no-change ds-current", both(zone(wish("k2", "k1"))), ds=("k1", "k2")),

    # ---- who signed, and when ----
    Case("rollover", "R22", ROLLED, both(ROLL)),
    Case("unsigned", "R22", "reject unsigned", both(zone(wish("k2", by=())))),
    Case("expired", "R22", "reject signature-expired", both(zone(wish("k2", inception=-2 * DAY, expiration=-HOUR)))),
    Case("early", "R22", "reject signature-early", both(zone(wish("k2", inception=HOUR)))),
    Case("bad-signature", "R22", "reject signature-bad", both(zone(wish("k2"), spoil("CDS")))),
    Case("zsk-only", "R22", "reject signer-not-in-ds", both(zone(wish("k2", by=("z",))))),
    Case("new-key-only", "R22", "reject signer-not-in-ds", both(zone(wish("k2", by=("k2",))))),
    Case("stranger", "R22", "reject signer-not-in-dnskey", both(zone(wish("k2", by=("k8",))))),
    Case("one-good-one-bad", "R22", ROLLED, both(zone(wish("k2"), lambda z: z.doubled("CDS")))),
    Case("for-another-zone", "R22", "reject signer-not-in-ds", both(zone(wish("k2", signer="corpus.")))),
    Case("two-signers", "R23", ROLLED,
         {"alpha": zone(wish("k1", "k2", "k3", by=("k1",)), dnskey=("k1", "k2", "k3", "z"), keys_by=("k1", "k3")),
          "beta": zone(wish("k1", "k2", "k3", by=("k2",)), dnskey=("k1", "k2", "k3", "z2"), keys_by=("k2", "k3"),
                       data_by=("z2",))}, ds=("k1", "k2")),
    Case("bogus-dnskey", "R23", "reject dnskey-bogus", {"alpha": ROLL, "beta": zone(wish("k2"), spoil("DNSKEY"))}),
    Case("unsigned-dnskey", "R23", "reject dnskey-unsigned", {"alpha": ROLL, "beta": zone(
        wish("k2"), lambda z: z.unsigned("DNSKEY"))}),
    Case("no-dnskey", "R23", "reject dnskey-missing", {"alpha": ROLL, "beta": zone(wish("k2"), without("DNSKEY"))}),
    Case("no-ds-key", "R22", "reject no-ds-key", {"alpha": ROLL, "beta": zone(
        wish("k2", by=("k2",)), dnskey=("k2", "z"), keys_by=("k2",))}),
    Case("new-key-not-there", "R24", "reject continuity-broken", {"alpha": ROLL, "beta": zone(
        wish("k2"), dnskey=("k1", "z"), keys_by=("k1",))}),
    Case("new-key-does-not-sign", "R24", "reject continuity-broken", both(zone(wish("k2"), keys_by=("k1",)))),
    Case("stand-by", "R24", ROLLED, both(zone(wish("k1", "k5")))),
    Case("algorithm-stand-by", "R25", "reject continuity-algorithm",
         both(zone(wish("k1", "r1"), dnskey=("k1", "r1", "z"), keys_by=("k1",)))),
    Case("algorithm-both", "R25", ROLLED,
         both(zone(wish("k1", "r1"), dnskey=("k1", "r1", "z"), keys_by=("k1", "r1")))),
    Case("algorithm-lax", "R25", ROLLED, both(zone(wish("k1", "r1"), dnskey=("k1", "r1", "z"), keys_by=("k1",))),
         set=("continuity_strict=no",)),
    Case("uneven", "R26", ROLLED, both(zone(cds(("k1", "SHA256"), ("k1", "SHA384"), ("k2", "SHA256")))),
         mentions="digests-uneven"),
    Case("uneven-refused", "R26", "reject digests-uneven",
         both(zone(cds(("k1", "SHA256"), ("k1", "SHA384"), ("k2", "SHA256")))),
         set=("require_consistent_digests=yes",)),
    Case("replay", "R27", "reject replay", both(ROLL), state=last_change(inception_us=(NOW - HOUR // 2) * 10**6)),
    Case("replay-one-server", "R27", "reject replay", {"alpha": ROLL, "beta": zone(wish("k2", inception=-3 * DAY))},
         state=last_change(inception_us=(NOW - DAY) * 10**6)),
    Case("newer", "R27", ROLLED, both(ROLL), state=last_change(inception_us=(NOW - DAY) * 10**6)),
    Case("epp-was-later", "R27", "reject replay-out-of-band", both(ROLL),
         state=last_change(at_us=NOW * 10**6, channel="epp")),
    Case("serials", "R28", ROLLED, {"alpha": ROLL, "beta": zone(wish("k2"), serial=4000000000)}),
    Case("serial-back", "R28", ROLLED, {"alpha": zone(wish("k2"), serial=5), "beta": zone(wish("k2"), serial=0)}),

    # ---- delete ----
    Case("delete", "R42", "accept accept-delete", both(zone(wish_delete()))),
    Case("delete-cds-only", "R42", "accept accept-delete", both(zone(wish_delete(), without("CDNSKEY")))),
    Case("delete-unsigned", "R42", "reject unsigned", both(zone(wish_delete(by=())))),
    Case("delete-zsk", "R42", "reject signer-not-in-ds", both(zone(wish_delete(by=("z",))))),
    Case("delete-replay", "R42", "reject replay", both(zone(wish_delete())),
         state=last_change(inception_us=NOW * 10**6)),
    Case("delete-off", "R42", "hold delete-off", both(zone(wish_delete())), set=("allow_delete=no",)),
    Case("deleted", "R44", "no-change delete-done", both(zone(wish_delete())), ds=()),
    Case("deleted-unsigned", "R44", "no-change delete-done", both(zone(wish_delete(by=()))), ds=()),

    # ---- locks ----
    Case("locked", "R68", ROLLED, both(ROLL), state=statuses("serverUpdateProhibited"), mentions="lock-noted"),
    Case("locked-refused", "R68", "hold locked", both(ROLL), state=statuses("serverUpdateProhibited"),
         set=("refuse_locked=yes",)),
    Case("locked-registrar", "R68", "hold locked", both(ROLL), state=statuses("serverUpdateProhibited"),
         set=("role=registrar",)),
]
