#include "agent/rate_limit.hpp"

#include <gtest/gtest.h>

namespace tutti::agent {

namespace {

constexpr Instant kStart = at_seconds(1.7e9);

} // namespace

TEST(RateLimit, LetsABurstThroughAndThenTheRate) {
    RateLimit limit({.per_minute = 6, .burst = 3}, 1);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.take("a", kStart));
    EXPECT_FALSE(limit.take("a", kStart));
    EXPECT_FALSE(limit.take("a", kStart + seconds(9.9)));
    EXPECT_TRUE(limit.take("a", kStart + seconds(10.1)));
    EXPECT_FALSE(limit.take("a", kStart + seconds(10.2)));
}

TEST(RateLimit, OverALongTimeNoMoreThanTheRate) {
    RateLimit limit({.per_minute = 60, .burst = 10}, 1);
    int through = 0;
    for (int i = 0; i < 100'000; ++i) through += limit.take("a", kStart + seconds(i * 0.01)) ? 1 : 0; // 1000 s
    EXPECT_GE(through, 1000);
    EXPECT_LE(through, 1010);
}

TEST(RateLimit, OneDoesNotPayForAnother) {
    RateLimit limit({.per_minute = 6, .burst = 1}, 1);
    EXPECT_TRUE(limit.take("a", kStart));
    EXPECT_FALSE(limit.take("a", kStart));
    EXPECT_TRUE(limit.take("b", kStart));
}

TEST(RateLimit, ASilenceSavesNoMoreThanTheBurst) {
    RateLimit limit({.per_minute = 600, .burst = 2}, 1);
    EXPECT_TRUE(limit.take("a", kStart));
    int through = 0;
    for (int i = 0; i < 10; ++i) through += limit.take("a", kStart + seconds(86400)) ? 1 : 0;
    EXPECT_EQ(through, 2);
}

TEST(RateLimit, AClockThatGoesBackGivesNothing) {
    RateLimit limit({.per_minute = 60, .burst = 1}, 1);
    EXPECT_TRUE(limit.take("a", kStart));
    EXPECT_FALSE(limit.take("a", kStart - seconds(3600)));
    EXPECT_FALSE(limit.take("a", kStart + seconds(0.5)));
    EXPECT_TRUE(limit.take("a", kStart + seconds(1.1)));
}

// Sharing places makes the limit tighter, never wider.
TEST(RateLimit, ATableOfOnePlaceIsOneLimitForAll) {
    RateLimit limit({.per_minute = 60, .burst = 2}, 1, 1);
    int through = 0;
    for (int i = 0; i < 1000; ++i) through += limit.take(std::to_string(i), kStart) ? 1 : 0;
    EXPECT_EQ(through, 2);
}

TEST(RateLimit, SourcesOfOneIpv6NetworkAreOne) {
    EXPECT_EQ(source_key("2001:db8:1:2::1"), source_key("2001:db8:1:2:ffff::9"));
    EXPECT_NE(source_key("2001:db8:1:2::1"), source_key("2001:db8:1:3::1"));
    EXPECT_NE(source_key("192.0.2.1"), source_key("192.0.2.2"));
    EXPECT_NE(source_key("::ffff:192.0.2.1"), source_key("::ffff:192.0.2.2"));
}

TEST(RateLimit, TheHashDependsOnTheSalt) {
    EXPECT_EQ(salted_hash(1, "a"), salted_hash(1, "a"));
    EXPECT_NE(salted_hash(1, "a"), salted_hash(2, "a"));
}

} // namespace tutti::agent
