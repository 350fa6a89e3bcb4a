#include "audit/judge.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::audit {
namespace {

using dns::Name;
using dnssec::Dnskey;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

Name name(std::string_view text) {
    return Name::parse(text).value();
}

const Name kZone = name("example.");
const Instant kNow = parse_rfc3339("2026-11-24T12:00:00Z").value();

// Each letter another key. What signs with it is said, not calculated.
Dnskey key(char letter, std::uint16_t flags, std::uint8_t algorithm = 13) {
    return {flags, 3, algorithm, std::string(64, letter)};
}
dnssec::Ds ds(const Dnskey& k, std::uint8_t digest = 2) {
    return dnssec::make_ds(kZone, k, digest).value();
}

struct Operator {
    std::string name;
    Dnskey ksk, zsk;
};
const Operator kBlue{"blue", key('a', 257), key('b', 256)}, kGreen{"green", key('c', 257), key('d', 256)};

// blue and green with two servers each, as it should be.
class Judge : public ::testing::Test {
  protected:
    Judge() {
        for (const auto* who : {&kBlue, &kGreen})
            for (int i : {1, 2}) view.servers.push_back(server(*who, i));
        for (const char* address : {"192.0.2.1", "192.0.2.2"}) {
            ParentServer p;
            p.address = address;
            p.ds.ds = {ds(kBlue.ksk), ds(kGreen.ksk)};
            p.ds.ttl = p.ns.ttl = 60;
            p.ns.names = ns;
            view.parents.push_back(std::move(p));
        }
    }

    Server server(const Operator& who, int number) {
        Server s;
        s.address = fmt::format("192.0.2.{}{}", who.name == "blue" ? 1 : 2, number);
        s.names = {name(fmt::format("ns{}.{}.net.", number, who.name))};
        s.dnskey.keys = {who.ksk, kBlue.zsk, kGreen.zsk};
        s.dnskey.signed_by = {0};
        s.dnskey.ttl = 100;
        s.data.keys = {who.zsk};
        s.data.signatures = {{{who.zsk.tag(), who.zsk.algorithm}}};
        s.ns.names = ns;
        s.ns.ttl = 50;
        s.cds.cds = {ds(kBlue.ksk), ds(kGreen.ksk)};
        s.cds.cdnskey = {kBlue.ksk, kGreen.ksk};
        s.soa = dns::Soa{name("ns1." + who.name + ".net."), name("admin.example."), 7, 1, 1, 1, 1};
        s.sets = {{"example. DNSKEY", {13}, kNow + std::chrono::days(10), std::chrono::days(14), {}},
                  {"example. SOA", {13}, kNow + std::chrono::days(9), std::chrono::days(14), {}}};
        s.nsec = true;
        return s;
    }

    std::vector<std::string> codes(Severity severity) {
        std::vector<std::string> out;
        report = judge(view);
        for (const auto& f : report.findings)
            if (f.severity == severity) out.push_back(f.code);
        return out;
    }
    std::vector<std::string> errors() { return codes(Severity::error); }
    std::vector<std::string> warnings() { return codes(Severity::warning); }
    std::vector<std::string> notes() { return codes(Severity::note); }
    const Finding& found(std::string_view code) {
        const auto at = std::ranges::find(report.findings, code, &Finding::code);
        if (at == report.findings.end()) throw std::runtime_error("not found: " + std::string(code));
        return *at;
    }
    std::vector<Server*> green() { return {&view.servers[2], &view.servers[3]}; }
    std::vector<Server*> all() { return {&view.servers[0], &view.servers[1], &view.servers[2], &view.servers[3]}; }

