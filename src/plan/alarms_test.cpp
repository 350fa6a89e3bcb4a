#include "plan/alarms.hpp"

#include "plan/test_zone.hpp"

#include <gtest/gtest.h>

namespace tutti::plan::test {
namespace {

using State = model::Decision::State;
using Change = std::function<void(model::Observation&)>;

// A zone that is looked at again and again; every test raises an alarm and clears it.
class Watched : public ::testing::Test {
  protected:
    Watched() {
        z.add("blue", 10);
        z.add("green", 20);
        z.delegate_to(z.signers[0]);
        z.intent.signers = {"blue"};
        z.intent.policy.trust_past = true;
    }
    // Both sign and serve, and nothing is left to do.
    void together() {
        z.intent.signers = {"blue", "green"};
        ASSERT_EQ(z.run().state, State::done);
        later(seconds(100));
    }
    void later(Duration by) {
        z.now += by;
        look();
    }
    const model::Decision& look(const Change& change = {}) {
        auto seen = z.observe();
        if (change) change(seen);
        learn(z.known, seen, z.intent);
        auto d = plan(z.intent, z.known, z.now);
        watch(d, {z.intent, z.known, last, settled, z.now});
        last = std::move(d);
        return last;
    }
    const model::Alarm* find(const std::string& code) const {
        for (const auto& a : last.alarms)
            if (a.code == code && a.told) return &a;
        return nullptr;
    }
    std::string codes() const {
        std::string out;
        for (const auto& a : last.alarms) out += a.code + "(" + a.text + ") ";
        return out;
    }

