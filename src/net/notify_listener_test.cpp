#include "net/notify_listener.hpp"

#include "net/clock_test.hpp"
#include "net/dns_client.hpp"
#include "net/fake_server_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

namespace tutti::net {
namespace {

using dns::Rcode;
using dns::Type;

dns::Name name(std::string_view text) {
    return dns::Name::parse(text).value();
}
const port::Endpoint kAnyPort{"127.0.0.1", 0};

class NotifyListenerTest : public ::testing::Test {
  protected:
    NotifyListenerTest() {
        const auto handler = [this](const Notification& n) -> NotifyAnswer {
            const std::scoped_lock lock{mutex};
            seen.push_back(n);
            if (n.zone == name("crash.example")) throw std::runtime_error("handler");
            if (n.zone == name("blocked.example")) return {Rcode::refused, 15};
            return n.zone.is_at_or_below(name("example")) ? Rcode::noerror : Rcode::refused;
        };
        // A port that is free for UDP may be taken for TCP.
        auto started = NotifyListener::start({&kAnyPort, 1}, handler);
        for (int i = 0; i < 20 && !started; ++i) started = NotifyListener::start({&kAnyPort, 1}, handler);
        listener = std::move(started.value());
        endpoint = listener->endpoints().at(0);
    }
    // The answer to any message, by UDP or TCP; nothing if none comes soon.
    std::optional<Bytes> answer(const Bytes& message, bool tcp = false) {
        const int fd = testing::bound_socket(tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
        const sockaddr_in to = testing::loopback(endpoint.port);
        const timeval limit{0, 300'000};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
        const testing::Connection connection{fd};
        if (tcp) {
            connection.write_message(message);
            const Bytes reply = connection.read_message();
            return reply.empty() ? std::nullopt : std::optional{reply};
        }
        connection.write_raw(message);
        Bytes reply(4096);
        const ssize_t n = recv(fd, reply.data(), reply.size(), 0);
        if (n < 0) return std::nullopt;
        reply.resize(static_cast<std::size_t>(n));
        return reply;
    }
    std::mutex mutex;
    std::vector<Notification> seen;
    std::unique_ptr<NotifyListener> listener;
    port::Endpoint endpoint;
    testing::TestClock clock;
    DnsClient client{clock};
};

TEST_F(NotifyListenerTest, HearsAndAnswers) {
    EXPECT_TRUE(client.notify(endpoint, {name("a.example"), Type::CDS}).has_value());
    EXPECT_EQ(client.notify(endpoint, {name("elsewhere"), Type::SOA}).error().kind, ErrorKind::refused);
    EXPECT_EQ(client.notify(endpoint, {name("crash.example"), Type::SOA}).error().kind, ErrorKind::transient);
    const std::scoped_lock lock{mutex};
    ASSERT_EQ(seen.size(), 3U);
    EXPECT_EQ(seen[0].zone, name("a.example"));
    EXPECT_EQ(seen[0].type, Type::CDS);
    EXPECT_EQ(seen[0].source.address, "127.0.0.1");
}

TEST_F(NotifyListenerTest, HearsTcp) {
    const auto reply = answer(dns::compose_notify(77, {name("a.example"), Type::CSYNC}), true);
    ASSERT_TRUE(reply.has_value());
    const auto message = dns::parse_message(*reply).value();
    EXPECT_TRUE(message.response);
    EXPECT_EQ(message.id, 77);
    EXPECT_EQ(message.opcode, 4);
    EXPECT_EQ(message.question, (dns::Question{name("a.example"), Type::CSYNC}));
    EXPECT_EQ(message.rcode, Rcode::noerror);
}

TEST_F(NotifyListenerTest, RefusesEverythingElse) {
    const auto rcode = [&](const Bytes& message) {
        const auto reply = answer(message);
        return reply ? std::optional{dns::parse_message(*reply).value().rcode} : std::nullopt;
    };
    EXPECT_EQ(rcode(dns::compose_query(1, {name("example"), Type::SOA}, true, dns::Edns{})), Rcode::refused);
    EXPECT_EQ(rcode(dns::compose_update(1, {.zone = name("example")})), Rcode::notimp);
    Bytes broken = dns::compose_notify(1, {name("example"), Type::SOA});
    broken.pop_back();
    EXPECT_EQ(rcode(broken), Rcode::formerr);
    EXPECT_EQ(rcode({0, 1, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0}), Rcode::formerr) << "NOTIFY without a question";
    EXPECT_EQ(rcode({0, 1, 0x20, 0}), std::nullopt);
    Bytes reply_itself = dns::compose_notify(1, {name("example"), Type::SOA});
    reply_itself[2] |= 0x80;
    EXPECT_EQ(rcode(reply_itself), std::nullopt) << "two listeners would talk for ever";
    const std::scoped_lock lock{mutex};
    EXPECT_TRUE(seen.empty());
}

TEST_F(NotifyListenerTest, SurvivesGarbageAndManyConnections) {
    for (std::size_t size = 0; size < 64; ++size) answer(Bytes(size, static_cast<std::uint8_t>(size * 37)), true);
    std::vector<std::unique_ptr<testing::Connection>> idle;
    for (int i = 0; i < 80; ++i) {
        const int fd = testing::bound_socket(SOCK_STREAM, 0);
        const sockaddr_in to = testing::loopback(endpoint.port);
        connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to);
        idle.push_back(std::make_unique<testing::Connection>(fd));
    }
    EXPECT_TRUE(client.notify(endpoint, {name("a.example"), Type::CDS}).has_value());
}

TEST_F(NotifyListenerTest, StopsAndStaysStopped) {
    listener->stop();
    listener->stop();
    listener.reset();
    EXPECT_FALSE(client.notify(endpoint, {name("a.example"), Type::CDS}).has_value());
}

TEST_F(NotifyListenerTest, APortThatIsTakenIsAnError) {
    const auto second = NotifyListener::start({&endpoint, 1}, [](const Notification&) { return Rcode::noerror; });
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().where, endpoint.text());
    const port::Endpoint no_address{"example", 53};
    EXPECT_FALSE(NotifyListener::start({&no_address, 1}, {}).has_value());
}

// RFC 9859, RFC 8914: why it was not taken is said where EDNS was there, and only there.
TEST_F(NotifyListenerTest, SaysWhyWhereEdnsIs) {
    const auto plain = dns::compose_notify(7, {name("blocked.example"), Type::CDS});
    const auto with_edns = dns::compose_notify(8, {name("blocked.example"), Type::CDS}, name("reports.example"));
    for (const bool tcp : {false, true}) {
        const auto silent = answer(plain, tcp), telling = answer(with_edns, tcp);
        ASSERT_TRUE(silent && telling);
        EXPECT_FALSE(dns::parse_message(*silent)->edns);
        const auto message = dns::parse_message(*telling);
        EXPECT_EQ(message->rcode, Rcode::refused);
        ASSERT_TRUE(message->edns);
        EXPECT_EQ(message->edns->ede, 15);
    }
    const std::scoped_lock lock{mutex};
    EXPECT_FALSE(seen.at(0).report_channel);
    EXPECT_EQ(seen.at(1).report_channel, name("reports.example")); // RFC 9567
}
// More than one child in one message: nothing is done, and an answer comes.
TEST_F(NotifyListenerTest, TwoQuestionsAreAFormatError) {
    auto two = dns::compose_notify(9, {name("a.example"), Type::CDS});
    const Bytes one(two.begin() + 12, two.end());
    two.insert(two.end(), one.begin(), one.end());
    two[5] = 2;
    for (const bool tcp : {false, true}) {
        const auto reply = answer(two, tcp);
        ASSERT_TRUE(reply);
        EXPECT_EQ((*reply)[3] & 0xf, 1);
    }
    const std::scoped_lock lock{mutex};
    EXPECT_TRUE(seen.empty());
}

} // namespace
} // namespace tutti::net
