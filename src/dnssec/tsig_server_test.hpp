#pragma once
// For tests: the server's side of TSIG (RFC 8945), written apart from the code under test.
#include "dns/wire.hpp"
#include "dnssec/tsig.hpp"

#include <openssl/hmac.h>

#include <array>

namespace tutti::dnssec::testing {

struct TsigServer {
    using Bytes = std::vector<std::uint8_t>;
    struct How {
        bool timers_only = false;   // a later message of a transfer (5.3.1)
        Bytes unsigned_before = {}; // messages since the last signature
        std::uint16_t error = 0;
        bool send_mac = true; // BADKEY and BADSIG come without one
        std::string other = {};
    };

    TsigKey key;
    Instant now;

    // `mac`: the MAC before this one (of the request, or of the message before); then the one of this message.
    Bytes sign(const Bytes& message, Bytes& mac, const How& how) const {
        const dns::Name algorithm = dns::Name::parse(key.algorithm).value();
        const auto time = static_cast<std::uint64_t>(to_seconds(now));
        dns::Writer covered;
        if (!mac.empty()) {
            covered.u16(static_cast<std::uint16_t>(mac.size()));
            covered.bytes(dns::as_view(mac));
        }
        covered.bytes(dns::as_view(how.unsigned_before));
        covered.bytes(dns::as_view(message));
        if (!how.timers_only) {
            covered.name(key.name);
            covered.u16(255);
            covered.u32(0);
            covered.name(algorithm);
        }
        covered.u48(time);
        covered.u16(300);
        if (!how.timers_only) {
            covered.u16(how.error);
            covered.u16(static_cast<std::uint16_t>(how.other.size()));
            covered.bytes(how.other);
        }
        mac = hmac(covered.take());
        return append(message, algorithm, time, how.send_mac ? mac : Bytes{}, how);
    }
    Bytes sign(const Bytes& message, Bytes& mac) const { return sign(message, mac, How{}); }

  private:
    Bytes hmac(const Bytes& data) const {
        const EVP_MD* md = key.algorithm == "hmac-sha256"   ? EVP_sha256()
                           : key.algorithm == "hmac-sha384" ? EVP_sha384()
                                                            : EVP_sha512();
        std::array<unsigned char, EVP_MAX_MD_SIZE> out;
        unsigned int size = 0;
        HMAC(md, key.secret.data(), static_cast<int>(key.secret.size()), data.data(), data.size(), out.data(), &size);
        return {out.begin(), out.begin() + size};
    }

    Bytes append(const Bytes& message, const dns::Name& algorithm, std::uint64_t time, const Bytes& mac,
                 const How& how) const {
        dns::Writer rdata;
        rdata.name(algorithm);
        rdata.u48(time);
        rdata.u16(300);
        rdata.u16(static_cast<std::uint16_t>(mac.size()));
        rdata.bytes(dns::as_view(mac));
        rdata.bytes(dns::as_view({message.data(), 2})); // the original id
        rdata.u16(how.error);
        rdata.u16(static_cast<std::uint16_t>(how.other.size()));
        rdata.bytes(how.other);
        dns::Writer out;
        out.bytes(dns::as_view(message));
        out.record(key.name, dns::Type::TSIG, dns::kClassAny, 0, dns::as_view(rdata.take()));
        Bytes wire = out.take();
        wire[11] = static_cast<std::uint8_t>(wire[11] + 1);
        return wire;
    }
};

} // namespace tutti::dnssec::testing
