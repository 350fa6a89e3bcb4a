// RDATA to text and back. ldns knows the forms of all types; what it does not know, or will not take, is written in
// the generic form of RFC 3597 section 5.
#include "dns/ldns_ptr.hpp"
#include "dns/record.hpp"
#include "dns/wire.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace tutti::dns {

namespace {

constexpr std::size_t kMaxRdata = 65535;
constexpr std::size_t kMaxText = 4 * kMaxRdata + 64; // every octet as \DDD

std::string generic_text(const Rdata& rdata) {
    std::string out = fmt::format("\\# {}", rdata.size());
    if (!rdata.empty()) out += ' ';
    for (char c : rdata) fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(c));
    return out;
}

std::unexpected<Error> bad(Type type, std::string_view text, std::string_view why) {
    return fail(ErrorKind::invalid, fmt::format("\"{}{}\" is not the data of a {} record: {}", text.substr(0, 80),
                                                text.size() > 80 ? "..." : "", to_string(type), why));
}

// Names compressed into themselves, or cut short, must not reach a printer: read_rdata has the bounds.
std::optional<Rdata> canonical(Type type, std::string_view rdata) {
    Reader reader{rdata};
    Rdata out = read_rdata(reader, type, rdata.size());
    if (reader.failed() || reader.left() != 0) return std::nullopt;
    return out;
}

std::optional<std::string> hex_octets(std::string_view hex) {
    const auto digit = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    std::string out;
    int high = -1;
    for (char c : hex) {
        if (c == ' ' || c == '\t') continue;
        const int value = digit(c);
        if (value < 0) return std::nullopt;
        if (high < 0) {
            high = value;
        } else {
            out += static_cast<char>(high * 16 + value);
            high = -1;
        }
    }
    return high < 0 ? std::optional{out} : std::nullopt;
}

// What follows "\#": length, then hexadecimal digits.
Expected<Rdata> parse_generic(Type type, std::string_view text) {
    const auto trim = [](std::string_view s) { return s.substr(std::min(s.find_first_not_of(" \t"), s.size())); };
    const std::string_view rest = trim(text.substr(2));
    std::size_t length = 0;
    const auto [at, ec] = std::from_chars(rest.data(), rest.data() + rest.size(), length);
    if (ec != std::errc{}) return bad(type, text, "the length after \\# is missing");
    const auto octets = hex_octets(rest.substr(static_cast<std::size_t>(at - rest.data())));
    if (!octets) return bad(type, text, "hexadecimal digits were expected, in pairs");
    if (octets->size() != length)
        return bad(type, text, fmt::format("its length says {}, but there are {} octets", length, octets->size()));
    const auto rdata = canonical(type, *octets);
    if (!rdata) return bad(type, text, "the octets do not fit the type");
    return *rdata;
}

bool known(Type type) {
    return static_cast<std::uint16_t>(ldns_rr_descript(static_cast<std::uint16_t>(type))->_type) ==
           static_cast<std::uint16_t>(type);
}

// The library leaves blanks around some fields (salts, type lists) and lets tabs through in some strings.
void append_field(std::string& out, std::string_view field) {
    while (field.starts_with(' ')) field.remove_prefix(1);
    while (field.ends_with(' ')) field.remove_suffix(1);
    if (field.empty()) return;
    if (!out.empty()) out += ' ';
    for (char c : field) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet < 0x20 || octet > 0x7e)
            fmt::format_to(std::back_inserter(out), "\\{:03}", octet);
        else
            out += c;
    }
}

Expected<Rdata> parse_known(Type type, std::string_view text) {
    const std::string line = fmt::format(". 0 IN {} {}", to_string(type), text);
    ldns_rr* raw = nullptr;
    const auto status = ldns_rr_new_frm_str(&raw, line.c_str(), 0, nullptr, nullptr);
    const LdnsRr rr{raw};
    if (status != LDNS_STATUS_OK || !rr) return bad(type, text, ldns_get_errorstr_by_id(status));
    const LdnsBuffer buffer{ldns_buffer_new(512)};
    if (!buffer || ldns_rr_rdata2buffer_wire(buffer.get(), rr.get()) != LDNS_STATUS_OK)
        return bad(type, text, "it cannot be put into wire form");
    const std::string_view wire{reinterpret_cast<const char*>(ldns_buffer_begin(buffer.get())),
                                ldns_buffer_position(buffer.get())};
    const auto rdata = canonical(type, wire);
    // A field left out is silently skipped by the text parser; the wire parser sees it.
    if (!rdata || !to_ldns(type, *rdata)) return bad(type, text, "a field is missing");
    return *rdata;
}

