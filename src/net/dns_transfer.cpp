// AXFR (RFC 5936) and IXFR (RFC 1995) over TCP, with the TSIG of every message checked (RFC 8945 5.3.1).
#include "net/dns_client.hpp"
#include "net/io.hpp"

#include <fmt/format.h>

namespace tutti::net {

namespace {

using dns::Rcode;

std::unexpected<Error> bad(std::string why) {
    return fail(ErrorKind::bad_answer, "zone transfer: " + std::move(why));
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

using Piece = DnsClient::Piece;

// The zone, or what has changed in it, as it arrives. Both begin and end with the SOA of today (RFC 5936 2.2); between
// the two of changes each version begins with its own, first what goes, and then what comes (RFC 1995 4).
class Transfer {
  public:
    Transfer(const dns::Name& zone, std::optional<std::uint32_t> since,
             const std::function<void(Piece, const dns::Record&)>& each, const DnsClientOptions& options)
        : zone_(zone), since_(since), each_(each), options_(options) {}

    bool complete() const { return complete_; }

    Expected<void> take(std::vector<dns::Record> records) {
        for (auto& record : records) {
            if (complete_) return bad("a record after the closing SOA");
            if (!record.owner.is_at_or_below(zone_))
                return bad(fmt::format("{} is outside of the zone", record.owner.text()));
            const bool soa = record.type == dns::Type::SOA && record.owner == zone_;
            if (!soa_ && !soa) return bad("the first record is not the SOA of the zone");
            if (!(soa_ && soa) && ++count_ > options_.max_transfer_records)
                return bad(fmt::format("more than {} records", options_.max_transfer_records));
            if (!soa_) {
                soa_ = std::move(record);
                if (!since_) begin(Piece::whole);
            } else if (soa) {
                if (auto ok = next_soa(record); !ok) return ok;
            } else {
                if (!piece_) begin(Piece::whole);
                pending_.emplace_back(*piece_, std::move(record));
            }
        }
        if (count_ == 1 && !piece_ && since_) return soa_alone();
        return {};
    }

    // What has come so far is authentic.
    void hand_out() {
        for (const auto& [piece, record] : pending_) each_(piece, record);
        pending_.clear();
    }

  private:
    static std::optional<std::uint32_t> serial_of(const dns::Record& record) {
        const auto soa = dns::parse_soa(record.rdata);
        return soa ? std::optional{soa->serial} : std::nullopt;
    }

    // Nothing has changed; or the server is behind what it had (RFC 1995 section 2), and what it has instead is not
    // said.
    Expected<void> soa_alone() {
        const auto serial = serial_of(*soa_);
        if (!serial) return bad("a malformed SOA");
        if (*serial == *since_) end();
        if (static_cast<std::int32_t>(*serial - *since_) < 0) // RFC 1982
            return bad(fmt::format("the server has serial {}, older than {}", *serial, *since_));
        return {};
    }

    Expected<void> next_soa(const dns::Record& record) {
        const auto serial = serial_of(record);
        if (!serial) return bad("a malformed SOA");
        const bool last = serial == serial_of(*soa_);
        const bool oldest = !piece_ && since_ && serial == since_, next = piece_ == Piece::added && *serial == version_;
        if ((oldest || next) && !last) { // what goes from this version
            piece_ = Piece::removed;
        } else if (piece_ == Piece::removed) { // what comes to that one
            piece_ = Piece::added;
            version_ = *serial;
        } else if (record.rdata == soa_->rdata && (piece_ != Piece::added || version_ == *serial)) {
            if (!piece_) begin(Piece::whole);
            end();
        } else {
            return bad("the zone changed on the way: its SOA records do not fit together");
        }
        return {};
    }

    void begin(Piece piece) {
        piece_ = piece;
        pending_.emplace_back(piece, *soa_);
    }
    void end() {
        if (piece_ != Piece::whole) pending_.emplace_back(Piece::added, *soa_);
        complete_ = true;
    }

    const dns::Name& zone_;
    std::optional<std::uint32_t> since_; // none: the whole zone was asked for
    const std::function<void(Piece, const dns::Record&)>& each_;
    const DnsClientOptions& options_;
    std::optional<dns::Record> soa_;
    std::optional<Piece> piece_; // what the next records are; none: it is not known yet what comes
    std::uint32_t version_ = 0;  // that the records that are added make
    std::vector<std::pair<Piece, dns::Record>> pending_;
    std::size_t count_ = 0; // without the SOA records between versions, and the last one
    bool complete_ = false;
};

struct Request {
    const port::Endpoint& server;
    dns::Question question;
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
    if ((first && !message->question) || (message->question && *message->question != request.question))
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

Expected<void> DnsClient::receive(const port::Endpoint& server, const dns::Name& zone, const dnssec::TsigKey* key,
                                  std::optional<std::uint32_t> since,
                                  const std::function<void(Piece, const dns::Record&)>& each) {
    const auto at = [&](Error error) {
        error.where = server.text();
        return std::unexpected(std::move(error));
    };
    const std::uint16_t id = random_id();
    const dns::Question question{zone, since ? dns::Type::IXFR : dns::Type::AXFR};
    Bytes wire = since ? dns::compose_ixfr(id, zone, *since) : dns::compose_query(id, question, false, std::nullopt);
    std::optional<dnssec::TsigStream> tsig;
    if (key != nullptr) {
        Bytes mac;
        auto wire_signed = dnssec::tsig_sign(wire, *key, clock_.now(), mac);
        if (!wire_signed) return at(wire_signed.error());
        wire = std::move(*wire_signed);
        tsig.emplace(*key, mac);
    }
    Transfer transfer{zone, since, each, options_};
    const Request request{server, question, id, wire, tsig ? &*tsig : nullptr, clock_, options_};
    asio::io_context context{1};
    if (auto ok = run(context, receive_zone(context, request, transfer)); !ok) return at(ok.error());
    return {};
}

Expected<void> DnsClient::transfer(const port::Endpoint& server, const dns::Name& zone, const dnssec::TsigKey* key,
                                   const std::function<void(const dns::Record&)>& each) {
    return receive(server, zone, key, std::nullopt, [&](Piece, const dns::Record& record) { each(record); });
}

Expected<void> DnsClient::changes(const port::Endpoint& server, const dns::Name& zone, const dnssec::TsigKey* key,
                                  std::uint32_t serial, const std::function<void(Piece, const dns::Record&)>& each) {
    return receive(server, zone, key, serial, each);
}

} // namespace tutti::net
