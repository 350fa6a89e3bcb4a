#include "sim/checker/exact.hpp"

#include "sim/checker/sample_trace_test.hpp"

#include <gtest/gtest.h>

namespace tutti::sim::checker {
namespace {

constexpr Duration kTick{1};
const Instant kPast = at_seconds(-1000);

std::string texts(const std::vector<Finding>& findings) {
    std::string out;
    for (const auto& f : findings) out += f.text + '\n';
    return out;
}
std::vector<Fault> faults(const std::vector<Finding>& findings) {
    std::vector<Fault> out;
    for (const auto& f : findings) out.push_back(f.fault);
    return out;
}
bool has(const std::vector<Fault>& list, Fault f) {
    return std::ranges::find(list, f) != list.end();
}
#define EXPECT_CLEAN(trace) EXPECT_EQ(texts(check(trace)), "")

// --- each bound of the operator change: safe at the bound, found one microsecond before it ---

TEST(Exact, AnOperatorChangeAtTheBoundIsSafe) {
    EXPECT_CLEAN(OperatorChange{}.trace());
}

TEST(Exact, NsOneTickBeforeTheOldDnskeyIsGone) {
    OperatorChange c;
    c.ns_at -= kTick;
    const auto found = check(c.trace());
    ASSERT_EQ(faults(found), std::vector{Fault::no_key}) << texts(found);
    EXPECT_EQ(found[0].at(), at_seconds(31) - kTick);
    EXPECT_EQ(found[0].when.spans()[0].until, at_seconds(31));
    EXPECT_EQ(
        found[0].text,
        "just before 31 a resolver that holds DS {k0 k2} fetched from the parent just before 31 and DNSKEY {k0 k1} "
        "signed by {k0} fetched from blue just before 1 (TTL 30 s) and data signed by k2 fetched from green just "
        "before 31 finds a signature by k2, which is not in the DNSKEY RRset: SERVFAIL; possible until 31.");
}

TEST(Exact, NsOneTickBeforeTheOldDsIsGone) {
    OperatorChange c;
    c.ds_at = at_seconds(11);
    EXPECT_CLEAN(c.trace());
    c.ds_at += kTick;
    const auto found = check(c.trace());
    ASSERT_EQ(faults(found), std::vector{Fault::chain}) << texts(found);
    EXPECT_EQ(found[0].at(), at_seconds(31));
}

TEST(Exact, DsGoneOneTickTooEarly) {
    OperatorChange c;
    c.ds_out -= kTick;
    const auto found = check(c.trace());
    ASSERT_EQ(faults(found), std::vector{Fault::chain}) << texts(found);
    EXPECT_NE(
        found[0].text.find("blue could be asked just before 71: it is in the NS {blue} served by blue just before 31"),
        std::string::npos)
        << found[0].text;
}

TEST(Exact, KeysGoneOneTickTooEarly) {
    OperatorChange c;
    c.keys_out -= kTick;
    const auto found = check(c.trace());
    ASSERT_EQ(faults(found), std::vector{Fault::no_key}) << texts(found);
    EXPECT_EQ(found[0].at(), at_seconds(131) - kTick);
}

TEST(Exact, ALeaverThatNamesItselfStaysReachableForEver) {
    OperatorChange c;
    c.leaver_ns_at = kNever;
    const auto found = check(c.trace());
    EXPECT_EQ(faults(found), (std::vector{Fault::chain, Fault::no_key})) << texts(found);
}

TEST(Exact, ALeaverThatStopsWhileItCanBeAskedIsLame) {
    OperatorChange c;
    c.leaver_stops = at_seconds(71);
    EXPECT_CLEAN(c.trace());
    c.leaver_stops -= kTick;
    const auto found = check(c.trace());
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].fault, Fault::unresolvable) << texts(found); // a cache holds the NS RRset {blue}
}

// --- single conjuncts ---

// One signer, one CSK, everything in order for ever.
Make steady(std::vector<std::string> signers = {"blue"}) {
    Make m(100, std::move(signers));
    const int k = m.key(0);
    m.ds(kPast, kNever, 20, {k});
    m.ns(-1, kPast, kNever, 30, {0});
    m.ns(0, kPast, kNever, 30, {0});
    m.dnskey(0, kPast, kNever, 30, {k}, {k});
    m.data(0, kPast, kNever, 60, {Make::keys({k})});
    return m;
}

TEST(Exact, SteadyIsClean) {
    EXPECT_CLEAN(steady().trace);
}

