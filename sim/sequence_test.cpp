#include "sim/sequence.hpp"

#include <gtest/gtest.h>

namespace tutti::sim {
namespace {

constexpr std::string_view kSample = R"json({"format": "tutti-sequence/1", "name": "one", "source": "a draft",
 "scenario": "s.json", "look_every": 2, "define": {"DS-Wait-Time": "ds"},
 "steps": [
   {"step": "1", "text": "exchange keys", "do": "add-dnskey", "keys": "new zsk", "of": "rolling", "at": "others"},
   {"step": "2", "text": "wait", "wait": "max(DS-Wait-Time, dnskey + 5)"},
   {"step": "3", "text": "see", "until": "parent-ns"}]})json";

std::string error_of(std::string_view from, std::string_view to) {
    std::string text{kSample};
    text.replace(text.find(from), from.size(), to);
    const auto s = parse_sequence(text);
    return s ? "no error" : s.error().text();
}
#define EXPECT_ERROR(from, to, part) EXPECT_NE(error_of(from, to).find(part), std::string::npos) << error_of(from, to)

TEST(Sequence, ReadsWhatTheFormatSays) {
    const auto s = parse_sequence(kSample);
    ASSERT_TRUE(s) << s.error().text();
    ASSERT_EQ(s->steps.size(), 3U);
    EXPECT_EQ(s->look_every, seconds(2));
    EXPECT_EQ(s->steps[0].what, Step::What::add_dnskey);
    EXPECT_EQ(s->steps[0].keys, "new zsk");
    EXPECT_EQ(s->steps[1].what, Step::What::wait);
    EXPECT_EQ(s->steps[2].sight, Step::Sight::parent_ns);
}

TEST(Sequence, NamesWhatIsWrong) {
    EXPECT_ERROR("add-dnskey", "add-key", "add-key");
    EXPECT_ERROR("new zsk", "fresh zsk", "fresh zsk");
    EXPECT_ERROR("\"others\"", "\"blue\"", "steps[0].at");
    EXPECT_ERROR("dnskey + 5", "dnskeys + 5", "dnskeys");
    EXPECT_ERROR("dnskey + 5)", "dnskey + 5", ")");
    EXPECT_ERROR("dnskey + 5)\"", "dnskey + 5)\", \"since\": \"7\"", "since");
    EXPECT_ERROR("\"ds\"", "\"DS-Wait-Time\"", "DS-Wait-Time");
    EXPECT_ERROR("+ 5", "+ 5e30", "no time");
    EXPECT_ERROR("parent-ns", "parent", "parent-ds");
    EXPECT_ERROR("\"look_every\"", "\"look\"", "look");
}

TEST(Sequence, Waits) {
    const auto value = [](std::string_view text) {
        const auto d = evaluate(text, [](const std::string& name) -> std::optional<Duration> {
            if (name == "ds") return seconds(20);
            if (name == "ns-parent") return seconds(30);
            return std::nullopt;
        });
        return d ? to_seconds(*d) : -1;
    };
    EXPECT_EQ(value("5"), 5);
    EXPECT_EQ(value("ds + ns-parent + 0.5"), 50.5);
    EXPECT_EQ(value("max(ds, ns-parent) + max(1, ds, 3)"), 50);
    EXPECT_EQ(value("max(ds"), -1);
    EXPECT_EQ(value("ds ds"), -1);
    EXPECT_EQ(value("es"), -1);
}

} // namespace
} // namespace tutti::sim
