// UPDATE and AXFR, against servers that misbehave.
#include "net/clock_test.hpp"
#include "net/dns_client.hpp"
#include "net/fake_server_test.hpp"

#include "dns/wire.hpp"
#include "dnssec/tsig_server_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::net {
namespace {

using dns::Record;
using dns::Type;
using dnssec::testing::TsigServer;
using testing::Connection;
using testing::FakeServer;
using ::testing::HasSubstr;

const dnssec::TsigKey kKey = dnssec::make_tsig_key("blue.key", "hmac-sha256", "MTIzNDU2Nzg5MA==").value();
dns::Name name(std::string_view text) {
    return dns::Name::parse(text).value();
}

// The MAC at the end of a signed request: 32 octets before id, error and other length.
Bytes mac_of(const Bytes& request) {
    return {request.end() - 38, request.end() - 6};
}

Bytes reply_head(const Bytes& request, std::uint8_t opcode, std::uint8_t rcode) {
    return {request[0], request[1], static_cast<std::uint8_t>(0x80 | opcode << 3), rcode, 0, 0, 0, 0, 0, 0, 0, 0};
}

class WriteTest : public ::testing::Test {
  protected:
    Expected<void> update() {
        DnsClient client{clock, {.update_deadline = seconds(0.5)}};
        return client.update(server.endpoint(), {.zone = name("example")}, kKey);
    }
    // The kind of error after this answer; `internal` if there was none.
    ErrorKind kind_after(std::uint8_t rcode, bool with_tsig, const TsigServer::How& how = {}) {
        server.on_tcp = [=, this](const Connection& connection) {
            const Bytes request = connection.read_message();
            Bytes mac = mac_of(request), reply = reply_head(request, 5, rcode);
            if (with_tsig) reply = TsigServer{kKey, clock.now()}.sign(reply, mac, how);
            connection.write_message(reply);
        };
        const auto result = update();
        return result ? ErrorKind::internal : result.error().kind;
    }
    testing::TestClock clock;
    FakeServer server;
};

TEST_F(WriteTest, OnlyASignedNoerrorIsSuccess) {
    EXPECT_EQ(kind_after(0, true), ErrorKind::internal) << "no error";
    EXPECT_EQ(kind_after(0, false), ErrorKind::unknown_outcome);
    EXPECT_EQ(kind_after(0, true, {.unsigned_before = {1}}), ErrorKind::unknown_outcome) << "a wrong MAC";
}

TEST_F(WriteTest, EachRefusalHasItsKind) {
    for (const bool with_tsig : {true, false}) {
        EXPECT_EQ(kind_after(5, with_tsig), ErrorKind::refused);
        EXPECT_EQ(kind_after(9, with_tsig), ErrorKind::refused);
        for (const int rcode : {3, 6, 7, 8})
            EXPECT_EQ(kind_after(static_cast<std::uint8_t>(rcode), with_tsig), ErrorKind::conflict);
        EXPECT_EQ(kind_after(2, with_tsig), ErrorKind::transient);
        EXPECT_EQ(kind_after(4, with_tsig), ErrorKind::unsupported);
        EXPECT_EQ(kind_after(1, with_tsig), ErrorKind::invalid);
        EXPECT_EQ(kind_after(10, with_tsig), ErrorKind::invalid);
    }
    EXPECT_EQ(kind_after(9, true, {.error = 17, .send_mac = false}), ErrorKind::auth);
    EXPECT_EQ(kind_after(9, true, {.error = 16, .send_mac = false}), ErrorKind::auth);
    EXPECT_EQ(kind_after(9, true, {.error = 18, .other = std::string(6, '\0')}), ErrorKind::auth);
}

TEST_F(WriteTest, NobodyListensMeansNotSent) {
    DnsClient client{clock};
    const auto result = client.update({"127.0.0.1", testing::free_port()}, {.zone = name("example")}, kKey);
    EXPECT_EQ(result.error().kind, ErrorKind::unreachable);
}

TEST_F(WriteTest, AReplyThatIsLostAfterTheEffectIsUnknown) {
    server.on_tcp = [](const Connection& connection) { connection.read_message(); };
    EXPECT_EQ(update().error().kind, ErrorKind::unknown_outcome);
    server.on_tcp = [](const Connection& connection) {
        connection.read_message();
        connection.wait_for_close(); // silence
    };
    const auto silent = update();
    EXPECT_EQ(silent.error().kind, ErrorKind::unknown_outcome);
    EXPECT_THAT(silent.error().text(), HasSubstr("in time"));
    server.on_tcp = [](const Connection& connection) {
        const Bytes request = connection.read_message();
        connection.write_raw(std::vector<std::uint8_t>{0, 60, 1, 2, 3}); // and closes in the middle
    };
    EXPECT_EQ(update().error().kind, ErrorKind::unknown_outcome);
    server.on_tcp = [](const Connection& connection) {
        connection.read_message();
        connection.write_message(Bytes(30, 0xee));
    };
    EXPECT_EQ(update().error().kind, ErrorKind::unknown_outcome);
}

TEST_F(WriteTest, TooLargeIsInvalid) {
    dns::Update large{.zone = name("example")};
    for (int i = 0; i < 400; ++i) large.add.push_back({name("example"), Type{65280}, 60, std::string(200, 'x')});
    DnsClient client{clock};
    EXPECT_EQ(client.update(server.endpoint(), large, kKey).error().kind, ErrorKind::invalid);
    EXPECT_EQ(server.connections, 0);
}

// ---- AXFR

Record soa(int serial) {
    return {name("example"), Type::SOA, 60,
            dns::parse_rdata(Type::SOA, "ns1.example. admin.example. " + std::to_string(serial) + " 1 1 1 1").value()};
}
Record address(int i) {
    return {name("h" + std::to_string(i) + ".example"), Type::A, 60, dns::parse_rdata(Type::A, "192.0.2.1").value()};
}
Bytes axfr_message(const Bytes& request, const std::vector<Record>& records) {
    dns::Writer w;
    w.bytes(dns::as_view(reply_head(request, 0, 0)));
    for (const auto& r : records) w.record(r.owner, r.type, 1, r.ttl, r.rdata);
    Bytes wire = w.take();
    wire[7] = static_cast<std::uint8_t>(records.size());
    wire[5] = 1;
    const auto question = std::span{request}.subspan(12, 13); // example. IN, AXFR or IXFR
    wire.insert(wire.begin() + 12, question.begin(), question.end());
    return wire;
}

class TransferTest : public WriteTest {
  protected:
    using Messages = std::vector<std::vector<Record>>;
    // Serves these messages, unsigned, to the next transfer.
    void serve(const Messages& messages) {
        server.on_tcp = [messages](const Connection& connection) {
            const Bytes request = connection.read_message();
            for (const auto& records : messages) connection.write_message(axfr_message(request, records));
            connection.wait_for_close();
        };
    }
    // The text of the error, or how many records came.
    std::string transfer(const dnssec::TsigKey* key = nullptr, DnsClientOptions options = {}) {
        options.transfer_idle = seconds(0.5);
        DnsClient client{clock, options};
        seen.clear();
        const auto result =
            client.transfer(server.endpoint(), name("example"), key, [&](const Record& r) { seen.push_back(r); });
        return result ? std::to_string(seen.size()) : result.error().text();
    }
    std::vector<Record> seen;
};

TEST_F(TransferTest, EveryRecordOnce) {
    serve({{soa(1), address(1)}, {address(2)}, {address(3), soa(1)}});
    EXPECT_EQ(transfer(), "4");
    EXPECT_EQ(seen, (std::vector{soa(1), address(1), address(2), address(3)}));
    serve({{soa(1), soa(1)}});
    EXPECT_EQ(transfer(), "1");
}

TEST_F(TransferTest, BrokenTransfersAreErrors) {
    serve({{address(1), soa(1)}});
    EXPECT_THAT(transfer(), HasSubstr("first record is not the SOA"));
    serve({{soa(1), address(1), soa(2)}});
    EXPECT_THAT(transfer(), HasSubstr("changed on the way"));
    serve({{soa(1), address(1), soa(1), address(2)}});
    EXPECT_THAT(transfer(), HasSubstr("after the closing SOA"));
    serve({{soa(1), Record{name("other"), Type::A, 1, address(1).rdata}}});
    EXPECT_THAT(transfer(), HasSubstr("outside of the zone"));
    serve({{soa(1)}, {}});
    EXPECT_THAT(transfer(), HasSubstr("without records"));
    serve({{soa(1), address(1)}});
    EXPECT_THAT(transfer(), HasSubstr("in time")) << "it never ends";
    server.on_tcp = [](const Connection& connection) {
        const Bytes request = connection.read_message();
        connection.write_message(axfr_message(request, {soa(1), address(1)}));
    };
    EXPECT_THAT(transfer(), HasSubstr("closed the connection"));
}

TEST_F(TransferTest, Limits) {
    serve({{soa(1), address(1), address(2)}, {address(3), soa(1)}});
    EXPECT_THAT(transfer(nullptr, {.max_transfer_records = 3}), HasSubstr("more than 3 records"));
    EXPECT_THAT(transfer(nullptr, {.max_transfer_octets = 100}), HasSubstr("more than 100 octets"));
    EXPECT_EQ(transfer(nullptr, {.max_transfer_records = 4}), "4");
}

TEST_F(TransferTest, Refusals) {
    for (const auto& [rcode, kind] : std::vector<std::pair<int, ErrorKind>>{{5, ErrorKind::refused},
                                                                            {9, ErrorKind::refused},
                                                                            {2, ErrorKind::transient},
                                                                            {4, ErrorKind::unsupported}}) {
        server.on_tcp = [rcode](const Connection& connection) {
            connection.write_message(reply_head(connection.read_message(), 0, static_cast<std::uint8_t>(rcode)));
        };
        DnsClient client{clock};
        for (const auto* key : {static_cast<const dnssec::TsigKey*>(nullptr), &kKey})
            EXPECT_EQ(client.transfer(server.endpoint(), name("example"), key, [](const Record&) {}).error().kind,
                      kind);
    }
}

TEST_F(TransferTest, SignedRecordsAreHandedOutWhenTheyAreVerified) {
    server.on_tcp = [this](const Connection& connection) {
        const Bytes request = connection.read_message();
        const TsigServer tsig{kKey, clock.now()};
        Bytes mac = mac_of(request);
        connection.write_message(tsig.sign(axfr_message(request, {soa(1)}), mac));
        const Bytes plain = axfr_message(request, {address(1)});
        connection.write_message(plain);
        connection.write_message(tsig.sign(axfr_message(request, {address(2), soa(1)}), mac,
                                           {.timers_only = true, .unsigned_before = plain}));
    };
    EXPECT_EQ(transfer(&kKey), "3");

    server.on_tcp = [this](const Connection& connection) {
        const Bytes request = connection.read_message();
        Bytes mac = mac_of(request);
        connection.write_message(TsigServer{kKey, clock.now()}.sign(axfr_message(request, {soa(1)}), mac));
        connection.write_message(axfr_message(request, {address(66)}));
        connection.write_message(axfr_message(request, {soa(1)}));
    };
    EXPECT_THAT(transfer(&kKey), HasSubstr("unsigned")) << "the last message must be signed";
    EXPECT_EQ(seen, std::vector{soa(1)}) << "what is not verified is not handed out";

    serve({{soa(1), address(1), soa(1)}});
    EXPECT_THAT(transfer(&kKey), HasSubstr("unsigned"));
    EXPECT_TRUE(seen.empty());
}

// ---- IXFR

class ChangesTest : public TransferTest {
  protected:
    // The text of the error, or what came: "=" whole, "-" removed, "+" added; the serial of a SOA, the name of others.
    std::string changes(std::uint32_t since, DnsClientOptions options = {}) {
        options.transfer_idle = seconds(0.5);
        DnsClient client{clock, options};
        std::string out;
        const auto result = client.changes(
            server.endpoint(), name("example"), nullptr, since, [&](DnsClient::Piece piece, const Record& r) {
                out += piece == DnsClient::Piece::whole ? " =" : piece == DnsClient::Piece::removed ? " -" : " +";
                out +=
                    r.type == Type::SOA ? std::to_string(dns::parse_soa(r.rdata)->serial) : r.owner.text().substr(0, 2);
            });
        return result ? out : result.error().text();
    }
};

TEST_F(ChangesTest, ComeInTheirOrder) {
    serve({{soa(4), soa(2), address(1), soa(3), address(2)}, {soa(3), soa(4), address(3), address(4), soa(4)}});
    EXPECT_EQ(changes(2), " -h1 +h2 +h3 +h4 +4");
    serve({{soa(3)}, {soa(2)}, {address(1)}, {soa(3)}, {soa(3)}});
    EXPECT_EQ(changes(2), " -h1 +3");
    serve({{soa(3), soa(2), soa(3), soa(3)}});
    EXPECT_EQ(changes(2), " +3");
}

TEST_F(ChangesTest, NoneOrTheWholeZone) {
    serve({{soa(2)}});
    EXPECT_EQ(changes(2), " +2");
    serve({{soa(3)}, {address(1), soa(3)}});
    EXPECT_EQ(changes(2), " =3 =h1");
    serve({{soa(3), soa(3)}});
    EXPECT_EQ(changes(2), " =3");
}

TEST_F(ChangesTest, BrokenOnesAreErrors) {
    serve({{soa(4), soa(3), address(1), soa(4), soa(4)}});
    EXPECT_THAT(changes(2), HasSubstr("do not fit together")) << "not since the version that was asked for";
    serve({{soa(4), soa(2), soa(3), address(1), soa(4)}});
    EXPECT_THAT(changes(2), HasSubstr("do not fit together")) << "a version is left out";
    serve({{soa(1)}});
    EXPECT_THAT(changes(2), HasSubstr("older than 2")) << "at once, not when it is out of time";
    serve({{soa(4), soa(2), address(1), soa(4), soa(4), address(2)}});
    EXPECT_THAT(changes(2), HasSubstr("after the closing SOA"));
    serve({{soa(4), soa(2), address(1), soa(4)}});
    EXPECT_THAT(changes(2), HasSubstr("in time")) << "it never ends";
    serve({{soa(4), soa(2), address(1), address(2), address(3), soa(4), soa(4)}});
    EXPECT_THAT(changes(2, {.max_transfer_records = 3}), HasSubstr("more than 3 records"));
}

TEST_F(TransferTest, ExceptionsOfTheCallerComeThrough) {
    serve({{soa(1), soa(1)}});
    DnsClient client{clock};
    EXPECT_THROW((void)client.transfer(server.endpoint(), name("example"), nullptr,
                                       [](const Record&) { throw std::logic_error("stop"); }),
                 std::logic_error);
}

} // namespace
} // namespace tutti::net
