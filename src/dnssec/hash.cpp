#include "dnssec/hash.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

namespace tutti::dnssec {

std::string sha256_hex(std::string_view octets) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (EVP_Digest(octets.data(), octets.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
        return std::string{octets}; // as good a name, only longer
    std::string out;
    for (unsigned int i = 0; i < size; ++i) fmt::format_to(std::back_inserter(out), "{:02x}", digest[i]);
    return out;
}

} // namespace tutti::dnssec
