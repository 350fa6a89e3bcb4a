#include "engine/queue.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace tutti::engine {
namespace {

const dns::Name kA = dns::Name::parse("a.").value(), kB = dns::Name::parse("b.").value();
constexpr Instant t(double s) {
    return at_seconds(0) + seconds(s);
}

TEST(Queue, HandsOutTheZoneThatIsDueFirst) {
    Queue q;
    q.add(kA, t(20));
    q.add(kB, t(10));
    EXPECT_EQ(q.next_due(), t(10));
    EXPECT_EQ(q.take(t(9)), std::nullopt);
    EXPECT_EQ(q.take(t(30)), kB);
    EXPECT_EQ(q.take(t(30)), kA);
    EXPECT_EQ(q.take(t(30)), std::nullopt) << "both are out";
    EXPECT_EQ(q.next_due(), kNever);
}

TEST(Queue, AWakeWhileItIsOutIsRemembered) {
    Queue q;
    q.add(kA, t(0));
    EXPECT_EQ(q.take(t(1)), kA);
    q.wake(kA, t(2));
    EXPECT_EQ(q.take(t(5)), std::nullopt) << "with one worker at a time";
    q.done(kA, t(100));
    EXPECT_EQ(q.next_due(), t(2));
}

TEST(Queue, AWakeNeverPutsOff) {
    Queue q;
    q.add(kA, t(10));
    q.wake(kA, t(50));
    EXPECT_EQ(q.next_due(), t(10));
    q.wake(kA, t(5));
    EXPECT_EQ(q.next_due(), t(5));
}

TEST(Queue, RemovedWhileOutIsGoneWhenItIsDone) {
    Queue q;
    q.add(kA, t(0));
    EXPECT_EQ(q.take(t(1)), kA);
    q.remove(kA);
    q.wake(kA, t(1));
    q.done(kA, t(1));
    EXPECT_EQ(q.size(), 0U);
    EXPECT_EQ(q.take(t(9)), std::nullopt);
    q.wake(kB, t(1));
    EXPECT_EQ(q.take(t(9)), std::nullopt) << "unknown zones are ignored";
}

TEST(Queue, RemovedAndAddedAgainWhileOutStays) {
    Queue q;
    q.add(kA, t(0));
    EXPECT_EQ(q.take(t(1)), kA);
    q.remove(kA);
    q.add(kA, t(3));
    q.done(kA, t(100));
    EXPECT_EQ(q.next_due(), t(3));
}

// Whatever is called in whatever order: no zone is out twice, none is lost, none is late. Against a plain model.
RC_GTEST_PROP(Queue, NoZoneIsOutTwiceOrLost, ()) {
    Queue q;
    std::map<dns::Name, Instant> due;                // of those that wait
    std::map<dns::Name, std::optional<Instant>> out; // with the wake that came meanwhile
    for (int step = 0; step < 200; ++step) {
        const auto name = dns::Name::parse("z" + std::to_string(*rc::gen::inRange(0, 4)) + ".").value();
        const auto when = t(*rc::gen::inRange(0, 1000));
        switch (*rc::gen::inRange(0, 3)) {
        case 0:
            q.add(name, when);
            if (const auto it = out.find(name); it != out.end())
                it->second = it->second ? std::min(*it->second, when) : when;
            else
                due[name] = due.contains(name) ? std::min(due[name], when) : when;
            break;
        case 1: {
            const auto taken = q.take(when);
            const auto first = std::ranges::min_element(due, {}, [](const auto& d) { return d.second; });
            RC_ASSERT(taken.has_value() == (first != due.end() && first->second <= when));
            if (!taken) break;
            RC_ASSERT(due.at(*taken) == first->second);
            due.erase(*taken);
            out[*taken];
            break;
        }
        default:
            if (!out.contains(name)) break;
            q.done(name, when);
            due[name] = std::min(when, out[name].value_or(kNever));
            out.erase(name);
        }
        RC_ASSERT(q.size() == due.size() + out.size());
    }
}

} // namespace
} // namespace tutti::engine
