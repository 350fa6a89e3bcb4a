#pragma once
// Names and secrets that nobody can guess.
#include "base/error.hpp"

#include <cstddef>
#include <string>

namespace tutti::dnssec {

// As two hexadecimal digits for each octet. Fails (internal) where OpenSSL has no randomness.
Expected<std::string> random_hex(std::size_t octets);

} // namespace tutti::dnssec
