#pragma once
// A name for contents: equal exactly where the contents are.
#include <string>
#include <string_view>

namespace tutti::dnssec {

// SHA-256, as 64 hexadecimal digits.
std::string sha256_hex(std::string_view octets);

} // namespace tutti::dnssec
