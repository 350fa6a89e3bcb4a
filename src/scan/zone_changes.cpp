#include "scan/zone_changes.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::scan {

namespace {

using dns::Type;

bool counts(Type type) {
    return type == Type::NS || type == Type::DS || type == Type::A || type == Type::AAAA;
}

std::string key_of(Type type, std::string_view owner, std::string_view rdata) {
    return fmt::format("{} ", static_cast<int>(type))
        .append(owner)
        .append(rdata); // the owner says where it ends itself
}

} // namespace

void ZoneChanges::note(const dns::Record& record, bool added) {
    if (record.type == Type::SOA && added) soa_ = record;
    if (!counts(record.type)) return;
    const auto [at, is_new] =
        all_.try_emplace(key_of(record.type, record.owner.wire(), record.rdata), Fate{record, !added, added});
    if (!is_new) at->second.is_there = added;
}

Expected<void> ZoneChanges::apply(const Delegations& before, Delegations& out) const {
    if (!before.zone() || !soa_) return fail(ErrorKind::invalid, "there is no zone to change");
    if (before.left_out() > 0) // what a delegation hides would come to light when that goes, and was not kept
        return fail(ErrorKind::unsupported, "the zone has names below other delegations");
    out.set_zone(*before.zone());
    std::size_t met = 0; // of those that were there
    // Whatever is touched is added below, or gone.
    const auto untouched = [&](Type type, std::string_view owner, std::string_view rdata) {
        const auto found = all_.find(key_of(type, owner, rdata));
        if (found == all_.end()) return true;
        met += found->second.was_there ? 1 : 0;
        return false;
    };
    const auto name = [](std::string_view wire) { return dns::Name::from_wire(wire).value(); };
    for (ChildId child = 0; child < before.size(); ++child) {
        const auto owner = before.name(child);
        for (const HostId host : before.hosts_of(before.ns_set(child)))
            if (untouched(Type::NS, owner, before.host_name(host)))
                out.add_ns(name(owner), name(before.host_name(host)));
        for (std::uint32_t i = 0; i < before.ds_count(child); ++i)
            if (untouched(Type::DS, owner, before.ds(child, i))) out.add_ds(name(owner), before.ds(child, i));
    }
    for (HostId host = 0; host < before.host_count(); ++host)
        for (const auto& address : before.glue(host)) {
            const Type type = address.contains(':') ? Type::AAAA : Type::A;
            const auto rdata = dns::parse_rdata(type, address);
            if (rdata && untouched(type, before.host_name(host), *rdata))
                out.add_address(name(before.host_name(host)), address);
        }
    std::size_t were_there = 0;
    for (const auto& [key, fate] : all_) {
        if (fate.record.type == Type::NS && fate.record.owner == *before.zone()) continue; // no delegation
        were_there += fate.was_there ? 1 : 0;
        if (fate.is_there)
            if (auto ok = out.add(fate.record); !ok) return ok;
    }
    if (met != were_there)
        return fail(ErrorKind::bad_answer,
                    fmt::format("the changes take away {} records that were not there", were_there - met));
    return out.add(*soa_);
}

} // namespace tutti::scan
