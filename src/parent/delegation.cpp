#include "parent/delegation.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::parent {

using accept::Glue;
using dns::Name;
using dns::Type;
using dnssec::Ds;

namespace {

template <class T>
bool has(const std::vector<T>& set, const T& item) {
    return std::ranges::find(set, item) != set.end();
}
template <class T>
std::vector<T> sorted(std::vector<T> set) {
    std::ranges::sort(set);
    set.erase(std::unique(set.begin(), set.end()), set.end());
    return set;
}
template <class T>
std::vector<T> changed(std::vector<T> set, const std::vector<T>& add, const std::vector<T>& remove) {
    std::erase_if(set, [&](const T& item) { return has(remove, item); });
    set.insert(set.end(), add.begin(), add.end());
    return sorted(std::move(set));
}
template <class T>
bool all_there(const std::vector<T>& set, const std::vector<T>& add, const std::vector<T>& remove) {
    return std::ranges::all_of(add, [&](const T& i) { return has(set, i); }) &&
           std::ranges::none_of(remove, [&](const T& i) { return has(set, i) && !has(add, i); });
}

std::string words(const Ds& ds) {
    return fmt::format("{}/{}/{}", ds.tag, ds.algorithm, ds.digest_type);
}
std::string words(const Name& name) {
    return name.text();
}
std::string words(const std::string& text) {
    return text;
}
template <class T>
std::string words(const std::vector<T>& items) {
    if (items.empty()) return "none";
    std::string out;
    for (const auto& i : items) out += (out.empty() ? "" : ", ") + words(i);
    return out;
}

template <class T>
Expected<void> compare(const char* what, const Name& child, const std::vector<T>& expected, const std::vector<T>& now) {
    if (sorted(expected) == sorted(now)) return {};
    return fail(ErrorKind::conflict,
                fmt::format("the {} of {} are not what the decision was made on: {} then, {} now", what, child.text(),
                            words(sorted(expected)), words(sorted(now))),
                {}, "nothing was changed; look again and decide again");
}

Type type_of(const std::string& address) {
    return address.contains(':') ? Type::AAAA : Type::A;
}

// One RrChange for each RRset.
class Collector {
  public:
    explicit Collector(dns::Ttl ttl) : ttl_(ttl) {}
    model::RrChange& at(const Name& owner, Type type) {
        for (auto& c : out_)
            if (c.owner == owner && c.type == type) return c;
        return out_.emplace_back(model::RrChange{owner, type, ttl_, {}, {}, {}, true});
    }
    std::vector<model::RrChange> take() { return std::move(out_); }

  private:
    dns::Ttl ttl_;
    std::vector<model::RrChange> out_;
};

void collect_glue(Collector& out, const std::vector<Glue>& glue, std::vector<dns::Rdata> model::RrChange::* part) {
    for (const auto& g : glue)
        for (const auto& address : g.addresses)
            if (auto rdata = dns::parse_rdata(type_of(address), address))
                (out.at(g.host, type_of(address)).*part).push_back(*std::move(rdata));
}

std::vector<dns::Rdata> present(const accept::Registry& now, const Name& owner, Type type) {
    std::vector<dns::Rdata> out;
    if (type == Type::DS)
        for (const auto& ds : now.ds) out.push_back(ds.rdata());
    else if (type == Type::NS)
        for (const auto& ns : now.ns) out.push_back(dns::ns_rdata(ns));
    else
        for (const auto& address : addresses_of(now.glue, owner))
            if (type_of(address) == type) out.push_back(dns::parse_rdata(type, address).value_or(""));
    return out;
}

void put_glue(std::vector<Glue>& glue, const Name& host, std::string address) {
    const auto found = std::ranges::find(glue, host, &Glue::host);
    if (found == glue.end())
        glue.push_back({host, {std::move(address)}});
    else
        found->addresses.push_back(std::move(address));
}

Expected<void> put(port::RegistryChange& out, const model::RrChange& c) {
    const auto each = [&](const std::vector<dns::Rdata>& from, auto parse, auto& to) -> Expected<void> {
        for (const auto& rdata : from) {
            auto value = parse(rdata);
            if (!value) return std::unexpected(std::move(value.error()));
            to.push_back(*std::move(value));
        }
        return {};
    };
    const auto three = [&](auto parse, auto& add, auto& remove, auto& expected) -> Expected<void> {
        if (auto r = each(c.add, parse, add); !r) return r;
        if (auto r = each(c.remove, parse, remove); !r) return r;
        return c.check_expect ? each(c.expect, parse, expected.emplace()) : Expected<void>{};
    };
    auto& change = out.change;
    if (c.type == Type::DS) return three(dnssec::parse_ds, change.ds_add, change.ds_remove, out.expected.ds);
    if (c.type == Type::NS) return three(dns::ns_target, change.ns_add, change.ns_remove, out.expected.ns);
    if (c.type != Type::A && c.type != Type::AAAA)
        return fail(ErrorKind::unsupported, fmt::format("a registry has no {}", dns::to_string(c.type)));
    for (const auto& rdata : c.add) put_glue(change.glue_add, c.owner, dns::rdata_text(c.type, rdata));
    for (const auto& rdata : c.remove) put_glue(change.glue_remove, c.owner, dns::rdata_text(c.type, rdata));
    return {};
}

} // namespace

