// Questions and NOTIFY, against servers that misbehave.
#include "net/dns_client.hpp"

#include "net/clock_test.hpp"
#include "net/fake_server_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace tutti::net {
namespace {

using dns::Type;
using testing::Connection;
using testing::FakeServer;
using ::testing::HasSubstr;

dns::Name name(std::string_view text) {
    return dns::Name::parse(text).value();
}
using Replies = std::vector<Bytes>;
const dns::Question kSoa{name("example"), Type::SOA};

// The question turned into an answer: QR, AA, and these further flags.
Bytes answer_to(Bytes query, std::uint8_t flags = 0, std::uint8_t rcode = 0) {
    query[2] |= static_cast<std::uint8_t>(0x84 | flags);
    query[3] = rcode;
    return query;
}
constexpr std::uint8_t kTruncated = 0x02;

class DnsClientTest : public ::testing::Test {
  protected:
    port::Reply ask(const DnsClientOptions& options = {}, bool tcp = false) {
        DnsClient client{clock, options};
        const port::Query query{.server = server.endpoint(), .question = kSoa, .tcp = tcp};
        auto reply = client.ask({&query, 1}).at(0);
        server.settle();
        return reply;
    }
    testing::TestClock clock;
    FakeServer server;
    const DnsClientOptions fast{.udp_waits = {seconds(0.05), seconds(0.05), seconds(0.05)}, .deadline = seconds(2)};
};

TEST_F(DnsClientTest, AnswersWithTheTimesOfSendingAndReceiving) {
    server.on_udp = [](const Bytes& query) { return Replies{answer_to(query)}; };
    const Instant before = clock.now();
    const auto reply = ask();
    const Instant after = clock.now();
    ASSERT_TRUE(reply.message.has_value()) << reply.message.error().text();
    EXPECT_EQ(reply.message->question, kSoa);
    EXPECT_TRUE(before <= reply.sent && reply.sent <= reply.received && reply.received <= after);
}

TEST_F(DnsClientTest, AsksWithDnssecOkAndUnpredictably) {
    std::vector<Bytes> seen;
    server.on_udp = [&](const Bytes& query) {
        seen.push_back(query);
        return Replies{answer_to(query)};
    };
    std::set<std::uint16_t> ids;
    for (int i = 0; i < 20; ++i) ask();
    for (const auto& wire : seen) {
        const auto query = dns::parse_message(wire).value();
        EXPECT_TRUE(query.edns->dnssec_ok);
        EXPECT_EQ(query.edns->udp_size, 1232);
        EXPECT_FALSE(query.recursion_desired);
        ids.insert(query.id);
    }
    EXPECT_GT(ids.size(), 15U);
}

TEST_F(DnsClientTest, TriesAgainAfterALoss) {
    server.on_udp = [&](const Bytes& query) { return server.datagrams < 3 ? Replies{} : Replies{answer_to(query)}; };
    const auto reply = ask(fast);
    EXPECT_TRUE(reply.message.has_value());
    EXPECT_EQ(server.datagrams, 3);
}

TEST_F(DnsClientTest, SilenceIsUnreachable) {
    const auto reply = ask(fast);
    ASSERT_FALSE(reply.message.has_value());
    EXPECT_EQ(reply.message.error().kind, ErrorKind::unreachable);
    EXPECT_THAT(reply.message.error().text(), HasSubstr("no answer to 3 tries"));
    EXPECT_EQ(reply.message.error().where, server.endpoint().text());
}

TEST_F(DnsClientTest, TheDeadlineHolds) {
    const auto start = std::chrono::steady_clock::now();
    const auto reply = ask({.udp_waits = {seconds(30)}, .deadline = seconds(0.2)});
    EXPECT_FALSE(reply.message.has_value());
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{10});
}

TEST_F(DnsClientTest, ForgedAnswersAreSkipped) {
    server.on_udp = [](const Bytes& query) {
        Bytes wrong_id = answer_to(query), other_name = answer_to(query), no_answer = query;
        wrong_id[0] ^= 1;
        other_name[13] ^= 1;
        return Replies{wrong_id, other_name, no_answer, Bytes{1, 2, 3}, Bytes(600, 0xff), answer_to(query)};
    };
    const auto reply = ask();
    ASSERT_TRUE(reply.message.has_value()) << reply.message.error().text();
    EXPECT_EQ(server.datagrams, 1);
}

