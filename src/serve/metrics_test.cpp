#include "serve/metrics.hpp"

#include "plan/alarms.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::serve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

dns::Name name(std::string_view text) {
    return dns::Name::parse(text).value();
}

port::ZoneRecord record(std::string_view zone, model::Decision::State state) {
    port::ZoneRecord out{.zone = name(zone),
                         .parent = {},
                         .intent = {},
                         .knowledge = model::Knowledge{name(zone), {}, {}, {}, {}},
                         .decision = {},
                         .settled = {},
                         .transition = {}};
    out.decision.state = state;
    return out;
}

class MetricsTest : public ::testing::Test {
  protected:
    std::string text() { return exposition(metrics.families({at_seconds(2000), "1.2.3", false, seconds(2.5)})); }
    Metrics metrics{at_seconds(1000)};
};

TEST_F(MetricsTest, ZonesAreCountedByStateAndWhatIsQuietHasNoSeries) {
    for (int i = 0; i < 5; ++i) metrics.update(record("z" + std::to_string(i) + ".", model::Decision::State::done), {});
    metrics.update(record("z0.", model::Decision::State::wait), {});
    const auto t = text();
    EXPECT_THAT(t, HasSubstr("tutti_zones{state=\"done\"} 4\n"));
    EXPECT_THAT(t, HasSubstr("tutti_zones{state=\"wait\"} 1\n"));
    EXPECT_THAT(t, HasSubstr("tutti_zones{state=\"blocked\"} 0\n"));
    EXPECT_THAT(t, Not(HasSubstr("zone=\"")));
    EXPECT_THAT(t, HasSubstr("tutti_queue_behind_seconds 2.5\n"));
    EXPECT_THAT(t, HasSubstr("tutti_start_time_seconds 1000\n"));
    for (const char* code : plan::kAlarmCodes)
        EXPECT_THAT(t, HasSubstr("tutti_alarms{code=\"" + std::string(code) + "\"} 0\n"));
    metrics.remove(name("z1."));
    EXPECT_THAT(text(), HasSubstr("tutti_zones{state=\"done\"} 3\n"));
}

TEST_F(MetricsTest, AnAlarmIsThereAsLongAsItHolds) {
    auto r = record("a.", model::Decision::State::blocked);
    model::Alarm alarm{{model::Reason::Kind::human, "x", "blue", "", "", kNever}, "drift", "NS"};
    r.decision.alarms = {alarm, alarm};
    metrics.update(r, {});
    EXPECT_THAT(text(), HasSubstr("tutti_zone_alarm{zone=\"a.\",code=\"drift\",who=\"blue\",what=\"NS\"} 1\n"));
    EXPECT_THAT(text(), HasSubstr("tutti_alarms{code=\"drift\"} 1\n"));
    r.decision.alarms[0].told = r.decision.alarms[1].told = false;
    metrics.update(r, {});
    EXPECT_THAT(text(), HasSubstr("tutti_alarms{code=\"drift\"} 0\n"));
    EXPECT_THAT(text(), Not(HasSubstr("zone=\"a.\"")));
}

TEST_F(MetricsTest, AChangeHasSeriesUntilItIsDoneAndIsCountedThen) {
    auto r = record("a.", model::Decision::State::wait);
    r.transition = port::Transition{{"blue"}, {"green"}, at_seconds(1100), kNever, 40};
    r.decision.until = at_seconds(1140);
    metrics.update(r, {{0, at_seconds(1101), "action", "x", R"({"do": "dnskey"})"}});
    EXPECT_THAT(text(), HasSubstr("tutti_zone_change_started_seconds{zone=\"a.\"} 1100\n"));
    EXPECT_THAT(text(), HasSubstr("tutti_zone_wait_until_seconds{zone=\"a.\"} 1140\n"));
    EXPECT_THAT(text(), HasSubstr("tutti_actions_total{kind=\"dnskey\"} 1\n"));
    r.transition.reset();
    metrics.update(r, {{0, at_seconds(1150), "done", "x", ""}, {0, at_seconds(1150), "result", "x", ""}});
    const auto t = text();
    EXPECT_THAT(t, Not(HasSubstr("zone=\"a.\"")));
    EXPECT_THAT(t, HasSubstr("tutti_change_seconds_sum 50\ntutti_change_seconds_count 1\n"));
    EXPECT_THAT(t, HasSubstr("tutti_change_minimum_seconds_total 40\n"));
    EXPECT_THAT(t, HasSubstr("tutti_action_failures_total 1\n"));
    EXPECT_THAT(t, HasSubstr("tutti_events_total{kind=\"done\"} 1\n"));
}

TEST_F(MetricsTest, TheRouteAnswersWithText) {
    const Router router({metrics_route(metrics, [] { return Metrics::Moment{at_seconds(1), "9", true, {}}; })});
    const auto answer = router.dispatch("GET", "/metrics", "");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_THAT(answer.body, HasSubstr("\ntutti_halted 1\n"));
    EXPECT_EQ(router.dispatch("POST", "/metrics", "").status, 405);
}

} // namespace
} // namespace tutti::serve
