// What a CSYNC brings: NS first, then glue of the new NS set that lies in the child (R51, R52, R54).
#include "accept/case.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::accept {

namespace {

using dns::Type;

bool has(std::span<const Type> types, Type type) {
    return std::ranges::find(types, type) != types.end();
}

// One RRset that every server must have, or prove not to have, alike.
bool same_everywhere(Case& c, const std::function<const Answer*(const Testimony&)>& pick, const dns::Name& owner,
                     Type type, std::vector<dns::Rdata>& out) {
    const Reading* first = nullptr;
    for (const Reading* r : c.whole) {
        const Answer* a = pick(*r->said);
        const std::string what = owner.text() + " " + dns::to_string(type);
        if (a == nullptr || !heard(*a))
            return c.retry_or_reject("csync-data-missing", {r->place},
                                     fmt::format("{} did not answer for {}", r->place, what));
        if (a->outcome == Outcome::nxdomain)
            return c.reject("csync-data-missing", {r->place}, fmt::format("{}: {} does not exist", r->place, what));
        const auto rdata = a->set ? a->set->rdata : std::vector<dns::Rdata>{};
        if (first != nullptr && rdata != out)
            return c.retry_or_reject("csync-data-differs", {first->place, r->place},
                                     fmt::format("{} differs between {} and {}", what, first->place, r->place));
        if (a->set ? !validated(c, *r, *a, type == Type::NS) : !denied(c, *r, *a, owner, type)) return false;
        first = r;
        out = rdata;
    }
    return first != nullptr || c.reject("no-answer", {}, "No server answered everything");
}

bool new_names(Case& c, std::span<const Type> types, std::vector<dns::Name>& out) {
    out = c.r.ns;
    if (has(types, Type::NS)) {
        for (const Reading* r : c.whole)
            if (r->said->ns_set.outcome == Outcome::nodata)
                return c.reject("csync-ns-empty", {r->place}, r->place + " has no NS records: a zone must have some");
        std::vector<dns::Rdata> rdata;
        const auto pick = [](const Testimony& t) { return &t.ns_set; };
        if (!same_everywhere(c, pick, c.e.child, Type::NS, rdata)) return false;
        out.clear();
        for (const auto& one : rdata) {
            const auto name = dns::ns_target(one);
            if (!name) return c.reject("malformed", {}, "An NS record cannot be read");
            out.push_back(*name);
        }
    }
    std::ranges::sort(out);
    out.erase(std::ranges::unique(out).begin(), out.end());
    if (out.size() > c.p.max_ns)
        return c.reject("too-many-servers", {},
                        fmt::format("The child names {} name servers; at most {} are taken", out.size(), c.p.max_ns));
    return true;
}

std::vector<std::string> texts(Type type, const std::vector<dns::Rdata>& rdata) {
    std::vector<std::string> out;
    for (const auto& one : rdata) out.push_back(dns::rdata_text(type, one));
    return out;
}

// The addresses of one family that the registry has for this host.
std::vector<std::string> held(const Case& c, const dns::Name& host, Type type) {
    std::vector<std::string> out;
    for (const auto& glue : c.r.glue)
        for (const auto& address : glue.addresses)
            if (glue.host == host && address.contains(':') == (type == Type::AAAA)) out.push_back(address);
    return out;
}

bool new_addresses(Case& c, std::span<const Type> types, const dns::Name& host, Type type,
                   std::vector<std::string>& out) {
    auto found = held(c, host, type);
    if (c.p.csync_glue && has(types, type)) {
        const auto pick = [&](const Testimony& t) -> const Answer* {
            const auto said = std::ranges::find(t.hosts, host, &HostSaid::host);
            if (said == t.hosts.end()) return nullptr;
            return type == Type::A ? &said->a : &said->aaaa;
        };
        std::vector<dns::Rdata> rdata;
        if (!same_everywhere(c, pick, host, type, rdata)) return false;
        found = texts(type, rdata);
    }
    for (const auto& address : found)
        if (const auto may = may_contact(address, c.p.allow_addresses); !may)
            return c.reject("address-forbidden", {host.text()}, host.text() + ": " + may.error().seen);
    out.insert(out.end(), found.begin(), found.end());
    return true;
}

bool new_glue(Case& c, std::span<const Type> types, const std::vector<dns::Name>& names, std::vector<Glue>& out) {
    const bool wants_glue = has(types, Type::A) || has(types, Type::AAAA);
    for (const auto& name : names) {
        if (!name.is_at_or_below(c.e.child)) continue;
        Glue glue{name, {}};
        if (!new_addresses(c, types, name, Type::A, glue.addresses) ||
            !new_addresses(c, types, name, Type::AAAA, glue.addresses))
            return false;
        if (glue.addresses.empty())
            return c.reject("csync-glue-missing", {name.text()},
                            name.text() + " lies in the child and would have no address at the parent: nobody could "
                                          "find it");
        std::ranges::sort(glue.addresses);
        out.push_back(std::move(glue));
    }
    const auto outside = [&](const auto& name) { return !name.is_at_or_below(c.e.child); };
    if (wants_glue && (!c.p.csync_glue || std::ranges::any_of(names, outside)))
        c.remark(Reason::Weight::note, "csync-glue-ignored", {},
                 c.p.csync_glue ? "Addresses of name servers outside the child are not the child's to say"
                                : "This registry does not take glue by CSYNC");
    return true;
}

std::vector<std::string> addresses_of(std::span<const Glue> list, const dns::Name& host) {
    std::vector<std::string> out;
    for (const auto& glue : list)
        if (glue.host == host) out.insert(out.end(), glue.addresses.begin(), glue.addresses.end());
    std::ranges::sort(out);
    return out;
}

// What `a` has and `b` has not. Only hosts in the child: others' glue is not the child's to change.
std::vector<Glue> glue_minus(const dns::Name& child, std::span<const Glue> a, std::span<const Glue> b) {
    std::vector<Glue> out;
    std::set<dns::Name> hosts;
    for (const auto& glue : a) hosts.insert(glue.host);
    for (const auto& host : hosts) {
        if (!host.is_at_or_below(child)) continue;
        Glue rest{host, {}};
        std::ranges::set_difference(addresses_of(a, host), addresses_of(b, host), std::back_inserter(rest.addresses));
        if (!rest.addresses.empty()) out.push_back(std::move(rest));
    }
    return out;
}

} // namespace

bool csync_change(Case& c, std::span<const Type> types) {
    std::vector<dns::Name> names;
    std::vector<Glue> glue;
    if (!new_names(c, types, names) || !new_glue(c, types, names, glue)) return false;
    auto old = c.r.ns;
    std::ranges::sort(old);
    auto& change = c.out.change;
    std::ranges::set_difference(names, old, std::back_inserter(change.ns_add));
    std::ranges::set_difference(old, names, std::back_inserter(change.ns_remove));
    change.glue_add = glue_minus(c.e.child, glue, c.r.glue);
    change.glue_remove = glue_minus(c.e.child, c.r.glue, glue);
    return change.empty() || csync_servers(c, names, glue);
}

} // namespace tutti::accept
