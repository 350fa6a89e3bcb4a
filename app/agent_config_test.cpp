#include "app/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::app {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kEvery = R"([parent-agent]
zone = "example."
registry = "back"
database = "agent.db"
transfer = "192.0.2.1"
tsig = { name = "agent.", secret = { env = "X" } }
policy = "ch"
set = ["max_ds=4"]
allow_addresses = ["127.0.0.0/8"]
interval = "12h"
rare_every = 3
reload = "2m"
addresses = "30m"
messages = "20s"
submitters = 5
sources = ["192.0.2.7", "192.0.2.8"]
resolver = "192.0.2.53"
trust_anchor = "root.key"
lookup = false
keep = "10d"
keep_entries = 5000
log = "debug"
[parent-agent.scan]
port = 5300
per_address = 9
in_flight = 8
rate = 700
window = 60
waits = ["1s", "2s"]
tcp = true
every_address = true
verifiers = 3
[parent-agent.notify]
listen = ["192.0.2.10:5353"]
target = "agent.example."
ttl = 60
per_source = 100
per_zone = 10
per_zone_burst = 7
[parent-agent.reports]
dns = false
mail_from = "a@example"
mail_command = "sendmail -t"
operator_mail = "noc@example"
registrant_command = "tell"
registrant_after = "1d"
webhook = "https://example/hook"
)";

const std::string kLeast = "[parent-agent]\nzone = \"example.\"\nregistry = \"back\"\n";

std::string errors_of(const std::string& text) {
    const auto config = parse_config(text, "/etc/tutti");
    std::string out;
    if (!config)
        for (const auto& e : config.error())
            out += std::to_string(e.line) + ':' + std::to_string(e.column) + ": " + e.text + '\n';
    return out;
}

struct Wrong {
    const char* name;
    std::string text;
    const char* expected;
};
class AgentConfigErrors : public testing::TestWithParam<Wrong> {};

const std::string kWithSource = kLeast + "list = \"children\"\n";
const Wrong kWrong[] = {
    {"ZoneMissing", "[parent-agent]\nregistry = \"back\"\nlist = \"x\"\n",
     "1:1: parent-agent: the setting \"zone\" is missing"},
    {"RegistryMissing", "[parent-agent]\nzone = \"example.\"\nlist = \"x\"\n",
     "1:1: parent-agent: the setting \"registry\" is missing"},
    {"NoDelegations", kLeast, "parent-agent.transfer: say where the delegations are"},
    {"TwoKindsOfDelegations", kWithSource + "file = \"zone\"\n", "exactly one of transfer"},
    {"UnknownSetting", kWithSource + "intervall = \"1d\"\n", "5:1: parent-agent.intervall: unknown setting"},
    {"UnknownPolicy", kWithSource + "policy = \"lax\"\n", "5:10: parent-agent.policy: "},
    {"UnknownPolicySetting", kWithSource + "set = [\"max_dss=3\"]\n", "5:8: parent-agent.set: "},
    {"NotANetwork", kWithSource + "allow_addresses = [\"127.0.0.0/99\"]\n", "5:20: parent-agent.allow_addresses: "},
    {"NotAnAddress", kWithSource + "sources = [\"here\"]\n", "5:12: parent-agent.sources: "},
    {"TooOften", kWithSource + "interval = \"10ms\"\n", "parent-agent.interval: is less than 100 ms"},
    {"NoSubmitter", kWithSource + "submitters = 0\n", "5:14: parent-agent.submitters: 0 is out of range"},
    {"ScanPort", kWithSource + "[parent-agent.scan]\nport = 70000\n", "6:8: parent-agent.scan.port: 70000"},
    {"NotAWait", kWithSource + "[parent-agent.scan]\nwaits = [\"soon\"]\n", "6:10: parent-agent.scan.waits: "},
    {"NotAListener", kWithSource + "[parent-agent.notify]\nlisten = [\"agent.example\"]\n",
     "6:11: parent-agent.notify.listen: "},
    {"NoRate", kWithSource + "[parent-agent.notify]\nper_source = 0\n", "6:14: parent-agent.notify.per_source: 0"},
    {"MailWithoutCommand", kWithSource + "[parent-agent.reports]\nmail_from = \"a@example\"\n",
     "parent-agent.reports.mail_from: mail needs both"},
};

} // namespace

