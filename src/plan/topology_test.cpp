// RFC 8901 model 1: one KSK holder, whose DNSKEY RRset all serve.
#include "plan/topology.hpp"

#include "plan/forecast.hpp"
#include "plan/records.hpp"
#include "plan/test_zone.hpp"

#include <gtest/gtest.h>

namespace tutti::plan::test {
namespace {

using State = model::Decision::State;

std::string explain(const model::Decision& d) {
    std::string out = model::to_string(d.state);
    for (const auto& a : d.actions) out += "\n  do   " + a.because;
    for (const auto& r : d.because) out += "\n  wait " + r.text + " [" + r.blocks + "]";
    return out;
}

// blue is alone, and shall hold the KSK; green and red stand by, with KSKs of their own as yet.
TestZone blue_holds() {
    TestZone z;
    z.add("blue", 10);
    z.add("green", 20);
    z.add("red", 30);
    for (auto& s : z.signers) s.signed_dnskey = model::Can::yes;
    z.delegate_to(z.signers[0]);
    z.intent.signers = {"blue"};
    z.intent.ksk_holder = "blue";
    z.intent.policy.trust_past = true;
    return z;
}

void change(TestZone& z, std::vector<std::string> to) {
    z.intent.signers = std::move(to);
    const auto d = z.run();
    EXPECT_EQ(d.state, State::done) << explain(d);
    EXPECT_TRUE(d.alarms.empty());
}
bool has(const std::vector<dnssec::Dnskey>& keys, const dnssec::Dnskey& key) {
    return std::ranges::find(keys, key) != keys.end();
}
bool says(const model::Decision& d, std::string_view text) {
    return std::ranges::any_of(d.because, [&](const auto& r) { return r.text.contains(text); });
}

TEST(Topology, WhoJoinsServesWhatTheHolderSigns) {
    auto z = blue_holds();
    z.look();
    const Instant start = z.now;
    change(z, {"blue", "green"});
    EXPECT_EQ(z.signers[1].copied, TestZone::own_rrset(z.signers[0]));
    EXPECT_TRUE(has(z.signers[1].copied, z.signers[1].zsks[0])) << "with its own ZSK in it";
    EXPECT_FALSE(has(z.signers[1].copied, z.signers[1].ksks[0]));
    EXPECT_EQ(z.ds.size(), 1U) << "no DS but the holder's";
    EXPECT_EQ(z.now - start, seconds(20)) << "until no cache has the DNSKEY RRset without green's key";
}

// The order is the rule's doing: nobody copies an RRset that would leave its own data without a key.
TEST(Topology, TheHolderAddsTheKeyBeforeOthersTakeTheRrset) {
    auto z = blue_holds();
    change(z, {"blue", "green"});
    std::vector<int> places;
    for (const auto& [at, a] : z.done)
        if (a.kind == model::Action::Kind::dnskey) places.push_back(a.signer);
    EXPECT_EQ(places, (std::vector<int>{0, 1}));
}

TEST(Topology, WhoLeavesGoesOnServingItUntilNobodyAsks) {
    auto z = blue_holds();
    change(z, {"blue", "green", "red"});
    change(z, {"blue", "red"});
    EXPECT_FALSE(has(z.signers[0].foreign, z.signers[1].zsks[0]));
    EXPECT_FALSE(has(z.signers[2].copied, z.signers[1].zsks[0]));
    EXPECT_EQ(z.signers[2].copied, TestZone::own_rrset(z.signers[0]));
}

TEST(Topology, ANewZskOfAnotherIsKnownFromItsInterface) {
    auto z = blue_holds();
    change(z, {"blue", "green", "red"});
    const auto old_key = z.signers[1].zsks[0], new_key = make_key(99, false);
    z.signers[1].zsks.push_back(new_key);
    EXPECT_EQ(z.run().state, State::done);
    for (const auto* keys : {&z.signers[0].foreign, &z.signers[1].copied, &z.signers[2].copied})
        EXPECT_TRUE(has(*keys, new_key));
    z.signers[1].zsks = {new_key}; // in use; the old one is forgotten
    EXPECT_EQ(z.run().state, State::done);
    for (const auto* keys : {&z.signers[0].foreign, &z.signers[1].copied, &z.signers[2].copied})
        EXPECT_FALSE(has(*keys, old_key));
}

TEST(Topology, TheHolderRollsItsKsk) {
    auto z = blue_holds();
    change(z, {"blue", "green"});
    const auto before = z.ds;
    z.signers[0].ksks.push_back(make_key(77, true));
    EXPECT_EQ(z.run().state, State::done);
    EXPECT_EQ(z.ds.size(), 2U);
    EXPECT_EQ(z.signers[1].copied_by.size(), 2U);
    z.now += seconds(100);
    z.signers[0].ksks.erase(z.signers[0].ksks.begin());
    EXPECT_EQ(z.run().state, State::done);
    EXPECT_EQ(z.ds.size(), 1U);
    EXPECT_NE(z.ds, before);
    EXPECT_EQ(z.signers[1].copied_by, z.signers[0].ksks);
}

TEST(Topology, FromAKskForEachToOneForAll) {
    auto z = blue_holds();
    z.intent.ksk_holder.clear();
    change(z, {"blue", "green"});
    EXPECT_EQ(z.ds.size(), 2U);
    z.intent.ksk_holder = "green";
    EXPECT_EQ(z.run().state, State::done);
    EXPECT_EQ(z.ds.size(), 1U);
    EXPECT_EQ(z.signers[0].copied, TestZone::own_rrset(z.signers[1]));
    EXPECT_TRUE(z.signers[1].copied.empty());
}

TEST(Topology, NotWithoutTheMeans) {
    for (const auto can : {model::Can::no, model::Can::unknown}) {
        auto z = blue_holds();
        z.signers[1].signed_dnskey = can;
        z.intent.signers = {"blue", "green"};
        const auto d = z.run();
        EXPECT_EQ(d.state, State::blocked) << explain(d);
        EXPECT_TRUE(says(d, "green cannot serve the DNSKEY RRset that blue signs (so says the test)")) << explain(d);
        EXPECT_EQ(z.ns, z.signers[0].names) << "resolvers are not sent there";
        EXPECT_EQ(forecast(z.intent, z.known, z.now).end, Forecast::End::blocked);
    }
}

// What its KSK does for others cannot end; all that can be done without is done.
TEST(Topology, TheHolderNeitherLeavesNorChanges) {
    auto z = blue_holds();
    change(z, {"blue", "green"});
    z.intent.signers = {"green"};
    EXPECT_TRUE(says(z.run(), "blue holds the only KSK and is not among the signers"));
    z.intent.ksk_holder = "green";
    EXPECT_TRUE(says(z.run(), "green serves a DNSKEY RRset that only blue signs: the KSK holder cannot be changed"));
    z.intent.ksk_holder.clear();
    const auto d = z.run();
    EXPECT_EQ(d.state, State::blocked) << explain(d);
    EXPECT_TRUE(says(d, "there is no way back to a KSK for each signer")) << explain(d);
    EXPECT_EQ(z.ns.size(), 4U);
    EXPECT_EQ(z.ds.size(), 1U);
    // and what is there is looked after: blue rolls its ZSK
    z.signers[0].zsks.push_back(make_key(98, false));
    z.run();
    EXPECT_EQ(z.signers[1].copied, TestZone::own_rrset(z.signers[0]));
}

TEST(Topology, NotWhereTheParentReadsCds) {
    auto z = blue_holds();
    z.mode = model::ParentMode::cds;
    z.intent.signers = {"blue", "green"};
    const auto d = z.run();
    EXPECT_EQ(d.state, State::blocked) << explain(d);
    EXPECT_TRUE(says(d, "takes only when signed with a key that its DS names (RFC 7344 4.1)")) << explain(d);
}

// After the loss of the database, the key that signs what green serves is not taken for green's, whoever answers first.
TEST(Topology, TheHoldersKeyIsNotTakenForSomebodyElses) {
    auto z = blue_holds();
    change(z, {"blue", "green"});
    z.known = {.zone = z.zone, .keys = {}, .signers = {}, .ns_names = {}, .parent = {}};
    z.signers[0].silent = true;
    z.look();
    EXPECT_EQ(signs_for(z.known, z.known.signer_index("green")), model::kNobody);
    for (const auto& key : z.known.keys)
        if (key.signs_keys) EXPECT_EQ(key.owner, model::kNobody);
    z.signers[0].silent = false;
    z.look();
    EXPECT_EQ(signs_for(z.known, z.known.signer_index("green")), z.known.signer_index("blue"));
}

TEST(Topology, ACopyIsWrittenWithItsSignatures) {
    auto z = blue_holds();
    change(z, {"blue", "green"});
    const auto at = std::ranges::find_if(z.done, [](const auto& d) { return d.second.copy_of >= 0; });
    ASSERT_NE(at, z.done.end());
    const auto changes = compile(at->second, z.known, z.intent.policy);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].signed_by, (std::vector<dns::Rdata>{z.signers[0].ksks[0].rdata()}));
    model::Action plain = at->second;
    plain.copy_of = model::kNobody;
    EXPECT_TRUE(compile(plain, z.known, z.intent.policy)[0].signed_by.empty());
}

} // namespace
} // namespace tutti::plan::test