    std::vector<Name> ns{name("ns1.blue.net."), name("ns2.blue.net."), name("ns1.green.net."), name("ns2.green.net.")};
    std::vector<Name> first_two{ns[0], ns[1]};
    View view{kZone, name("."), kNow, {}, {}, {}, {}};
    Report report;
};

TEST_F(Judge, NothingIsWrongWithAHealthyZone) {
    report = judge(view);
    EXPECT_THAT(report.findings, IsEmpty());
    ASSERT_THAT(report.signers, SizeIs(2));
    EXPECT_EQ(report.signers[0].name, "blue.net.");
    EXPECT_THAT(report.signers[1].servers, ElementsAre(2, 3));
}

TEST_F(Judge, EveryFindingSaysWhatItMeans) {
    for (auto* s : green()) s->dnskey.keys = {kGreen.ksk, kGreen.zsk};
    view.parents[0].ds.ds = {ds(kBlue.ksk)};
    report = judge(view);
    EXPECT_THAT(report.findings, SizeIs(::testing::Ge(3)));
    for (const auto& f : report.findings) {
        EXPECT_NE(f.seen, "");
        EXPECT_NE(f.means, "");
    }
    EXPECT_TRUE(std::ranges::is_sorted(report.findings, {}, &Finding::severity));
}

// ---- signers ----

TEST_F(Judge, OneWhoseZskRollsIsOneSigner) {
    // The secondary still has the old zone, signed with the old key.
    view.servers[2].data.keys = {key('e', 256)};
    view.servers[2].data.signatures = {};
    for (auto* s : all()) s->dnskey.keys.push_back(key('e', 256));
    report = judge(view);
    EXPECT_THAT(report.signers, SizeIs(2));
    // A KSK that two operators share makes them no single one.
    for (auto* s : green()) {
        s->dnskey.keys[0] = kBlue.ksk;
        s->data.keys = {kGreen.zsk};
    }
    report = judge(view);
    EXPECT_THAT(report.signers, SizeIs(2));
}

TEST_F(Judge, WhereNoSignatureHoldsTheSameKeysAndPrimaryAreOneSigner) {
    for (auto* s : all()) {
        s->dnskey.signed_by.clear();
        s->dnskey.signature_problem = "expired";
        s->data.keys.clear();
    }
    report = judge(view);
    EXPECT_THAT(report.signers, SizeIs(2));
}

TEST_F(Judge, SignersAreNamedByTheOperatorOrByLetters) {
    for (auto* s : green()) s->signer = "mine";
    for (auto& s : view.servers) s.names = {name("ns.example.")};
    report = judge(view);
    EXPECT_EQ(report.signers[0].name, "signer A");
    EXPECT_EQ(report.signers[1].name, "mine");
}

// ---- keys ----

TEST_F(Judge, AKeyThatSignsDataAndIsNotPublishedElsewhere) {
    view.servers[3].dnskey.keys = {kGreen.ksk, kGreen.zsk};
    EXPECT_THAT(errors(), ElementsAre("key-missing"));
    EXPECT_THAT(found("key-missing").where, ElementsAre("192.0.2.22"));
    EXPECT_THAT(found("key-missing").seen, HasSubstr(std::to_string(kBlue.zsk.tag())));
    EXPECT_THAT(found("key-missing").seen, HasSubstr("blue.net. (192.0.2.11, 192.0.2.12)"));
    // Where no resolver comes, not yet.
    view.servers[3].hidden = true;
    EXPECT_THAT(errors(), IsEmpty());
    EXPECT_THAT(warnings(), ElementsAre("key-missing"));
}

TEST_F(Judge, AMissingKeyBesideASecondSignatureIsAWarning) {
    const auto old = key('e', 256);
    for (auto i : {0U, 1U}) {
        auto& s = view.servers[i];
        s.dnskey.keys.push_back(old);
        s.data.keys.push_back(old);
        s.data.signatures = {{{kBlue.zsk.tag(), 13}, {old.tag(), 13}}};
    }
    EXPECT_THAT(errors(), IsEmpty());
    EXPECT_THAT(warnings(), ElementsAre("key-missing"));
    for (auto i : {0U, 1U}) view.servers[i].data.signatures.push_back({{old.tag(), 13}});
    EXPECT_THAT(errors(), ElementsAre("key-missing"));
}

TEST_F(Judge, TwoKeysWithOneTag) {
    auto twin = kGreen.zsk;
    // The tag is a sum of words: those of two places may change places.
    auto base = kGreen.zsk;
    base.public_key[0] = twin.public_key[2] = 'x';
    ASSERT_EQ(base.tag(), twin.tag());
    view.servers[0].dnskey.keys.push_back(base);
    view.servers[2].dnskey.keys.push_back(twin);
    EXPECT_THAT(warnings(), ElementsAre("tag-collision"));
    EXPECT_THAT(found("tag-collision").where, ElementsAre("192.0.2.11", "192.0.2.21"));
}

TEST_F(Judge, TtlsThatDiffer) {
    for (auto* s : green()) s->dnskey.ttl = 3600;
    view.servers[0].ns.ttl = 10;
    EXPECT_THAT(notes(), ElementsAre("dnskey-ttl", "ns-ttl"));
    EXPECT_THAT(found("dnskey-ttl").means, HasSubstr("1 h"));
}

// ---- DS and algorithms ----

TEST_F(Judge, ASignerWithoutDs) {
    for (auto& p : view.parents) p.ds.ds = {ds(kBlue.ksk)};
    EXPECT_THAT(errors(), ElementsAre("ds-gap"));
    EXPECT_THAT(found("ds-gap").where, ElementsAre("192.0.2.21", "192.0.2.22"));
    EXPECT_THAT(notes(), ElementsAre("cds-pending"));
    for (auto* s : green()) s->hidden = true;
    EXPECT_THAT(errors(), IsEmpty());
}

TEST_F(Judge, ADsOfAKeyThatSignsNoKeysLeadsNowhere) {
    // It is published, but signs nothing.
    for (auto* s : green()) {
        s->dnskey.keys = {kGreen.ksk, kBlue.zsk, kGreen.zsk, key('f', 257)};
        s->dnskey.signed_by = {3};
    }
    EXPECT_THAT(errors(), ElementsAre("ds-gap"));
}

TEST_F(Judge, DsWithoutKeyAndDsThatDiffer) {
    view.parents[1].ds.ds.push_back(ds(key('z', 257)));
    EXPECT_THAT(warnings(), UnorderedElementsAre("ds-without-key", "parents-differ"));
    EXPECT_THAT(found("ds-without-key").where, ElementsAre("192.0.2.2"));
    // It may be of a server that does not answer.
    view.servers[3].dnskey.problem = "no answer";
    EXPECT_THAT(warnings(), ElementsAre("parents-differ"));
}

TEST_F(Judge, OnlySha1) {
    for (auto& p : view.parents) p.ds.ds = {ds(kBlue.ksk), ds(kGreen.ksk, 1)};
    EXPECT_THAT(warnings(), Contains("ds-sha1"));
    for (auto& p : view.parents) p.ds.ds.push_back(ds(kGreen.ksk));
    EXPECT_THAT(warnings(), IsEmpty());
}

TEST_F(Judge, ASecondAlgorithm) {
    const auto ksk = key('g', 257, 8), zsk = key('h', 256, 8);
    for (auto* s : green()) {
        s->dnskey.keys = {ksk, kBlue.zsk, zsk};
        s->data.keys = {zsk};
        s->data.signatures = {{{zsk.tag(), 8}}};
        s->cds.cds = {ds(kBlue.ksk), ds(ksk)};
        s->cds.cdnskey = {kBlue.ksk, ksk};
        for (auto& set : s->sets) set.algorithms = {8};
    }
    for (auto i : {0U, 1U}) {
        view.servers[i].dnskey.keys = {kBlue.ksk, kBlue.zsk, zsk};
        view.servers[i].cds = view.servers[2].cds;
    }
    for (auto& p : view.parents) p.ds.ds = {ds(kBlue.ksk), ds(ksk)};
    EXPECT_THAT(errors(), ElementsAre("algorithm-missing", "algorithm-missing"));
    EXPECT_THAT(found("algorithm-missing").where, ElementsAre("192.0.2.11", "192.0.2.12"));
    EXPECT_THAT(warnings(), ElementsAre("algorithm-mix"));
}

TEST_F(Judge, AnAlgorithmOfTheKeysThatDoesNotSignTheData) {
    const auto ksk = key('g', 257, 8);
    for (auto* s : all()) {
        s->dnskey.keys.push_back(ksk);
        s->dnskey.signed_by.push_back(3);
        s->sets[0].algorithms = {13, 8};
    }
    for (auto& p : view.parents) p.ds.ds.push_back(ds(ksk));
    EXPECT_THAT(errors(), ElementsAre("algorithm-missing"));
    EXPECT_THAT(found("algorithm-missing").seen, HasSubstr("all data"));
}

TEST_F(Judge, ASignedZoneWithoutDsIsANote) {
    for (auto& p : view.parents) p.ds.ds.clear();
    EXPECT_THAT(errors(), IsEmpty());
    EXPECT_THAT(notes(), ElementsAre("no-ds", "cds-pending"));
}

// ---- CDS ----

TEST_F(Judge, CdsAndCdnskeyOfOneServer) {
    view.servers[0].cds.cdnskey = {kBlue.ksk};
    EXPECT_THAT(warnings(), ElementsAre("cds-cdnskey-differ"));
    EXPECT_THAT(found("cds-cdnskey-differ").where, ElementsAre("192.0.2.11"));
    view.servers[0].cds.cdnskey.clear();
    EXPECT_THAT(notes(), ElementsAre("cds-alone"));
}

TEST_F(Judge, CdsThatWouldCutASignerOff) {
    for (auto* s : green()) {
        s->cds.cds = {ds(kGreen.ksk)};
        s->cds.cdnskey = {kGreen.ksk};
    }
    EXPECT_THAT(warnings(), ElementsAre("cds-differ", "cds-would-cut"));
    EXPECT_THAT(found("cds-would-cut").seen, HasSubstr("blue.net."));
    EXPECT_THAT(found("cds-would-cut").where, ElementsAre("192.0.2.21", "192.0.2.22"));
}

TEST_F(Judge, CdsThatAsksForNoDsAndCdsOfNobody) {
    for (auto* s : all()) {
        s->cds.cds = {dnssec::delete_ds()};
        s->cds.cdnskey = {dnssec::delete_dnskey()};
    }
    EXPECT_THAT(warnings(), ElementsAre("cds-delete"));
    for (auto* s : all()) {
        s->cds.cds = {ds(kBlue.ksk), ds(kGreen.ksk), ds(key('z', 257))};
        s->cds.cdnskey = {kBlue.ksk, kGreen.ksk, key('z', 257)};
    }
    EXPECT_THAT(warnings(), ElementsAre("cds-without-key"));
    EXPECT_THAT(notes(), ElementsAre("cds-pending"));
}

TEST_F(Judge, AZoneWithoutCdsIsFine) {
    for (auto* s : all()) s->cds = {};
    EXPECT_THAT(judge(view).findings, IsEmpty());
}

// ---- names ----

TEST_F(Judge, NsThatDiffers) {
    for (auto* s : green()) s->ns.names = first_two;
    EXPECT_THAT(warnings(), ElementsAre("ns-differ"));
    for (auto* s : all()) s->ns.names = first_two;
    EXPECT_THAT(warnings(), ElementsAre("ns-parent-differs"));
    EXPECT_THAT(found("ns-parent-differs").seen, HasSubstr("only the parent names ns1.green.net. ns2.green.net."));
    view.parents[1].ns.names = first_two;
    EXPECT_THAT(warnings(), ElementsAre("parents-differ", "ns-parent-differs"));
}

TEST_F(Judge, CsyncIsANoteUntilNsDiffers) {
    for (auto* s : green()) s->csync.present = true;
    EXPECT_THAT(notes(), ElementsAre("csync"));
    for (auto* s : green()) s->ns.names = first_two;
    EXPECT_THAT(warnings(), ElementsAre("ns-differ", "csync"));
}

TEST_F(Judge, NamesWithoutAddressAndWrongGlue) {
    view.hosts = {{name("ns1.blue.net."), {"192.0.2.11"}, ""}, {name("ns9.blue.net."), {}, "it does not exist"}};
    view.parents[0].glue[name("ns1.blue.net.")] = {"192.0.2.99"};
    EXPECT_THAT(errors(), ElementsAre("host-without-address"));
    EXPECT_THAT(warnings(), ElementsAre("glue-differs"));
}

// ---- servers and signatures ----

TEST_F(Judge, ServersThatDoNotAnswer) {
    view.servers[1].silent = true;
    view.servers[1].dnskey.problem = "no answer in 3 tries";
    view.servers[3].dnskey.problem = "192.0.2.22 answers REFUSED";
    view.servers[2].tcp_fails = true;
    EXPECT_THAT(errors(), ElementsAre("unreachable", "lame"));
    EXPECT_THAT(warnings(), ElementsAre("no-tcp"));
    view.parents[0].ds.problem = "no answer";
    EXPECT_THAT(errors(), Contains("parent-no-answer"));
}

TEST_F(Judge, AZoneThatDoesNotExist) {
    view.servers.clear();
    for (auto& p : view.parents) p.no_such_name = true;
    EXPECT_THAT(errors(), ElementsAre("no-such-zone"));
    EXPECT_THAT(report.findings, SizeIs(1));
}

TEST_F(Judge, AServerThatDoesNotAnswerAndThatNobodyAsks) {
    view.servers[3].hidden = view.servers[3].silent = true;
    view.servers[3].dnskey.problem = "no answer in 3 tries";
    EXPECT_THAT(errors(), IsEmpty());
    EXPECT_THAT(warnings(), ElementsAre("unreachable"));
}

TEST_F(Judge, AZoneThatNobodyServes) {
    view.servers.clear();
    EXPECT_THAT(errors(), Contains("no-server"));
}

TEST_F(Judge, ASignerThatDoesNotSign) {
    for (auto* s : green()) {
        s->dnskey = {};
        s->data = {};
        s->data.is_signed = false;
        s->cds = {};
        s->sets.clear();
    }
    EXPECT_THAT(errors(), Contains("unsigned"));
    EXPECT_THAT(found("unsigned").where, ElementsAre("192.0.2.21", "192.0.2.22"));
    for (auto& p : view.parents) p.ds.ds.clear();
    EXPECT_THAT(errors(), IsEmpty());
    EXPECT_THAT(warnings(), Contains("unsigned"));
}

TEST_F(Judge, ASecondaryThatIsBehind) {
    view.servers[3].soa->serial = 4294967290U; // before 7 (RFC 1982)
    EXPECT_THAT(warnings(), ElementsAre("behind"));
    EXPECT_THAT(found("behind").where, ElementsAre("192.0.2.22"));
    // Between signers it means nothing.
    for (auto* s : green()) s->soa->serial = 2026112401;
    EXPECT_THAT(judge(view).findings, IsEmpty());
}

TEST_F(Judge, SignaturesThatDoNotHold) {
    view.servers[0].dnskey.signature_problem = "the RRSIG has expired";
    view.servers[0].dnskey.signed_by.clear();
    view.servers[2].data.problem = "example. SOA with no valid signature";
    view.servers[3].sets[1] = {
        "example. SOA", {}, {}, Duration{0}, "RRSIG by 4711 is by a key that is not among the keys"};
    EXPECT_THAT(errors(), ElementsAre("bogus-dnskey", "bogus-data"));
    EXPECT_THAT(found("bogus-data").where, ElementsAre("192.0.2.21", "192.0.2.22"));
    EXPECT_THAT(found("bogus-dnskey").where, ElementsAre("192.0.2.11"));
    for (auto& p : view.parents) p.ds.ds.clear();
    EXPECT_THAT(errors(), IsEmpty()); // nobody validates
}

TEST_F(Judge, SignaturesThatEndSoon) {
    view.servers[1].sets[1].expires = kNow + std::chrono::hours(30); // of 14 days
    EXPECT_THAT(warnings(), ElementsAre("expires-soon"));
    EXPECT_THAT(found("expires-soon").seen, HasSubstr("SOA ends in 1 d 6 h"));
    // Made for each answer: short by nature.
    view.servers[1].sets[1] = {"example. SOA", {13}, kNow + std::chrono::hours(30), std::chrono::hours(36), {}};
    EXPECT_THAT(judge(view).findings, IsEmpty());
}

TEST_F(Judge, DenialThatDiffers) {
    for (auto* s : green()) {
        s->nsec = false;
        s->nsec3 = {{0, ""}};
    }
    EXPECT_THAT(notes(), ElementsAre("denial-differs"));
    for (auto* s : green()) s->nsec3 = {{150, "salt"}};
    EXPECT_THAT(warnings(), ElementsAre("nsec3-iterations"));
    view.no_route = {"2001:db8::1"};
    EXPECT_THAT(notes(), ElementsAre("not-asked", "denial-differs"));
}

} // namespace
} // namespace tutti::audit
