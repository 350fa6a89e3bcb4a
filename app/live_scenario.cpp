#include "app/live_scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tutti::app {

namespace {

constexpr auto kDay = std::chrono::hours(24);

using Group = std::vector<const audit::Server*>;

std::string provider(const audit::Server& server) {
    if (server.names.empty()) return server.address;
    std::string text = server.names.front().parent().text();
    if (text.size() > 1 && text.ends_with('.')) text.pop_back();
    return text;
}

std::vector<dnssec::Dnskey> signing_keys(const audit::Server& server) {
    std::vector<dnssec::Dnskey> out;
    for (std::size_t i : server.dnskey.signed_by) out.push_back(server.dnskey.keys[i]);
    std::ranges::sort(out);
    return out;
}

// Who signs, each with its servers; in the order in which they were found.
std::vector<std::pair<std::string, Group>> groups(const audit::View& view) {
    std::vector<std::pair<std::string, Group>> out;
    std::map<std::vector<dnssec::Dnskey>, std::string> named; // by signing keys
    for (const auto& server : view.servers) {
        std::string name = server.signer;
        if (name.empty()) {
            auto [it, first] = named.try_emplace(signing_keys(server), provider(server));
            const auto taken = [&](const auto& g) { return g.first == it->second; };
            if (first && std::ranges::any_of(out, taken)) it->second += fmt::format("-{}", out.size() + 1);
            name = it->second;
        }
        auto at = std::ranges::find(out, name, &std::pair<std::string, Group>::first);
        if (at == out.end()) at = out.insert(at, {name, {}});
        at->second.push_back(&server);
    }
    return out;
}

Expected<void> usable(const audit::View& view) {
    for (const auto& s : view.servers) {
        if (!s.usable())
            return fail(ErrorKind::unreachable, s.dnskey.problem, s.address,
                        "every server has to answer for a forecast: see `tutti check`");
        if (s.dnskey.signed_by.empty())
            return fail(ErrorKind::invalid, "the zone is not signed here, or not validly", s.address,
                        "see `tutti check`; write a scenario by hand for a zone that is to become secure");
    }
    for (const auto& p : view.parents)
        if (!p.ds.problem.empty() || p.ds.ds.empty())
            return fail(ErrorKind::invalid, p.ds.problem.empty() ? "no DS here" : p.ds.problem, p.ds.address,
                        "see `tutti check`; write a scenario by hand for a zone that is to become secure");
    if (!view.servers.empty() && !view.parents.empty()) return {};
    return fail(ErrorKind::not_found, "no server of the zone, or none of its parent, was asked", view.zone.text(),
                "name them with --server and --parent-server");
}

sim::SignerSpec spec_of(const std::string& name, const Group& servers, std::uint32_t data_ttl) {
    sim::SignerSpec out{.name = name};
    out.dnskey_ttl = out.ns_ttl = 0;
    out.data_max = data_ttl;
    out.server_lag.assign(servers.size(), Duration{0});
    for (const auto* s : servers) {
        out.dnskey_ttl = std::max(out.dnskey_ttl, s->dnskey.ttl);
        out.ns_ttl = std::max(out.ns_ttl, s->ns.ttl);
        out.data_max = std::max({out.data_max, s->data.ttl_max, s->ns.ttl});
        out.own_cds |= !s->cds.cds.empty() || !s->cds.cdnskey.empty();
        for (const auto& n : s->names)
            if (std::ranges::find(out.ns, n.text()) == out.ns.end()) out.ns.push_back(n.text());
        for (std::size_t i : s->dnskey.signed_by) {
            const auto& key = s->dnskey.keys[i];
            out.algorithm = key.algorithm;
            out.csk |= std::ranges::find(s->data.keys, key) != s->data.keys.end();
        }
    }
    return out;
}

sim::ParentSpec parent_of(const audit::View& view, const LiveWish& wish) {
    sim::ParentSpec out{.ds_ttl = 0, .ns_ttl = 0, .mode = wish.parent_mode};
    out.poll_interval = std::chrono::seconds(wish.poll_s);
    out.server_lag.assign(view.parents.size(), Duration{0});
    for (const auto& p : view.parents) {
        out.ds_ttl = std::max(out.ds_ttl, p.ds.ttl);
        out.ns_ttl = std::max(out.ns_ttl, p.ns.ttl);
    }
    return out;
}

} // namespace

Expected<sim::Scenario> live_scenario(const audit::View& view, const LiveWish& wish) {
    if (auto ok = usable(view); !ok) return std::unexpected(ok.error());
    sim::Scenario out{.zone = view.zone.text(), .until = 60 * kDay, .parent = parent_of(view, wish)};
    for (const auto& [name, servers] : groups(view)) {
        // Who is named by nobody is there to join, not to be left.
        if (std::ranges::any_of(servers, [](const auto* s) { return !s->hidden; }))
            out.initial.push_back(static_cast<int>(out.signers.size()));
        out.signers.push_back(spec_of(name, servers, wish.data_ttl));
    }
    if (out.initial.empty())
        return fail(ErrorKind::invalid, "no NS record leads to any of the servers that were asked", view.zone.text(),
                    "name those that serve the zone now, too");
    if (wish.signers.empty()) {
        std::string there;
        for (const auto& s : out.signers) there += (there.empty() ? "" : ", ") + s.name;
        return fail(ErrorKind::invalid, "no signer is wanted: that is no change to simulate", view.zone.text(),
                    fmt::format("name those wanted with --signers; there are now: {}", there));
    }
    for (const auto& name : wish.signers) {
        auto at = std::ranges::find(out.signers, name, &sim::SignerSpec::name);
        if (at == out.signers.end()) {
            auto assumed = out.signers[static_cast<std::size_t>(out.initial.front())];
            assumed.name = name;
            assumed.ns.clear();
            at = out.signers.insert(at, std::move(assumed));
        }
        out.intent.push_back(static_cast<int>(at - out.signers.begin()));
    }
    return out;
}

} // namespace tutti::app
