#include "dns/name.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace tutti::dns {

namespace {

constexpr std::size_t kMaxWire = 255, kMaxLabel = 63; // RFC 1035 2.3.4

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
std::size_t label_length(const std::string& wire, std::size_t at) {
    return static_cast<unsigned char>(wire[at]);
}

std::unexpected<Error> bad(std::string_view text, std::string_view why) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\" is not a domain name: {}", text, why));
}

// Reads one octet at `at`, escaped or not (RFC 1035 5.1), and moves past it. Returns -1 for a broken escape.
int read_octet(std::string_view text, std::size_t& at) {
    if (text[at] != '\\') return static_cast<unsigned char>(text[at++]);
    ++at;
    if (at >= text.size()) return -1;
    const auto digit = [&](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
    if (!digit(at)) return static_cast<unsigned char>(text[at++]);
    if (!digit(at + 1) || !digit(at + 2)) return -1;
    const int value = (text[at] - '0') * 100 + (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
    at += 3;
    return value <= 255 ? value : -1;
}

// Appends a label; says what is wrong, or nothing.
const char* append_label(std::string& wire, std::string_view label) {
    if (label.empty()) return "a label is empty";
    if (label.size() > kMaxLabel) return "a label is longer than 63 octets";
    if (wire.size() + 1 + label.size() + 1 > kMaxWire) return "it is longer than 255 octets";
    wire += static_cast<char>(label.size());
    for (char c : label) wire += lower(c);
    return nullptr;
}

void append_escaped(std::string& out, char c) {
    constexpr std::string_view kSpecial = ".\\\"();@$";
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x21 || octet > 0x7e) {
        fmt::format_to(std::back_inserter(out), "\\{:03}", octet);
    } else {
        if (kSpecial.contains(c)) out += '\\';
        out += c;
    }
}

// Where the labels begin; a name of 255 octets has 127 labels at most.
struct Offsets {
    std::array<std::uint8_t, 128> at;
    std::size_t count = 0;
    explicit Offsets(const std::string& wire) {
        for (std::size_t i = 0; label_length(wire, i) != 0; i += 1 + label_length(wire, i))
            at[count++] = static_cast<std::uint8_t>(i);
    }
};

} // namespace

Name Name::root() {
    return Name{std::string(1, '\0')};
}

Expected<Name> Name::parse(std::string_view text) {
    if (text.empty()) return bad(text, "it is empty");
    if (text == ".") return root();
    // An escape takes up to four characters, so nothing longer than this can be a name.
    if (text.size() > 4 * kMaxWire) return bad(text.substr(0, 32), "it is too long");
    std::string wire, label;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '.') {
            if (const char* why = append_label(wire, label)) return bad(text, why);
            label.clear();
            ++at;
            continue;
        }
        const bool plain = text[at] != '\\';
        const int octet = read_octet(text, at);
        if (octet < 0) return bad(text, "a backslash must be followed by a character or by three digits up to 255");
        if (plain && (octet <= 0x20 || octet == 0x7f)) return bad(text, "it holds white space or a control character");
        label += static_cast<char>(octet);
    }
    if (!label.empty()) { // empty: the text ended with the final dot
        if (const char* why = append_label(wire, label)) return bad(text, why);
    }
    wire += '\0';
    return Name{std::move(wire)};
}

Expected<Name> Name::from_wire(std::string_view wire) {
    const auto broken = [](const char* why) {
        return fail(ErrorKind::invalid, fmt::format("not a domain name in wire form: {}", why));
    };
    if (wire.size() > kMaxWire) return broken("longer than 255 octets");
    std::string out{wire};
    std::size_t at = 0;
    for (;;) {
        if (at >= wire.size()) return broken("cut short");
        const std::size_t length = label_length(out, at);
        if (length > kMaxLabel) return broken("a label longer than 63 octets, or a compression pointer");
        if (at + 1 + length > wire.size()) return broken("cut short");
        if (length == 0) break;
        for (std::size_t i = at + 1; i <= at + length; ++i) out[i] = lower(out[i]);
        at += 1 + length;
    }
    if (at + 1 != wire.size()) return broken("octets after the root label");
    return Name{std::move(out)};
}

std::string Name::text() const {
    if (is_root()) return ".";
    std::string out;
    out.reserve(wire_.size());
    for (std::size_t at = 0; label_length(wire_, at) != 0; at += 1 + label_length(wire_, at)) {
        for (char c : std::string_view{wire_}.substr(at + 1, label_length(wire_, at))) append_escaped(out, c);
        out += '.';
    }
    return out;
}

std::size_t Name::labels() const {
    return Offsets{wire_}.count;
}

bool Name::is_at_or_below(const Name& ancestor) const {
    if (ancestor.wire_.size() > wire_.size()) return false;
    const std::size_t start = wire_.size() - ancestor.wire_.size();
    std::size_t at = 0;
    while (at < start) at += 1 + label_length(wire_, at); // the suffix must begin with a label
    return at == start && std::string_view{wire_}.substr(start) == ancestor.wire_;
}

Name Name::parent() const {
    return is_root() ? *this : Name{wire_.substr(1 + label_length(wire_, 0))};
}

Expected<Name> Name::child(std::string_view label) const {
    std::string wire;
    const char* why = append_label(wire, label);
    if (why == nullptr && wire.size() + wire_.size() > kMaxWire) why = "it is longer than 255 octets";
    if (why != nullptr) return bad(fmt::format("{}.{}", label, text()), why);
    return Name{wire + wire_};
}

std::strong_ordering Name::operator<=>(const Name& other) const {
    const Offsets mine{wire_}, theirs{other.wire_};
    const auto label = [](const std::string& wire, std::size_t at) {
        return std::string_view{wire}.substr(at + 1, label_length(wire, at));
    };
    for (std::size_t i = 1; i <= mine.count && i <= theirs.count; ++i) {
        const auto order =
            label(wire_, mine.at[mine.count - i]).compare(label(other.wire_, theirs.at[theirs.count - i]));
        if (order != 0) return order <=> 0;
    }
    return mine.count <=> theirs.count;
}

} // namespace tutti::dns
