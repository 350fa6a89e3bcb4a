// Composition of UPDATE messages (RFC 2136).
#include "dns/message.hpp"
#include "dns/wire.hpp"

namespace tutti::dns {

namespace {

// Counts, written into the header when the sections are done.
struct Sections {
    Writer prerequisites, changes;
    std::size_t prerequisite_count = 0, change_count = 0;
};

// RFC 2136 2.4.
void write_prerequisite(Sections& sections, const Update::Prerequisite& p) {
    const auto put = [&](std::uint16_t rr_class, std::string_view rdata) {
        sections.prerequisites.record(p.rrset.owner, p.rrset.type, rr_class, 0, rdata);
        ++sections.prerequisite_count;
    };
    switch (p.kind) {
    case Update::Prerequisite::Kind::exists_exact:
        for (const auto& rdata : p.rrset.rdata) put(kClassIn, rdata);
        break;
    case Update::Prerequisite::Kind::exists:
        put(kClassAny, {});
        break;
    case Update::Prerequisite::Kind::absent:
        put(kClassNone, {});
        break;
    }
}

// RFC 2136 2.5. Servers work through the section in order. Removals come first, so that an addition does not meet what
// it replaces (a CNAME is not added beside other data, 3.4.2.2). NS records of the apex are the exception: the last one
// is never removed (3.4.2.4), so a set that is replaced would keep an old record unless the new ones are there already.
void write_changes(Sections& sections, const Update& update) {
    const auto put = [&](const Name& owner, Type type, std::uint16_t rr_class, Ttl ttl, std::string_view rdata) {
        sections.changes.record(owner, type, rr_class, ttl, rdata);
        ++sections.change_count;
    };
    const auto apex_ns = [&](const Record& r) { return r.type == Type::NS && r.owner == update.zone; };
    for (const auto& [owner, type] : update.remove_sets) put(owner, type, kClassAny, 0, {});
    for (const auto& r : update.remove)
        if (!apex_ns(r)) put(r.owner, r.type, kClassNone, 0, r.rdata);
    for (const auto& r : update.add) put(r.owner, r.type, kClassIn, r.ttl, r.rdata);
    for (const auto& r : update.remove)
        if (apex_ns(r)) put(r.owner, r.type, kClassNone, 0, r.rdata);
}

} // namespace

std::vector<std::uint8_t> compose_update(std::uint16_t id, const Update& update) {
    Sections sections;
    for (const auto& p : update.prerequisites) write_prerequisite(sections, p);
    write_changes(sections, update);
    Writer writer;
    writer.u16(id);
    writer.u16(0x2800); // opcode 5
    writer.u16(1);
    // A count beyond 16 bits makes a message beyond 64 kB: whoever sends it refuses it.
    writer.u16(static_cast<std::uint16_t>(sections.prerequisite_count));
    writer.u16(static_cast<std::uint16_t>(sections.change_count));
    writer.u16(0);
    writer.name(update.zone);
    writer.u16(static_cast<std::uint16_t>(Type::SOA));
    writer.u16(kClassIn);
    writer.bytes(as_view(sections.prerequisites.take()));
    writer.bytes(as_view(sections.changes.take()));
    return writer.take();
}

} // namespace tutti::dns
