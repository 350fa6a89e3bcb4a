#include "dns/record.hpp"

#include "dns/ldns_ptr.hpp"
#include "dns/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tutti::dns {

namespace {

std::string generic_type(Type type) {
    return fmt::format("TYPE{}", static_cast<std::uint16_t>(type));
}

// What the library calls the type: "TYPE65280" for one that it does not know.
std::string known_type(Type type) {
    const LdnsText text{ldns_rr_type2str(static_cast<ldns_rr_type>(type))};
    return text ? std::string{text.get()} : generic_type(type);
}

std::string upper(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    return out;
}

} // namespace

std::string to_string(Type type) {
    return type == Type::DSYNC ? "DSYNC" : known_type(type);
}

Expected<Type> parse_type(std::string_view text) {
    const std::string name = upper(text);
    if (name == "DSYNC") return Type::DSYNC;
    if (name.starts_with("TYPE") && name.size() > 4) {
        std::uint16_t number = 0;
        const char* end = name.data() + name.size();
        const auto [at, ec] = std::from_chars(name.data() + 4, end, number);
        if (ec == std::errc{} && at == end) return static_cast<Type>(number);
    } else if (!name.empty() && name.find('\0') == std::string::npos) {
        const auto type = static_cast<Type>(ldns_get_rr_type_by_name(name.c_str()));
        // The library also takes prefixes and "0" for what it does not know: only a name that it gives back counts.
        if (static_cast<std::uint16_t>(type) != 0 && known_type(type) == name) return type;
    }
    return fail(ErrorKind::invalid, fmt::format("\"{}\" is not a record type", text), {},
                "Write it like DNSKEY, or TYPE65280 for a type without a name");
}

std::string to_string(Rcode rcode) {
    switch (rcode) {
    case Rcode::noerror:
        return "NOERROR";
    case Rcode::formerr:
        return "FORMERR";
    case Rcode::servfail:
        return "SERVFAIL";
    case Rcode::nxdomain:
        return "NXDOMAIN";
    case Rcode::notimp:
        return "NOTIMP";
    case Rcode::refused:
        return "REFUSED";
    case Rcode::yxdomain:
        return "YXDOMAIN";
    case Rcode::yxrrset:
        return "YXRRSET";
    case Rcode::nxrrset:
        return "NXRRSET";
    case Rcode::notauth:
        return "NOTAUTH";
    case Rcode::notzone:
        return "NOTZONE";
    case Rcode::badsig:
        return "BADSIG"; // as an rcode of a message, 16 is BADVERS (RFC 6891)
    case Rcode::badkey:
        return "BADKEY";
    case Rcode::badtime:
        return "BADTIME";
    }
    return fmt::format("RCODE{}", static_cast<std::uint16_t>(rcode));
}

std::string to_text(const Record& record) {
    // Not to_string(): "DSYNC" would stop a server that does not know the name; TYPE66 is read by all.
    return fmt::format("{} {} IN {} {}", record.owner.text(), record.ttl, known_type(record.type),
                       rdata_text(record.type, record.rdata));
}

Rdata ns_rdata(const Name& target) {
    return target.wire();
}

Expected<Name> ns_target(const Rdata& rdata) {
    return Name::from_wire(rdata);
}

Expected<Soa> parse_soa(const Rdata& rdata) {
    Reader reader{rdata};
    auto mname = Name::from_wire(reader.name());
    auto rname = Name::from_wire(reader.name());
    const std::uint32_t serial = reader.u32(), refresh = reader.u32(), retry = reader.u32(), expire = reader.u32(),
                        minimum = reader.u32();
    if (reader.failed() || reader.left() != 0 || !mname || !rname)
        return fail(ErrorKind::invalid, "the RDATA of a SOA record is malformed");
    return Soa{std::move(*mname), std::move(*rname), serial, refresh, retry, expire, minimum};
}

namespace {

// Type bit maps (RFC 4034 4.1.2): windows in increasing order, 1 to 32 octets each.
bool read_bitmap(Reader& reader, std::vector<Type>& types) {
    int last_window = -1;
    while (reader.left() > 0) {
        const int window = reader.u8();
        const std::size_t length = reader.u8();
        const auto octets = reader.bytes(length);
        if (reader.failed() || window <= last_window || length == 0 || length > 32) return false;
        last_window = window;
        for (std::size_t i = 0; i < octets.size() * 8; ++i)
            if ((static_cast<unsigned char>(octets[i / 8]) & (0x80U >> (i % 8))) != 0)
                types.push_back(static_cast<Type>(static_cast<std::size_t>(window) * 256 + i));
    }
    return !reader.failed();
}

void write_bitmap(std::string& out, std::vector<Type> types) {
    std::ranges::sort(types);
    for (std::size_t i = 0; i < types.size();) {
        const auto window = static_cast<std::uint16_t>(types[i]) >> 8;
        std::string octets;
        for (; i < types.size() && static_cast<std::uint16_t>(types[i]) >> 8 == window; ++i) {
            const std::size_t low = static_cast<std::uint16_t>(types[i]) & 0xff;
            octets.resize(std::max(octets.size(), low / 8 + 1), '\0');
            octets[low / 8] = static_cast<char>(static_cast<unsigned char>(octets[low / 8]) | (0x80U >> (low % 8)));
        }
        out += static_cast<char>(window);
        out += static_cast<char>(octets.size());
        out += octets;
    }
}

constexpr std::uint16_t kImmediate = 1, kSoaMinimum = 2; // RFC 7477 2.1.1.2

} // namespace

Expected<Csync> parse_csync(const Rdata& rdata) {
    Reader reader{rdata};
    Csync csync;
    csync.serial = reader.u32();
    const std::uint16_t flags = reader.u16();
    csync.immediate = (flags & kImmediate) != 0;
    csync.soa_minimum = (flags & kSoaMinimum) != 0;
    csync.other_flags = flags & static_cast<std::uint16_t>(~(kImmediate | kSoaMinimum));
    if (reader.failed() || !read_bitmap(reader, csync.types))
        return fail(ErrorKind::invalid, "the RDATA of a CSYNC record is malformed");
    return csync;
}

Rdata csync_rdata(const Csync& csync) {
    Writer writer;
    writer.u32(csync.serial);
    writer.u16(static_cast<std::uint16_t>(csync.other_flags | (csync.immediate ? kImmediate : 0) |
                                          (csync.soa_minimum ? kSoaMinimum : 0)));
    Rdata out{as_view(writer.take())};
    write_bitmap(out, csync.types);
    return out;
}

} // namespace tutti::dns
