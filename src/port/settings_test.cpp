#include "port/settings.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::port {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

ParentSettings epp() {
    ParentSettings s;
    s.name = "tld";
    s.driver = "epp";
    s.servers = {{"192.0.2.1", 53}};
    s.epp = EppSettings{.server = "epp.example:7000",
                        .client = "ClientX",
                        .password = {SecretRef::Kind::file, "/p"},
                        .certificate = "/c",
                        .key = SecretRef{SecretRef::Kind::command, "get key"},
                        .interface = "key",
                        .sessions = 3,
                        .per_minute = 100,
                        .max_sig_life = 604800,
                        .urgent = true,
                        .frame_log = "/l"};
    return s;
}
std::vector<std::string> wrong(const ParentSettings& s) {
    std::vector<std::string> out;
    for (const auto& p : problems(s)) out.push_back(p.where);
    return out;
}

TEST(ParentSettings, ThereAndBackInJson) {
    EXPECT_THAT(wrong(epp()), IsEmpty());
    EXPECT_EQ(parent_settings_from_json(to_json(epp())), epp());
    auto s = epp();
    s.driver = "exec";
    s.epp.reset();
    s.command = "/bin/true";
    EXPECT_EQ(parent_settings_from_json(to_json(s)), s);
    EXPECT_FALSE(boost::json::serialize(to_json(s)).contains("epp"));
    auto json = to_json(epp());
    json.at("epp").as_object()["passwort"] = "x";
    EXPECT_FALSE(parent_settings_from_json(json).has_value()) << "unknown fields are errors";
}

TEST(ParentSettings, WhatIsWrong) {
    const auto with = [](auto change) {
        auto s = epp();
        change(s);
        return wrong(s);
    };
    EXPECT_THAT(with([](auto& s) { s.epp.reset(); }), Contains("epp"));
    EXPECT_THAT(with([](auto& s) { s.epp->server = "a b"; }), Contains("epp.server"));
    EXPECT_THAT(with([](auto& s) { s.epp->client = "ab"; }), Contains("epp.client"));
    EXPECT_THAT(with([](auto& s) { s.epp->key.reset(); }), Contains("epp.key"));
    EXPECT_THAT(with([](auto& s) { s.epp->interface = "both"; }), Contains("epp.interface"));
    EXPECT_THAT(with([](auto& s) { s.epp->sessions = 0; }), Contains("epp.sessions"));
    EXPECT_THAT(with([](auto& s) { s.command = "x"; }), Contains("command"));
    EXPECT_THAT(with([](auto& s) { s.directory = "x"; }), Contains("directory"));
    EXPECT_THAT(with([](auto& s) { s.driver = "cds"; }), Contains("epp"));
    EXPECT_THAT(with([](auto& s) { s.driver = "zonefile"; }), Contains("directory"));
}

TEST(ParentSettings, HostAndPort) {
    const auto text = [](const char* from) {
        const auto found = parse_host_port(from, 700);
        return found ? found->host + " " + std::to_string(found->port) : "none";
    };
    EXPECT_EQ(text("epp.example"), "epp.example 700");
    EXPECT_EQ(text("epp.example:7000"), "epp.example 7000");
    EXPECT_EQ(text("192.0.2.1:1"), "192.0.2.1 1");
    EXPECT_EQ(text("[2001:db8::1]:7000"), "2001:db8::1 7000");
    EXPECT_EQ(text("2001:db8::1"), "2001:db8::1 700");
    for (const char* bad : {"", ":700", "a:", "a:0", "a:70000", "a:7x", "a b", "a/b", "[::1", "ex$ample"})
        EXPECT_EQ(text(bad), "none") << bad;
}

} // namespace
} // namespace tutti::port
