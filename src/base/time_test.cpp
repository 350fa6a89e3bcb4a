#include "base/time.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tutti {
namespace {

TEST(Time, WritesRfc3339InUtc) {
    EXPECT_EQ(to_rfc3339(at_seconds(0)), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(to_rfc3339(at_seconds(1795508173.25)), "2026-11-24T08:16:13.250Z");
    EXPECT_EQ(to_rfc3339(at_seconds(-0.001)), "1969-12-31T23:59:59.999Z");
    EXPECT_EQ(to_rfc3339(kNever), "never");
    EXPECT_EQ(to_rfc3339(kNever + seconds(4294967295.0)), "never");
    EXPECT_EQ(to_rfc3339(kLongAgo), "long-ago");
}

TEST(Time, ReadsRfc3339) {
    EXPECT_EQ(parse_rfc3339("2026-11-24T08:16:13.250Z"), at_seconds(1795508173.25));
    EXPECT_EQ(parse_rfc3339("2026-11-24T09:16:13.25+01:00"), at_seconds(1795508173.25));
    EXPECT_EQ(parse_rfc3339("2026-11-24 05:46:13.2500001-02:30"), at_seconds(1795508173.25));
    EXPECT_EQ(parse_rfc3339("1985-04-12t23:20:50z"), at_seconds(482196050));
    EXPECT_EQ(parse_rfc3339("never"), kNever);
    EXPECT_EQ(parse_rfc3339("long-ago"), kLongAgo);
    for (const char* bad :
         {"", "2026", "2026-02-30T00:00:00Z", "2026-11-24T24:00:00Z", "2026-11-24T08:16:13", "2026-11-24T08:16:13.Z",
          "2026-11-24T08:16:13Zx", "x026-11-24T08:16:13Z", "2026-11-24T08:16:13+25:00"}) {
        const auto t = parse_rfc3339(bad);
        ASSERT_FALSE(t.has_value()) << bad;
        EXPECT_EQ(t.error().kind, ErrorKind::invalid);
    }
}

RC_GTEST_PROP(Time, RoundTripsToTheMillisecond, ()) {
    const auto ms = *rc::gen::inRange<std::int64_t>(-62'000'000'000'000, 253'000'000'000'000);
    const Instant t{std::chrono::milliseconds{ms}};
    RC_ASSERT((parse_rfc3339(to_rfc3339(t)) == t));
}

TEST(Time, HumanDurations) {
    EXPECT_EQ(human(Duration{0}), "0 s");
    EXPECT_EQ(human(seconds(0.000'25)), "250 us");
    EXPECT_EQ(human(seconds(0.25)), "250 ms");
    EXPECT_EQ(human(seconds(0.9996)), "1 s");
    EXPECT_EQ(human(seconds(3.2)), "3.2 s");
    EXPECT_EQ(human(seconds(45)), "45 s");
    EXPECT_EQ(human(seconds(59.7)), "1 min");
    EXPECT_EQ(human(seconds(250)), "4 min 10 s");
    EXPECT_EQ(human(seconds(7500)), "2 h 5 min");
    EXPECT_EQ(human(seconds(86399)), "1 d");
    EXPECT_EQ(human(seconds(3 * 86400 + 4 * 3600 + 100)), "3 d 4 h");
    EXPECT_EQ(human(-seconds(3.2)), "-3.2 s");
    EXPECT_EQ(human(kNever - at_seconds(1795508173)), "forever");
}

TEST(Time, ReadsDurations) {
    EXPECT_EQ(parse_duration("90"), seconds(90));
    EXPECT_EQ(parse_duration("90s"), seconds(90));
    EXPECT_EQ(parse_duration("15m"), seconds(900));
    EXPECT_EQ(parse_duration("2h"), seconds(7200));
    EXPECT_EQ(parse_duration("3d"), seconds(259200));
    EXPECT_EQ(parse_duration("1h30m"), seconds(5400));
    EXPECT_EQ(parse_duration("1w1d1h1m1s1ms"), seconds(604800 + 86400 + 3600 + 60 + 1.001));
    EXPECT_EQ(parse_duration("0"), seconds(0));
}

TEST(Time, RefusesDurationsWithAReason) {
    const auto reason = [](std::string_view text) {
        const auto d = parse_duration(text);
        return d ? std::string{"accepted"} : d.error().text();
    };
    EXPECT_THAT(reason(""), testing::HasSubstr("empty"));
    EXPECT_THAT(reason("h"), testing::HasSubstr("number is missing"));
    EXPECT_THAT(reason("-5s"), testing::HasSubstr("number is missing"));
    EXPECT_THAT(reason("5x"), testing::HasSubstr("not a unit"));
    EXPECT_THAT(reason("1h30"), testing::HasSubstr("not a unit"));
    EXPECT_THAT(reason("30m1h"), testing::HasSubstr("large to small"));
    EXPECT_THAT(reason("1h1h"), testing::HasSubstr("large to small"));
    EXPECT_THAT(reason("99999999999999999999"), testing::HasSubstr("too long"));
    EXPECT_THAT(reason("999999999999999d"), testing::HasSubstr("century"));
}

RC_GTEST_PROP(Time, ParsersSurviveAnyText, (const std::string& text)) {
    (void)parse_duration(text);
    (void)parse_rfc3339(text);
}

} // namespace
} // namespace tutti
