// Every case that must come out right, one scenario file each: sim/scenarios. "expect" says how it ends: "done" and the
// like mean that nobody sees a wrong answer; "unsafe" that somebody does, by the doing of others than the controller,
// and that it comes to an end all the same.
#include "sim/properties.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace tutti::sim {
namespace {

std::vector<std::filesystem::path> files() {
    std::vector<std::filesystem::path> out;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(__FILE__).parent_path() / "scenarios"))
        if (entry.path().extension() == ".json") out.push_back(entry.path());
    std::ranges::sort(out);
    return out;
}

class Case : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(Case, ComesOutRight) {
    std::ifstream in(GetParam());
    const auto scenario = parse_scenario(std::string((std::istreambuf_iterator<char>(in)), {}));
    ASSERT_TRUE(scenario.has_value()) << scenario.error().text();
    const auto judged = prove(*scenario, 50);
    const auto& v = judged.verdict;
    if (scenario->expect == "unsafe") {
        EXPECT_FALSE(v.unsafe.empty());
        EXPECT_EQ(to_string(judged.outcome.end), "done") << v.stuck;
    } else {
        EXPECT_TRUE(v.unsafe.empty() && v.unsampled.empty() && v.flaps.empty()) << v.text();
        EXPECT_EQ(to_string(judged.outcome.end), scenario->expect) << v.stuck;
    }
}

INSTANTIATE_TEST_SUITE_P(Scenarios, Case, ::testing::ValuesIn(files()), [](const auto& info) {
    auto name = info.param.stem().string();
    std::ranges::replace(name, '-', '_');
    return name;
});

} // namespace
} // namespace tutti::sim
