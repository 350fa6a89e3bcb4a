#include "app/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tutti::app {

namespace {

using testing::HasSubstr;

constexpr const char* kGood = R"(
[daemon]
socket = "run/tutti.sock"
database = "/var/lib/tutti/tutti.db"
notify = ["127.0.0.5:53"]
resolver = "127.0.0.53:53"
trust_anchor = "root.key"
log = "debug"
workers = 3
accept_clock = true
[policy]
digest_types = [2, 4]
margin = 5
patience = "10m"
data_ttl_max = 60
[signer.blue]
driver = "rfc2136"
servers = ["127.0.1.1:53", "127.0.1.2"]
update = "127.0.1.1:5353"
ns = ["ns1.blue.lab.", "ns2.blue.lab."]
signal_zones = ["blue.lab."]
tsig = { name = "ctl.", algorithm = "hmac-sha512", secret = { file = "blue.secret" } }
transfer = true
[signer.blue.quirks]
software = "bind"
foreign_sep = false
dnskey_ttl_fixed = 3600
[signer.red]
driver = "powerdns"
url = "http://127.0.3.1:8081"
api_key = { env = "RED_KEY" }
servers = ["127.0.3.1"]
ns = ["ns1.red.lab."]
[parent.lab]
driver = "cds"
servers = ["127.0.0.1"]
)";

// What is wrong, as "line:column: text" lines.
std::string errors_of(const std::string& text) {
    auto config = parse_config(text, "/etc/tutti");
    if (config) return "";
    std::string out;
    for (const auto& e : config.error()) {
        out += out.empty() ? "" : "\n";
        out += std::to_string(e.line) + ':' + std::to_string(e.column) + ": " + e.text;
    }
    return out;
}

const std::string kParent = "[parent.lab]\ndriver = \"cds\"\nservers = [\"127.0.0.1\"]\n";

struct Wrong {
    const char* name;
    std::string text;
    const char* expected;
};
class ConfigErrors : public testing::TestWithParam<Wrong> {};