TEST_F(DnsClientTest, OnlyForgedAnswersAreABadAnswer) {
    server.on_udp = [](const Bytes& query) {
        Bytes wrong_id = answer_to(query);
        wrong_id[0] ^= 1;
        return Replies{wrong_id};
    };
    const auto reply = ask(fast);
    ASSERT_FALSE(reply.message.has_value());
    EXPECT_EQ(reply.message.error().kind, ErrorKind::bad_answer);
    EXPECT_THAT(reply.message.error().text(), HasSubstr("has id"));
}

TEST_F(DnsClientTest, GarbageIsABadAnswer) {
    server.on_udp = [](const Bytes&) { return Replies{Bytes(40, 0xee)}; };
    const auto reply = ask(fast);
    ASSERT_FALSE(reply.message.has_value());
    EXPECT_EQ(reply.message.error().kind, ErrorKind::bad_answer);
}

TEST_F(DnsClientTest, AHeaderAloneMayRefuse) {
    server.on_udp = [](const Bytes& query) {
        return Replies{Bytes{query[0], query[1], 0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0}};
    };
    const auto reply = ask();
    ASSERT_TRUE(reply.message.has_value());
    EXPECT_EQ(reply.message->rcode, dns::Rcode::formerr);
}

TEST_F(DnsClientTest, NobodyListensIsSaidAtOnce) {
    DnsClient client{clock};
    const port::Query query{.server = {"127.0.0.1", testing::free_port()}, .question = kSoa};
    const auto start = std::chrono::steady_clock::now();
    const auto reply = client.ask({&query, 1}).at(0);
    ASSERT_FALSE(reply.message.has_value());
    EXPECT_EQ(reply.message.error().kind, ErrorKind::unreachable);
    EXPECT_THAT(reply.message.error().text(), HasSubstr("refused"));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{2});
}

TEST_F(DnsClientTest, BadAddressesAreErrorsOfTheirOwn) {
    DnsClient client{clock};
    const std::vector<port::Query> queries{{.server = {"ns1.example", 53}, .question = kSoa},
                                           {.server = {"::ffff:1:2:3:4:5:6:7", 53}, .question = kSoa}};
    for (const auto& reply : client.ask(queries)) EXPECT_EQ(reply.message.error().kind, ErrorKind::invalid);
    EXPECT_TRUE(client.ask({}).empty());
}

TEST_F(DnsClientTest, TruncatedAnswersAreFetchedByTcp) {
    server.on_udp = [](const Bytes& query) { return Replies{answer_to(query, kTruncated)}; };
    server.on_tcp = [](const Connection& connection) {
        connection.write_message(answer_to(connection.read_message()));
    };
    const auto reply = ask();
    ASSERT_TRUE(reply.message.has_value()) << reply.message.error().text();
    EXPECT_FALSE(reply.message->truncated);
    EXPECT_EQ(server.datagrams, 1);
    EXPECT_EQ(server.connections, 1);
}

TEST_F(DnsClientTest, TcpAloneWhenAskedFor) {
    server.on_tcp = [](const Connection& connection) {
        connection.write_message(answer_to(connection.read_message()));
    };
    EXPECT_TRUE(ask({}, true).message.has_value());
    EXPECT_EQ(server.datagrams, 0);
}

TEST_F(DnsClientTest, AConnectionThatIsClosedIsTriedOnceMore) {
    server.on_tcp = [&](const Connection& connection) {
        const Bytes query = connection.read_message();
        if (server.connections > 1) connection.write_message(answer_to(query)); // the first one is closed
    };
    EXPECT_TRUE(ask({}, true).message.has_value());
    EXPECT_EQ(server.connections, 2);
}

