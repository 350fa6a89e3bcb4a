#include "parent/epp_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::parent {

using dns::Name;
using dnssec::Dnskey;
using dnssec::Ds;

namespace {

template <class Range, class T>
bool has(const Range& set, const T& item) {
    return std::ranges::find(set, item) != std::ranges::end(set);
}

std::vector<std::string> without(std::vector<std::string> set, const std::vector<std::string>& other) {
    std::erase_if(set, [&](const auto& a) { return has(other, a); });
    return set;
}
std::vector<std::string> common(std::vector<std::string> set, const std::vector<std::string>& other) {
    std::erase_if(set, [&](const auto& a) { return !has(other, a); });
    return set;
}

const epp::HostInfo* host_of(const EppLook& look, const Name& host) {
    const auto found = std::ranges::find(look.hosts, host, &epp::HostInfo::name);
    return found == look.hosts.end() ? nullptr : &*found;
}

// Host objects: made before they are named, given their addresses in one command each.
void plan_hosts(const EppLook& look, const accept::Change& change, EppSteps& steps) {
    for (const auto& host : hosts_of(change)) {
        const auto add = addresses_of(change.glue_add, host), remove = addresses_of(change.glue_remove, host);
        const bool leaves = has(change.ns_remove, host) && !has(change.ns_add, host);
        const auto* there = host_of(look, host);
        if (there == nullptr) {
            if (!leaves) steps.before.push_back(epp::host_create(host, add));
            continue;
        }
        const auto missing = without(add, there->addresses);
        const auto superfluous = leaves ? std::vector<std::string>{} : common(without(remove, add), there->addresses);
        if (!missing.empty() || !superfluous.empty())
            steps.before.push_back(epp::host_update(host, missing, superfluous));
        if (leaves && host.is_at_or_below(look.domain.name)) steps.after.push_back(epp::host_delete(host));
    }
}

// With attributes a host is as its addresses are: one that changes them is removed and added.
void plan_attributes(const EppLook& look, const accept::Change& change, epp::DomainUpdate& update) {
    const auto target = after(look.registry, change);
    const auto entry = [&](const Name& n) { return epp::NameServer{n, addresses_of(target.glue, n)}; };
    for (const auto& server : look.domain.ns) {
        const bool stays = has(target.ns, server.name);
        auto before = server.addresses;
        std::ranges::sort(before);
        if (stays && before == addresses_of(target.glue, server.name)) continue;
        update.ns_remove.push_back({server.name});
        if (stays) update.ns_add.push_back(entry(server.name));
    }
    for (const auto& n : target.ns)
        if (!has(look.registry.ns, n)) update.ns_add.push_back(entry(n));
}

void plan_objects(const EppLook& look, const accept::Change& change, epp::DomainUpdate& update) {
    for (const auto& n : change.ns_add)
        if (!has(look.registry.ns, n)) update.ns_add.push_back({n});
    for (const auto& n : change.ns_remove)
        if (has(look.registry.ns, n) && !has(change.ns_add, n)) update.ns_remove.push_back({n});
}

void plan_ds(const EppLook& look, const accept::Change& change, epp::DomainUpdate& update) {
    for (const auto& d : look.domain.sec_dns.ds)
        if (has(change.ds_remove, d.ds) && !has(change.ds_add, d.ds)) update.sec_remove.ds.push_back(d);
    for (const auto& ds : change.ds_add)
        if (!has(look.registry.ds, ds)) update.sec_add.ds.push_back({ds});
}

Expected<void> plan_keys(const EppLook& look, const port::RegistryChange& wanted, epp::DomainUpdate& update) {
    const auto target = after(look.registry, wanted.change).ds;
    const auto needed = [&](const Dnskey& key) {
        return std::ranges::any_of(target, [&](const Ds& ds) { return matches(wanted.child, ds, key); });
    };
    const auto& present = look.domain.sec_dns.keys;
    for (const auto& key : present)
        if (!needed(key)) update.sec_remove.keys.push_back(key);
    for (const auto& ds : wanted.change.ds_add) {
        const auto of = [&](const Dnskey& key) { return matches(wanted.child, ds, key); };
        if (std::ranges::any_of(present, of) || std::ranges::any_of(update.sec_add.keys, of)) continue;
        const auto found = std::ranges::find_if(wanted.keys, of);
        if (found == wanted.keys.end())
            return fail(ErrorKind::not_found,
                        fmt::format("the registry takes keys (interface key), and the key of DS {} of {} is not known",
                                    ds.tag, wanted.child.text()),
                        {}, "publish the key in the DNSKEY or CDNSKEY RRset of the zone, or use the DS interface");
        update.sec_add.keys.push_back(*found);
    }
    return {};
}

} // namespace

