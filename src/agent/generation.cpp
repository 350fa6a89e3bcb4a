#include "agent/generation.hpp"

#include "agent/rate_limit.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::agent {

namespace {

std::vector<std::string_view> hosts(const scan::Delegations& d, scan::ChildId child) {
    std::vector<std::string_view> out;
    for (const auto host : d.hosts_of(d.ns_set(child))) out.push_back(d.host_name(host));
    std::ranges::sort(out);
    return out;
}

std::vector<scan::ChildId> differences(const Generation& now, const Generation& before) {
    std::vector<scan::ChildId> out;
    for (const auto& place : now.dial.places()) {
        const auto old = before.dial.find(place.mark);
        if (!old || hosts(now.delegations, place.child) != hosts(before.delegations, *old)) out.push_back(place.child);
    }
    return out;
}

std::optional<std::uint64_t> ds_number(const scan::Delegations& d, scan::ChildId child) {
    std::vector<dns::Rdata> all;
    for (std::uint32_t i = 0; i < d.ds_count(child); ++i) all.emplace_back(d.ds(child, i));
    return number_of(std::move(all));
}

} // namespace

Mark mark_of(std::uint64_t salt, std::string_view wire_name) {
    return salted_hash(salt, wire_name);
}

std::optional<std::uint64_t> number_of(std::vector<dns::Rdata> ds) {
    if (ds.empty()) return std::nullopt;
    std::ranges::sort(ds);
    std::string octets;
    for (const auto& rdata : ds) octets += fmt::format("{}:", rdata.size()) + rdata;
    return salted_hash(0, octets);
}

Expected<std::shared_ptr<const Generation>> read_generation(Source& source, std::uint64_t salt,
                                                            const Generation* before) {
    auto out = std::make_shared<Generation>();
    auto version = source.version();
    if (!version) return std::unexpected(version.error());
    out->version = *std::move(version);
    if (auto ok = source.read(out->delegations, before == nullptr ? nullptr : &before->delegations); !ok)
        return std::unexpected(ok.error());
    std::vector<Dial::Place> places;
    places.reserve(out->delegations.size());
    for (scan::ChildId c = 0; c < out->delegations.size(); ++c)
        places.push_back({mark_of(salt, out->delegations.name(c)), c});
    out->dial = Dial(std::move(places));
    if (before != nullptr) out->fresh = differences(*out, *before);
    return out;
}

// Two sorted lists, side by side.
Expected<std::vector<dns::Name>> changed_ds(const Generation& generation, AgentStore& store) {
    std::vector<dns::Name> out;
    auto seen = store.seen();
    if (!seen) return std::unexpected(seen.error());
    const auto known = store.setting("read");
    if (!known) return std::unexpected(known.error());
    auto done = store.together([&]() -> Expected<void> {
        auto old = seen->begin();
        for (const auto& place : generation.dial.places()) {
            for (; old != seen->end() && old->first < place.mark; ++old) // deleted: a later one of this name is new
                if (auto ok = store.set_seen(old->first, std::nullopt); !ok) return ok;
            const bool had = old != seen->end() && old->first == place.mark;
            const auto before = had ? std::optional(old->second) : std::nullopt;
            if (had) ++old;
            const auto now = ds_number(generation.delegations, place.child);
            if (now == before) continue;
            if (*known)
                out.push_back(dns::Name::from_wire(generation.delegations.name(place.child)).value());
            else if (auto ok = store.set_seen(place.mark, now); !ok)
                return ok;
        }
        for (; old != seen->end(); ++old)
            if (auto ok = store.set_seen(old->first, std::nullopt); !ok) return ok;
        return store.put_setting("read", "yes");
    });
    if (!done) return std::unexpected(done.error());
    return out;
}

} // namespace tutti::agent