TEST(Exact, ADnskeyRrsetThatTheNamedKeyDoesNotSign) {
    auto m = steady();
    const int other = m.key(0);
    m.dnskey(0, at_seconds(10), at_seconds(11), 30, {0, other}, {other});
    EXPECT_EQ(faults(check(m.trace)), std::vector{Fault::chain});
}

TEST(Exact, ADsThatNamesAnotherKeyToo) {
    auto m = steady();
    const int other = m.key(0);
    m.ds(at_seconds(10), at_seconds(11), 20, {0, other});
    EXPECT_CLEAN(m.trace);
}

TEST(Exact, InsecureZonesCannotBeBogus) {
    Make m(100, {"blue"});
    const int k = m.key(0);
    m.ds(kPast, kNever, 20, {});
    m.ns(-1, kPast, kNever, 30, {0});
    m.dnskey(0, kPast, kNever, 30, {}, {});
    m.data(0, kPast, at_seconds(50), 60, {});
    m.data(0, at_seconds(50), kNever, 60, {Make::keys({k})});
    EXPECT_CLEAN(m.trace);
}

TEST(Exact, UnsignedOnlyWhenTheDsIsOutOfEveryCache) {
    const auto found = [](Instant ds_gone, Instant unsigned_at) {
        Make m(100, {"blue"});
        const int k = m.key(0);
        m.ds(kPast, ds_gone, 20, {k});
        m.ds(ds_gone, kNever, 20, {});
        m.ns(-1, kPast, kNever, 30, {0});
        m.dnskey(0, kPast, kNever, 30, {k}, {k});
        m.data(0, kPast, unsigned_at, 60, {Make::keys({k})});
        m.data(0, unsigned_at, kNever, 60, {});
        return faults(check(m.trace, {.may_become_insecure = true}));
    };
    EXPECT_EQ(found(at_seconds(10), at_seconds(30)), std::vector<Fault>{});
    EXPECT_EQ(found(at_seconds(10), at_seconds(30) - kTick), std::vector{Fault::unsigned_data});
}

TEST(Exact, LosingTheLastDsIsToldEvenThoughNothingIsBogus) {
    auto m = steady();
    m.ds(at_seconds(10), at_seconds(11), 20, {});
    const auto found = check(m.trace);
    ASSERT_EQ(faults(found), std::vector{Fault::insecure});
    EXPECT_EQ(found[0].when.spans(), (std::vector<Span>{{at_seconds(10), at_seconds(11)}}));
}

TEST(Exact, DataSignedByBothKeysNeedsOnlyOneOfThem) {
    auto m = steady();
    const int other = m.key(0);
    m.data(0, at_seconds(10), kNever, 60, {Make::keys({0, other})});
    EXPECT_CLEAN(m.trace);
    m.data(0, at_seconds(10), kNever, 60, {Make::keys({0}), Make::keys({other})});
    EXPECT_EQ(faults(check(m.trace)), std::vector{Fault::no_key});
}

TEST(Exact, AlgorithmDowngrades) {
    auto m = steady();
    const int new_key = m.key(0, 15);
    m.dnskey(0, at_seconds(10), kNever, 30, {0, new_key}, {0, new_key});
    EXPECT_CLEAN(m.trace);
    m.ds(at_seconds(50), kNever, 20, {0, new_key});
    // The DNSKEY RRsets without the new algorithm are out of all caches at 100 only; data is signed by it nowhere.
    EXPECT_EQ(faults(check(m.trace)), (std::vector{Fault::downgrade, Fault::weak_data, Fault::weak_data}));
    EXPECT_TRUE(check(m.trace, {.strict_algorithms = false}).empty());
}

TEST(Exact, AStrictValidatorWantsADsKeyForEachAlgorithm) {
    auto m = steady();
    const int unused = m.key(0, 15), used = m.key(0, 15);
    m.dnskey(0, at_seconds(10), at_seconds(20), 5, {0, used}, {0, used});
    m.ds(at_seconds(15), at_seconds(16), 1, {0, unused});
    EXPECT_TRUE(has(faults(check(m.trace)), Fault::downgrade));
}

TEST(Exact, MixedAlgorithmsOfTwoSignersAreADowngrade) {
    auto m = steady({"blue", "green"});
    const int other = m.key(1, 15);
    m.ds(at_seconds(10), kNever, 20, {0, other});
    const auto found = faults(check(m.trace));
    EXPECT_TRUE(has(found, Fault::downgrade));
    EXPECT_TRUE(has(found, Fault::weak_data));
}

// --- resolution and reach ---

