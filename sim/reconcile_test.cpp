// The order of one pass: nothing is sent before it is on disk, nothing is done that nobody allowed. Crashes at every
// single call are the business of the simulator's runs (properties.hpp).
#include "engine/engine.hpp"
#include "plan/test_zone.hpp"
#include "sim/memory_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::sim {
namespace {

using State = model::Decision::State;

class ZoneWorld final : public port::World, public port::Clock {
  public:
    Instant now() override { return z.now; }
    model::Observation observe(const port::ZoneSetup&) override { return z.observe(); }
    std::vector<Expected<void>> carry_out(const port::ZoneSetup&, std::span<const port::Order> orders) override {
        if (before_acting) before_acting(orders);
        std::vector<Expected<void>> out;
        for (const auto& o : orders) {
            sent.push_back(o.action);
            if (refuse) {
                out.emplace_back(fail(ErrorKind::refused, "NOTAUTH", "blue"));
                continue;
            }
            z.known = known();
            z.apply(o.action);
            out.emplace_back();
        }
        return out;
    }

    plan::test::TestZone z;
    std::function<model::Knowledge()> known;
    std::function<void(std::span<const port::Order>)> before_acting;
    std::vector<model::Action> sent;
    bool refuse = false;
};

class Reconcile : public ::testing::Test {
  protected:
    Reconcile() {
        world.z.add("blue", 10);
        world.z.add("green", 20);
        world.z.delegate_to(world.z.signers[0]);
        world.known = [this] { return *store.peek(zone)->knowledge; };
        port::ZoneRecord r{.zone = zone,
                           .parent = "test",
                           .intent = {},
                           .knowledge = {},
                           .decision = {},
                           .settled = {},
                           .transition = {}};
        r.intent.signers = {"blue"};
        r.intent.policy.trust_past = true;
        store.save(r, {}).value();
        EXPECT_EQ(pass().decision.state, State::done);
        record().intent.signers = {"blue", "green"};
    }
    port::ZoneRecord& record() { return *store.peek(zone); }
    port::ZoneRecord& pass() {
        next = engine::reconcile(zone, {world, world, store}, {});
        return record();
    }
    void run() {
        for (int i = 0; i < 200 && pass().decision.state != State::done; ++i) world.z.now = std::max(world.z.now, next);
    }

    const dns::Name zone = dns::Name::parse("example.").value();
    ZoneWorld world;
    MemoryStore store;
    Instant next;
};

int pending_versions(const model::Knowledge& k) {
    int n = 0;
    const auto count = [&](const auto& track) {
        for (const auto& v : track.versions) n += v.pending && v.open() ? 1 : 0;
    };
    count(k.parent.ds);
    count(k.parent.ns);
    for (const auto& s : k.signers) {
        count(s.dnskey);
        count(s.ns_child);
        count(s.cds);
        count(s.csync);
    }
    return n;
}

TEST_F(Reconcile, WhatIsSentIsOnDiskBefore) {
    int batches = 0;
    world.before_acting = [&](std::span<const port::Order> orders) {
        ++batches;
        EXPECT_GE(pending_versions(*record().knowledge), static_cast<int>(orders.size()));
    };
    run();
    EXPECT_EQ(record().decision.state, State::done);
    EXPECT_GE(batches, 2);
    EXPECT_EQ(record().settled, (std::vector<std::string>{"blue", "green"}));
    ASSERT_EQ(store.transitions(zone).value().size(), 1U);
    EXPECT_DOUBLE_EQ(store.transitions(zone).value()[0].minimum_s, 20);
}

TEST_F(Reconcile, ASecondControllerThatWasFasterIsNotOvertaken) {
    // Between the load and the save of this pass, somebody else saves.
    bool once = true;
    store.set_hooks([] {}, [] {});
    store.set_hooks(
        [&] {
            if (std::exchange(once, false)) return; // the load
            if (record().revision == 2) record().revision = 77;
        },
        {});
    pass();
    EXPECT_TRUE(world.sent.empty());
}

TEST_F(Reconcile, PausedLooksAndDoesNothing) {
    record().paused = true;
    for (int i = 0; i < 20; ++i) pass();
    EXPECT_TRUE(world.sent.empty());
    EXPECT_EQ(record().decision.state, State::act) << "but says what it would do";
}

TEST_F(Reconcile, ManualDoesOneDecisionForEachStep) {
    record().mode = port::Mode::manual;
    pass();
    EXPECT_TRUE(world.sent.empty());
    record().steps = 1;
    pass();
    const auto first = world.sent.size();
    EXPECT_GT(first, 0U);
    EXPECT_EQ(record().steps, 0);
    world.z.now += seconds(60);
    for (int i = 0; i < 20; ++i) pass();
    EXPECT_EQ(world.sent.size(), first);
}

TEST_F(Reconcile, ARefusalIsNotedAndNotRepeatedAtOnce) {
    world.refuse = true;
    pass();
    const auto first = world.sent.size();
    EXPECT_GT(first, 0U);
    EXPECT_EQ(pending_versions(*record().knowledge), 0) << "refused for certain: never served";
    pass();
    EXPECT_EQ(world.sent.size(), first);
    EXPECT_THAT(record().decision.because[0].text, ::testing::HasSubstr("NOTAUTH"));
    world.refuse = false;
    run();
    EXPECT_EQ(record().decision.state, State::done) << "it is tried again by itself";
}

TEST_F(Reconcile, WakesExactlyWhenSomethingBecomesSafeAndRestsAfterwards) {
    pass();
    for (int i = 0; i < 20 && pass().decision.state != State::wait; ++i) {
    }
    while (record().decision.state == State::wait && next < record().decision.until) {
        world.z.now = next;
        pass();
    }
    EXPECT_EQ(next, record().decision.until);
    run();
    pass();
    EXPECT_GE(next - world.z.now, seconds(7)) << "in steady state half of the smallest TTL (15 s)";
}

} // namespace
} // namespace tutti::sim
