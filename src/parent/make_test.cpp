#include "parent/make.hpp"

#include <gtest/gtest.h>

namespace tutti::parent {
namespace {

class NoDns : public port::Dns {
  public:
    std::vector<port::Reply> ask(std::span<const port::Query> queries) override {
        std::vector<port::Reply> out;
        for (const auto& q : queries)
            out.push_back({fail(ErrorKind::unreachable, "no answer", q.server.text()), {}, {}});
        return out;
    }
    Expected<void> update(const port::Endpoint&, const dns::Update&, const dnssec::TsigKey&) override {
        return fail(ErrorKind::unreachable, "no answer");
    }
    Expected<void> transfer(const port::Endpoint&, const dns::Name&, const dnssec::TsigKey*,
                            const std::function<void(const dns::Record&)>&) override {
        return fail(ErrorKind::unreachable, "no answer");
    }
    Expected<void> notify(const port::Endpoint&, const dns::Question&) override { return {}; }
};
class NoSecrets : public port::Secrets {
  public:
    Expected<std::string> read(const port::SecretRef& ref) override {
        return fail(ErrorKind::not_found, "no such file", ref.text());
    }
};

class Make : public ::testing::Test {
  protected:
    Make() {
        settings.name = "lab";
        settings.servers = {{"192.0.2.1", 53}};
    }
    port::ParentSettings with(const std::string& driver) {
        settings.driver = driver;
        settings.tsig.reset();
        settings.epp.reset();
        settings.command = driver == "exec" ? "true" : "";
        settings.directory = driver == "zonefile" ? "." : "";
        if (driver == "rfc2136") settings.tsig = port::TsigSettings{dns::Name::root(), "hmac-sha256", {}};
        if (driver == "epp") settings.epp = port::EppSettings{.server = "epp.lab", .client = "ClientX", .password = {}};
        return settings;
    }
    NoDns dns;
    NoSecrets secrets;
    Ports ports{dns, secrets};
    port::ParentSettings settings;
};

TEST_F(Make, EveryDriver) {
    for (const auto driver : port::kParentDrivers) {
        const auto made = make(with(std::string{driver}), ports);
        ASSERT_TRUE(made.has_value()) << made.error().text();
        EXPECT_EQ((*made)->name(), "lab");
        const bool writes = driver != "cds" && driver != "manual";
        EXPECT_EQ((*made)->mode() == model::ParentMode::direct, writes) << driver;
        EXPECT_EQ(make_registry(with(std::string{driver}), ports).has_value(), writes) << driver;
        auto incomplete = with(std::string{driver});
        incomplete.servers.clear();
        EXPECT_FALSE(make(incomplete, ports).has_value());
        EXPECT_FALSE(make_registry(incomplete, ports).has_value());
    }
}

// Whoever cannot be asked is not in sync, not delegated, not anything: an error.
TEST_F(Make, NothingIsKnownWithoutAnAnswer) {
    const auto child = dns::Name::parse("child.lab").value();
    for (const char* driver : {"rfc2136", "epp", "exec", "zonefile"}) {
        const auto registry = make_registry(with(driver), ports).value();
        EXPECT_FALSE(registry->read(child).has_value()) << driver;
        EXPECT_FALSE(registry->apply({.child = child, .change = {}, .expected = {}}).has_value()) << driver;
        EXPECT_FALSE(registry->dry_run({.child = child, .change = {}, .expected = {}}).has_value()) << driver;
        EXPECT_FALSE(make(with(driver), ports).value()->probe(child)->usable()) << driver;
    }
}

} // namespace
} // namespace tutti::parent
