#include "dnssec/hash.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>

namespace tutti::dnssec {

namespace {

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string_view view(const Digest& digest, std::size_t size) {
    return {reinterpret_cast<const char*>(digest.data()), size};
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

std::string hex(std::string_view octets) {
    std::string out;
    out.reserve(2 * octets.size());
    for (const char c : octets) {
        out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4U];
        out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15U];
    }
    return out;
}

std::string sha256_hex(std::string_view octets) {
    Digest digest{};
    unsigned int size = 0;
    if (EVP_Digest(octets.data(), octets.size(), digest.data(), &size, sha256(), nullptr) != 1)
        return std::string{octets}; // as good a name, only longer
    return hex(view(digest, size));
}

std::string hmac_sha256_hex(std::string_view key, std::string_view octets) {
    Digest digest{};
    std::size_t size = 0;
    if (EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.data(), key.size(),
                  reinterpret_cast<const unsigned char*>(octets.data()), octets.size(), digest.data(), digest.size(),
                  &size) == nullptr)
        return {}; // nobody takes that for a signature
    return hex(view(digest, size));
}

} // namespace tutti::dnssec