const Wrong kWrong[] = {
    {"NotToml", "[daemon\n", "1:8: not TOML:"},
    {"UnknownSection", "[deamon]\n",
     "1:2: deamon: unknown setting; did you mean \"daemon\"? allowed are: alerts, api, approval, daemon, page, "
     "parent, parent-agent, policy, signer"},
    {"UnknownSetting", "[daemon]\nsokcet = \"x\"\n", "2:1: daemon.sokcet: unknown setting; did you mean \"socket\"?"},
    {"SectionIsAValue", "daemon = 3\n", "1:10: daemon: expected a table, found a whole number"},
    {"TextIsANumber", "[daemon]\nsocket = 3\n", "2:10: daemon.socket: expected a string, found a whole number"},
    {"FlagIsAText", "[daemon]\naccept_clock = \"yes\"\n",
     "2:16: daemon.accept_clock: expected true or false, found a string"},
    {"NumberOutOfRange", "[daemon]\nworkers = 0\n", "2:11: daemon.workers: 0 is out of range; allowed is 1 to 256"},
    {"NumberHasAFraction", "[daemon]\nworkers = 1.5\n",
     "2:11: daemon.workers: expected a whole number, found a number with a fraction"},
    {"WordNotAllowed", "[daemon]\nlog = \"loud\"\n",
     "2:7: daemon.log: \"loud\" is not allowed; use one of: trace, debug, info, warning, error"},
    {"NotAnEndpoint", "[daemon]\nresolver = \"ns1.example\"\n", "2:12: daemon.resolver: "},
    {"NotAListOfEndpoints", "[daemon]\nnotify = \"127.0.0.1\"\n",
     "2:10: daemon.notify: expected a list of strings, found a string"},
    {"ItemOfAnotherType", "[daemon]\nnotify = [\"127.0.0.1\", 3]\n",
     "2:24: daemon.notify: expected a string in the list"},
    {"DigestNotAllowed", "[policy]\ndigest_types = [2, 1]\n",
     "2:20: policy.digest_types: digest type 1 is not allowed; use 2 (SHA-256), 4 (SHA-384), or both"},
    {"NotADuration", "[policy]\nmargin = \"soon\"\n", "2:10: policy.margin: "},
    {"NegativeDuration", "[policy]\nmargin = -1\n", "2:10: policy.margin: out of range"},
    {"PastTtlOutOfRange", "[policy]\npast_ttl = 1.5\n",
     "2:12: policy.past_ttl: expected a whole number, found a number with a fraction"},
    {"TtlOutOfRange", "[policy]\nds_ttl = -1\n", "2:10: policy.ds_ttl: -1 is out of range"},
    {"DriverMissing", "[parent.lab]\nservers = [\"127.0.0.1\"]\n",
     "1:1: parent.lab: the setting \"driver\" is missing"},
    {"DriverUnknown", "[parent.lab]\ndriver = \"epp2\"\nservers = [\"127.0.0.1\"]\n",
     "2:10: parent.lab.driver: \"epp2\" is not a driver; the drivers are: rfc2136, epp, exec, zonefile, cds, manual"},
    {"ServersMissing", "[parent.lab]\ndriver = \"cds\"\n", "1:1: parent.lab.servers: no server address is given"},
    {"ServerTwice", "[parent.lab]\ndriver = \"cds\"\nservers = [\"127.0.0.1\", \"127.0.0.1:53\"]\n",
     "3:11: parent.lab.servers: 127.0.0.1 is there twice"},
    {"NameNotAllowed", "[parent.Lab]\ndriver = \"cds\"\nservers = [\"127.0.0.1\"]\n",
     "1:1: parent.Lab.name: \"Lab\" is not a name"},
    {"SettingOfAnotherDriver", kParent + "update = \"127.0.0.1\"\n",
     "4:10: parent.lab.update: the driver cds does not use this; leave it out"},
    {"TsigMissing", "[parent.lab]\ndriver = \"rfc2136\"\nservers = [\"127.0.0.1\"]\n",
     "1:1: parent.lab.tsig: the driver rfc2136 needs a TSIG key"},
    {"EppMissing", "[parent.lab]\ndriver = \"epp\"\nservers = [\"127.0.0.1\"]\n",
     "1:1: parent.lab.epp: the driver epp needs to know the server"},
    {"EppIncomplete",
     "[parent.lab]\ndriver = \"epp\"\nservers = [\"127.0.0.1\"]\nepp = { client = \"ClientX\", password = { env = "
     "\"X\" } }\n",
     "1:1: parent.lab.epp.server: \"\" is not the address of a server"},
    {"EppWithoutPassword",
     "[parent.lab]\ndriver = \"epp\"\nservers = [\"127.0.0.1\"]\nepp = { server = \"epp.lab\", client = \"ClientX\" "
     "}\n",
     "4:7: parent.lab.epp: the setting \"password\" is missing"},
    {"EppInterface",
     "[parent.lab]\ndriver = \"epp\"\nservers = [\"127.0.0.1\"]\nepp = { server = \"epp.lab\", client = \"ClientX\", "
     "password = { env = \"X\" }, interface = \"both\" }\n",
     "4:87: parent.lab.epp.interface: \"both\" is not allowed"},
    {"CommandMissing", "[parent.lab]\ndriver = \"exec\"\nservers = [\"127.0.0.1\"]\n",
     "1:1: parent.lab.command: the driver exec needs it"},
    {"DirectoryOfAnotherDriver", kParent + "directory = \"/tmp\"\n",
     "4:13: parent.lab.directory: the driver cds does not use this; leave it out"},
    {"TsigAlgorithm",
     "[parent.lab]\ndriver = \"rfc2136\"\nservers = [\"127.0.0.1\"]\ntsig = { name = \"a.\", algorithm = \"hmac-md5\", "
     "secret = { env = \"X\" } }\n",
     "4:35: parent.lab.tsig.algorithm: \"hmac-md5\" is not allowed"},
    {"SecretInTheFile",
     "[parent.lab]\ndriver = \"rfc2136\"\nservers = [\"127.0.0.1\"]\ntsig = { name = \"a.\", secret = \"c2VjcmV0\" }\n",
     "4:32: parent.lab.tsig.secret: expected where it is: { file = \"PATH\" }, { env = \"NAME\" } or "
     "{ command = \"LINE\" }, found a string"},
    {"SecretFromTwoPlaces",
     "[parent.lab]\ndriver = \"rfc2136\"\nservers = [\"127.0.0.1\"]\ntsig = { name = \"a.\", secret = { file = \"x\", "
     "env = \"Y\" } }\n",
     "4:32: parent.lab.tsig.secret: exactly one of file, env, command"},
    {"NotAName", kParent + "zone = \"a..b\"\n", "4:8: parent.lab.zone: "},
    {"UrlMissing",
     "[signer.red]\ndriver = \"powerdns\"\napi_key = { env = \"X\" }\nservers = [\"127.0.0.1\"]\nns = [\"ns.\"]\n",
     "1:1: signer.red.url: \"\" is not the address of an API"},
    {"QuirkUnknown",
     "[signer.red]\ndriver = \"powerdns\"\nurl = \"http://x\"\napi_key = { env = \"X\" }\nservers = "
     "[\"127.0.0.1\"]\nns = [\"ns.\"]\nquirks = { software = \"nsd\" }\n",
     "7:23: signer.red.quirks.software: \"nsd\" is not allowed; use one of: bind, knot, powerdns"},
};

} // namespace

