#include "plan/signal.hpp"

#include "plan/test_zone.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::plan {
namespace {

using model::SignalPlace;
using model::SignalRecords;
using test::make_key;
using test::name;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const dns::Name kChild = name("child.example.");
const dns::Name kOwner = name("_dsboot.child.example._signal.ns1.blue.net.");
const SignalPlace kPlace{name("blue.net."), "blue"};

SignalRecords records(std::vector<dnssec::Dnskey> keys) {
    SignalRecords out{kPlace, kOwner, {}, {}};
    for (const auto& key : keys) out.cds.push_back(dnssec::make_ds(kChild, key, 2).value());
    out.cdnskey = std::move(keys);
    return out;
}
SignalSeen served(const SignalRecords& r) {
    return {r.cds, r.cdnskey};
}
SignalStep step(const SignalRecords& wanted, const SignalRecords& ours, std::vector<SignalSeen> seen,
                bool everybody = true) {
    return signal_step(wanted, ours, seen, everybody, 60);
}
const SignalRecords kNothing = records({}), kOne = records({make_key(1, true)}), kTwo = records({make_key(2, true)}),
                    kBoth = records({make_key(1, true), make_key(10, true)}); // what blue and green ask for

test::TestZone bootstrapping() {
    test::TestZone z;
    z.zone = z.known.zone = kChild;
    z.mode = model::ParentMode::cds;
    z.add("blue", 1);
    z.add("green", 10);
    z.ns = z.signers[0].names;
    z.ns.insert(z.ns.end(), z.signers[1].names.begin(), z.signers[1].names.end());
    z.intent.signers = {"blue", "green"};
    z.intent.policy.trust_past = true;
    z.signers[0].foreign = z.signers[1].zsks;
    z.signers[1].foreign = z.signers[0].zsks;
    return z;
}
SignalWish wish(test::TestZone& z) {
    z.look();
    return signal_wish(z.intent, z.known, z.now);
}

} // namespace

TEST(Signal, IsWantedWhenEveryMemberSaysTheSameAndThereIsNoDs) {
    auto z = bootstrapping();
    EXPECT_EQ(wish(z), SignalWish::keep) << "nobody publishes CDS yet";
    z.signers[0].cds = kBoth.cds;
    z.signers[0].cdnskey = kBoth.cdnskey;
    EXPECT_EQ(wish(z), SignalWish::keep) << "green does not";
    z.signers[1].cds = kBoth.cds;
    z.signers[1].cdnskey = kBoth.cdnskey;
    EXPECT_EQ(wish(z), SignalWish::publish);
    z.signers[1].asks_delete = true;
    EXPECT_EQ(wish(z), SignalWish::keep);
}

TEST(Signal, IsNotWantedOnceTheParentHasADsOrNoneIsWantedOrItDoesNotReadCds) {
    auto z = bootstrapping();
    z.run();
    z.ds.clear();
    EXPECT_EQ(wish(z), SignalWish::publish);
    z.ds = kBoth.cds;
    EXPECT_EQ(wish(z), SignalWish::none);
    z.ds.clear();
    EXPECT_EQ(wish(z), SignalWish::publish);
    z.intent.secure = false;
    EXPECT_EQ(wish(z), SignalWish::none);
    z.intent.secure = true;
    z.mode = model::ParentMode::manual;
    EXPECT_EQ(wish(z), SignalWish::none);
}

TEST(Signal, WaitsForWhatCachesHoldFromBeforeTheKeysWereExchanged) {
    auto z = bootstrapping();
    const auto exchanged = z.signers;
    for (auto& s : z.signers) {
        s.foreign.clear();
        s.cds = kBoth.cds; // by itself: nobody waited
        s.cdnskey = kBoth.cdnskey;
    }
    z.look();
    for (std::size_t i = 0; i < 2; ++i) z.signers[i].foreign = exchanged[i].foreign;
    EXPECT_EQ(wish(z), SignalWish::keep);
    z.now += seconds(19);
    EXPECT_EQ(wish(z), SignalWish::keep);
    z.now += seconds(1);
    EXPECT_EQ(wish(z), SignalWish::publish);
}