    TestZone z;
    model::Decision last;
    bool settled = true;
};

TEST_F(Watched, AQuietZoneHasNone) {
    look();
    EXPECT_TRUE(last.alarms.empty()) << codes();
    together();
    EXPECT_TRUE(last.alarms.empty()) << codes();
}

TEST_F(Watched, KeyUnexpectedWhereTheInterfaceDoesNotNameIt) {
    const auto own = [&](model::Observation& o) {
        o.signers[0].own_keys = {z.signers[0].ksks[0], z.signers[0].zsks[0]};
    };
    look(own);
    EXPECT_EQ(find("key-unexpected"), nullptr) << codes();
    z.signers[0].foreign.push_back(make_key(77, false));
    z.now += seconds(1);
    look(own);
    ASSERT_NE(find("key-unexpected"), nullptr) << codes();
    EXPECT_EQ(find("key-unexpected")->who, "blue");
    EXPECT_EQ(find("key-unexpected")->what, std::to_string(make_key(77, false).tag()));
    z.signers[0].foreign.clear();
    z.now += seconds(1);
    look(own);
    EXPECT_EQ(find("key-unexpected"), nullptr) << codes();
}
TEST_F(Watched, KeyUnexpectedWhereItIsNobodys) {
    together();
    for (auto& s : z.signers) s.foreign.push_back(make_key(78, false));
    later(seconds(1));
    EXPECT_NE(find("key-unexpected"), nullptr) << codes();
    for (auto& s : z.signers) std::erase(s.foreign, make_key(78, false));
    later(seconds(1));
    EXPECT_EQ(find("key-unexpected"), nullptr) << codes();
}
TEST_F(Watched, ASignersOwnNewKeyIsNotUnexpected) {
    together();
    z.signers[0].zsks.push_back(make_key(12, false));
    look([&](model::Observation& o) { // published, and not yet used
        for (auto& d : o.signers[0].data) d.keys = {z.signers[0].zsks[0]};
    });
    EXPECT_EQ(find("key-unexpected"), nullptr) << codes();
}

TEST_F(Watched, SignsTooEarlyWithAKeyThatTheOthersDoNotPublish) {
    together();
    z.signers[1].zsks = {make_key(22, false)};
    later(seconds(1));
    ASSERT_NE(find("signs-too-early"), nullptr) << codes();
    for (int i = 0; i < 5; ++i) { // the key reaches blue, and caches forget
        z.run();
        later(seconds(60));
    }
    EXPECT_EQ(find("signs-too-early"), nullptr) << codes();
}

TEST_F(Watched, WaitStuckWhenSomebodyHasToActForLongerThanPatience) {
    z.mode = model::ParentMode::manual;
    z.intent.signers = {"green"};
    settled = false;
    for (int i = 0; i < 10 && last.state != State::blocked; ++i) {
        auto d = look();
        for (const auto& a : d.actions) {
            note_attempt(z.known, a, z.intent.policy, z.now);
            if (a.signer >= 0) z.apply(a);
        }
        z.now += seconds(30);
    }
    ASSERT_EQ(last.state, State::blocked);
    EXPECT_EQ(find("wait-stuck"), nullptr) << "at once";
    later(z.intent.policy.patience);
    ASSERT_NE(find("wait-stuck"), nullptr) << codes();
    EXPECT_FALSE(find("wait-stuck")->remedy.empty());
    const auto since = find("wait-stuck")->since;
    later(seconds(60));
    EXPECT_EQ(find("wait-stuck")->since, since);
    z.mode = model::ParentMode::direct;
    z.run();
    look();
    EXPECT_EQ(find("wait-stuck"), nullptr) << codes();
}

TEST_F(Watched, RrsigExpiresWhenItWasNotRenewedInTime) {
    const Instant end = z.now + seconds(1000);
    const Change ends = [&](model::Observation& o) {
        for (auto& d : o.signers[0].dnskey) {
            d.expires = end;
            d.renew_by = end - seconds(100);
        }
    };
    look(ends);
    EXPECT_EQ(find("rrsig-expires"), nullptr) << codes();
    z.now = end - seconds(100);
    look(ends);
    ASSERT_NE(find("rrsig-expires"), nullptr) << codes();
    EXPECT_NE(find("rrsig-expires")->text.find(to_rfc3339(end)), std::string::npos);
    look([&](model::Observation& o) {
        for (auto& d : o.signers[0].dnskey) {
            d.expires = end + seconds(1000);
            d.renew_by = end + seconds(900);
        }
    });
    EXPECT_EQ(find("rrsig-expires"), nullptr) << codes();
}

TEST_F(Watched, DsMismatchForADsThatNobodyPublishes) {
    look();
    const auto stray = dnssec::make_ds(z.zone, make_key(99, true), 2).value();
    z.ds.push_back(stray);
    later(seconds(1));
    EXPECT_NE(find("ds-mismatch"), nullptr) << codes();
    std::erase(z.ds, stray);
    later(seconds(1));
    EXPECT_EQ(find("ds-mismatch"), nullptr) << codes();
}
TEST_F(Watched, DsMismatchWhenItHasBeenRemoved) {
    look();
    const auto before = z.ds;
    z.ds.clear();
    later(seconds(1));
    ASSERT_NE(find("ds-mismatch"), nullptr) << codes();
    later(seconds(5000)); // when nobody remembers what was there
    forget_dead(z.known, z.intent, z.now);
    look();
    EXPECT_NE(find("ds-mismatch"), nullptr) << codes();
    z.ds = before;
    later(seconds(1));
    EXPECT_EQ(find("ds-mismatch"), nullptr) << codes();
}

TEST_F(Watched, DriftOfNsUntilItIsAsWanted) {
    together();
    const auto before = z.signers[1].ns;
    z.signers[1].ns = z.signers[1].names;
    later(seconds(1));
    ASSERT_NE(find("drift"), nullptr) << codes();
    EXPECT_EQ(find("drift")->who, "green");
    z.signers[1].ns = before;
    later(seconds(1));
    EXPECT_EQ(find("drift"), nullptr) << codes();
}
TEST_F(Watched, DriftOfAKeyThatSomebodyTookAway) {
    together();
    const auto before = z.signers[0].foreign;
    ASSERT_FALSE(before.empty());
    z.signers[0].foreign.clear();
    later(seconds(1));
    ASSERT_NE(find("drift"), nullptr) << codes();
    EXPECT_EQ(find("drift")->what, "DNSKEY");
    z.signers[0].foreign = before;
    later(seconds(1));
    EXPECT_EQ(find("drift"), nullptr) << codes();
}
TEST_F(Watched, AChangeThatIsWantedIsNoDrift) {
    look();
    z.intent.signers = {"blue", "green"};
    settled = false;
    look();
    EXPECT_EQ(find("drift"), nullptr) << codes();
}

TEST_F(Watched, ProviderAuthWhereItsInterfaceDoesNotLetUsIn) {
    look([](model::Observation& o) { o.signers[0].shut = "HTTP 401"; });
    ASSERT_NE(find("provider-auth"), nullptr) << codes();
    EXPECT_EQ(find("provider-auth")->who, "blue");
    look();
    EXPECT_EQ(find("provider-auth"), nullptr) << codes();
    z.known.parent.shut.write = "BADKEY";
    look();
    EXPECT_EQ(find("provider-auth")->what, "write") << codes();
}

TEST_F(Watched, SinceStaysAsLongAsItHolds) {
    z.signers[0].silent = true;
    look(); // nothing was ever seen
    later(seconds(1));
    z.signers[0].silent = false;
    later(seconds(1));
    z.signers[0].silent = true;
    later(seconds(1));
    ASSERT_NE(find("server-silent"), nullptr) << codes();
    const auto since = find("server-silent")->since;
    later(seconds(100));
    EXPECT_EQ(find("server-silent")->since, since);
    EXPECT_LT(since, z.now);
    z.signers[0].silent = false;
    later(seconds(1));
    EXPECT_EQ(find("server-silent"), nullptr) << codes();
}

} // namespace
} // namespace tutti::plan::test