std::vector<Ds> ds_of_keys(const Name& child, std::span<const Dnskey> keys, std::span<const Ds> mentioned) {
    std::vector<Ds> out;
    for (const auto& key : keys) {
        const auto before = out.size();
        for (const auto& ds : mentioned)
            if (matches(child, ds, key) && !has(out, ds)) out.push_back(ds);
        if (out.size() > before) continue;
        if (auto ds = make_ds(child, key, 2)) out.push_back(*std::move(ds));
    }
    return out;
}

accept::Registry registry_of(const EppLook& look, std::span<const Ds> mentioned) {
    accept::Registry out;
    const auto& d = look.domain;
    for (const auto& server : d.ns) {
        out.ns.push_back(server.name);
        const auto* host = host_of(look, server.name);
        auto addresses = host == nullptr ? server.addresses : host->addresses;
        std::ranges::sort(addresses);
        if (!addresses.empty()) out.glue.push_back({server.name, std::move(addresses)});
    }
    std::ranges::sort(out.ns);
    for (const auto& data : d.sec_dns.ds) out.ds.push_back(data.ds);
    for (auto& ds : ds_of_keys(d.name, d.sec_dns.keys, mentioned)) out.ds.push_back(std::move(ds));
    std::ranges::sort(out.ds);
    if (const auto found = d.ttls.find("DS"); found != d.ttls.end() && found->second) out.ds_ttl = *found->second;
    out.statuses = d.statuses;
    return out;
}

std::vector<Ds> mentioned_in(const port::RegistryChange& change) {
    std::vector<Ds> out = change.change.ds_add;
    out.insert(out.end(), change.change.ds_remove.begin(), change.change.ds_remove.end());
    if (change.expected.ds) out.insert(out.end(), change.expected.ds->begin(), change.expected.ds->end());
    return out;
}

Expected<EppSteps> plan(const EppLook& look, const port::RegistryChange& wanted, const EppTraits& traits) {
    EppSteps steps;
    const auto& change = wanted.change;
    epp::DomainUpdate update{.name = wanted.child};
    update.host_attributes = !traits.host_objects || look.domain.host_attributes;
    if (update.host_attributes) {
        plan_attributes(look, change, update);
    } else {
        plan_hosts(look, change, steps);
        plan_objects(look, change, update);
    }
    if (!traits.keys)
        plan_ds(look, change, update);
    else if (auto done = plan_keys(look, wanted, update); !done)
        return std::unexpected(std::move(done.error()));
    const auto target = after(look.registry, change);
    if (target.ds.empty() && !look.registry.ds.empty()) { // RFC 5910 5.2.5: all, whatever they are
        update.sec_remove = {};
        update.sec_remove_all = true;
    }
    if (traits.ttl && change.ds_ttl && !target.ds.empty() && look.registry.ds_ttl != *change.ds_ttl)
        update.ttls["DS"] = change.ds_ttl;
    if (update.empty()) return steps;
    update.urgent = traits.urgent;
    update.sec_add.max_sig_life = traits.max_sig_life;
    steps.main = epp::domain_update(update);
    return steps;
}

} // namespace tutti::parent
