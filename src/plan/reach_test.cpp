#include "plan/reach.hpp"

#include <gtest/gtest.h>

namespace tutti::plan {
namespace {

using model::Knowledge;
using model::NameSet;
using model::SignerSet;

constexpr Instant t(double s) {
    return at_seconds(0) + seconds(s);
}

// Signers 0, 1, 2 contribute one name each, with the same numbers.
Knowledge three() {
    Knowledge k{.zone = dns::Name::parse("example.").value(), .keys = {}, .signers = {}, .ns_names = {}, .parent = {}};
    for (int i = 0; i < 3; ++i) {
        model::Signer s;
        s.name = std::string("s") + static_cast<char>('0' + i);
        s.ns = NameSet::of(i);
        k.signers.push_back(s);
        k.ns_names.push_back({dns::Name::parse("ns." + s.name + ".").value(), i});
    }
    return k;
}
NameSet names(std::initializer_list<int> list) {
    NameSet out;
    for (int i : list) out.add(i);
    return out;
}
void serve(model::Track<NameSet>& track, NameSet content, dns::Ttl ttl, Instant from, Instant until) {
    track.versions.push_back({.content = content, .ttl = ttl, .from = from, .until = until});
}
Reach reach(const Knowledge& k, bool pessimistic = true) {
    return {k, model::Policy{}, pessimistic};
}

TEST(Reach, ADelegationLastsForItsTtlAfterItIsGone) {
    auto k = three();
    serve(k.parent.ns, names({0}), 20, kLongAgo, t(100));
    serve(k.parent.ns, names({1}), 20, t(100), kNever);
    const auto r = reach(k);
    EXPECT_TRUE(r.at(0, t(119)));
    EXPECT_FALSE(r.at(0, t(120)));
    EXPECT_FALSE(r.at(1, t(99)));
    EXPECT_TRUE(r.at(1, t(100)));
    EXPECT_EQ(r.last_in(0, kLongAgo, kNever), t(120));
    EXPECT_EQ(r.all_at(t(110)), SignerSet::of(0) | SignerSet::of(1));
}

// The hole of the drafts: who names itself is refreshed for ever by child-centric resolvers.
TEST(Reach, WhoNamesItselfStaysReachableForEver) {
    auto k = three();
    serve(k.parent.ns, names({0}), 20, kLongAgo, t(100));
    serve(k.parent.ns, names({1}), 20, t(100), kNever);
    serve(k.signers[0].ns_child, names({0}), 30, kLongAgo, kNever);
    EXPECT_TRUE(reach(k).at(0, t(1e6)));
    EXPECT_EQ(reach(k).last_in(0, kLongAgo, kNever), kNever);
}

TEST(Reach, WithTheReducedSetAtTheLeaverTheLargerTtlCounts) {
    auto k = three();
    serve(k.parent.ns, names({0, 1}), 20, kLongAgo, t(100));
    serve(k.parent.ns, names({1}), 20, t(100), kNever);
    serve(k.signers[0].ns_child, names({0, 1}), 30, kLongAgo, t(100));
    serve(k.signers[0].ns_child, names({1}), 30, t(100), kNever);
    EXPECT_EQ(reach(k).last_in(0, kLongAgo, kNever), t(130));
}

// A cached child NS set leads to a signer that hands out the old set once more before it is changed.
TEST(Reach, CachesHandOnWhatTheyGotFromTheOneBefore) {
    auto k = three();
    serve(k.parent.ns, names({0}), 10, kLongAgo, t(100));
    serve(k.parent.ns, names({2}), 10, t(100), kNever);
    serve(k.signers[0].ns_child, names({1}), 10, kLongAgo, kNever); // 0 sends to 1
    serve(k.signers[1].ns_child, names({0}), 10, kLongAgo, t(115)); // 1 sent back to 0 until 115
    const auto r = reach(k);
    // Parent's NS until 110; at 110 child NS of 0 is fetched: 1 until 120; at 115 the NS of 1: 0 until 125; then 1
    // until 135.
    EXPECT_EQ(r.last_in(0, kLongAgo, kNever), t(125));
    EXPECT_EQ(r.last_in(1, kLongAgo, kNever), t(135));
}

TEST(Reach, AWriteUnderWayCountsOnlyWhenPessimistic) {
    auto k = three();
    serve(k.parent.ns, names({0}), 20, kLongAgo, kNever);
    k.parent.ns.versions.push_back({.content = names({0, 1}), .ttl = 20, .from = t(100), .pending = true});
    EXPECT_TRUE(reach(k).at(1, t(100)));
    EXPECT_FALSE(reach(k, false).at(1, t(100)));
    EXPECT_TRUE(reach(k, false).at(0, t(100)));
}

TEST(Reach, ADeadSignerRefreshesNobody) {
    auto k = three();
    serve(k.parent.ns, names({0}), 20, kLongAgo, t(100));
    serve(k.parent.ns, names({1}), 20, t(100), kNever);
    serve(k.signers[0].ns_child, names({0}), 30, kLongAgo, kNever);
    k.signers[0].declared_dead = t(90);
    EXPECT_EQ(reach(k).last_in(0, kLongAgo, kNever), t(120));
}

TEST(Reach, AMarginLengthensEveryCache) {
    auto k = three();
    serve(k.parent.ns, names({0}), 20, kLongAgo, t(100));
    model::Policy policy;
    policy.margin = seconds(5);
    EXPECT_EQ(Reach(k, policy, true).last_in(0, kLongAgo, kNever), t(125));
}

TEST(Reach, NobodyIsReachedByNobody) {
    const auto k = three();
    EXPECT_TRUE(reach(k).all_at(t(0)).empty());
    EXPECT_EQ(reach(k).last_in(0, kLongAgo, kNever), Reach::kNoTime);
}

} // namespace
} // namespace tutti::plan
