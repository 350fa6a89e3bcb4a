#include "port/ddns.hpp"

#include <algorithm>

namespace tutti::port {

Expected<dnssec::TsigKey> tsig_key(Secrets& secrets, const TsigSettings& settings) {
    const auto secret = secrets.read(settings.secret);
    if (!secret) return std::unexpected(secret.error());
    auto key = dnssec::make_tsig_key(settings.name.text(), settings.algorithm, *secret);
    if (!key) {
        key.error().where = settings.secret.text();
        return std::unexpected(std::move(key.error()));
    }
    return key;
}

std::vector<std::optional<dns::RrSet>> read_sets(Dns& dns, const Endpoint& server,
                                                 std::span<const model::RrChange> changes) {
    std::vector<Query> queries;
    for (const auto& c : changes) queries.push_back({server, {c.owner, c.type}, false, true});
    auto replies = dns.ask(queries);
    std::vector<std::optional<dns::RrSet>> out;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const auto& c = changes[i];
        auto& set = out.emplace_back();
        if (!replies[i].message) continue;
        const auto& m = *replies[i].message;
        const bool answers = m.rcode == dns::Rcode::noerror || m.rcode == dns::Rcode::nxdomain;
        if (!answers || m.truncated) continue;
        set = dns::find_rrset(m.answer, c.owner, c.type);
        // At the parent the NS RRset of a delegation comes as a referral.
        if (!set && c.type == dns::Type::NS) set = dns::find_rrset(m.authority, c.owner, c.type);
        // ... and so does its glue.
        if (!set && !m.authoritative) set = dns::find_rrset(m.additional, c.owner, c.type);
        if (!set && m.authoritative) set = dns::RrSet{c.owner, c.type, 0, {}};
    }
    return out;
}

dns::Update to_update(const dns::Name& zone, std::span<const model::RrChange> changes,
                      std::span<const std::optional<dns::RrSet>> served, std::span<const dns::Type> restless) {
    using Kind = dns::Update::Prerequisite::Kind;
    dns::Update update{.zone = zone, .prerequisites = {}, .add = {}, .remove = {}, .remove_sets = {}};
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const auto& c = changes[i];
        if (c.check_expect && std::ranges::find(restless, c.type) == restless.end())
            update.prerequisites.push_back(
                {c.expect.empty() ? Kind::absent : Kind::exists_exact, dns::RrSet{c.owner, c.type, 0, c.expect}});
        // Knot gives its own CDS the TTL 0 until somebody adds another: no TTL to keep.
        const bool keep = served[i] && !served[i]->rdata.empty() && served[i]->ttl != 0;
        const dns::Ttl ttl = keep ? served[i]->ttl : c.ttl;
        for (const auto& rdata : c.add) update.add.push_back({c.owner, c.type, ttl, rdata});
        // PowerDNS does not find a single CSYNC record that it is to remove; and there is one at most (RFC 7477 2).
        if (c.type == dns::Type::CSYNC && !c.remove.empty())
            update.remove_sets.emplace_back(c.owner, c.type);
        else
            for (const auto& rdata : c.remove) update.remove.push_back({c.owner, c.type, 0, rdata});
    }
    return update;
}

Undone undone(const model::RrChange& asked, const dns::RrSet& served) {
    Undone out;
    const auto there = [&](const auto& rdata) { return std::ranges::find(served.rdata, rdata) != served.rdata.end(); };
    for (const auto& rdata : asked.add)
        if (!there(rdata)) out.absent.push_back(rdata);
    for (const auto& rdata : asked.remove)
        if (there(rdata) && std::ranges::find(asked.add, rdata) == asked.add.end()) out.present.push_back(rdata);
    return out;
}

std::string types_of(std::span<const model::RrChange> changes) {
    std::vector<std::string> names;
    for (const auto& c : changes)
        if (auto name = dns::to_string(c.type); std::ranges::find(names, name) == names.end())
            names.push_back(std::move(name));
    std::string out;
    for (std::size_t i = 0; i < names.size(); ++i)
        out += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
    return out;
}

} // namespace tutti::port
