#include "sim/scenario.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace tutti::sim {
namespace {

constexpr std::string_view kSample = R"({"format": "tutti-scenario/1", "zone": "example.", "seed": 1, "until": 4000,
 "parent":  {"ttl": {"ds": 20, "ns": 30}, "mode": "cds", "poll_interval": 5, "publish_delay": 1, "server_lag": [0, 3]},
 "signers": {
   "blue":  {"ttl": {"dnskey": 30, "ns": 40, "data_max": 60}, "keys": "ksk+zsk", "algorithm": 13, "write_delay": 0.1, "server_lag": [0, 2]},
   "green": {"ttl": {"dnskey": 35, "ns": 40, "data_max": 60}, "keys": "csk",     "algorithm": 13, "write_delay": 0.5, "server_lag": [0]}},
 "initial": ["blue"],
 "intent":  ["green"],
 "events": [
   {"at": 12, "do": "zsk-rollover", "signer": "blue", "use_after": 90, "retire_after": 200},
   {"at": 15, "do": "ksk-rollover", "signer": "green"},
   {"at": 20, "do": "crash"},
   {"at": 25, "do": "intent", "members": ["blue", "green"]},
   {"at": 30, "do": "signer-down", "signer": "green", "for": 60},
   {"at": 40, "do": "server-lag", "signer": "blue", "server": 1, "lag": 45, "for": 100},
   {"at": 50, "do": "write-fault", "signer": "green", "mode": "lost-reply", "for": 20},
   {"at": 60, "do": "parent-down", "for": 100},
   {"at": 61, "do": "ttl", "parent": true, "ds": 25},
   {"at": 62, "do": "clock-jump", "by": -3},
   {"at": 63, "do": "declare-dead", "signer": "blue"}]})";

std::string error_of(std::string_view from, std::string_view to) {
    std::string text{kSample};
    text.replace(text.find(from), from.size(), to);
    const auto s = parse_scenario(text);
    return s ? "no error" : s.error().text();
}
#define EXPECT_ERROR(from, to, part) EXPECT_NE(error_of(from, to).find(part), std::string::npos) << error_of(from, to)

TEST(Scenario, ReadsWhatTheFormatSays) {
    const auto s = parse_scenario(kSample);
    ASSERT_TRUE(s) << s.error().text();
    EXPECT_EQ(s->parent.mode, ParentSpec::Mode::cds);
    EXPECT_EQ(s->parent.server_lag, (std::vector{seconds(0), seconds(3)}));
    ASSERT_EQ(s->signers.size(), 2U);
    EXPECT_EQ(s->signers[1].name, "green");
    EXPECT_TRUE(s->signers[1].csk);
    EXPECT_EQ(s->signers[1].write_delay, seconds(0.5));
    EXPECT_EQ(s->intent, std::vector{1});
    ASSERT_EQ(s->events.size(), 11U);
    EXPECT_EQ(s->events[0].use_after, seconds(90));
    EXPECT_EQ(s->events[3].members, (std::vector{0, 1}));
    EXPECT_EQ(s->events[5].lag, seconds(45));
    EXPECT_EQ(s->events[6].fault, EventSpec::Fault::lost_reply);
    EXPECT_EQ(s->events[9].by, seconds(-3));
}

TEST(Scenario, WhatIsWrittenReadsBackEqual) {
    auto s = parse_scenario(kSample);
    ASSERT_TRUE(s);
    s->controllers = 2;
    s->policy.margin = seconds(2);
    s->network.loss = 0.125;
    s->signers[0].foreign_sep = SignerSpec::Sep::refused;
    s->signers[0].ns = {"a.blue.", "b.blue."};
    s->signers[1].signed_dnskey = true;
    s->ksk_holder = 0;
    s->events[3].ksk_holder = 1;
    s->events.push_back(s->events[3]);
    s->events.back().at = seconds(70);
    s->events.back().ksk_holder = -1;
    const auto roll = std::ranges::find(s->events, EventSpec::What::ksk_rollover, &EventSpec::what);
    ASSERT_NE(roll, s->events.end());
    roll->algorithm = 15;
    const auto again = parse_scenario(compose(*s));
    ASSERT_TRUE(again) << again.error().text() << compose(*s);
    EXPECT_EQ(*s, *again);
}

TEST(Scenario, UnknownThingsAreNamed) {
    EXPECT_ERROR("\"poll_interval\"", "\"pol_interval\"", "parent: \"pol_interval\" is not known");
    EXPECT_ERROR("\"csk\"", "\"csq\"", "signers.green.keys: \"csq\" is not known. write one of ksk+zsk, csk");
    EXPECT_ERROR("ksk-rollover", "ksk-roll", "events[1]: event \"ksk-roll\" is not known");
    EXPECT_ERROR("[\"green\"]", "[\"red\"]", "intent: \"red\" is not in \"signers\"");
    EXPECT_ERROR("[\"green\"]", "[]", "intent: at least one signer");
    EXPECT_ERROR("\"seed\": 1", "\"ksk_holder\": \"red\"", "ksk_holder: \"red\" is not in \"signers\"");
    EXPECT_ERROR("\"server\": 1", "\"server\": 2", "there is no server 2");
    EXPECT_ERROR("\"use_after\": 90", "\"use_after\": 900", "retire_after is less than use_after");
    EXPECT_ERROR("\"lost-reply\"", "\"lost\"", "write one of lost-reply, ignored, error");
    EXPECT_ERROR("\"parent\": true, ", "", "either \"signer\" or \"parent\"");
    EXPECT_ERROR("\"at\": 20, \"do\": \"crash\"", "\"at\": 20, \"do\": \"crash\", \"for\": 3", "\"for\" is not known");
    EXPECT_ERROR("\"initial\"", "\"inital\"", "\"initial\" is missing");
    EXPECT_ERROR("\"until\": 4000", "\"until\": -1", "until: -1 is not in");
}

} // namespace
} // namespace tutti::sim