TEST(Config, ReadsEverySetting) {
    ASSERT_EQ(errors_of(kGood), "");
    const auto c = parse_config(kGood, "/etc/tutti").value();
    EXPECT_EQ(c.daemon.socket, "/etc/tutti/run/tutti.sock");
    EXPECT_EQ(c.daemon.database, "/var/lib/tutti/tutti.db");
    EXPECT_EQ(c.daemon.workers, 3);
    EXPECT_EQ(c.daemon.log, "debug");
    EXPECT_TRUE(c.daemon.accept_clock);
    ASSERT_EQ(c.daemon.notify.size(), 1U);
    EXPECT_EQ(c.daemon.resolver->text(), "127.0.0.53");
    EXPECT_EQ(c.daemon.trust_anchor, "/etc/tutti/root.key");
    EXPECT_EQ(c.policy.digest_types, (std::vector<std::uint8_t>{2, 4}));
    EXPECT_EQ(c.policy.margin, seconds(5));
    EXPECT_EQ(c.policy.patience, std::chrono::minutes(10));
    EXPECT_EQ(c.policy.data_ttl_max, 60U);
    ASSERT_EQ(c.signers.size(), 2U);
    const auto& blue = c.signers[0];
    EXPECT_EQ(blue.name, "blue");
    EXPECT_EQ(blue.primary().text(), "127.0.1.1:5353");
    EXPECT_EQ(blue.tsig->secret.text(), "file:/etc/tutti/blue.secret");
    EXPECT_EQ(blue.tsig->algorithm, "hmac-sha512");
    EXPECT_TRUE(blue.transfer);
    ASSERT_EQ(blue.signal_zones.size(), 1U);
    EXPECT_EQ(blue.signal_zones[0].text(), "blue.lab.");
    EXPECT_EQ(blue.quirks.software, "bind");
    EXPECT_EQ(blue.quirks.foreign_sep, false);
    EXPECT_EQ(blue.quirks.dnskey_ttl_fixed, 3600U);
    EXPECT_FALSE(blue.quirks.cds);
    EXPECT_EQ(c.signers[1].api_key->text(), "env:RED_KEY");
    EXPECT_EQ(c.signers[1].server_id, "localhost");
    EXPECT_EQ(c.parents[0].driver, "cds");
}

TEST(Config, AnEmptyFileIsFine) {
    const auto c = parse_config("", "/").value();
    EXPECT_EQ(c.daemon.socket, kDefaultSocket);
    EXPECT_TRUE(c.signers.empty());
}

TEST_P(ConfigErrors, NameThePlaceAndWhatIsAllowed) {
    EXPECT_THAT(errors_of(GetParam().text), HasSubstr(GetParam().expected));
}

TEST_P(ConfigErrors, ComeOneByOne) {
    EXPECT_EQ(errors_of(GetParam().text).find('\n'), std::string::npos) << errors_of(GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(All, ConfigErrors, testing::ValuesIn(kWrong),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Config, ShowsAllErrorsAtOnceInTheOrderOfTheFile) {
    EXPECT_EQ(errors_of("[daemon]\nworkers = 0\nlogg = \"info\"\n[policy]\nmargin = \"x y\"\n").substr(0, 4), "2:11");
    const auto text = errors_of("[daemon]\nworkers = 0\nlogg = \"info\"\n[polcy]\n");
    EXPECT_THAT(text, HasSubstr("2:11: daemon.workers"));
    EXPECT_THAT(text, HasSubstr("\n3:1: daemon.logg"));
    EXPECT_THAT(text, HasSubstr("\n4:2: polcy"));
}

TEST(Config, ErrorsNameTheFile) {
    const auto path = std::filesystem::temp_directory_path() / ("tutti-config-" + std::to_string(::getpid()) + ".toml");
    std::ofstream(path) << "[daemon]\nworkers = 0\n";
    const auto e = load_config(path.string()).error();
    EXPECT_EQ(e.text(), path.string() + ":2:11: daemon.workers: 0 is out of range; allowed is 1 to 256");
    std::filesystem::remove(path);
    EXPECT_THAT(load_config("/no/such/file").error().text(), HasSubstr("/no/such/file: cannot read"));
}

TEST(Config, TheApiListensWithTlsOrOnLoopback) {
    const auto listens = [](const std::string& lines) { return parse_config("[api]\n" + lines, "/etc/tutti"); };
    const auto plain = listens("listen = [\"127.0.0.1:8080\", \"[::1]:8080\"]\npublic_read = true");
    ASSERT_TRUE(plain) << plain.error().front().text;
    EXPECT_EQ(plain->api.listen.size(), 2U);
    EXPECT_TRUE(plain->api.public_read);
    const auto tls = listens("listen = [\"192.0.2.1:8443\"]\ncertificate = \"api.pem\"\nkey = \"api.key\"");
    ASSERT_TRUE(tls);
    EXPECT_EQ(tls->api.certificate, "/etc/tutti/api.pem");
    const auto wrong = [&](const std::string& lines) { return listens(lines).error().front().text; };
    EXPECT_THAT(wrong("listen = [\"192.0.2.1:8080\"]"), HasSubstr("without TLS only loopback"));
    EXPECT_THAT(wrong("listen = [\"127.0.0.1\"]"), HasSubstr("has no port"));
    EXPECT_THAT(wrong("certificate = \"api.pem\""), HasSubstr("belong together"));
    const auto both = parse_config("[approval]\nzones = [\"a.lab.\"]\n[page]\ntestbed = \"bed\"", "/var");
    ASSERT_TRUE(both);
    EXPECT_EQ(both->approval.zones.size(), 1U);
    EXPECT_EQ(both->page.testbed, "/var/bed");
}

} // namespace tutti::app
