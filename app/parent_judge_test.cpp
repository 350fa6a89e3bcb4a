// tutti parent judge: kept evidence, of one machine or of several.
#include "accept/json.hpp"
#include "accept/test_world.hpp"
#include "app/run_test.hpp"
#include "model/json.hpp"

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace tutti::app {

namespace {

using accept::testing::World;
using ::testing::HasSubstr;

class ParentJudge : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "tutti-judge-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder = pattern;
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    static std::string line(const World& w) {
        return boost::json::serialize(boost::json::object{{"child", w.child.text()},
                                                          {"how", "judged"},
                                                          {"registry", accept::to_json(w.r)},
                                                          {"evidence", accept::to_json(w.e)}}) +
               '\n';
    }
    std::string file(const std::string& name, const std::string& text) const {
        std::ofstream(folder / name) << text;
        return (folder / name).string();
    }
    std::filesystem::path folder;
    const World w = accept::testing::rollover();
    const std::string others = "{\"child\":\"a.example\",\"how\":\"fast\"}\n{\"summary\":{}}\n";
};

TEST_F(ParentJudge, TwoMachinesThatAgreeAreEnough) {
    const auto o = tutti({"parent", "judge", file("zrh.jsonl", line(w) + others), file("lax.jsonl", line(w))});
    EXPECT_EQ(o.code, kOk) << o.err;
    const auto verdict = model::parse_json(o.out).value();
    EXPECT_EQ(verdict.at("child").as_string(), "child.example.");
    EXPECT_EQ(verdict.at("decision").as_string(), "accept");
    EXPECT_EQ(verdict.at("servers").as_array().size(), 6U) << "three addresses, from two places";
    EXPECT_THAT(o.out, HasSubstr("from zrh"));
}

TEST_F(ParentJudge, AChildThatOneDidNotLookAtIsNotChanged) {
    const auto o = tutti({"parent", "judge", file("zrh.jsonl", line(w)), file("lax.jsonl", others)});
    EXPECT_EQ(o.code, kOk) << o.err;
    EXPECT_EQ(model::parse_json(o.out).value().at("decision").as_string(), "retry");
    EXPECT_THAT(o.out, HasSubstr("too-few-vantage-points"));
}

TEST_F(ParentJudge, WhatDoesNotBelongTogetherIsRefused) {
    World other = accept::testing::rollover();
    other.r.ds.clear();
    auto o = tutti({"parent", "judge", file("zrh.jsonl", line(w)), file("lax.jsonl", line(other))});
    EXPECT_EQ(o.out, "");
    EXPECT_THAT(o.err, HasSubstr("different delegations of"));
    o = tutti({"parent", "judge", file("zrh.jsonl", line(w) + line(w))});
    EXPECT_THAT(o.err, HasSubstr("a second look"));
    o = tutti({"parent", "judge", file("a.json", line(w)), file("a.jsonl", line(w))});
    EXPECT_THAT(o.err, HasSubstr("the same name"));
    o = tutti({"parent", "judge", file("zrh.jsonl", "{\"child\":1}\n")});
    EXPECT_THAT(o.err, HasSubstr("without \"evidence\""));
    // Without --evidence there is nothing to judge by: that is said, not passed over.
    o = tutti({"parent", "judge", file("zrh.jsonl", "{\"child\":\"a.example\",\"how\":\"judged\"}\n")});
    EXPECT_NE(o.code, kOk);
    EXPECT_THAT(o.err, HasSubstr("--evidence"));
    o = tutti({"parent", "judge", (folder / "none").string()});
    EXPECT_THAT(o.err, HasSubstr("cannot be opened"));
}

} // namespace
} // namespace tutti::app
