#include "agent/report.hpp"

#include "accept/test_world.hpp"
#include "agent/dsync.hpp"
#include "agent/hear.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tutti::agent {
namespace {

using accept::testing::kDay;
using accept::testing::kNow;
using accept::testing::name;

// ---- error reports (R64, R65) ----

TEST(Report, TheNameIsThatOfRfc9567) {
    EXPECT_EQ(report_name(name("broken.test"), 59, 6, name("a01.agent-domain.example"))->text(),
              "_er.59.broken.test.6._er.a01.agent-domain.example.");
}
TEST(Report, ANameThatIsTooLongIsNotSent) {
    std::string longest;
    for (int i = 0; i < 4; ++i) longest += std::string(55, 'a') + ".";
    EXPECT_TRUE(report_name(name("broken.test"), 59, 6, name(longest)));
    EXPECT_FALSE(report_name(name(longest), 59, 6, name(longest)));
}
TEST(Report, OnlyAnAgentAtANameServerIsBelieved) {
    const std::vector ns{name("ns1.one.test"), name("ns2.two.test")};
    EXPECT_TRUE(may_report_to(name("ns1.one.test"), ns));
    EXPECT_TRUE(may_report_to(name("reports.ns2.two.test"), ns));
    EXPECT_FALSE(may_report_to(name("one.test"), ns));
    EXPECT_FALSE(may_report_to(name("xns1.one.test"), ns));
    EXPECT_FALSE(may_report_to(name("victim.example"), ns));
    EXPECT_FALSE(may_report_to(name("victim.example"), {dns::Name::root()}));
}

// ---- how often (R66) ----

RC_GTEST_PROP(Report, TheSameConditionAtMostTwiceAndThenEverMoreRarely, ()) {
    std::optional<Told> told;
    Instant now = kNow;
    std::vector<Instant> sent;
    const int looks = *rc::gen::inRange(1, 400);
    for (int i = 0; i < looks; ++i) {
        now += Duration{*rc::gen::inRange<std::int64_t>(1, std::chrono::hours{48} / Duration{1})};
        const auto d = due(told, "bad", now);
        told = d.told;
        if (d.tell) sent.push_back(now);
    }
    RC_ASSERT(!sent.empty());
    for (std::size_t i = 1; i < sent.size(); ++i) {
        const Duration gap = sent[i] - sent[i - 1];
        RC_ASSERT(gap >= kDay);
        if (i >= 2) RC_ASSERT(gap >= 7 * kDay);
        if (i >= 3) RC_ASSERT(gap >= 14 * kDay);
    }
}
TEST(Report, AnotherConditionIsToldAtOnce) {
    const auto first = due({}, "bad", kNow);
    EXPECT_TRUE(first.tell);
    EXPECT_FALSE(due(first.told, "bad", kNow + seconds(60)).tell);
    EXPECT_TRUE(due(first.told, "worse", kNow + seconds(60)).tell);
}
TEST(Report, TheRegistrantHearsAfterThreeDaysOfTheSame) {
    std::optional<Told> told;
    for (int hours = 0; hours < 72; ++hours) {
        const auto d = due(told, "bad", kNow + std::chrono::hours{hours}, 3 * kDay);
        EXPECT_FALSE(d.tell);
        told = d.told;
    }
    EXPECT_TRUE(due(told, "bad", kNow + 3 * kDay, 3 * kDay).tell);
    EXPECT_FALSE(due(told, "worse", kNow + 3 * kDay, 3 * kDay).tell);
}

// ---- mail ----

TEST(Report, TheMailboxIsThatOfTheSoa) {
    EXPECT_EQ(mailbox(name("hostmaster.example.com")), "hostmaster@example.com");
    EXPECT_EQ(mailbox(name("first\\.last.example.com")), "first.last@example.com");
}
TEST(Report, AMailboxThatCouldMeanMoreIsNone) {
    for (const char* bad : {"a\\010b.example.com", "-oX.example.com", "a\\@b.example.com", "a\\032b.example.com",
                            "a.exa\\010mple.com", "a\\,b.example.com", ".", "com"})
        EXPECT_FALSE(mailbox(name(bad))) << bad;
}
TEST(Report, AMailSaysWhatAndWhere) {
    const Occasion o{
        Occasion::Kind::trouble, kNow, name("child.example"), "x", "Server 192.0.2.1 differs.", 22, 59, {}};
    const auto mail = alert::text_of(mail_for(o, "agent@example", "hostmaster@child.example", name("example")));
    EXPECT_TRUE(mail.starts_with("From: agent@example\nTo: hostmaster@child.example\nSubject: child.example.: "));
    EXPECT_NE(mail.find("Auto-Submitted: auto-generated\n"), std::string::npos);
    EXPECT_NE(mail.find("\n\nchild.example.\n\nServer 192.0.2.1 differs.\n"), std::string::npos);
}

// ---- NOTIFY (R60, R61) ----

class HearTest : public ::testing::Test {
  protected:
    HeardAnswer hear(std::string_view child, const std::string& source, dns::Type type = dns::Type::CDS) {
        return hearing.hear({name(child), type, source}, now);
    }
    static NotifySettings settings() {
        NotifySettings out;
        out.per_source = {.per_minute = 60, .burst = 3};
        out.per_zone = {.per_minute = 6, .burst = 2};
        return out;
    }
    std::vector<dns::Name> looked;
    Desk::Hint says = Desk::Hint::taken;
    Instant now = kNow;
    Hearing hearing{settings(), 1, [this](const dns::Name& n) {
                        looked.push_back(n);
                        return says;
                    }};
};

TEST_F(HearTest, CdsAndCsyncLeadToALook) {
    EXPECT_EQ(hear("a.example", "192.0.2.1").rcode, dns::Rcode::noerror);
    EXPECT_TRUE(hear("b.example", "192.0.2.1", dns::Type::CSYNC).taken);
    EXPECT_EQ(looked, (std::vector{name("a.example"), name("b.example")}));
    EXPECT_EQ(hear("c.example", "192.0.2.1", dns::Type::SOA).rcode, dns::Rcode::notimp);
    EXPECT_EQ(looked.size(), 2U);
}
TEST_F(HearTest, ASourceThatAsksTooOftenIsAnsweredBlocked) {
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(hear("a" + std::to_string(i) + ".example", "192.0.2.1").taken);
    const auto over = hear("b.example", "192.0.2.1");
    EXPECT_EQ(over.rcode, dns::Rcode::refused);
    EXPECT_EQ(over.ede, 15);
    EXPECT_TRUE(hear("b.example", "192.0.2.2").taken); // another source is not
    now += seconds(1.1);
    EXPECT_TRUE(hear("c.example", "192.0.2.1").taken);
}
TEST_F(HearTest, AZoneThatIsAskedForTooOftenIsBlockedWhoeverAsks) {
    EXPECT_TRUE(hear("a.example", "192.0.2.1").taken);
    EXPECT_TRUE(hear("a.example", "192.0.2.2").taken);
    EXPECT_EQ(hear("a.example", "192.0.2.3").ede, 15);
    EXPECT_TRUE(hear("b.example", "192.0.2.3").taken);
    EXPECT_EQ(looked.size(), 3U);
}
TEST_F(HearTest, ABlockedSourceDoesNotUseUpAZone) {
    for (int i = 0; i < 50; ++i) (void)hear("x" + std::to_string(i) + ".example", "192.0.2.1");
    for (int i = 0; i < 50; ++i) EXPECT_EQ(hear("a.example", "192.0.2.1").ede, 15);
    EXPECT_TRUE(hear("a.example", "192.0.2.2").taken);
}
TEST_F(HearTest, WhatIsNotDelegatedHereIsRefused) {
    says = Desk::Hint::unknown;
    EXPECT_EQ(hear("a.example", "192.0.2.1").rcode, dns::Rcode::refused);
    says = Desk::Hint::not_now;
    EXPECT_EQ(hear("b.example", "192.0.2.1").rcode, dns::Rcode::servfail); // comes again
}

// ---- DSYNC (R62) ----

TEST(Dsync, OneRecordForEachTypeWithTheSchemeNotify) {
    const auto records = dsync_records(name("example"), name("agent.example"), 5300, 600).value();
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(dsync_text(records[0]), "*._dsync.example. 600 IN DSYNC CDS NOTIFY 5300 agent.example.");
    EXPECT_EQ(dsync_text(records[1]), "*._dsync.example. 600 IN DSYNC CSYNC NOTIFY 5300 agent.example.");
    EXPECT_EQ(records[0].rdata, std::string("\x00\x3b\x01\x14\xb4", 5) + name("agent.example").wire());
}

} // namespace
} // namespace tutti::agent
