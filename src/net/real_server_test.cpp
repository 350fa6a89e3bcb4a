// The DNS client against Knot DNS and NSD, when they are installed.
#include "net/real_server_test.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace tutti::net {
namespace {

using dns::Rcode;
using dns::Record;
using dns::Type;
using dns::Update;
using ::testing::HasSubstr;
using testing::kSecret;
using testing::RealServer;

dns::Name name(std::string_view text) {
    return dns::Name::parse(text).value();
}
Record record(std::string_view owner, Type type, std::string_view text) {
    return {name(owner), type, 300, dns::parse_rdata(type, text).value()};
}
dnssec::TsigKey key(std::string_view key_name = "blue.key", std::string_view secret = kSecret) {
    return dnssec::make_tsig_key(key_name, "hmac-sha256", secret).value();
}
std::string many_records(int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += fmt::format("host{}.example. IN TXT \"{:0>100}\"\n", i, i);
    return out;
}
std::string large_set() {
    std::string out;
    for (int i = 0; i < 30; ++i) out += fmt::format("large.example. IN TXT \"{:0>100}\"\n", i);
    return out;
}

class Knot : public ::testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(RealServer::installed(testing::knot())) << "knotd is not installed: ./dev setup installs it";
        server.emplace(testing::knot(large_set()));
    }
    dns::Message ask(std::string_view owner, Type type) {
        const port::Query query{.server = server->endpoint(), .question = {name(owner), type}};
        const auto reply = client.ask({&query, 1}).at(0);
        if (!reply.message) throw std::runtime_error(reply.message.error().text());
        return *reply.message;
    }
    ErrorKind kind(const Expected<void>& result) { return result ? ErrorKind::internal : result.error().kind; }

    std::optional<RealServer> server;
    testing::TestClock clock;
    DnsClient client{clock};
};

TEST_F(Knot, Questions) {
    const auto soa = ask("example", Type::SOA);
    EXPECT_TRUE(soa.authoritative);
    EXPECT_TRUE(soa.edns.has_value());
    EXPECT_EQ(dns::parse_soa(soa.answer.at(0).rdata)->serial, 1U);
    EXPECT_EQ(ask("nowhere.example", Type::A).rcode, Rcode::nxdomain);
    EXPECT_EQ(ask("other", Type::A).rcode, Rcode::refused);
    const auto large = ask("large.example", Type::TXT);
    EXPECT_FALSE(large.truncated);
    EXPECT_EQ(dns::rrsets(large.answer).at(0).rdata.size(), 30U) << "fetched by TCP";
}

TEST_F(Knot, Updates) {
    Update update{.zone = name("example")};
    update.add = {record("www.example", Type::A, "192.0.2.7"), record("example", Type::NS, "ns2.example.")};
    update.remove = {record("example", Type::NS, "ns1.example.")};
    const auto done = client.update(server->endpoint(), update, key());
    ASSERT_TRUE(done.has_value()) << done.error().text();
    EXPECT_EQ(ask("www.example", Type::A).answer.at(0), record("www.example", Type::A, "192.0.2.7"));
    const auto ns = ask("example", Type::NS).answer;
    ASSERT_EQ(ns.size(), 1U) << "replaced, although it was the last one";
    EXPECT_EQ(ns[0], record("example", Type::NS, "ns2.example."));

    Update again{.zone = name("example")};
    again.remove_sets = {{name("www.example"), Type::A}};
    ASSERT_TRUE(client.update(server->endpoint(), again, key()).has_value());
    EXPECT_EQ(ask("www.example", Type::A).rcode, Rcode::nxdomain);
}

TEST_F(Knot, Prerequisites) {
    using Kind = Update::Prerequisite::Kind;
    const auto with = [&](Kind kind_of, std::string_view owner, Type type, std::vector<std::string_view> rdata) {
        Update update{.zone = name("example")};
        dns::RrSet set{name(owner), type, 0, {}};
        for (auto text : rdata) set.rdata.push_back(dns::parse_rdata(type, text).value());
        update.prerequisites.push_back({kind_of, set});
        update.add = {record("www.example", Type::A, "192.0.2.7")};
        return kind(client.update(server->endpoint(), update, key()));
    };
    EXPECT_EQ(with(Kind::exists_exact, "example", Type::NS, {"ns1.example."}), ErrorKind::internal) << "no error";
    EXPECT_EQ(with(Kind::exists_exact, "example", Type::NS, {"ns9.example."}), ErrorKind::conflict);
    EXPECT_EQ(with(Kind::exists_exact, "example", Type::NS, {"ns1.example.", "ns9.example."}), ErrorKind::conflict);
    EXPECT_EQ(with(Kind::exists, "example", Type::NS, {}), ErrorKind::internal);
    EXPECT_EQ(with(Kind::exists, "none.example", Type::A, {}), ErrorKind::conflict);
    EXPECT_EQ(with(Kind::absent, "none.example", Type::A, {}), ErrorKind::internal);
    EXPECT_EQ(with(Kind::absent, "example", Type::NS, {}), ErrorKind::conflict);
}

