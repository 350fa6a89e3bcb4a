#include "base/exposition.hpp"

#include <gtest/gtest.h>

namespace tutti {
namespace {

TEST(Exposition, FamiliesWithTheirSamples) {
    EXPECT_EQ(exposition({{"a_total", "counter", "How many.", {{{}, 3}}},
                          {"b", "gauge", "Which.", {{{{"zone", "x."}, {"code", "drift"}}, 0.5}}},
                          {"c", "summary", "Long.", {{{}, 1.25, "_sum"}, {{}, 2, "_count"}}},
                          {"d", "gauge", "None.", {}}}),
              "# HELP a_total How many.\n# TYPE a_total counter\na_total 3\n"
              "# HELP b Which.\n# TYPE b gauge\nb{zone=\"x.\",code=\"drift\"} 0.5\n"
              "# HELP c Long.\n# TYPE c summary\nc_sum 1.25\nc_count 2\n"
              "# HELP d None.\n# TYPE d gauge\n");
}
TEST(Exposition, LabelsCannotBreakTheLine) {
    EXPECT_EQ(exposition({{"a", "gauge", "x", {{{{"who", "a\"b\\c\nd"}}, 1}}}}),
              "# HELP a x\n# TYPE a gauge\na{who=\"a\\\"b\\\\c\\nd\"} 1\n");
}
TEST(Exposition, LargeNumbersStayExact) {
    EXPECT_EQ(exposition({{"a", "gauge", "x", {{{}, 1795889409.125}}}}),
              "# HELP a x\n# TYPE a gauge\na 1795889409.125\n");
}

} // namespace
} // namespace tutti