TEST_F(DnsClientTest, TcpThatDripsEndsAtTheDeadline) {
    server.on_tcp = [](const Connection& connection) {
        const Bytes reply = answer_to(connection.read_message());
        const std::uint8_t length[] = {0, static_cast<std::uint8_t>(reply.size())};
        if (!connection.write_raw(length)) return;
        for (std::uint8_t octet : reply) { // slower than the client waits
            if (!connection.write_raw({&octet, 1})) return;
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
    };
    const auto reply = ask({.deadline = seconds(0.3)}, true);
    ASSERT_FALSE(reply.message.has_value());
    EXPECT_EQ(reply.message.error().kind, ErrorKind::unreachable);
    EXPECT_THAT(reply.message.error().text(), HasSubstr("in time"));
}

TEST_F(DnsClientTest, TcpFailuresAreErrors) {
    server.on_tcp = [](const Connection& connection) { connection.read_message(); }; // and closes
    EXPECT_EQ(ask({}, true).message.error().kind, ErrorKind::unreachable);
    server.on_tcp = [](const Connection& connection) {
        Bytes reply = answer_to(connection.read_message());
        reply[0] ^= 1;
        connection.write_message(reply);
    };
    EXPECT_EQ(ask({}, true).message.error().kind, ErrorKind::bad_answer);
    server.on_tcp = [](const Connection& connection) {
        connection.read_message();
        connection.write_message({});
    };
    EXPECT_EQ(ask({}, true).message.error().kind, ErrorKind::bad_answer);
}

TEST_F(DnsClientTest, ABatchKeepsItsOrder) {
    server.on_udp = [](const Bytes& query) { return Replies{answer_to(query)}; };
    std::vector<port::Query> queries;
    for (int i = 0; i < 1000; ++i)
        queries.push_back(
            {.server = server.endpoint(), .question = {name("n" + std::to_string(i) + ".example"), Type::A}});
    DnsClient client{clock, {.max_in_flight = 64}};
    const auto replies = client.ask(queries);
    ASSERT_EQ(replies.size(), queries.size());
    for (std::size_t i = 0; i < queries.size(); ++i) {
        ASSERT_TRUE(replies[i].message.has_value()) << replies[i].message.error().text();
        EXPECT_EQ(replies[i].message->question, queries[i].question);
    }
}

TEST_F(DnsClientTest, TheDeadDoNotHoldUpTheLiving) {
    server.on_udp = [](const Bytes& query) { return Replies{answer_to(query)}; };
    FakeServer silent;
    std::vector<port::Query> queries(20, {.server = silent.endpoint(), .question = kSoa});
    queries.push_back({.server = server.endpoint(), .question = kSoa});
    DnsClient client{clock, fast};
    const auto start = std::chrono::steady_clock::now();
    const auto replies = client.ask(queries);
    EXPECT_TRUE(replies.back().message.has_value());
    EXPECT_FALSE(replies.front().message.has_value());
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{2}) << "side by side";
}

TEST_F(DnsClientTest, FromSeveralThreadsAtOnce) {
    server.on_udp = [](const Bytes& query) { return Replies{answer_to(query)}; };
    DnsClient client{clock};
    std::atomic<int> good = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t)
            threads.emplace_back([&] {
                const std::vector<port::Query> queries(50, {.server = server.endpoint(), .question = kSoa});
                for (const auto& reply : client.ask(queries)) good += reply.message.has_value() ? 1 : 0;
            });
    }
    EXPECT_EQ(good, 400);
}

TEST_F(DnsClientTest, NotifyIsRepeatedUntilItIsAnswered) {
    server.on_udp = [&](const Bytes& query) {
        EXPECT_EQ(dns::parse_message(query)->opcode, 4);
        return server.datagrams < 2 ? Replies{} : Replies{answer_to(query)};
    };
    DnsClient client{clock, fast};
    EXPECT_TRUE(client.notify(server.endpoint(), {name("example"), Type::CDS}).has_value());
    EXPECT_EQ(server.datagrams, 2);
}

TEST_F(DnsClientTest, NotifyTellsWhatTheTargetSays) {
    DnsClient client{clock, fast};
    const auto kind = [&](std::uint8_t rcode) {
        server.on_udp = [rcode](const Bytes& query) { return Replies{answer_to(query, 0, rcode)}; };
        return client.notify(server.endpoint(), kSoa).error().kind;
    };
    EXPECT_EQ(kind(5), ErrorKind::refused);
    EXPECT_EQ(kind(9), ErrorKind::refused);
    EXPECT_EQ(kind(4), ErrorKind::unsupported);
    EXPECT_EQ(kind(2), ErrorKind::transient);
    server.on_udp = nullptr;
    EXPECT_EQ(client.notify(server.endpoint(), kSoa).error().kind, ErrorKind::unreachable);
}

} // namespace
} // namespace tutti::net
