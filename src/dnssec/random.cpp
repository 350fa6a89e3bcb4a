#include "dnssec/random.hpp"

#include "dnssec/hash.hpp"

#include <openssl/rand.h>

namespace tutti::dnssec {

Expected<std::string> random_hex(std::size_t octets) {
    std::string out(octets, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(octets)) != 1)
        return fail(ErrorKind::internal, "no random numbers", "OpenSSL");
    return hex(out);
}

} // namespace tutti::dnssec
