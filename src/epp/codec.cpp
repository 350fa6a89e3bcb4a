#include "epp/codec.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace tutti::epp {

std::string hex(std::string_view octets) {
    std::string out;
    for (const char c : octets) out += fmt::format("{:02X}", static_cast<unsigned char>(c));
    return out;
}

Expected<std::string> unhex(std::string_view text) {
    std::string out;
    if (text.size() % 2 != 0) return fail(ErrorKind::bad_answer, "hexadecimal text with an odd number of digits");
    for (std::size_t i = 0; i < text.size(); i += 2) {
        unsigned value = 0;
        const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
        if (error != std::errc{} || end != text.data() + i + 2) return fail(ErrorKind::bad_answer, "not hexadecimal");
        out += static_cast<char>(value);
    }
    return out;
}

std::string base64(std::string_view octets) {
    std::string out(4 * ((octets.size() + 2) / 3) + 1, '\0');
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(octets.data()), static_cast<int>(octets.size()));
    out.resize(static_cast<std::size_t>(size));
    return out;
}

Expected<std::string> unbase64(std::string_view text) {
    std::string dense;
    std::ranges::copy_if(text, std::back_inserter(dense),
                         [](char c) { return !std::string_view{" \t\r\n"}.contains(c); });
    const auto bad = [] { return fail(ErrorKind::bad_answer, "not base64"); };
    const auto padding = static_cast<std::size_t>(std::ranges::count(dense, '='));
    if (dense.empty() || dense.size() % 4 != 0 || padding > 2) return bad();
    if (dense.find('=') < dense.size() - padding) return bad();
    std::string out(dense.size() / 4 * 3, '\0');
    const int size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(dense.data()), static_cast<int>(dense.size()));
    if (size < 0) return bad();
    out.resize(static_cast<std::size_t>(size) - padding);
    return out;
}

Expected<std::uint64_t> number(std::string_view text, std::uint64_t largest, std::string_view what) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value > largest)
        return fail(ErrorKind::bad_answer,
                    fmt::format("{} is \"{}\", not a number from 0 to {}", what, text.substr(0, 40), largest));
    return value;
}

std::string epp_name(const dns::Name& name) {
    std::string text = name.text();
    if (text.size() > 1) text.pop_back();
    return text;
}

} // namespace tutti::epp
