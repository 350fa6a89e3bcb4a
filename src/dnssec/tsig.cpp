#include "dnssec/tsig.hpp"

#include "dns/wire.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>

namespace tutti::dnssec {

namespace {

constexpr std::uint16_t kFudge_s = 300; // RFC 8945 section 10
constexpr std::uint16_t kBadSig = 16, kBadKey = 17, kBadTime = 18, kBadTrunc = 22;
constexpr std::size_t kHeader = 12, kMaxMessage = 65535, kMaxSecret = 1024;
constexpr int kMaxUnsigned = 99; // RFC 8945 5.3.1: every hundredth message is signed
using Bytes = std::vector<std::uint8_t>;

const char* digest_name(std::string_view algorithm) {
    if (algorithm == "hmac-sha256") return "SHA256";
    if (algorithm == "hmac-sha384") return "SHA384";
    if (algorithm == "hmac-sha512") return "SHA512";
    return nullptr;
}

std::uint64_t unix_seconds(Instant t) {
    const auto s = std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
    return s < 0 ? 0 : static_cast<std::uint64_t>(s);
}
// 48 bits of seconds go beyond what an Instant holds: a clock that far off is shown as the year 9999.
Instant from_unix(std::uint64_t s) {
    constexpr std::uint64_t kYear9999 = 253'402'300'799;
    return Instant{std::chrono::seconds{static_cast<std::int64_t>(std::min(s, kYear9999))}};
}

// RFC 8945 4.2.
struct Tsig {
    std::string key_name, algorithm; // wire form, lower case
    std::uint64_t time_signed = 0;   // 48 bits
    std::uint16_t fudge = kFudge_s;
    std::string mac;
    std::uint16_t original_id = 0, error = 0;
    std::string other;
};

std::uint16_t id_of(std::string_view message) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(message[0]) << 8 |
                                      static_cast<unsigned char>(message[1]));
}

Expected<std::string> hmac(const TsigKey& key, std::string_view data) {
    const char* digest = digest_name(key.algorithm);
    if (digest == nullptr) return fail(ErrorKind::unsupported, fmt::format("TSIG algorithm {}", key.algorithm));
    std::array<unsigned char, EVP_MAX_MD_SIZE> out;
    std::size_t size = 0;
    if (EVP_Q_mac(nullptr, "HMAC", nullptr, digest, nullptr, key.secret.data(), key.secret.size(),
                  reinterpret_cast<const unsigned char*>(data.data()), data.size(), out.data(), out.size(),
                  &size) == nullptr)
        return fail(ErrorKind::internal, fmt::format("OpenSSL cannot compute {}", key.algorithm));
    return std::string(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size));
}

// RFC 8945 4.3: what the MAC covers. `messages` is one message with its original id, or a run of them (5.3.1).
Expected<std::string> compute_mac(const TsigKey& key, std::string_view prior_mac, std::string_view messages,
                                  const Tsig& tsig, bool timers_only) {
    dns::Writer w;
    if (!prior_mac.empty()) {
        w.u16(static_cast<std::uint16_t>(prior_mac.size()));
        w.bytes(prior_mac);
    }
    w.bytes(messages);
    if (!timers_only) {
        w.bytes(tsig.key_name);
        w.u16(dns::kClassAny);
        w.u32(0);
        w.bytes(tsig.algorithm);
    }
    w.u48(tsig.time_signed);
    w.u16(tsig.fudge);
    if (!timers_only) {
        w.u16(tsig.error);
        w.u16(static_cast<std::uint16_t>(tsig.other.size()));
        w.bytes(tsig.other);
    }
    return hmac(key, dns::as_view(w.take()));
}

// The message with the record at its end and one more in the additional section.
Bytes append(std::span<const std::uint8_t> message, const TsigKey& key, const Tsig& tsig) {
    dns::Writer rdata;
    rdata.bytes(tsig.algorithm);
    rdata.u48(tsig.time_signed);
    rdata.u16(tsig.fudge);
    rdata.u16(static_cast<std::uint16_t>(tsig.mac.size()));
    rdata.bytes(tsig.mac);
    rdata.u16(tsig.original_id);
    rdata.u16(tsig.error);
    rdata.u16(static_cast<std::uint16_t>(tsig.other.size()));
    rdata.bytes(tsig.other);
    dns::Writer out;
    out.bytes(dns::as_view(message));
    out.record(key.name, dns::Type::TSIG, dns::kClassAny, 0, dns::as_view(rdata.take()));
    Bytes wire = out.take();
    const int count = (wire[10] << 8 | wire[11]) + 1;
    wire[10] = static_cast<std::uint8_t>(count >> 8);
    wire[11] = static_cast<std::uint8_t>(count & 0xff);
    return wire;
}

// A message taken apart at its TSIG record.
struct Split {
    std::string before; // without the record, as it was when it was signed: count and id put back
    std::optional<Tsig> tsig;
};