TEST(Signal, StandsInTheClosestZoneAtEverybodyWhoHoldsIt) {
    const std::vector<SignalPlace> places{
        {name("net."), "top"}, {name("blue.net."), "blue"}, {name("blue.net."), "green"}, {name("e.net."), "red"}};
    const std::vector names{name("ns1.blue.net.")};
    const auto found = signal_names(kChild, names, places);
    ASSERT_THAT(found.where, SizeIs(2));
    EXPECT_EQ(found.where[0].owner, kOwner);
    EXPECT_EQ(found.where[0].place, places[1]);
    EXPECT_EQ(found.where[1].place, places[2]);
    EXPECT_THAT(found.notes, IsEmpty());
}

TEST(Signal, SaysWhyThereCanBeNone) {
    const std::vector<SignalPlace> places{{name("example."), "blue"}, {kChild, "blue"}};
    const auto long_name = name(std::string(63, 'a') + '.' + std::string(63, 'b') + '.' + std::string(63, 'c') + '.' +
                                std::string(30, 'd') + ".example.");
    const std::vector names{name("ns1.child.example."), long_name, name("ns1.other.net.")};
    const auto found = signal_names(kChild, names, places);
    EXPECT_THAT(found.where, IsEmpty());
    EXPECT_THAT(found.notes, ElementsAre(HasSubstr("lies in the zone itself"), HasSubstr("too long"),
                                         HasSubstr("no signer has a signal zone around ns1.other.net.")));
}

TEST(Signal, IsAddedAndIsOnRecordBefore) {
    const auto s = step(kOne, kNothing, {{}, {}});
    ASSERT_THAT(s.changes, SizeIs(2));
    EXPECT_EQ(s.changes[0].type, dns::Type::CDS);
    EXPECT_THAT(s.changes[0].add, ElementsAre(kOne.cds[0].rdata()));
    EXPECT_EQ(s.changes[1].type, dns::Type::CDNSKEY);
    EXPECT_EQ(s.ours, kOne);
    EXPECT_FALSE(s.complete);
}

TEST(Signal, IsCompleteWhenEveryAddressShowsIt) {
    EXPECT_FALSE(step(kOne, kOne, {served(kOne), {}}).complete);
    EXPECT_FALSE(step(kOne, kOne, {served(kOne)}, false).complete) << "one address is silent";
    const auto s = step(kOne, kOne, {served(kOne), served(kOne)});
    EXPECT_TRUE(s.complete);
    EXPECT_THAT(s.changes, IsEmpty());
}

TEST(Signal, ThatWeAddedGoesAndStaysOnRecordUntilNobodyShowsIt) {
    const auto s = step(kNothing, kOne, {served(kOne), served(kOne)});
    ASSERT_THAT(s.changes, SizeIs(2));
    EXPECT_THAT(s.changes[0].remove, ElementsAre(kOne.cds[0].rdata()));
    EXPECT_EQ(s.ours, kOne);
    EXPECT_EQ(step(kNothing, kOne, {{}, served(kOne)}).ours, kOne);
    EXPECT_EQ(step(kNothing, kOne, {{}}, false).ours, kOne) << "who is silent may still show it";
    const auto gone = step(kNothing, kOne, {{}, {}});
    EXPECT_EQ(gone.ours, kNothing);
    EXPECT_TRUE(gone.complete);
}

TEST(Signal, OfSomebodyElseIsNeverRemovedAndNothingIsAddedToIt) {
    const auto s = step(kOne, kNothing, {served(kTwo), served(kTwo)});
    EXPECT_TRUE(s.strangers);
    EXPECT_THAT(s.changes, IsEmpty());
    EXPECT_EQ(s.ours, kNothing);
    EXPECT_THAT(step(kOne, kNothing, {served(kOne)}).ours.cds, IsEmpty()) << "the same, but not by us";
    const auto after = step(kNothing, kNothing, {served(kOne)});
    EXPECT_THAT(after.changes, IsEmpty());
    EXPECT_TRUE(after.complete);
}

TEST(Signal, FollowsWhatTheMembersSay) {
    const auto s = step(kTwo, kOne, {served(kOne), served(kOne)});
    ASSERT_THAT(s.changes, SizeIs(2));
    EXPECT_THAT(s.changes[0].add, ElementsAre(kTwo.cds[0].rdata()));
    EXPECT_THAT(s.changes[0].remove, ElementsAre(kOne.cds[0].rdata()));
    EXPECT_THAT(s.ours.cds, SizeIs(2));
    EXPECT_FALSE(s.strangers);
}

} // namespace tutti::plan
