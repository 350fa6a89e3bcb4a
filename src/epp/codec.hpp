#pragma once
// Texts inside frames: hexadecimal, base64, numbers, names.
#include "dns/name.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tutti::epp {

std::string hex(std::string_view octets); // upper case, as in RFC 5910
Expected<std::string> unhex(std::string_view text);
std::string base64(std::string_view octets);
Expected<std::string> unbase64(std::string_view text); // white space inside is fine (base64Binary of XML Schema)
// Decimal digits only; `what` for the error.
Expected<std::uint64_t> number(std::string_view text, std::uint64_t largest, std::string_view what);
// As EPP writes names: without the final dot.
std::string epp_name(const dns::Name& name);

} // namespace tutti::epp
