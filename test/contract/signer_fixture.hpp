#pragma once
// What the tests of signers share: a driver for a fresh zone, its records, and a look at the zone as the engine does
// it.
#include "engine/live_world.hpp"
#include "test/contract/brands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::contract {

using dns::Rdata;
using dns::Type;
using model::RrChange;

// Keys of somebody else.
inline constexpr const char* kForeignZsk =
    "256 3 13 79kBUpsyXpcJkOIPMaLHKo8xqbP9kYeQBEom6SIKa2K1VGd2oFVoIf48K0iKzCOgDLdOKub3e0BL9Iz19ByJxQ==";
inline constexpr const char* kForeignZsk2 =
    "256 3 13 eW6rvQkoGG9vJiKT+HX41BOSTmqE5BrZsMYis04BxQKg5Q6BDvJCv78o1iZYP0dlx6sp7T+qA/hMCRY90EQXMw==";
inline constexpr const char* kForeignKsk =
    "257 3 13 A4ewQzjYutFSW1M60GyCbuiuB2hRyI891kQX6OoKdY0GW4aOvMzmCG+FWEb9v4iEILZ4GJ2eErwDhIujj39Nhw==";

inline Rdata rdata(Type type, std::string_view text) {
    return dns::parse_rdata(type, text).value();
}
inline Rdata dnskey(std::string_view text) {
    return rdata(Type::DNSKEY, text);
}
inline Rdata cdnskey(std::string_view text) {
    return rdata(Type::CDNSKEY, text);
}
// A name server outside the zone.
inline Rdata ns(std::string_view label) {
    return dns::ns_rdata(dns::Name::parse(std::string(label) + ".example.").value());
}

class SignerTest : public ::testing::TestWithParam<Brand> {
  protected:
    void SetUp() override {
        auto made = signer::make(real.settings(), ports.ports());
        ASSERT_TRUE(made.has_value()) << made.error().text();
        driver = *made;
    }

    dns::RrSet served(Type type) {
        const port::Query query{real.settings().servers.front(), {zone, type}, false, true};
        const auto reply = ports.dns.ask({&query, 1}).at(0);
        if (!reply.message) throw std::runtime_error(reply.message.error().text());
        return dns::find_rrset(reply.message->answer, zone, type).value_or(dns::RrSet{zone, type, 0, {}});
    }
    RrChange change(Type type, std::vector<Rdata> add, std::vector<Rdata> remove, dns::Ttl ttl = kDnskeyTtl) {
        return {zone, type, ttl, std::move(add), std::move(remove), served(type).rdata, true};
    }
    Expected<void> apply(const std::vector<RrChange>& changes) { return driver->apply(zone, changes); }

    model::SignerReport look() {
        engine::LiveWorld world{ports.dns,
                                ports.clock,
                                {.signer = [&](const std::string&) { return driver; },
                                 .parent = [](const std::string&) { return std::shared_ptr<port::ParentDriver>{}; }}};
        return world.observe({zone, "none", {"blue"}}).signers.at(0);
    }
    Rdata first_ns() { return dns::ns_rdata(zone.child("ns1").value()); }
    Rdata cds_of(std::string_view key) {
        return dnssec::make_ds(zone, dnssec::parse_dnskey(dnskey(key)).value(), 2).value().rdata();
    }

    RealSigner& real = shared(GetParam());
    RealPorts ports;
    dns::Name zone = real.fresh_zone();
    std::shared_ptr<port::SignerDriver> driver;
};

// EXPECT_OK(apply(...)): with the error in words.
#define EXPECT_OK(call)                                                                                                \
    do {                                                                                                               \
        const auto result_ = (call);                                                                                   \
        EXPECT_TRUE(result_.has_value()) << result_.error().text();                                                    \
    } while (false)
#define ASSERT_OK(call)                                                                                                \
    do {                                                                                                               \
        const auto result_ = (call);                                                                                   \
        ASSERT_TRUE(result_.has_value()) << result_.error().text();                                                    \
    } while (false)

inline std::string brand_name(const ::testing::TestParamInfo<Brand>& info) {
    return ::testing::PrintToString(info.param);
}

} // namespace tutti::contract
