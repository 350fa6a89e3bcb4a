#include "sim/trace.hpp"

#include <gtest/gtest.h>

namespace tutti::sim {
namespace {

constexpr std::string_view kSample =
    R"({"format": "tutti-trace/1", "zone": "example.", "start": 0, "end": 301.5, "result": "done",
 "minimum": 118.0, "keys": {"blue/1": {"owner": "blue", "flags": 257, "algorithm": 13, "tag": 4711},
   "blue/2": {"owner": "blue", "flags": 256, "algorithm": 13, "tag": 1}, "green/1": {"owner": "green"}},
 "tracks": [
   {"track": "ds", "versions": [{"from": -1000, "until": 14.0, "ttl": 20, "content": ["blue/1"]},
                                {"from": 11.0, "until": null, "ttl": 20, "content": ["blue/1", "green/1"]}]},
   {"track": "ns-parent", "versions": [{"from": -1000, "until": null, "ttl": 30, "content": ["blue"]}]},
   {"track": "ns-child", "signer": "blue", "versions": [{"from": -1000, "until": null, "ttl": 40, "content": ["blue"]}]},
   {"track": "dnskey", "signer": "blue", "versions": [
      {"from": -1000, "until": 2.1, "ttl": 30, "content": ["blue/1", "blue/2"], "signed_by": ["blue/1"]}]},
   {"track": "data", "signer": "blue", "versions": [{"from": -1000, "until": null, "ttl": 60, "content": ["blue/2", "blue/1+blue/2"]}]},
   {"track": "down", "signer": "blue", "versions": [{"from": 3, "until": 4}]}],
 "actions": [{"at": 0.0, "do": "add-dnskey", "at_signer": "green", "keys": ["blue/2"], "because": "a \"reason\""}]})";

std::string with(std::string_view from, std::string_view to) {
    std::string text{kSample};
    text.replace(text.find(from), from.size(), to);
    return text;
}

TEST(Trace, ReadsWhatTheFormatSays) {
    const auto t = parse_trace(kSample);
    ASSERT_TRUE(t) << t.error().text();
    EXPECT_EQ(t->signers, (std::vector<std::string>{"blue", "green"}));
    EXPECT_EQ(t->end, at_seconds(301.5));
    ASSERT_EQ(t->tracks.size(), 6U);
    EXPECT_EQ(t->tracks[0].versions[0].from, at_seconds(-1000));
    EXPECT_EQ(t->tracks[0].versions[1].until, kNever);
    EXPECT_EQ(t->tracks[0].versions[1].keys, KeyBits::of(0) | KeyBits::of(2));
    EXPECT_EQ(t->tracks[3].versions[0].signed_by, KeyBits::of(0));
    EXPECT_EQ(t->tracks[4].versions[0].signatures,
              (std::vector<KeyBits>{KeyBits::of(1), KeyBits::of(0) | KeyBits::of(1)}));
    EXPECT_EQ(t->actions[0].because, "a \"reason\"");
}

TEST(Trace, WhatIsWrittenReadsBackEqual) {
    const auto t = parse_trace(kSample);
    ASSERT_TRUE(t);
    const auto again = parse_trace(compose(*t));
    ASSERT_TRUE(again) << again.error().text() << compose(*t);
    EXPECT_EQ(*t, *again);
}

TEST(Trace, SaysWhatIsWrongAndWhere) {
    const auto error = [](std::string_view from, std::string_view to) {
        const auto t = parse_trace(with(from, to));
        return t ? "no error" : t.error().text();
    };
    EXPECT_NE(error("\"until\": 14.0", "\"til\": 14.0").find("tracks[0].versions[0]: \"until\" is missing"),
              std::string::npos);
    EXPECT_NE(error("\"zone\"", "\"zone_name\"").find("\"zone\" is missing"), std::string::npos);
    EXPECT_NE(error("\"until\": 14.0", "\"until\": 14.0, \"u\": 1").find("\"u\" is not known"), std::string::npos);
    EXPECT_NE(error("[\"blue/1\"]", "[\"blue/9\"]").find("\"blue/9\" is not in \"keys\""), std::string::npos);
    EXPECT_NE(error("\"until\": 2.1", "\"until\": -2000").find("it ends before it begins"), std::string::npos);
    EXPECT_NE(error("tutti-trace/1", "tutti-trace/2").find("is not tutti-trace/1"), std::string::npos);
    EXPECT_NE(error("\"track\": \"data\"", "\"track\": \"date\"").find("write one of ds, "), std::string::npos);
}

TEST(Trace, SecondsHaveAsManyDigitsAsTheyNeed) {
    EXPECT_EQ(seconds_text(at_seconds(12)), "12");
    EXPECT_EQ(seconds_text(at_seconds(-0.5)), "-0.5");
    EXPECT_EQ(seconds_text(at_seconds(66.000001)), "66.000001");
}

} // namespace
} // namespace tutti::sim