TEST(Exact, ADelegationToASignerThatDoesNotServe) {
    auto m = steady({"blue", "green"});
    m.trace.tracks.push_back({TrackKind::data, 1, {}});
    m.ns(-1, at_seconds(40), at_seconds(41), 30, {1});
    const auto found = check(m.trace);
    EXPECT_EQ(faults(found), (std::vector{Fault::unresolvable, Fault::lame})) << texts(found);
    EXPECT_EQ(found[0].when.spans()[0].until, at_seconds(71));
}

TEST(Exact, ALameSignerBesideAGoodOne) {
    auto m = steady({"blue", "green"});
    m.trace.tracks.push_back({TrackKind::data, 1, {}});
    m.ns(-1, at_seconds(40), at_seconds(41), 30, {0, 1});
    EXPECT_EQ(faults(check(m.trace)), std::vector{Fault::lame});
}

TEST(Exact, AnAccidentIsNobodysFault) {
    Make m(100, {"blue"});
    const int k = m.key(0);
    m.ds(kPast, kNever, 20, {k});
    m.ns(-1, kPast, kNever, 30, {0});
    m.dnskey(0, kPast, at_seconds(50), 30, {k}, {k});
    m.data(0, kPast, at_seconds(50), 60, {Make::keys({k})});
    m.down(0, at_seconds(50), kNever);
    EXPECT_CLEAN(m.trace);
}

TEST(Exact, ASignerThatOnlyAChildNames) {
    // Blue names green, the parent never does: child-centric resolvers get there.
    auto m = steady({"blue", "green"});
    const int rogue = m.key(1);
    m.dnskey(1, kPast, kNever, 30, {rogue}, {rogue});
    m.data(1, kPast, kNever, 60, {Make::keys({rogue})});
    EXPECT_CLEAN(m.trace);
    m.ns(0, at_seconds(20), at_seconds(21), 10, {0, 1});
    const auto found = check(m.trace);
    ASSERT_EQ(faults(found), (std::vector{Fault::chain, Fault::no_key, Fault::no_key})) << texts(found);
    EXPECT_EQ(found[0].at(), at_seconds(20));
    // Green could be asked until 31; what it said last lives 30 s longer.
    EXPECT_EQ(found[0].when.spans()[0].until, at_seconds(61));
}

TEST(Exact, TwoSignersThatNameEachOtherKeepEachOtherReachable) {
    Make m(500, {"blue", "green"});
    const int k = m.key(0), rogue = m.key(1);
    m.ds(kPast, kNever, 20, {k});
    m.ns(-1, kPast, at_seconds(10), 30, {1});
    m.ns(-1, at_seconds(10), kNever, 30, {});
    m.ns(0, kPast, kNever, 5, {1});
    m.ns(1, kPast, kNever, 7, {0});
    m.dnskey(1, at_seconds(400), kNever, 30, {rogue}, {rogue});
    EXPECT_EQ(faults(check(m.trace)), (std::vector{Fault::unresolvable, Fault::chain}));
}

TEST(Exact, ASignerUnreachableInBetween) {
    // Green is delegated twice; what it serves in between, when nobody can ask, is harmless.
    const auto found = [](Instant odd_from, Instant odd_until) {
        auto m = steady({"blue", "green"});
        const int rogue = m.key(1);
        m.ns(-1, at_seconds(0), at_seconds(10), 10, {0, 1});
        m.ns(-1, at_seconds(60), at_seconds(70), 10, {0, 1});
        m.dnskey(1, kPast, odd_from, 30, {0, rogue}, {0});
        m.dnskey(1, odd_from, odd_until, 30, {rogue}, {rogue});
        m.dnskey(1, odd_until, kNever, 30, {0, rogue}, {0});
        return faults(check(m.trace));
    };
    EXPECT_EQ(found(at_seconds(20), at_seconds(60)), std::vector<Fault>{});
    EXPECT_EQ(found(at_seconds(20) - kTick, at_seconds(60)), (std::vector{Fault::chain, Fault::no_key}));
    EXPECT_EQ(found(at_seconds(20), at_seconds(60) + kTick), (std::vector{Fault::chain, Fault::no_key}));
}

TEST(Exact, VersionsThatOverlapAreBothThere) {
    auto m = steady();
    const int other = m.key(0);
    m.dnskey(0, at_seconds(10), at_seconds(30), 30, {0, other}, {0});
    EXPECT_CLEAN(m.trace);
    m.data(0, at_seconds(10), at_seconds(20), 60, {Make::keys({other})});
    EXPECT_EQ(faults(check(m.trace)), std::vector{Fault::no_key}); // with the version that is there all the time
}

} // namespace
} // namespace tutti::sim::checker
