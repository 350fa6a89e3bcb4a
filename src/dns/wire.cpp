#include "dns/wire.hpp"

#include <optional>

namespace tutti::dns {

namespace {

constexpr std::size_t kHeader = 12, kMaxWireName = 255;

// Names inside RDATA: `before` octets, `strings` character strings, `names` names, then `after` octets (nullopt: any).
struct Layout {
    std::size_t before = 0, strings = 0, names = 0;
    std::optional<std::size_t> after = 0;
    bool lower_case = true;
};

// Types whose RDATA holds names that may be compressed (RFC 3597 section 4) or are canonicalised (RFC 4034 6.2), and
// those of a fixed size. NSEC keeps the case of its name: RFC 6840 section 5.1.
std::optional<Layout> layout(Type type) {
    switch (static_cast<std::uint16_t>(type)) {
    case 1:
        return Layout{.before = 4}; // A
    case 28:
        return Layout{.before = 16}; // AAAA
    case 2:
    case 3:
    case 4:
    case 5:
    case 7:
    case 8:
    case 9:
    case 12: // NS MD MF CNAME MB MG MR PTR
    case 39:
        return Layout{.names = 1}; // DNAME
    case 6:
        return Layout{.names = 2, .after = 20}; // SOA
    case 14:
    case 17:
        return Layout{.names = 2}; // MINFO RP
    case 15:
    case 18:
    case 21:
    case 36:
        return Layout{.before = 2, .names = 1}; // MX AFSDB RT KX
    case 26:
        return Layout{.before = 2, .names = 2}; // PX
    case 33:
        return Layout{.before = 6, .names = 1}; // SRV
    case 35:
        return Layout{.before = 4, .strings = 3, .names = 1}; // NAPTR
    case 24:
    case 46:
        return Layout{.before = 18, .names = 1, .after = {}}; // SIG RRSIG
    case 30:
        return Layout{.names = 1, .after = {}}; // NXT
    case 47:
        return Layout{.names = 1, .after = {}, .lower_case = false}; // NSEC
    default:
        return std::nullopt;
    }
}

// Only the octets of letters change: a length octet is at most 63, below 'A'.
void lower_name(std::string& wire) {
    for (char& c : wire)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
}

} // namespace

std::uint64_t Reader::number(std::size_t octets) {
    if (left() < octets) {
        failed_ = true;
        return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < octets; ++i) value = value << 8 | static_cast<unsigned char>(bytes_[at_++]);
    return value;
}

std::string_view Reader::bytes(std::size_t count) {
    if (left() < count) {
        failed_ = true;
        return {};
    }
    at_ += count;
    return bytes_.substr(at_ - count, count);
}

std::string Reader::name() {
    std::string out;
    std::size_t at = at_, end = limit_, run = at_;
    bool jumped = false;
    while (!failed_) {
        if (at >= end) break;
        const std::size_t length = static_cast<unsigned char>(bytes_[at]);
        if ((length & 0xc0) == 0xc0) {
            if (at + 1 >= end) break;
            const std::size_t target = (length & 0x3f) << 8 | static_cast<unsigned char>(bytes_[at + 1]);
            // Each jump goes before the run it leaves, so no loop is possible; and in the header there are no names.
            if (target < kHeader || target >= run) break;
            if (!jumped) at_ = at + 2;
            jumped = true;
            at = run = target;
            end = bytes_.size();
            continue;
        }
        if (length > 63 || at + 1 + length > end || out.size() + 1 + length > kMaxWireName) break;
        out.append(bytes_.substr(at, 1 + length));
        at += 1 + length;
        if (length != 0) continue;
        if (!jumped) at_ = at;
        return out;
    }
    failed_ = true;
    return {};
}

std::size_t Reader::narrow(std::size_t count) {
    const std::size_t old = limit_;
    if (left() < count)
        failed_ = true;
    else
        limit_ = at_ + count;
    return old;
}

void Writer::u16(std::uint16_t v) {
    u8(static_cast<std::uint8_t>(v >> 8));
    u8(static_cast<std::uint8_t>(v & 0xff));
}

void Writer::u32(std::uint32_t v) {
    u16(static_cast<std::uint16_t>(v >> 16));
    u16(static_cast<std::uint16_t>(v & 0xffff));
}

void Writer::u48(std::uint64_t v) {
    u16(static_cast<std::uint16_t>(v >> 32 & 0xffff));
    u32(static_cast<std::uint32_t>(v & 0xffffffff));
}

void Writer::record(const Name& owner, Type type, std::uint16_t rr_class, Ttl ttl, std::string_view rdata) {
    name(owner);
    u16(static_cast<std::uint16_t>(type));
    u16(rr_class);
    u32(ttl);
    u16(static_cast<std::uint16_t>(rdata.size()));
    bytes(rdata);
}

RecordHead read_record_head(Reader& reader) {
    RecordHead head;
    head.owner = reader.name();
    head.type = static_cast<Type>(reader.u16());
    head.rr_class = reader.u16();
    head.ttl = reader.u32();
    head.rdata_length = reader.u16();
    return head;
}

Rdata read_rdata(Reader& reader, Type type, std::size_t length) {
    const auto form = layout(type);
    if (!form) return Rdata{reader.bytes(length)};
    const std::size_t outer = reader.narrow(length);
    Rdata out{reader.bytes(form->before)};
    for (std::size_t i = 0; i < form->strings; ++i) {
        const std::uint8_t size = reader.u8();
        out += static_cast<char>(size);
        out += reader.bytes(size);
    }
    for (std::size_t i = 0; i < form->names; ++i) {
        std::string name = reader.name();
        if (form->lower_case) lower_name(name);
        out += name;
    }
    if (form->after && reader.left() != *form->after) reader.set_failed();
    out += reader.bytes(reader.left());
    reader.restore(outer);
    return out;
}

} // namespace tutti::dns