Tsig read_tsig(dns::Reader& reader, std::string owner) {
    Tsig tsig;
    tsig.key_name = std::move(owner);
    tsig.algorithm = reader.name();
    tsig.time_signed = reader.u48();
    tsig.fudge = reader.u16();
    tsig.mac = reader.bytes(reader.u16());
    tsig.original_id = reader.u16();
    tsig.error = reader.u16();
    tsig.other = reader.bytes(reader.u16());
    if (reader.left() != 0) reader.set_failed();
    return tsig;
}

Expected<Split> split(std::string_view message) {
    const auto broken = [] { return fail(ErrorKind::bad_answer, "malformed DNS message: its TSIG cannot be read"); };
    if (message.size() < kHeader) return broken();
    dns::Reader reader{message};
    reader.bytes(4);
    const std::uint16_t questions = reader.u16(), answer = reader.u16(), authority = reader.u16(),
                        additional = reader.u16();
    for (std::uint16_t i = 0; i < questions && !reader.failed(); ++i) {
        (void)reader.name();
        reader.bytes(4);
    }
    const std::uint32_t records = std::uint32_t{answer} + authority + additional;
    for (std::uint32_t i = 0; i < records && !reader.failed(); ++i) {
        const std::size_t start = reader.position();
        auto head = dns::read_record_head(reader);
        if (head.type != dns::Type::TSIG) {
            reader.bytes(head.rdata_length);
            continue;
        }
        // It is the last record of the message, in the additional section (RFC 8945 5.1).
        if (additional == 0 || i + 1 != records || reader.left() != head.rdata_length) return broken();
        const Tsig tsig = read_tsig(reader, std::move(head.owner));
        const auto key_name = dns::Name::from_wire(tsig.key_name), algorithm = dns::Name::from_wire(tsig.algorithm);
        if (reader.failed() || !key_name || !algorithm) return broken();
        Split out{std::string{message.substr(0, start)}, tsig};
        out.tsig->key_name = key_name->wire();
        out.tsig->algorithm = algorithm->wire();
        out.before[0] = static_cast<char>(tsig.original_id >> 8);
        out.before[1] = static_cast<char>(tsig.original_id & 0xff);
        out.before[10] = static_cast<char>((additional - 1) >> 8);
        out.before[11] = static_cast<char>((additional - 1) & 0xff);
        return out;
    }
    if (reader.failed()) return broken();
    return Split{std::string{message}, std::nullopt};
}

std::unexpected<Error> bad_time(std::string_view who, Instant theirs, Instant ours) {
    const Duration difference = theirs > ours ? theirs - ours : ours - theirs;
    return fail(ErrorKind::auth,
                fmt::format("TSIG BADTIME: {}; the server's clock says {}, ours says {}: {} apart", who,
                            to_rfc3339(theirs), to_rfc3339(ours), human(difference)),
                {}, "Set both clocks by NTP; TSIG allows 5 minutes");
}

// Errors that a server reports without a MAC, since it has no key or no valid one (RFC 8945 5.2.1, 5.2.2).
std::optional<std::unexpected<Error>> unsigned_error(const TsigKey& key, const Tsig& tsig) {
    switch (tsig.error) {
    case kBadKey:
        return fail(
            ErrorKind::auth,
            fmt::format("TSIG BADKEY: the server does not know the key {} with {}", key.name.text(), key.algorithm), {},
            "Configure the same key name and algorithm on both sides");
    case kBadSig:
        return fail(ErrorKind::auth,
                    fmt::format("TSIG BADSIG: the server has another secret for the key {}", key.name.text()), {},
                    "Configure the same secret on both sides");
    case kBadTrunc:
        return fail(ErrorKind::auth, "TSIG BADTRUNC: the server wants a longer MAC");
    default:
        return std::nullopt;
    }
}

// Checks one signed message against the MAC before it; `covered` is what the MAC covers.
Expected<void> check(const TsigKey& key, const Tsig& tsig, std::string_view prior_mac, std::string_view covered,
                     bool timers_only, Instant now) {
    if (const auto error = unsigned_error(key, tsig)) return *error;
    const auto algorithm = dns::Name::parse(key.algorithm);
    if (tsig.key_name != key.name.wire() || !algorithm || tsig.algorithm != algorithm->wire())
        return fail(ErrorKind::bad_answer, "the answer is signed with another TSIG key than the request");
    const auto mac = compute_mac(key, prior_mac, covered, tsig, timers_only);
    if (!mac) return std::unexpected(mac.error());
    if (mac->size() != tsig.mac.size() || CRYPTO_memcmp(mac->data(), tsig.mac.data(), mac->size()) != 0)
        return fail(ErrorKind::bad_answer, "TSIG BADSIG: the signature of the answer is wrong");
    if (tsig.error == kBadTime && tsig.other.size() == 6) // RFC 8945 5.2.3: the server's clock
        return bad_time("the server refused the time of the request", from_unix(dns::Reader{tsig.other}.u48()), now);
    if (tsig.error == kBadTime)
        return fail(ErrorKind::auth, "TSIG BADTIME: the server refused the time of the request");
    if (tsig.error != 0) return fail(ErrorKind::auth, fmt::format("TSIG error {}", tsig.error));
    const std::uint64_t ours = unix_seconds(now);
    const std::uint64_t apart = ours > tsig.time_signed ? ours - tsig.time_signed : tsig.time_signed - ours;
    if (apart > tsig.fudge) return bad_time("the answer was signed at another time", from_unix(tsig.time_signed), now);
    return {};
}

