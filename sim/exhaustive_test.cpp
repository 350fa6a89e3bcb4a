// A slice of the small world; `tutti prove --exhaustive` goes through all of it.
#include "sim/exhaustive.hpp"

#include <gtest/gtest.h>

namespace tutti::sim {
namespace {

Explored slice(const SmallWorld& world, int every, bool crash_in_rollover) {
    Explored all;
    for (int i = 0; i < parts(world); i += every) all.add(explore(world, i, crash_in_rollover));
    return all;
}
std::string texts(const Explored& e) {
    std::string out;
    for (const auto& b : e.examples) out += compose(b.scenario) + b.verdict.text();
    return out;
}

TEST(Exhaustive, PartsAreAllDifferent) {
    const SmallWorld world{.longest_ttl = 2, .latest_act = 1};
    std::set<std::string> seen;
    for (int i = 0; i < parts(world); ++i) seen.insert(compose(part(world, i)));
    EXPECT_EQ(static_cast<int>(seen.size()), parts(world));
    EXPECT_EQ(parts(world), 3 * 4 * 3 * 16); // change, lag, parent, four TTLs
}

TEST(Exhaustive, ASliceIsSafe) {
    const auto all = slice({}, 307, false);
    EXPECT_TRUE(all.fine()) << texts(all);
    EXPECT_GT(all.runs, 500);
    EXPECT_GT(all.crashes, 100);
    EXPECT_GT(all.histories.size(), 300U);
}

TEST(Exhaustive, ACrashInARolloverIsSafe) {
    const auto all = slice({.longest_ttl = 2, .latest_act = 1}, 401, true);
    EXPECT_TRUE(all.fine()) << texts(all);
    EXPECT_GT(all.crashes, 1000);
}

// The control: a planner that forgets everything one unit too early is found out.
TEST(Exhaustive, OneUnitTooEarlyIsFound) {
    SmallWorld world;
    world.margin = -world.unit;
    EXPECT_GT(slice(world, 307, false).unsafe, 0);
}

} // namespace
} // namespace tutti::sim
