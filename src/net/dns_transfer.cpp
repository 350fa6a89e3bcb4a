// AXFR over TCP (RFC 5936), with the TSIG of every message checked (RFC 8945 5.3.1).
#include "net/dns_client.hpp"
#include "net/io.hpp"

#include <fmt/format.h>

namespace tutti::net {

namespace {

using dns::Rcode;

std::unexpected<Error> bad(std::string why) {
    return fail(ErrorKind::bad_answer, "AXFR: " + std::move(why));
}

std::unexpected<Error> refused(Rcode rcode) {
    const std::string seen = fmt::format("the transfer was answered with {}", dns::to_string(rcode));
    switch (rcode) {
    case Rcode::refused:
        return fail(ErrorKind::refused, seen, {}, "Allow transfers of the zone to this key or address on the server");
    case Rcode::notauth:
        return fail(ErrorKind::refused, seen + ": the server does not serve the zone, or does not accept the key");
    case Rcode::notimp:
        return fail(ErrorKind::unsupported, seen);
    case Rcode::formerr:
        return fail(ErrorKind::invalid, seen);
    default:
        return fail(ErrorKind::transient, seen);
    }
}

// The zone as it arrives: begins and ends with the same SOA (RFC 5936 2.2).
class Transfer {
  public:
    Transfer(const dns::Name& zone, const std::function<void(const dns::Record&)>& each,
             const DnsClientOptions& options)
        : zone_(zone), each_(each), options_(options) {}

    bool complete() const { return complete_; }

    Expected<void> take(std::vector<dns::Record> records) {
        for (auto& record : records) {
            if (complete_) return bad("a record after the closing SOA");
            if (!record.owner.is_at_or_below(zone_))
                return bad(fmt::format("{} is outside of the zone", record.owner.text()));
            const bool soa = record.type == dns::Type::SOA && record.owner == zone_;
            if (!soa_ && !soa) return bad("the first record is not the SOA of the zone");
            if (soa_ && soa) {
                if (record.rdata != soa_->rdata) return bad("the zone changed on the way: its two SOA records differ");
                complete_ = true;
                continue;
            }
            if (soa) soa_ = record;
            if (++count_ > options_.max_transfer_records)
                return bad(fmt::format("more than {} records", options_.max_transfer_records));
            pending_.push_back(std::move(record));
        }
        return {};
    }

    // What has come so far is authentic.
    void hand_out() {
        for (const auto& record : pending_) each_(record);
        pending_.clear();
    }

  private:
    const dns::Name& zone_;
    const std::function<void(const dns::Record&)>& each_;
    const DnsClientOptions& options_;
    std::optional<dns::Record> soa_;
    std::vector<dns::Record> pending_;
    std::size_t count_ = 0;
    bool complete_ = false;
};

struct Request {
    const port::Endpoint& server;
    const dns::Name& zone;
    std::uint16_t id;
    const Bytes& wire;
    dnssec::TsigStream* tsig;
    port::Clock& clock;
    const DnsClientOptions& options;
};

// One message of the answer. True: its records, and those before, are authentic.
Expected<bool> take_message(const Request& request, const Bytes& wire, Transfer& transfer, bool first) {
    bool authentic = true;
    // TSIG before the rcode: BADKEY, BADSIG and BADTIME say more than NOTAUTH. An unsigned refusal is told as it is.
    auto message = dns::parse_message(wire);
    if (!message) return bad(message.error().seen);
    if (request.tsig != nullptr && (message->has_tsig || message->rcode == Rcode::noerror)) {
        const auto verified = request.tsig->add(wire, request.clock.now());
        if (!verified) return std::unexpected(verified.error());
        authentic = *verified;
    }
    if (!message->response || message->id != request.id) return bad("a message that belongs to something else");
    if (message->rcode != Rcode::noerror) return refused(message->rcode);
    // RFC 5936 2.2: later messages may leave the question out.
    const dns::Question asked{request.zone, dns::Type::AXFR};
    if ((first && !message->question) || (message->question && *message->question != asked))
        return bad("the answer is to another question");
    if (message->answer.empty()) return bad("a message without records");
    if (auto ok = transfer.take(std::move(message->answer)); !ok) return std::unexpected(ok.error());
    return authentic;
}

asio::awaitable<Expected<void>> receive_zone(asio::io_context& context, const Request& request, Transfer& transfer) {
    const auto& options = request.options;
    const Moment end = moment_after(options.transfer_deadline);
    const auto soon = [&] { return std::min(end, moment_after(options.transfer_idle)); };
    TcpStream stream{context};
    if (auto ok = co_await stream.connect(request.server, soon()); !ok) co_return ok;
    if (auto ok = co_await stream.send(request.wire, soon()); !ok) co_return ok;
    std::size_t octets = 0;
    for (bool first = true; !transfer.complete(); first = false) {
        const auto wire = co_await stream.receive(soon());
        if (!wire) co_return std::unexpected(wire.error());
        octets += wire->size();
        if (octets > options.max_transfer_octets)
            co_return bad(fmt::format("more than {} octets", options.max_transfer_octets));
        const auto authentic = take_message(request, *wire, transfer, first);
        if (!authentic) co_return std::unexpected(authentic.error());
        if (*authentic) transfer.hand_out();
    }
    if (request.tsig != nullptr) co_return request.tsig->finish();
    co_return Expected<void>{};
}

} // namespace

Expected<void> DnsClient::transfer(const port::Endpoint& server, const dns::Name& zone, const dnssec::TsigKey* key,
                                   const std::function<void(const dns::Record&)>& each) {
    const auto at = [&](Error error) {
        error.where = server.text();
        return std::unexpected(std::move(error));
    };
    const std::uint16_t id = random_id();
    Bytes wire = dns::compose_query(id, {zone, dns::Type::AXFR}, false, std::nullopt);
    std::optional<dnssec::TsigStream> tsig;
    if (key != nullptr) {
        Bytes mac;
        auto wire_signed = dnssec::tsig_sign(wire, *key, clock_.now(), mac);
        if (!wire_signed) return at(wire_signed.error());
        wire = std::move(*wire_signed);
        tsig.emplace(*key, mac);
    }
    Transfer transfer{zone, each, options_};
    const Request request{server, zone, id, wire, tsig ? &*tsig : nullptr, clock_, options_};
    asio::io_context context{1};
    if (auto ok = run(context, receive_zone(context, request, transfer)); !ok) return at(ok.error());
    return {};
}

} // namespace tutti::net
