#include "dnssec/hash.hpp"

#include <openssl/evp.h>

#include <array>

namespace tutti::dnssec {

std::string sha256_hex(std::string_view octets) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (EVP_Digest(octets.data(), octets.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
        return std::string{octets}; // as good a name, only longer
    std::string out;
    out.reserve(2UL * size);
    for (unsigned int i = 0; i < size; ++i) {
        out += "0123456789abcdef"[digest[i] >> 4];
        out += "0123456789abcdef"[digest[i] & 15];
    }
    return out;
}

} // namespace tutti::dnssec