std::unexpected<Error> not_signed() {
    return fail(ErrorKind::bad_answer, "the answer is unsigned, although the request was signed with TSIG");
}

} // namespace

Expected<TsigKey> make_tsig_key(std::string_view name, std::string_view algorithm, std::string_view secret_base64) {
    auto key_name = dns::Name::parse(name);
    if (!key_name) return std::unexpected(key_name.error());
    std::string lower{algorithm};
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (lower.ends_with('.')) lower.pop_back();
    if (digest_name(lower) == nullptr)
        return fail(ErrorKind::unsupported, fmt::format("TSIG algorithm \"{}\" is not supported", algorithm), {},
                    "Use hmac-sha256, hmac-sha384 or hmac-sha512");
    // No part of the secret in the message.
    const auto bad = [&] {
        return fail(ErrorKind::invalid, fmt::format("the secret of the TSIG key {} is not base64", key_name->text()));
    };
    std::string text;
    for (char c : secret_base64)
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') text += c;
    if (text.empty() || text.size() % 4 != 0 || text.size() > kMaxSecret) return bad();
    std::string secret(text.size() / 4 * 3, '\0');
    const int size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(secret.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    if (size < 0 || text.find('=') < text.size() - padding) return bad();
    secret.resize(static_cast<std::size_t>(size) - padding);
    if (secret.empty()) return bad();
    return TsigKey{std::move(*key_name), std::move(lower), std::move(secret)};
}

Expected<Bytes> tsig_sign(std::span<const std::uint8_t> message, const TsigKey& key, Instant now, Bytes& mac) {
    if (message.size() < kHeader) return fail(ErrorKind::invalid, "a message without a header cannot be signed");
    const auto algorithm = dns::Name::parse(key.algorithm);
    if (!algorithm) return std::unexpected(algorithm.error());
    Tsig tsig;
    tsig.key_name = key.name.wire();
    tsig.algorithm = algorithm->wire();
    tsig.time_signed = unix_seconds(now);
    tsig.original_id = id_of(dns::as_view(message));
    auto computed = compute_mac(key, {}, dns::as_view(message), tsig, false);
    if (!computed) return std::unexpected(computed.error());
    tsig.mac = std::move(*computed);
    Bytes out = append(message, key, tsig);
    if (out.size() > kMaxMessage)
        return fail(ErrorKind::invalid, fmt::format("the message has {} octets, but DNS allows 65535", out.size()));
    mac.assign(tsig.mac.begin(), tsig.mac.end());
    return out;
}

Expected<void> tsig_verify(std::span<const std::uint8_t> message, const TsigKey& key,
                           std::span<const std::uint8_t> request_mac, Instant now) {
    const auto parts = split(dns::as_view(message));
    if (!parts) return std::unexpected(parts.error());
    if (!parts->tsig) return not_signed();
    return check(key, *parts->tsig, dns::as_view(request_mac), parts->before, false, now);
}

TsigStream::TsigStream(const TsigKey& key, std::span<const std::uint8_t> request_mac)
    : key_(key), prior_mac_(dns::as_view(request_mac)) {}

Expected<bool> TsigStream::add(std::span<const std::uint8_t> message, Instant now) {
    const auto parts = split(dns::as_view(message));
    if (!parts) return std::unexpected(parts.error());
    if (!parts->tsig) {
        if (first_) return not_signed();
        if (++unsigned_count_ > kMaxUnsigned)
            return fail(ErrorKind::bad_answer, "100 messages of the transfer without a TSIG (RFC 8945 5.3.1)");
        unsigned_messages_ += parts->before;
        return false;
    }
    const auto checked = check(key_, *parts->tsig, prior_mac_, unsigned_messages_ + parts->before, !first_, now);
    if (!checked) return std::unexpected(checked.error());
    prior_mac_ = parts->tsig->mac;
    unsigned_messages_.clear();
    unsigned_count_ = 0;
    first_ = false;
    return true;
}

Expected<void> TsigStream::finish() const {
    if (first_ || unsigned_count_ > 0) return not_signed();
    return {};
}

} // namespace tutti::dnssec
