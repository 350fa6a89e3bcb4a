#pragma once
// What every port::Store promises. Use: INSTANTIATE_TEST_SUITE_P(Fake, StoreContract, testing::Values(makeFake)).
#include "port/store.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>

namespace tutti::test {

using MakeStore = std::function<std::shared_ptr<port::Store>()>;

class StoreContract : public testing::TestWithParam<MakeStore> {
  protected:
    void SetUp() override {
        store = GetParam()();
        ASSERT_NE(store, nullptr);
    }

    static dns::Name name(const char* text) { return dns::Name::parse(text).value(); }
    static port::ZoneRecord record(const char* zone) {
        port::ZoneRecord out{.zone = name(zone),
                             .parent = "lab",
                             .intent = {},
                             .knowledge = {},
                             .decision = {},
                             .settled = {},
                             .transition = {}};
        out.intent.signers = {"blue"};
        return out;
    }
    static port::Event event(const char* kind, double at) { return {0, at_seconds(at), kind, "text", "{}"}; }

    std::shared_ptr<port::Store> store;
};

TEST_P(StoreContract, IsEmptyAtFirst) {
    EXPECT_TRUE(store->zones().value().empty());
    EXPECT_EQ(store->load(name("example.")).error().kind, ErrorKind::not_found);
    EXPECT_EQ(store->remove(name("example.")).error().kind, ErrorKind::not_found);
    EXPECT_TRUE(store->configs("signer").value().empty());
}

TEST_P(StoreContract, GivesBackWhatWasSaved) {
    auto r = record("example.");
    r.mode = port::Mode::manual;
    r.paused = true;
    r.steps = 3;
    r.intent.dead = {"green"};
    r.intent.policy.margin = seconds(1.5);
    r.settled = {"blue", "green"};
    r.decided = at_seconds(1000.000001);
    r.decision.state = model::Decision::State::wait;
    r.decision.until = at_seconds(2000);
    r.transition = port::Transition{{"blue"}, {"green"}, at_seconds(5), kNever, 12.25};
    r.knowledge = model::Knowledge{name("example."), {}, {}, {}, {}};
    r.knowledge->parent.name = "lab";
    ASSERT_TRUE(store->save(r, {}));
    EXPECT_EQ(r.revision, 1U);

    const auto back = store->load(name("EXAMPLE")).value();
    EXPECT_EQ(back.zone, r.zone);
    EXPECT_EQ(back.parent, r.parent);
    EXPECT_EQ(back.intent, r.intent);
    EXPECT_EQ(back.mode, r.mode);
    EXPECT_EQ(back.paused, r.paused);
    EXPECT_EQ(back.steps, r.steps);
    EXPECT_EQ(back.knowledge, r.knowledge);
    EXPECT_EQ(back.decision, r.decision);
    EXPECT_EQ(back.decided, r.decided);
    EXPECT_EQ(back.settled, r.settled);
    EXPECT_EQ(back.transition, r.transition);
    EXPECT_EQ(back.revision, r.revision);
    EXPECT_EQ(store->zones().value(), std::vector{r.zone});
}

TEST_P(StoreContract, RefusesToOverwriteWhatItDidNotSee) {
    auto first = record("example.");
    ASSERT_TRUE(store->save(first, {}));
    auto again = record("example.");
    EXPECT_EQ(store->save(again, {event("x", 1)}).error().kind, ErrorKind::conflict);

    auto a = store->load(first.zone).value();
    auto b = store->load(first.zone).value();
    a.paused = true;
    ASSERT_TRUE(store->save(a, {event("a", 1)}));
    b.steps = 9;
    EXPECT_EQ(store->save(b, {event("b", 2)}).error().kind, ErrorKind::conflict);
    EXPECT_EQ(b.revision, 1U) << "a failed save must leave the revision alone";
    EXPECT_EQ(store->load(first.zone).value().steps, 0);
    EXPECT_EQ(store->events(first.zone, 0, 10).value().size(), 1U) << "events go with their save, or not at all";
    ASSERT_TRUE(store->save(a, {})) << "the winner can go on";
}

TEST_P(StoreContract, RefusesToSaveWhatWasRemoved) {
    auto r = record("example.");
    ASSERT_TRUE(store->save(r, {event("x", 1)}));
    ASSERT_TRUE(store->remove(r.zone));
    EXPECT_EQ(store->save(r, {}).error().kind, ErrorKind::conflict);
    EXPECT_TRUE(store->zones().value().empty());
    EXPECT_FALSE(store->add_transition(r.zone, {}));
    auto anew = record("example.");
    ASSERT_TRUE(store->save(anew, {}));
    EXPECT_TRUE(store->events(r.zone, 0, 10).value().empty()) << "a new zone has no history";
}

TEST_P(StoreContract, NumbersEventsInOrder) {
    auto a = record("a.example."), b = record("b.example.");
    ASSERT_TRUE(store->save(a, {event("one", 1), event("two", 2)}));
    ASSERT_TRUE(store->save(b, {event("three", 3)}));
    ASSERT_TRUE(store->save(a, {event("four", 4)}));

    const auto of_a = store->events(a.zone, 0, 10).value();
    ASSERT_EQ(of_a.size(), 3U);
    EXPECT_EQ(of_a[0].kind, "one");
    EXPECT_EQ(of_a[0].at, at_seconds(1));
    EXPECT_LT(of_a[0].id, of_a[1].id);
    EXPECT_LT(of_a[1].id, of_a[2].id);
    const auto later = store->events(a.zone, of_a[0].id, 1).value();
    ASSERT_EQ(later.size(), 1U);
    EXPECT_EQ(later[0].kind, "two");

    const auto all = store->all_events(0, 3).value();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[2].event.kind, "three");
    EXPECT_EQ(all[2].zone, b.zone);
    EXPECT_EQ(store->all_events(all[2].event.id, 10).value().size(), 1U);
}

TEST_P(StoreContract, KeepsTransitions) {
    auto r = record("example.");
    ASSERT_TRUE(store->save(r, {}));
    const port::Transition one{{"blue"}, {"blue", "green"}, at_seconds(1), at_seconds(31.5), 30};
    const port::Transition two{{"blue", "green"}, {"green"}, at_seconds(40), at_seconds(140), 98.000001};
    ASSERT_TRUE(store->add_transition(r.zone, one));
    ASSERT_TRUE(store->add_transition(r.zone, two));
    EXPECT_EQ(store->transitions(r.zone).value(), (std::vector{one, two}));
}

TEST_P(StoreContract, KeepsConfigurationByKindAndName) {
    ASSERT_TRUE(store->put_config("signer", "blue", "{\"a\":1}"));
    ASSERT_TRUE(store->put_config("signer", "blue", "{\"a\":2}"));
    ASSERT_TRUE(store->put_config("parent", "blue", "{}"));
    const auto signers = store->configs("signer").value();
    ASSERT_EQ(signers.size(), 1U);
    EXPECT_EQ(signers[0], (std::pair<std::string, std::string>{"blue", "{\"a\":2}"}));
    ASSERT_TRUE(store->drop_config("signer", "blue"));
    EXPECT_EQ(store->drop_config("signer", "blue").error().kind, ErrorKind::not_found);
    EXPECT_EQ(store->configs("parent").value().size(), 1U);
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreContract);

} // namespace tutti::test