// The types that are written and read by the million, in their plainest form; what does not look like that is left to
// the library.
std::optional<std::string> plain_text(Type type, const Rdata& rdata) {
    const auto octet = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(rdata[i])); };
    if (type == Type::A && rdata.size() == 4) return fmt::format("{}.{}.{}.{}", octet(0), octet(1), octet(2), octet(3));
    if ((type != Type::DS && type != Type::CDS) || rdata.size() <= 4) return std::nullopt;
    std::string out = fmt::format("{} {} {} ", octet(0) << 8 | octet(1), octet(2), octet(3));
    for (std::size_t i = 4; i < rdata.size(); ++i)
        for (const unsigned half : {octet(i) >> 4, octet(i) & 0xf}) out += "0123456789abcdef"[half];
    return out;
}

std::optional<Rdata> parse_plain(Type type, std::string_view text) {
    const auto number = [&](unsigned most, char end) -> std::optional<unsigned> {
        unsigned value = 0;
        const auto [at, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
        const auto digits = static_cast<std::size_t>(at - text.data());
        if (ec != std::errc{} || value > most || (digits > 1 && text[0] == '0')) return std::nullopt;
        if (end != '\0' && (digits >= text.size() || text[digits] != end)) return std::nullopt;
        text.remove_prefix(digits + (end == '\0' ? 0 : 1));
        return value;
    };
    Rdata out;
    if (type == Type::A) {
        for (const char end : {'.', '.', '.', '\0'}) {
            const auto value = number(255, end);
            if (!value) return std::nullopt;
            out += static_cast<char>(*value);
        }
        return text.empty() ? std::optional{out} : std::nullopt;
    }
    if (type != Type::DS && type != Type::CDS) return std::nullopt;
    const auto tag = number(65535, ' '), algorithm = tag ? number(255, ' ') : tag,
               digest_type = algorithm ? number(255, ' ') : algorithm;
    const auto digest = digest_type ? hex_octets(text) : std::nullopt;
    if (!digest || digest->empty()) return std::nullopt;
    for (const unsigned v : {*tag >> 8, *tag & 0xff, *algorithm, *digest_type}) out += static_cast<char>(v);
    return out + *digest;
}

} // namespace

LdnsRr to_ldns(Type type, const Rdata& rdata) {
    LdnsRr rr{ldns_rr_new()};
    if (!rr || rdata.size() > kMaxRdata) return nullptr;
    ldns_rr_set_type(rr.get(), static_cast<ldns_rr_type>(type));
    // ldns_wire2rdf reads the length in front of the RDATA.
    std::string wire{static_cast<char>(rdata.size() >> 8), static_cast<char>(rdata.size() & 0xff)};
    wire += rdata;
    std::size_t at = 0;
    const auto status = ldns_wire2rdf(rr.get(), reinterpret_cast<const std::uint8_t*>(wire.data()), wire.size(), &at);
    if (status != LDNS_STATUS_OK || at != wire.size()) return nullptr;
    // Empty RDATA passes for any type there.
    if (ldns_rr_rd_count(rr.get()) < ldns_rr_descriptor_minimum(ldns_rr_descript(static_cast<std::uint16_t>(type))))
        return nullptr;
    return rr;
}

std::string rdata_text(Type type, const Rdata& rdata) {
    if (auto plain = plain_text(type, rdata)) return *plain;
    if (!known(type) || !canonical(type, rdata)) return generic_text(rdata);
    const LdnsRr rr = to_ldns(type, rdata);
    if (!rr) return generic_text(rdata);
    std::string out;
    for (std::size_t i = 0; i < ldns_rr_rd_count(rr.get()); ++i) {
        const LdnsText field{ldns_rdf2str(ldns_rr_rdf(rr.get(), i))};
        if (!field) return generic_text(rdata);
        append_field(out, field.get());
    }
    // The library prints some broken RDATA as if it were whole: only a text that says the same octets is used.
    return parse_known(type, out) == rdata ? out : generic_text(rdata);
}

Expected<Rdata> parse_rdata(Type type, std::string_view text) {
    if (text.size() > kMaxText) return bad(type, text, "it is too long");
    if (auto plain = parse_plain(type, text)) return *plain;
    for (char c : text)
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t') return bad(type, text, "it holds a control character");
    const auto start = std::min(text.find_first_not_of(" \t"), text.size());
    text = text.substr(start, text.find_last_not_of(" \t") + 1 - start);
    if (text.starts_with("\\#")) return parse_generic(type, text);
    if (!known(type)) return bad(type, text, "the form of this type is not known; write it as \\# LENGTH HEX");
    return parse_known(type, text);
}

} // namespace tutti::dns
