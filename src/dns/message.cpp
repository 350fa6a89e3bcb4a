#include "dns/message.hpp"

#include "dns/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tutti::dns {

namespace {

constexpr std::size_t kHeader = 12, kMaxMessage = 65535;
constexpr std::uint8_t kUpdate = 5;
constexpr std::uint16_t kOptionEde = 15;           // RFC 8914
constexpr std::uint16_t kOptionReportChannel = 18; // RFC 9567
constexpr Ttl kDnssecOk = 0x8000;                  // RFC 6891 6.1.3: bit 15 of the TTL field of OPT

std::unexpected<Error> malformed(std::string_view why) {
    return fail(ErrorKind::bad_answer, fmt::format("malformed DNS message: {}", why));
}

struct Counts {
    std::uint16_t question, answer, authority, additional;
};

Counts read_header(Reader& reader, Message& m) {
    m.id = reader.u16();
    const std::uint16_t flags = reader.u16();
    m.response = (flags & 0x8000) != 0;
    m.opcode = static_cast<std::uint8_t>(flags >> 11 & 0xf);
    m.authoritative = (flags & 0x0400) != 0;
    m.truncated = (flags & 0x0200) != 0;
    m.recursion_desired = (flags & 0x0100) != 0;
    m.recursion_available = (flags & 0x0080) != 0;
    m.authentic_data = (flags & 0x0020) != 0;
    m.checking_disabled = (flags & 0x0010) != 0;
    m.rcode = static_cast<Rcode>(flags & 0xf);
    const std::uint16_t qd = reader.u16(), an = reader.u16(), ns = reader.u16(), ar = reader.u16();
    return {qd, an, ns, ar};
}

Edns read_opt(Reader& reader, const RecordHead& head) {
    Edns edns{.udp_size = head.rr_class,
              .dnssec_ok = (head.ttl & kDnssecOk) != 0,
              .ede = {},
              .ede_text = {},
              .report_channel = {}};
    const std::size_t outer = reader.narrow(head.rdata_length);
    while (reader.left() > 0) {
        const std::uint16_t code = reader.u16(), length = reader.u16();
        const auto value = reader.bytes(length);
        if (code == kOptionReportChannel && !edns.report_channel)
            if (auto agent = Name::from_wire(value)) edns.report_channel = *std::move(agent);
        if (code != kOptionEde || value.size() < 2 || edns.ede) continue;
        edns.ede = static_cast<std::uint16_t>(static_cast<unsigned char>(value[0]) << 8 |
                                              static_cast<unsigned char>(value[1]));
        // From the network, for logs and pages: nothing but printable octets and UTF-8.
        for (char c : value.substr(2)) edns.ede_text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
        if (edns.ede_text.ends_with('?') && value.back() == '\0') edns.ede_text.pop_back();
    }
    reader.restore(outer);
    return edns;
}

// One record into `section`; OPT and TSIG into the message. Returns what is wrong, or nothing.
const char* read_record(Reader& reader, Message& m, std::vector<Record>& section, bool last) {
    const RecordHead head = read_record_head(reader);
    const bool in_additional = &section == &m.additional;
    if (head.type == Type::OPT) {
        if (!in_additional || m.edns || head.owner.size() != 1) return "an OPT record out of place (RFC 6891 6.1.1)";
        m.edns = read_opt(reader, head);
        m.rcode = static_cast<Rcode>(static_cast<std::uint16_t>(m.rcode) | (head.ttl >> 24) << 4);
    } else if (head.type == Type::TSIG) {
        if (!in_additional || !last) return "a TSIG record out of place (RFC 8945 5.1)";
        m.has_tsig = true;
        reader.bytes(head.rdata_length);
    } else if (m.opcode == kUpdate) {
        reader.bytes(head.rdata_length); // the sections of an UPDATE are not records: classes ANY and NONE, no RDATA
    } else {
        const auto rr_class = m.question ? m.question->rr_class : Class::IN;
        if (!reader.failed() && head.rr_class != static_cast<std::uint16_t>(rr_class))
            return "a record of a class other than that of the question";
        Rdata rdata = read_rdata(reader, head.type, head.rdata_length);
        auto owner = Name::from_wire(head.owner);
        if (reader.failed() || !owner) return "a record is broken or cut short";
        const Ttl ttl = head.ttl > 0x7fffffff ? 0 : head.ttl; // RFC 2181 section 8
        section.push_back({std::move(*owner), head.type, ttl, std::move(rdata)});
    }
    return reader.failed() ? "a record is broken or cut short" : nullptr;
}

const char* read_question(Reader& reader, Message& m) {
    auto name = Name::from_wire(reader.name());
    const auto type = static_cast<Type>(reader.u16());
    const std::uint16_t question_class = reader.u16();
    if (reader.failed() || !name) return "the question is broken or cut short";
    const auto rr_class = static_cast<Class>(question_class);
    if (rr_class != Class::IN && rr_class != Class::CH) return "the question is of a class other than IN and CH";
    m.question = Question{std::move(*name), type, rr_class};
    return nullptr;
}

void write_header(Writer& writer, std::uint16_t id, std::uint16_t flags, Counts counts) {
    writer.u16(id);
    writer.u16(flags);
    writer.u16(counts.question);
    writer.u16(counts.answer);
    writer.u16(counts.authority);
    writer.u16(counts.additional);
}

void write_question(Writer& writer, const Question& question) {
    writer.name(question.name);
    writer.u16(static_cast<std::uint16_t>(question.type));
    writer.u16(static_cast<std::uint16_t>(question.rr_class));
}

void add_u16(std::string& to, std::size_t v) {
    to += static_cast<char>(v >> 8 & 0xff);
    to += static_cast<char>(v & 0xff);
}

void write_opt(Writer& writer, const Edns& edns) {
    std::string options;
    if (edns.ede) {
        add_u16(options, kOptionEde);
        add_u16(options, 2);
        add_u16(options, *edns.ede);
    }
    if (edns.report_channel) {
        add_u16(options, kOptionReportChannel);
        add_u16(options, edns.report_channel->wire().size());
        options += edns.report_channel->wire();
    }
    writer.record(Name::root(), Type::OPT, edns.udp_size, edns.dnssec_ok ? kDnssecOk : 0, options);
}

} // namespace

