#pragma once
// The signatures of DNSSEC by OpenSSL: RSA (RFC 5702), ECDSA (RFC 6605), EdDSA (RFC 8080). For verify.cpp, which
// decides whether a signature is looked at.
#include "dnssec/verify.hpp"

namespace tutti::dnssec {

// `valid`, `bad_signature`, or `unsupported` for an algorithm that is none of these. `shelf` may be null.
SigStatus verify_octets(std::string_view data, std::string_view signature, const Dnskey& key, KeyShelf* shelf);

} // namespace tutti::dnssec
