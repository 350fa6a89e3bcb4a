#include "dnssec/hash.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>

namespace tutti::dnssec {

namespace {

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string hex(const Digest& digest, std::size_t size) {
    std::string out;
    out.reserve(2 * size);
    for (std::size_t i = 0; i < size; ++i) {
        out += "0123456789abcdef"[digest[i] >> 4];
        out += "0123456789abcdef"[digest[i] & 15];
    }
    return out;
}

// Given back before OpenSSL clears up after itself, which it was told to do earlier.
using Fetched = std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)>;
Fetched fetched(const char* name) {
    return {EVP_MD_fetch(nullptr, name, nullptr), &EVP_MD_free};
}

} // namespace

const EVP_MD* sha1() {
    static const Fetched it = fetched("SHA1");
    return it.get();
}
const EVP_MD* sha256() {
    static const Fetched it = fetched("SHA256");
    return it.get();
}
const EVP_MD* sha384() {
    static const Fetched it = fetched("SHA384");
    return it.get();
}
const EVP_MD* sha512() {
    static const Fetched it = fetched("SHA512");
    return it.get();
}

std::string sha256_hex(std::string_view octets) {
    Digest digest{};
    unsigned int size = 0;
    if (EVP_Digest(octets.data(), octets.size(), digest.data(), &size, sha256(), nullptr) != 1)
        return std::string{octets}; // as good a name, only longer
    return hex(digest, size);
}

std::string hmac_sha256_hex(std::string_view key, std::string_view octets) {
    Digest digest{};
    std::size_t size = 0;
    if (EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.data(), key.size(),
                  reinterpret_cast<const unsigned char*>(octets.data()), octets.size(), digest.data(), digest.size(),
                  &size) == nullptr)
        return {}; // nobody takes that for a signature
    return hex(digest, size);
}

} // namespace tutti::dnssec
