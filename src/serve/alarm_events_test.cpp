// Passes of the engine over a zone: what is raised and cleared is written down.
#include "serve/fakes_test.hpp"
#include "serve/outbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::serve {
namespace {

using ::testing::Contains;
using ::testing::Not;

// Does not let us in, when it is told so.
class Doorkeeper final : public port::World {
  public:
    model::Observation observe(const port::ZoneSetup& setup) override {
        auto out = inner.observe(setup);
        if (renew_by != kNever)
            for (auto& d : out.signers[0].dnskey) {
                d.expires = renew_by + seconds(1000);
                d.renew_by = renew_by;
            }
        return out;
    }
    std::vector<Expected<void>> carry_out(const port::ZoneSetup& setup, std::span<const port::Order> orders) override {
        if (!shut) return inner.carry_out(setup, orders);
        return std::vector<Expected<void>>(orders.size(), fail(ErrorKind::auth, "BADKEY", "blue"));
    }
    FakeWorld inner;
    bool shut = false;
    Instant renew_by = kNever;
};

class AlarmEvents : public ::testing::Test {
  protected:
    AlarmEvents() {
        port::ZoneRecord r{.zone = zone,
                           .parent = "lab",
                           .intent = {},
                           .knowledge = {},
                           .decision = {},
                           .settled = {},
                           .transition = {}};
        r.intent.signers = {"blue"};
        r.intent.policy.trust_past = true;
        EXPECT_TRUE(store.save(r, {}));
    }
    void want(std::vector<std::string> signers) {
        auto r = store.load(zone).value();
        r.intent.signers = std::move(signers);
        ASSERT_TRUE(store.save(r, {}));
    }
    void pass() {
        clock.time += seconds(120);
        world.inner.now = clock.time;
        engine::reconcile(zone, {clock, world, store}, {});
    }
    // "+code" and "-code", in order.
    std::vector<std::string> told() {
        std::vector<std::string> out;
        const auto events = store.all_events(0, 1000).value();
        for (const auto& e : events)
            if (const auto n = notice_of(e)) out.push_back((n->raised ? "+" : "-") + n->code);
        return out;
    }

    dns::Name zone = dns::Name::parse("example.").value();
    FakeClock clock;
    FakeStore store;
    Doorkeeper world;
};

TEST_F(AlarmEvents, ProviderAuthWhenAWriteIsNotLetInUntilOneIs) {
    pass();
    want({"blue", "green"});
    world.shut = true;
    pass();
    pass();
    EXPECT_THAT(told(), Contains("+provider-auth"));
    EXPECT_THAT(told(), Not(Contains("-provider-auth")));
    world.shut = false;
    pass();
    pass();
    EXPECT_THAT(told(), Contains("-provider-auth"));
}

TEST_F(AlarmEvents, EachIsRaisedOnceAndClearedOnce) {
    pass();
    world.renew_by = clock.time + seconds(300);
    for (int i = 0; i < 6; ++i) pass();
    EXPECT_EQ(told(), std::vector<std::string>{"+rrsig-expires"});
    EXPECT_EQ(store.load(zone).value().decision.told().size(), 1U);
    world.renew_by = clock.time + seconds(30'000);
    for (int i = 0; i < 3; ++i) pass();
    EXPECT_EQ(told(), (std::vector<std::string>{"+rrsig-expires", "-rrsig-expires"}));
}

} // namespace
} // namespace tutti::serve
