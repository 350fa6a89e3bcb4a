// What every signer driver must say when something is wrong, and that nothing is changed then.
#include "test/contract/signer_fixture.hpp"

#include <chrono>

namespace tutti::contract {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// ---- servers set up well, used wrongly ----

class SignerFaults : public SignerTest {
  protected:
    std::shared_ptr<port::SignerDriver> with(const port::SignerSettings& settings) {
        return signer::make(settings, ports.ports()).value();
    }
    // PowerDNS answers REFUSED, unsigned, to a bad signature.
    static ErrorKind refusal() { return GetParam() == Brand::powerdns_ddns ? ErrorKind::refused : ErrorKind::auth; }
    bool api() const { return real.settings().driver == "powerdns"; }
};

TEST_P(SignerFaults, WrongSecret) {
    auto settings = real.settings();
    if (api())
        settings.api_key = real.secret_file("wrong", "not-the-key");
    else
        settings.tsig->secret = real.secret_file("wrong", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=");
    const auto before = served(Type::NS);
    const auto result = with(settings)->apply(zone, std::vector{change(Type::NS, {ns("ns2")}, {})});
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind, refusal()) << result.error().text();
    EXPECT_THAT(result.error().text(), Not(HasSubstr("QUFB")));
    EXPECT_THAT(result.error().text(), Not(HasSubstr("not-the-key")));
    EXPECT_EQ(served(Type::NS), before);
    const auto report = with(settings)->probe(zone);
    EXPECT_FALSE(report.has_value() && report->usable());
}

TEST_P(SignerFaults, UnknownKeyName) {
    if (api()) GTEST_SKIP() << "no TSIG";
    auto settings = real.settings();
    settings.tsig->name = dns::Name::parse("nobody.").value();
    const auto result = with(settings)->apply(zone, std::vector{change(Type::NS, {ns("ns2")}, {})});
    ASSERT_FALSE(result.has_value());
    EXPECT_THAT(result.error().kind, AnyOf(ErrorKind::auth, ErrorKind::refused)) << result.error().text();
}

TEST_P(SignerFaults, ClockOffByAnHour) {
    if (api()) GTEST_SKIP() << "no TSIG";
    net::testing::TestClock wrong{-std::chrono::hours(1)};
    net::DnsClient dns{wrong};
    const auto late = signer::make(real.settings(), {dns, ports.http, ports.secrets, wrong}).value();
    const auto result = late->apply(zone, std::vector{change(Type::NS, {ns("ns2")}, {})});
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind, refusal()) << result.error().text();
    const auto report = late->probe(zone);
    ASSERT_TRUE(report.has_value());
    EXPECT_FALSE(report->usable());
}

TEST_P(SignerFaults, NoSecret) {
    auto settings = real.settings();
    const port::SecretRef missing{port::SecretRef::Kind::file, "/nonexistent/secret"};
    if (api())
        settings.api_key = missing;
    else
        settings.tsig->secret = missing;
    const auto result = with(settings)->apply(zone, std::vector{change(Type::NS, {ns("ns2")}, {})});
    ASSERT_FALSE(result.has_value());
    EXPECT_THAT(result.error().text(), HasSubstr("/nonexistent/secret"));
}

TEST_P(SignerFaults, ZoneThatIsNotThere) {
    const auto other = dns::Name::parse("elsewhere.test.").value();
    const RrChange add{other, Type::NS, 60, {dns::ns_rdata(other.child("ns2").value())}, {}, {}, false};
    const auto result = driver->apply(other, std::vector{add});
    ASSERT_FALSE(result.has_value());
    EXPECT_THAT(result.error().kind, AnyOf(ErrorKind::not_found, ErrorKind::refused)) << result.error().text();
    const auto report = driver->probe(other);
    ASSERT_TRUE(report.has_value()) << report.error().text();
    EXPECT_FALSE(report->usable());
    EXPECT_FALSE(driver->inspect(other).has_value());
}

TEST_P(SignerFaults, NobodyThere) {
    auto settings = real.settings();
    const auto port = free_port();
    settings.servers = {{"127.0.0.1", port}};
    settings.update.reset();
    if (api()) settings.url = "http://127.0.0.1:" + std::to_string(port);
    const auto result = with(settings)->apply(zone, std::vector{change(Type::NS, {ns("ns2")}, {})});
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind, ErrorKind::unreachable) << result.error().text();
    driver = with(settings);
    const auto report = look();
    EXPECT_THAT(report.dnskey.at(0).problem, HasSubstr("127.0.0.1"));
    EXPECT_THAT(report.ns_child.at(0).problem, Not(IsEmpty()));
    EXPECT_THAT(report.data.at(0).problem, Not(IsEmpty()));
}

INSTANTIATE_TEST_SUITE_P(Real, SignerFaults,
                         ::testing::Values(Brand::bind, Brand::knot, Brand::powerdns, Brand::powerdns_ddns),
                         brand_name);

// ---- servers that say yes and do nothing ----

class SilentSigner : public SignerTest {};

TEST_P(SilentSigner, IsFoundOut) {
    const auto before = served(Type::DNSKEY);
    const auto result = apply({change(Type::DNSKEY, {dnskey(kForeignZsk)}, {})});
    ASSERT_FALSE(result.has_value());
    const auto text = result.error().text();
    RecordProperty("text", text);
    EXPECT_EQ(served(Type::DNSKEY), before);
    EXPECT_THAT(text, AnyOf(HasSubstr("dnskey-management"), HasSubstr("direct-dnskey"), HasSubstr("inline-signing")));
    EXPECT_THAT(result.error().remedy, Not(IsEmpty()));
    if (GetParam() == Brand::bind_inline) return; // an honest error
    EXPECT_EQ(result.error().kind, ErrorKind::unsupported) << text;
    EXPECT_EQ(look().can.foreign_dnskey.can, model::Can::no);
    const auto report = driver->probe(zone);
    ASSERT_TRUE(report.has_value());
    EXPECT_FALSE(report->usable());
}

INSTANTIATE_TEST_SUITE_P(Real, SilentSigner,
                         ::testing::Values(Brand::bind_inline, Brand::knot_full, Brand::powerdns_indirect,
                                           Brand::powerdns_ddns_indirect),
                         brand_name);

} // namespace
} // namespace tutti::contract