TEST(AgentConfig, ReadsEverySetting) {
    ASSERT_EQ(errors_of(kEvery), "");
    const auto a = parse_config(kEvery, "/etc/tutti").value().agent.value();
    EXPECT_EQ(a.zone.text(), "example.");
    EXPECT_EQ(a.registry, "back");
    EXPECT_EQ(a.database, "/etc/tutti/agent.db");
    EXPECT_EQ(a.delegated.transfer->text(), "192.0.2.1");
    EXPECT_EQ(a.delegated.tsig->name.text(), "agent.");
    EXPECT_EQ(a.scan.policy.max_ds, 4U);
    EXPECT_EQ(a.scan.policy.allow_addresses.size(), 1U);
    EXPECT_EQ(a.interval, std::chrono::hours(12));
    EXPECT_EQ(a.rare_every, 3U);
    EXPECT_EQ(a.reload, std::chrono::minutes(2));
    EXPECT_EQ(a.addresses, std::chrono::minutes(30));
    EXPECT_EQ(a.messages, std::chrono::seconds(20));
    EXPECT_EQ(a.submitters, 5);
    EXPECT_THAT(a.scan.asker.sources, ElementsAre("192.0.2.7", "192.0.2.8"));
    EXPECT_EQ(a.resolver->text(), "192.0.2.53");
    EXPECT_EQ(a.trust_anchor, "/etc/tutti/root.key");
    EXPECT_FALSE(a.lookup);
    EXPECT_EQ(a.keep, std::chrono::days(10));
    EXPECT_EQ(a.keep_entries, 5000U);
    EXPECT_EQ(a.log, "debug");
}

TEST(AgentConfig, ReadsEverySettingOfItsParts) {
    const auto a = parse_config(kEvery, "/etc/tutti").value().agent.value();
    EXPECT_EQ(a.scan.port, 5300);
    EXPECT_EQ(a.scan.asker.politeness.per_second, 9U);
    EXPECT_EQ(a.scan.asker.politeness.in_flight, 8U);
    EXPECT_EQ(a.scan.asker.politeness.total_per_second, 700U);
    EXPECT_EQ(a.scan.asker.politeness.total_in_flight, 60U);
    EXPECT_THAT(a.scan.asker.waits, ElementsAre(seconds(1), seconds(2)));
    EXPECT_TRUE(a.scan.tcp);
    EXPECT_TRUE(a.scan.every_address);
    EXPECT_EQ(a.scan.verifiers, 3U);
    ASSERT_EQ(a.notify.listen.size(), 1U);
    EXPECT_EQ(a.notify.listen[0].text(), "192.0.2.10:5353");
    EXPECT_EQ(a.notify.target->text(), "agent.example.");
    EXPECT_EQ(a.notify.ttl, 60U);
    EXPECT_EQ(a.notify.per_source.per_minute, 100);
    EXPECT_EQ(a.notify.per_source.burst, 50) << "half of it, where nothing is said";
    EXPECT_EQ(a.notify.per_zone.burst, 7);
    EXPECT_FALSE(a.reports.dns);
    EXPECT_EQ(a.reports.mail_command, "sendmail -t");
    EXPECT_EQ(a.reports.registrant_after, std::chrono::days(1));
    EXPECT_EQ(a.reports.webhook, "https://example/hook");
}

TEST(AgentConfig, HasDefaultsForAllThatIsNotSaid) {
    const auto a = parse_config(kWithSource, "/etc/tutti").value().agent.value();
    EXPECT_EQ(a.delegated.list, "/etc/tutti/children");
    EXPECT_EQ(a.interval, std::chrono::days(1));
    EXPECT_EQ(a.scan.policy.max_ds, 6U) << "strict";
    EXPECT_TRUE(a.lookup);
    EXPECT_TRUE(a.notify.listen.empty());
    EXPECT_FALSE(parse_config("", "/").value().agent);
}

TEST_P(AgentConfigErrors, NameThePlaceAndWhatIsAllowed) {
    EXPECT_THAT(errors_of(GetParam().text), HasSubstr(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(All, AgentConfigErrors, testing::ValuesIn(kWrong),
                         [](const auto& info) { return std::string(info.param.name); });

} // namespace tutti::app
