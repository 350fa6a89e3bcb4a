#include "agent/schedule.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

namespace tutti::agent {

namespace {

Dial dial_of(const std::set<Mark>& marks) {
    std::vector<Dial::Place> places;
    for (const Mark m : marks) places.push_back({m, static_cast<std::uint32_t>(m % 1000003)});
    return Dial(std::move(places));
}

// Everybody that is due until `now`.
std::vector<Mark> drain(Hand& hand, const Dial& dial, Instant now) {
    std::vector<Mark> out;
    while (const auto turn = hand.next(dial, now)) out.push_back(turn->mark);
    return out;
}

} // namespace

RC_GTEST_PROP(Schedule, EverybodyOnceInEachInterval, ()) {
    const auto marks = *rc::gen::nonEmpty(rc::gen::container<std::set<Mark>>(rc::gen::arbitrary<Mark>()));
    const Duration interval{*rc::gen::inRange<std::int64_t>(2, 100'000'000)};
    const Instant begin{Duration{*rc::gen::inRange<std::int64_t>(0, 2'000'000'000'000'000)}};
    const auto dial = dial_of(marks);
    Hand hand(interval, begin, begin);
    std::map<Mark, std::vector<Instant>> turns;
    Instant now = begin;
    const Instant end = begin + interval * 3;
    while (now < end) {
        now = std::min(end, now + Duration{*rc::gen::inRange<std::int64_t>(1, interval.count() + 2)});
        while (const auto turn = hand.next(dial, now)) {
            RC_ASSERT(turn->moment <= now);
            turns[turn->mark].push_back(turn->moment);
        }
    }
    for (const Mark m : marks) {
        RC_ASSERT(turns[m].size() >= 3U); // nobody starves
        RC_ASSERT(turns[m].size() <= 4U);
        for (std::size_t i = 1; i < turns[m].size(); ++i) RC_ASSERT(turns[m][i] - turns[m][i - 1] == interval);
    }
}

RC_GTEST_PROP(Schedule, ARestartLeavesNobodyOut, ()) {
    const auto marks = *rc::gen::nonEmpty(rc::gen::container<std::set<Mark>>(rc::gen::arbitrary<Mark>()));
    const Duration interval{*rc::gen::inRange<std::int64_t>(1000, 100'000'000)};
    const Instant begin = at_seconds(1.7e9);
    const auto dial = dial_of(marks);
    Hand hand(interval, begin, begin);
    std::set<Mark> seen;
    Instant now = begin;
    for (int part = 0; part < 5; ++part) {
        now += interval / 5;
        for (const Mark m : drain(hand, dial, now)) seen.insert(m);
        hand = Hand(interval, hand.at(), now); // the process died and came back
    }
    for (const Mark m : drain(hand, dial, now + Duration{5})) seen.insert(m);
    RC_ASSERT(seen == marks);
}

RC_GTEST_PROP(Schedule, ChildrenThatComeAndGoDisturbNobody, ()) {
    const auto always = *rc::gen::nonEmpty(rc::gen::container<std::set<Mark>>(rc::gen::arbitrary<Mark>()));
    const Duration interval = seconds(1000);
    const Instant begin = at_seconds(1.7e9);
    Hand hand(interval, begin, begin);
    std::map<Mark, int> turns;
    for (int step = 1; step <= 10; ++step) {
        auto marks = always;
        for (const Mark m : *rc::gen::container<std::set<Mark>>(rc::gen::arbitrary<Mark>())) marks.insert(m);
        for (const Mark m : drain(hand, dial_of(marks), begin + interval / 10 * step)) ++turns[m];
    }
    for (const Mark m : always) {
        RC_ASSERT(turns[m] >= 1); // 2: it shares the moment that the hand started from
        RC_ASSERT(turns[m] <= 2);
    }
}

TEST(Schedule, WhoMissedManyTurnsGetsOne) {
    const auto dial = dial_of({1, Mark{1} << 63, ~Mark{0}});
    const Instant now = at_seconds(1.7e9 + 37.3);
    Hand hand(seconds(100), kLongAgo, now);
    EXPECT_EQ(drain(hand, dial, now).size(), 3U);
}

TEST(Schedule, AClockThatIsBehindWaitsForNobody) {
    const auto dial = dial_of({1, Mark{1} << 63});
    const Instant now = at_seconds(1.7e9 + 37.3);
    Hand hand(seconds(100), now + seconds(5000), now); // stored by a clock that was ahead
    EXPECT_EQ(drain(hand, dial, now + seconds(100)).size(), 2U);
}

TEST(Schedule, RareOnesAreLookedAtInOneRoundOfSeven) {
    const std::set<Mark> marks{5, Mark{1} << 62, Mark{1} << 63};
    const auto dial = dial_of(marks);
    const Instant begin = at_seconds(1.7e9 + 3.3);
    Hand hand(seconds(10), begin, begin);
    std::map<Mark, int> turns;
    while (const auto turn = hand.next(dial, begin + seconds(700), [](Mark m) { return m != 5; }, 7))
        ++turns[turn->mark];
    EXPECT_EQ(turns[5], 70);
    EXPECT_EQ(turns[Mark{1} << 62], 10);
    EXPECT_EQ(turns[Mark{1} << 63], 10);
}

TEST(Schedule, FindsAChildByItsMark) {
    const auto dial = dial_of({7, 9});
    EXPECT_EQ(dial.find(9), std::optional<std::uint32_t>{9});
    EXPECT_EQ(dial.find(8), std::nullopt);
}

} // namespace tutti::agent
