#include "app/history_trace.hpp"

#include "sim/trace.hpp"

#include <gtest/gtest.h>

namespace tutti::app {
namespace {

namespace json = boost::json;

constexpr double kStart = 1'000'000'000;

json::object event(double at, std::string_view kind, json::object detail) {
    return {{"at", to_rfc3339(at_seconds(kStart + at))}, {"kind", kind}, {"detail", std::move(detail)}};
}
json::object version(std::string_view track, std::string_view signer, json::array content) {
    json::object v{{"track", track}, {"signer", signer}, {"from", nullptr}, {"until", nullptr}, {"ttl", 20}};
    v["content"] = std::move(content);
    if (track == "dnskey") v["signed_by"] = json::array{"green/2"};
    return event(0, "version", std::move(v));
}
json::object intent(double at, json::array dead) {
    return event(at, "intent", {{"intent", json::object{{"signers", json::array{"blue"}}, {"dead", std::move(dead)}}}});
}

// green serves for ever, as far as anybody has seen; then come these wishes.
Json trace_after(json::array wishes) {
    json::array events{version("dnskey", "green", {"green/1", "green/2"}), version("data", "green", {"green/1"}),
                       version("ns-child", "green", {"green"})};
    for (auto& w : wishes) events.push_back(std::move(w));
    const Json history = json::object{{"events", std::move(events)}};
    const Json explain = json::object{{"zone", "example."},
                                      {"now", to_rfc3339(at_seconds(kStart + 100))},
                                      {"state", "done"},
                                      {"transition", nullptr}};
    const auto trace = trace_of(history, explain);
    EXPECT_TRUE(trace);
    return trace ? json::parse(sim::compose(*trace)) : Json{};
}

// When the versions of green end, in seconds after the start (all at once, or the test fails); and when it is down.
struct Green {
    std::vector<double> ends, down;
    bool operator==(const Green&) const = default;
};
Green green_of(const Json& trace) {
    Green out;
    for (const auto& t : array_at(trace, "tracks"))
        for (const auto& v : array_at(t, "versions")) {
            if (text_at(t, "track") == "down")
                out.down.push_back(number_at(v, "from") - kStart);
            else if (at(v, "until").is_number())
                out.ends.push_back(number_at(v, "until") - kStart);
        }
    return out;
}

TEST(HistoryTrace, WhoIsDeclaredDeadServesNobodyFromThenOn) {
    EXPECT_EQ(green_of(trace_after({intent(10, {"green"})})), (Green{{10, 10, 10}, {10}}));
    EXPECT_EQ(green_of(trace_after({intent(10, {"green"}), intent(30, {"green"})})), (Green{{10, 10, 10}, {10}}))
        << "said again";
}
TEST(HistoryTrace, WhoIsSilentOnlyStillServes) {
    EXPECT_EQ(green_of(trace_after({})), Green{});
    EXPECT_EQ(green_of(trace_after({intent(10, {})})), Green{});
    EXPECT_EQ(green_of(trace_after({intent(10, {"red"})})).ends, std::vector<double>{}) << "somebody else is dead";
}
TEST(HistoryTrace, WhoIsCalledBackWasNeverGone) {
    EXPECT_EQ(green_of(trace_after({intent(10, {"green"}), intent(30, {})})), Green{});
}

} // namespace
} // namespace tutti::app
