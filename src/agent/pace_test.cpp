#include "agent/pace.hpp"

#include <gtest/gtest.h>

namespace tutti::agent {
namespace {

using std::chrono::hours;

TEST(Pace, ScanBehindIsRaisedAndCleared) {
    Pace pace(dns::Name::parse("example.").value(), hours(100));
    EXPECT_FALSE(pace.watch(hours(10), at_seconds(1)));
    const auto raised = pace.watch(hours(11), at_seconds(2));
    ASSERT_TRUE(raised);
    EXPECT_EQ(raised->kind, Occasion::Kind::behind);
    EXPECT_EQ(raised->condition, "scan-behind");
    EXPECT_TRUE(pace.watch(hours(9), at_seconds(3))) << "it has not caught up yet";
    EXPECT_TRUE(pace.is_behind());
    const auto over = pace.watch(hours(5), at_seconds(4));
    ASSERT_TRUE(over);
    EXPECT_EQ(over->kind, Occasion::Kind::over);
    EXPECT_FALSE(pace.watch(hours(5), at_seconds(5)));
}

} // namespace
} // namespace tutti::agent
