#include "epp/reactions.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tutti::epp {
namespace {

TEST(Reactions, EveryCodeOfTheStandardOnce) {
    std::set<int> codes;
    for (const auto& rule : code_rules()) {
        EXPECT_TRUE(codes.insert(rule.code).second) << rule.code;
        EXPECT_FALSE(rule.meaning.empty()) << rule.code;
        // A success never reads as an error, nor the other way round.
        const bool success = rule.reaction == Reaction::done || rule.reaction == Reaction::pending;
        EXPECT_EQ(success, rule.code < 2000) << rule.code;
        EXPECT_EQ(rule.closes, rule.code == 1500 || rule.code >= 2500) << rule.code;
    }
    EXPECT_EQ(codes, (std::set{1000, 1001, 1300, 1301, 1500, 2000, 2001, 2002, 2003, 2004, 2005, 2100,
                               2101, 2102, 2103, 2104, 2105, 2106, 2200, 2201, 2202, 2300, 2301, 2302,
                               2303, 2304, 2305, 2306, 2307, 2308, 2400, 2500, 2501, 2502}));
}

TEST(Reactions, UnknownCodesAreNoSuccess) {
    EXPECT_EQ(rule_for(1234).reaction, Reaction::later);
    EXPECT_EQ(rule_for(2999).reaction, Reaction::permanent);
    EXPECT_EQ(rule_for(5000).reaction, Reaction::permanent);
    Response several{.results = {{2005, "a", {}}, {2306, "b", {}}}};
    EXPECT_EQ(rule_for(several).reaction, Reaction::policy);
}

} // namespace
} // namespace tutti::epp
