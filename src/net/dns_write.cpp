// UPDATE (RFC 2136) over TCP, signed.
#include "net/dns_client.hpp"
#include "net/io.hpp"

#include <fmt/format.h>

namespace tutti::net {

namespace {

using dns::Rcode;

constexpr std::uint8_t kUpdate = 5;

std::unexpected<Error> refused(Rcode rcode, const dns::Update& update, const char* note) {
    const auto say = [&](ErrorKind kind, std::string_view what, std::string remedy = {}) {
        return fail(kind,
                    fmt::format("the update of {} was answered with {}{}: {}", update.zone.text(),
                                dns::to_string(rcode), note, what),
                    {}, std::move(remedy));
    };
    switch (rcode) {
    case Rcode::refused:
        return say(ErrorKind::refused, "the server does not let this key or address change this",
                   "Allow updates of the zone with this key on the server");
    case Rcode::notauth:
        return say(ErrorKind::refused, "the server is not a primary of the zone, or does not accept the key",
                   "Send updates to the primary");
    case Rcode::yxdomain:
    case Rcode::yxrrset:
    case Rcode::nxrrset:
    case Rcode::nxdomain:
        return say(ErrorKind::conflict, "a prerequisite did not hold: somebody else changed the zone");
    case Rcode::servfail:
        return say(ErrorKind::transient, "the server failed");
    case Rcode::notimp:
        return say(ErrorKind::unsupported, "the server has no dynamic update");
    case Rcode::formerr:
        return say(ErrorKind::invalid, "the server does not understand the update");
    case Rcode::notzone:
        return say(ErrorKind::invalid, "a name is outside of the zone");
    default:
        return say(ErrorKind::refused, "an unexpected code");
    }
}

std::unexpected<Error> unknown(std::string why) {
    return fail(ErrorKind::unknown_outcome,
                fmt::format("the update was sent, but whether it was done is not known: {}", why));
}

// What the reply says. Only a signed NOERROR is a success. A refusal counts even if it is unsigned, since servers that
// do not know the key cannot sign (RFC 8945 5.3.2): whoever forges one makes us look again, no more.
Expected<void> judge(const Bytes& reply, std::uint16_t id, const dns::Update& update, const dnssec::TsigKey& key,
                     const Bytes& mac, Instant now) {
    const auto message = dns::parse_message(reply);
    if (!message) return unknown(message.error().seen);
    if (!message->response || message->id != id || message->opcode != kUpdate)
        return unknown("the answer belongs to something else");
    const auto verified = dnssec::tsig_verify(reply, key, mac, now);
    if (message->rcode == Rcode::noerror) return verified ? Expected<void>{} : unknown(verified.error().seen);
    if (!verified && message->has_tsig) return std::unexpected(verified.error());
    return refused(message->rcode, update, verified ? "" : " (unsigned)");
}

asio::awaitable<Expected<Bytes>> send_and_wait(asio::io_context& context, const port::Endpoint& server,
                                               const Bytes& wire, Moment deadline) {
    TcpStream stream{context};
    if (auto ok = co_await stream.connect(server, deadline); !ok) co_return std::unexpected(ok.error());
    // If this fails, the server has at most a part of the message, and cannot carry it out.
    if (auto ok = co_await stream.send(wire, deadline); !ok) co_return std::unexpected(ok.error());
    auto reply = co_await stream.receive(deadline);
    if (!reply) co_return unknown(reply.error().seen);
    co_return reply;
}

} // namespace

Expected<void> DnsClient::update(const port::Endpoint& server, const dns::Update& update, const dnssec::TsigKey& key) {
    const auto at = [&](Error error) {
        error.where = server.text();
        return std::unexpected(std::move(error));
    };
    const std::uint16_t id = random_id();
    Bytes mac;
    const auto wire = dnssec::tsig_sign(dns::compose_update(id, update), key, clock_.now(), mac);
    if (!wire) return at(wire.error());
    asio::io_context context{1};
    const auto reply = run(context, send_and_wait(context, server, *wire, moment_after(options_.update_deadline)));
    if (!reply) return at(reply.error());
    if (const auto verdict = judge(*reply, id, update, key, mac, clock_.now()); !verdict) return at(verdict.error());
    return {};
}

} // namespace tutti::net