Expected<Message> parse_message(std::span<const std::uint8_t> wire) {
    if (wire.size() < kHeader) return malformed("shorter than its header");
    if (wire.size() > kMaxMessage) return malformed("longer than 65535 octets");
    Reader reader{as_view(wire)};
    Message m;
    const Counts counts = read_header(reader, m);
    if (counts.question > 1) return malformed("more than one question");
    if (counts.question == 1)
        if (const char* why = read_question(reader, m)) return malformed(why);
    const std::pair<std::vector<Record>*, std::uint16_t> sections[] = {
        {&m.answer, counts.answer}, {&m.authority, counts.authority}, {&m.additional, counts.additional}};
    for (const auto& [section, count] : sections)
        for (std::uint16_t i = 0; i < count; ++i)
            if (const char* why = read_record(reader, m, *section, i + 1 == count)) return malformed(why);
    if (reader.left() != 0) return malformed("octets after the last record");
    return m;
}

std::vector<std::uint8_t> compose_query(std::uint16_t id, const Question& question, bool recursion_desired,
                                        const std::optional<Edns>& edns) {
    Writer writer;
    write_header(writer, id, recursion_desired ? 0x0100 : 0, {1, 0, 0, edns ? std::uint16_t{1} : std::uint16_t{0}});
    write_question(writer, question);
    if (edns) write_opt(writer, *edns);
    return writer.take();
}

std::vector<std::uint8_t> compose_ixfr(std::uint16_t id, const Name& zone, std::uint32_t serial) {
    Writer soa; // only its serial counts
    soa.name(Name::root());
    soa.name(Name::root());
    for (const std::uint32_t number : {serial, 0U, 0U, 0U, 0U}) soa.u32(number);
    Writer writer;
    write_header(writer, id, 0, {1, 0, 1, 0});
    write_question(writer, {zone, Type::IXFR});
    writer.record(zone, Type::SOA, kClassIn, 0, as_view(soa.take()));
    return writer.take();
}

std::vector<std::uint8_t> compose_notify(std::uint16_t id, const Question& question,
                                         const std::optional<Name>& report_channel) {
    Writer writer;
    write_header(writer, id, 0x2400, {1, 0, 0, report_channel ? std::uint16_t{1} : std::uint16_t{0}});
    write_question(writer, question);
    if (report_channel)
        write_opt(writer,
                  {.udp_size = 1232, .dnssec_ok = false, .ede = {}, .ede_text = {}, .report_channel = report_channel});
    return writer.take();
}

std::vector<std::uint8_t> compose_notify_reply(const Message& notify, Rcode rcode, std::optional<std::uint16_t> ede) {
    const auto opcode = static_cast<std::uint16_t>(notify.opcode << 11);
    const auto flags =
        static_cast<std::uint16_t>(0x8000 | opcode | (notify.opcode == 4 ? 0x0400 : 0) |
                                   (notify.recursion_desired ? 0x0100 : 0) | (static_cast<std::uint16_t>(rcode) & 0xf));
    Writer writer;
    write_header(writer, notify.id, flags,
                 {notify.question ? std::uint16_t{1} : std::uint16_t{0}, 0, 0,
                  notify.edns ? std::uint16_t{1} : std::uint16_t{0}});
    if (notify.question) write_question(writer, *notify.question);
    if (notify.edns)
        write_opt(
            writer,
            {.udp_size = 1232, .dnssec_ok = notify.edns->dnssec_ok, .ede = ede, .ede_text = {}, .report_channel = {}});
    return writer.take();
}

std::vector<RrSet> rrsets(std::span<const Record> section) {
    std::vector<RrSet> out;
    std::map<std::pair<Name, Type>, std::size_t> index;
    for (const auto& record : section) {
        if (record.type == Type::RRSIG) continue;
        const auto [it, fresh] = index.try_emplace({record.owner, record.type}, out.size());
        if (fresh) out.push_back({record.owner, record.type, 0, {}});
        RrSet& set = out[it->second];
        set.ttl = std::max(set.ttl, record.ttl);
        set.rdata.push_back(record.rdata);
    }
    for (auto& set : out) {
        std::ranges::sort(set.rdata);
        const auto twice = std::ranges::unique(set.rdata);
        set.rdata.erase(twice.begin(), twice.end());
    }
    return out;
}

std::optional<RrSet> find_rrset(std::span<const Record> section, const Name& owner, Type type) {
    RrSet set{owner, type, 0, {}};
    for (const auto& record : section) {
        if (record.type != type || record.owner != owner) continue;
        set.ttl = std::max(set.ttl, record.ttl);
        set.rdata.push_back(record.rdata);
    }
    if (set.rdata.empty()) return std::nullopt;
    std::ranges::sort(set.rdata);
    const auto twice = std::ranges::unique(set.rdata);
    set.rdata.erase(twice.begin(), twice.end());
    return set;
}

} // namespace tutti::dns