std::vector<std::string> addresses_of(std::span<const Glue> glue, const Name& host) {
    std::vector<std::string> out;
    for (const auto& g : glue)
        if (g.host == host) out.insert(out.end(), g.addresses.begin(), g.addresses.end());
    return sorted(std::move(out));
}

std::vector<Name> hosts_of(const accept::Change& change) {
    std::vector<Name> out = change.ns_add;
    for (const auto* glue : {&change.glue_add, &change.glue_remove})
        for (const auto& g : *glue) out.push_back(g.host);
    return sorted(std::move(out));
}

accept::Registry after(const accept::Registry& now, const accept::Change& change) {
    accept::Registry out = now;
    out.ds = changed(out.ds, change.ds_add, change.ds_remove);
    out.ns = changed(out.ns, change.ns_add, change.ns_remove);
    for (const auto& host : hosts_of(change)) {
        auto addresses = changed(addresses_of(now.glue, host), addresses_of(change.glue_add, host),
                                 addresses_of(change.glue_remove, host));
        std::erase_if(out.glue, [&](const Glue& g) { return g.host == host; });
        if (!addresses.empty()) out.glue.push_back({host, std::move(addresses)});
    }
    std::erase_if(out.glue, [&](const Glue& g) { return !has(out.ns, g.host); });
    if (change.ds_ttl) out.ds_ttl = *change.ds_ttl;
    return out;
}

bool reached(const accept::Registry& now, const accept::Change& change, bool with_ttl) {
    if (!all_there(now.ds, change.ds_add, change.ds_remove)) return false;
    if (!all_there(now.ns, change.ns_add, change.ns_remove)) return false;
    if (with_ttl && change.ds_ttl && !now.ds.empty() && now.ds_ttl != *change.ds_ttl) return false;
    return std::ranges::all_of(hosts_of(change), [&](const Name& host) {
        // Glue of a host that is no name server of the child is not part of its delegation.
        if (!has(now.ns, host)) return true;
        return all_there(addresses_of(now.glue, host), addresses_of(change.glue_add, host),
                         addresses_of(change.glue_remove, host));
    });
}

Expected<void> check_expected(const accept::Registry& now, const port::RegistryChange& change) {
    const auto& expected = change.expected;
    if (expected.ds)
        if (auto same = compare("DS records", change.child, *expected.ds, now.ds); !same) return same;
    if (expected.ns)
        if (auto same = compare("name servers", change.child, *expected.ns, now.ns); !same) return same;
    if (!expected.glue) return {};
    for (const auto& host : hosts_of(change.change)) {
        if (!has(now.ns, host)) continue;
        const auto then = addresses_of(*expected.glue, host), there = addresses_of(now.glue, host);
        const auto wanted =
            changed(then, addresses_of(change.change.glue_add, host), addresses_of(change.change.glue_remove, host));
        if (there == wanted) continue;
        if (auto same = compare("addresses of the name servers", change.child, then, there); !same) return same;
    }
    return {};
}

std::vector<model::RrChange> to_records(const Name& child, const accept::Change& change, const accept::Registry& now,
                                        dns::Ttl ttl) {
    Collector out{ttl};
    for (const auto& ns : change.ns_add) out.at(child, Type::NS).add.push_back(dns::ns_rdata(ns));
    for (const auto& ns : change.ns_remove) out.at(child, Type::NS).remove.push_back(dns::ns_rdata(ns));
    for (const auto& ds : change.ds_add) out.at(child, Type::DS).add.push_back(ds.rdata());
    for (const auto& ds : change.ds_remove) out.at(child, Type::DS).remove.push_back(ds.rdata());
    collect_glue(out, change.glue_add, &model::RrChange::add);
    collect_glue(out, change.glue_remove, &model::RrChange::remove);
    if (change.ds_ttl && !after(now, change).ds.empty()) out.at(child, Type::DS).ttl = *change.ds_ttl;
    // A judgement on the DS was made of what these name servers said: they are a precondition, too.
    out.at(child, Type::NS);
    out.at(child, Type::DS);
    auto changes = out.take();
    for (auto& c : changes) c.expect = present(now, c.owner, c.type);
    return changes;
}

Expected<port::RegistryChange> from_records(const Name& child, std::span<const model::RrChange> changes) {
    port::RegistryChange out{.child = child, .change = {}, .expected = {}, .keys = {}};
    for (const auto& c : changes)
        if (auto done = put(out, c); !done) return std::unexpected(std::move(done.error()));
    return out;
}

std::string in_words(const accept::Change& c) {
    std::string out;
    const auto say = [&](const char* type, const char* what, const auto& items) {
        if (!items.empty()) out += fmt::format("{}{} {} {}", out.empty() ? "" : "; ", type, words(items), what);
    };
    const auto glue = [](const std::vector<Glue>& all) {
        std::vector<std::string> texts;
        for (const auto& g : all) texts.push_back(fmt::format("{} {}", g.host.text(), fmt::join(g.addresses, " ")));
        return texts;
    };
    say("DS", "added", c.ds_add);
    say("DS", "removed", c.ds_remove);
    say("NS", "added", c.ns_add);
    say("NS", "removed", c.ns_remove);
    say("glue", "added", glue(c.glue_add));
    say("glue", "removed", glue(c.glue_remove));
    if (c.ds_ttl) out += fmt::format("{}DS TTL {}", out.empty() ? "" : "; ", *c.ds_ttl);
    return out.empty() ? "nothing" : out;
}

} // namespace tutti::parent