TEST_F(Knot, WrongKeysAndClocks) {
    const Update update{.zone = name("example"), .add = {record("www.example", Type::A, "192.0.2.7")}};
    const auto unknown = client.update(server->endpoint(), update, key("nobody.key"));
    EXPECT_EQ(kind(unknown), ErrorKind::auth);
    EXPECT_THAT(unknown.error().text(), HasSubstr("BADKEY"));
    const auto wrong = client.update(server->endpoint(), update, key("blue.key", "d3Jvbmc="));
    EXPECT_EQ(kind(wrong), ErrorKind::auth);
    EXPECT_THAT(wrong.error().text(), HasSubstr("BADSIG"));
    testing::TestClock late{-seconds(3600)};
    DnsClient late_client{late};
    const auto bad_time = late_client.update(server->endpoint(), update, key());
    EXPECT_EQ(kind(bad_time), ErrorKind::auth);
    EXPECT_THAT(bad_time.error().text(), HasSubstr("BADTIME"));
    EXPECT_THAT(bad_time.error().text(), ::testing::AnyOf(HasSubstr(": 1 h apart"), HasSubstr(": 59 min 59 s apart")));
    Update elsewhere = update;
    elsewhere.zone = name("other");
    EXPECT_EQ(kind(client.update(server->endpoint(), elsewhere, key())), ErrorKind::refused);
    EXPECT_EQ(ask("www.example", Type::A).rcode, Rcode::nxdomain);
}

TEST_F(Knot, TransferNeedsTheKey) {
    std::size_t count = 0;
    const auto each = [&](const Record&) { ++count; };
    const dnssec::TsigKey good = key(), wrong = key("blue.key", "d3Jvbmc=");
    EXPECT_TRUE(client.transfer(server->endpoint(), name("example"), &good, each).has_value());
    EXPECT_EQ(count, 33U);
    EXPECT_EQ(kind(client.transfer(server->endpoint(), name("example"), nullptr, each)), ErrorKind::refused);
    EXPECT_EQ(kind(client.transfer(server->endpoint(), name("example"), &wrong, each)), ErrorKind::auth);
    EXPECT_EQ(count, 33U);
}

// What came, as "-ns1.example." or "+192.0.2.7", sorted; "=" and a number: the whole zone.
std::string changes_since(DnsClient& client, const RealServer& server, std::uint32_t serial) {
    std::vector<std::string> out;
    std::size_t whole = 0;
    const dnssec::TsigKey good = key();
    const auto done =
        client.changes(server.endpoint(), name("example"), &good, serial, [&](DnsClient::Piece piece, const Record& r) {
            if (piece == DnsClient::Piece::whole)
                ++whole;
            else
                out.push_back((piece == DnsClient::Piece::removed ? "-" : "+") +
                              (r.type == Type::SOA ? "SOA " + std::to_string(dns::parse_soa(r.rdata)->serial)
                                                   : dns::rdata_text(r.type, r.rdata)));
        });
    if (!done) return done.error().text();
    std::ranges::sort(out);
    return whole > 0 ? "=" + std::to_string(whole) : fmt::format("{}", fmt::join(out, " "));
}

TEST_F(Knot, ChangesSinceASerial) {
    EXPECT_EQ(changes_since(client, *server, 1), "+SOA 1");
    Update update{.zone = name("example")};
    update.add = {record("www.example", Type::A, "192.0.2.7"), record("example", Type::NS, "ns2.example.")};
    update.remove = {record("example", Type::NS, "ns1.example.")};
    ASSERT_TRUE(client.update(server->endpoint(), update, key()).has_value());
    EXPECT_EQ(changes_since(client, *server, 1), "+192.0.2.7 +SOA 2 +ns2.example. -ns1.example.");
    Update back{.zone = name("example")};
    back.remove_sets = {{name("www.example"), Type::A}};
    ASSERT_TRUE(client.update(server->endpoint(), back, key()).has_value());
    EXPECT_EQ(changes_since(client, *server, 2), "+SOA 3 -192.0.2.7");
    EXPECT_EQ(changes_since(client, *server, 1), "+192.0.2.7 +SOA 3 +ns2.example. -192.0.2.7 -ns1.example.");
}

TEST(Transfer, NsdSendsTheWholeZoneInsteadOfChanges) {
    ASSERT_TRUE(RealServer::installed(testing::nsd())) << "nsd is not installed: ./dev setup installs it";
    const RealServer server{testing::nsd()};
    testing::TestClock clock;
    DnsClient client{clock};
    EXPECT_EQ(changes_since(client, server, 0).substr(0, 1), "=");
    EXPECT_EQ(changes_since(client, server, 1), "+SOA 1");
}

// Many messages: Knot DNS signs each of them, NSD every 96th.
void transfers_a_large_zone(const RealServer& server) {
    testing::TestClock clock;
    DnsClient client{clock};
    std::set<dns::Name> owners;
    std::size_t count = 0;
    const dnssec::TsigKey good = key();
    const auto result = client.transfer(server.endpoint(), name("example"), &good, [&](const Record& r) {
        owners.insert(r.owner);
        ++count;
    });
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_EQ(count, 30003U);
    EXPECT_EQ(owners.size(), 30002U);
}

TEST(Transfer, LargeZoneFromKnot) {
    ASSERT_TRUE(RealServer::installed(testing::knot())) << "knotd is not installed: ./dev setup installs it";
    transfers_a_large_zone(RealServer{testing::knot(many_records(30000))});
}

TEST(Transfer, LargeZoneFromNsd) {
    ASSERT_TRUE(RealServer::installed(testing::nsd())) << "nsd is not installed: ./dev setup installs it";
    transfers_a_large_zone(RealServer{testing::nsd(many_records(30000))});
}

} // namespace
} // namespace tutti::net
