#pragma once
// A name for contents: equal exactly where the contents are.
#include <openssl/types.h>

#include <string>
#include <string_view>

namespace tutti::dnssec {

// OpenSSL's, found once: EVP_sha256() is looked up anew for each digest. Null: this OpenSSL has it not.
const EVP_MD* sha1();
const EVP_MD* sha256();
const EVP_MD* sha384();
const EVP_MD* sha512();

// Two digits for each octet.
std::string hex(std::string_view octets);
// SHA-256, as 64 hexadecimal digits.
std::string sha256_hex(std::string_view octets);
// Only for who knows the key (RFC 2104), as 64 hexadecimal digits.
std::string hmac_sha256_hex(std::string_view key, std::string_view octets);

} // namespace tutti::dnssec
