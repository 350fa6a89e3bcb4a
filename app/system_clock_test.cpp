#include "app/system_clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::app {

namespace {

using testing::HasSubstr;

// Seconds: boot time, wall time.
ClockReading reading(double boottime, double wall, const char* boot = "boot-a") {
    return {boot, seconds(boottime), at_seconds(1e9 + wall)};
}
Instant wall(double s) {
    return at_seconds(1e9 + s);
}

} // namespace

TEST(SystemClock, NeverGoesBackAndFollowsTheWall) {
    SystemClock clock;
    Instant last = clock.now();
    for (int i = 0; i < 1000; ++i) {
        const Instant now = clock.now();
        ASSERT_GE(now, last);
        last = now;
    }
    EXPECT_LT(std::chrono::abs(clock.now() - read_clocks().wall), seconds(1));
}

TEST(SystemClock, BeginsWhereItIsTold) {
    SystemClock clock;
    clock.begin(read_clocks(), at_seconds(500));
    EXPECT_GE(clock.now(), at_seconds(500));
    EXPECT_LT(clock.now(), at_seconds(510));
}

TEST(JudgeClock, TakesTheWallWhenNothingIsKnown) {
    const auto v = judge_clock(reading(10, 100), std::nullopt, kLongAgo, false);
    EXPECT_EQ(v.trouble, "");
    EXPECT_EQ(v.start, wall(100));
}

TEST(JudgeClock, GoesOnWithinTheSameBoot) {
    // Since the anchor 50 s have passed, whatever small thing happened to the wall clock.
    EXPECT_EQ(judge_clock(reading(60, 150), reading(10, 100), wall(140), false).start, wall(150));
    EXPECT_EQ(judge_clock(reading(60, 155), reading(10, 100), wall(140), false).start, wall(150))
        << "set forward a little";
    EXPECT_EQ(judge_clock(reading(60, 145), reading(10, 100), wall(140), false).start, wall(145))
        << "set back a little";
}

TEST(JudgeClock, RefusesAClockThatIsBehindTheStore) {
    for (const auto& anchor : {std::optional<ClockReading>{}, std::optional(reading(10, 5000, "boot-b"))}) {
        const auto v = judge_clock(reading(60, 150), anchor, wall(3750), false);
        EXPECT_THAT(v.trouble, HasSubstr("behind by 1 h"));
        EXPECT_THAT(v.remedy, HasSubstr("accept_clock"));
    }
}

TEST(JudgeClock, StandsStillForAMomentRatherThanGoBack) {
    const auto v = judge_clock(reading(60, 150), std::nullopt, wall(153), false);
    EXPECT_EQ(v.trouble, "");
    EXPECT_EQ(v.start, wall(153));
}

TEST(JudgeClock, RefusesAClockThatJumpedAheadWithinTheSameBoot) {
    const auto v = judge_clock(reading(60, 150 + 3600), reading(10, 100), wall(140), false);
    EXPECT_THAT(v.trouble, HasSubstr("set forward by 1 h"));
    EXPECT_EQ(judge_clock(reading(60, 150 + 3600, "boot-b"), reading(10, 100), wall(140), false).trouble, "")
        << "the machine may have been off for an hour";
}

TEST(JudgeClock, AcceptsAnythingWhenTold) {
    EXPECT_EQ(judge_clock(reading(60, 150), reading(10, 100), wall(9000), true).trouble, "");
    EXPECT_EQ(judge_clock(reading(60, 9000), reading(10, 100), wall(0), true).start, wall(9000));
}

TEST(ClockReading, GoesThroughText) {
    const auto r = reading(12.345678, 99.000001);
    EXPECT_EQ(parse_clock_reading(to_text(r)).value(), r);
    EXPECT_FALSE(parse_clock_reading("{}"));
}

} // namespace tutti::app
