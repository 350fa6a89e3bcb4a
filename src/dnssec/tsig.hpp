#pragma once
// TSIG (RFC 8945): hmac-sha256, -384, -512. The secret is held only while a message is signed or checked.
#include "base/time.hpp"
#include "dns/message.hpp"

namespace tutti::dnssec {

struct TsigKey {
    dns::Name name;
    std::string algorithm; // "hmac-sha256"
    std::string secret;    // octets (already base64-decoded)
};
Expected<TsigKey> make_tsig_key(std::string_view name, std::string_view algorithm, std::string_view secret_base64);

// Appends a TSIG record to a composed message. Returns the signed message; `mac` gets the request MAC.
Expected<std::vector<std::uint8_t>> tsig_sign(std::span<const std::uint8_t> message, const TsigKey& key, Instant now,
                                              std::vector<std::uint8_t>& mac);
// Checks a reply against the request MAC. Errors name BADKEY, BADSIG, BADTIME (with the server's clock) or "unsigned".
// For the later messages of a transfer (RFC 8945 5.3.1) use a Stream.
Expected<void> tsig_verify(std::span<const std::uint8_t> message, const TsigKey& key,
                           std::span<const std::uint8_t> request_mac, Instant now);

// The messages of a transfer, in order: each MAC covers the one before and the unsigned messages in between. The first
// and the last message are signed, and at least every hundredth.
class TsigStream {
  public:
    TsigStream(const TsigKey& key, std::span<const std::uint8_t> request_mac);
    // True: this message is signed, and everything up to it is verified. False: not signed, wait for the next.
    Expected<bool> add(std::span<const std::uint8_t> message, Instant now);
    // Fails unless the last message was signed.
    Expected<void> finish() const;

  private:
    const TsigKey& key_;
    std::string prior_mac_;
    std::string unsigned_messages_; // since the last signature
    int unsigned_count_ = 0;
    bool first_ = true;
};

} // namespace tutti::dnssec
