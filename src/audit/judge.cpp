#include "audit/judge.hpp"

#include "audit/parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace tutti::audit {

const char* to_string(Severity severity) {
    switch (severity) {
    case Severity::error:
        return "error";
    case Severity::warning:
        return "warning";
    case Severity::note:
        return "note";
    }
    return "note";
}

std::size_t Report::count(Severity severity) const {
    return static_cast<std::size_t>(std::ranges::count(findings, severity, &Finding::severity));
}

std::string key_text(const dnssec::Dnskey& key) {
    return fmt::format("{} ({})", key.tag(), key.sep() ? "KSK" : "ZSK");
}

std::string Case::at(std::span<const std::string> addresses) const {
    std::vector<std::string> out, rest(addresses.begin(), addresses.end());
    for (const auto& signer : signers) {
        std::vector<std::string> here;
        for (auto i : signer.servers) {
            const auto found = std::ranges::find(rest, view.servers[i].address);
            if (found == rest.end()) continue;
            here.push_back(*found);
            rest.erase(found);
        }
        if (!here.empty()) out.push_back(fmt::format("{} ({})", signer.name, joined(here)));
    }
    out.insert(out.end(), rest.begin(), rest.end());
    return joined(out);
}

std::string Case::told(const Shown& shown) const {
    std::vector<std::string> out;
    for (const auto& [what, places] : shown) out.push_back(fmt::format("{} at {}", what, at(places)));
    return joined(out, "; ");
}

void Case::add(Severity severity, std::string code, std::string seen, std::vector<std::string> where, std::string means,
               std::string remedy) const {
    findings.push_back(
        {severity, std::move(code), std::move(seen), std::move(where), std::move(means), std::move(remedy)});
}

std::string joined(std::span<const std::string> texts, std::string_view between) {
    return fmt::format("{}", fmt::join(texts, between));
}

std::vector<std::string> all_places(const Shown& shown) {
    std::vector<std::string> out;
    for (const auto& entry : shown) out.insert(out.end(), entry.second.begin(), entry.second.end());
    return out;
}

namespace {

std::set<dnssec::Dnskey> key_signers(const Server& s) {
    std::set<dnssec::Dnskey> out;
    for (auto i : s.dnskey.signed_by) out.insert(s.dnskey.keys[i]);
    return out;
}

bool meet(const std::set<dnssec::Dnskey>& a, std::span<const dnssec::Dnskey> b) {
    return std::ranges::any_of(b, [&](const auto& key) { return a.contains(key); });
}

// The keys that sign data tell operators apart. A shared KSK alone does not: it may sign the DNSKEY RRsets of all of
// them (RFC 8901 2.1.1); but with the same primary in the SOA, or no readable data, it is one whose ZSK just rolls.
// Where no signature holds, the same keys and the same primary have to do.
bool same_signer(const Server& a, const Server& b) {
    if (!a.signer.empty() && !b.signer.empty()) return a.signer == b.signer;
    const bool same_primary = a.soa && b.soa && a.soa->mname == b.soa->mname;
    const auto proven = [](const Server& s) { return !s.dnskey.signed_by.empty() || !s.data.keys.empty(); };
    if (!proven(a) || !proven(b))
        return same_primary && proven(a) == proven(b) &&
               std::set(a.dnskey.keys.begin(), a.dnskey.keys.end()) ==
                   std::set(b.dnskey.keys.begin(), b.dnskey.keys.end());
    if (meet({a.data.keys.begin(), a.data.keys.end()}, b.data.keys)) return true;
    const auto ksks = key_signers(b);
    if (!meet(key_signers(a), std::vector(ksks.begin(), ksks.end()))) return false;
    return a.data.keys.empty() || b.data.keys.empty() || same_primary;
}

// "blue.example." where all its name servers are in one domain.
std::string domain_of(const View& view, const Signer& signer) {
    std::optional<dns::Name> common;
    for (auto i : signer.servers)
        for (const auto& name : view.servers[i].names) {
            if (!common) common = name.parent();
            while (!name.is_at_or_below(*common)) common = common->parent();
        }
    return common && common->labels() > 1 && *common != view.zone ? common->text() : std::string();
}

void give_names(const View& view, std::vector<Signer>& signers) {
    std::map<std::string, int> uses;
    for (auto& s : signers) {
        for (auto i : s.servers)
            if (s.name.empty()) s.name = view.servers[i].signer;
        if (s.name.empty()) s.name = domain_of(view, s);
        ++uses[s.name];
    }
    char letter = 'A';
    for (auto& s : signers) {
        if (!s.name.empty() && uses[s.name] == 1) continue;
        s.name = fmt::format("signer {}", letter);
        letter = static_cast<char>(letter == 'Z' ? 'A' : letter + 1);
    }
}

} // namespace

std::vector<Signer> find_signers(const View& view) {
    const auto& servers = view.servers;
    std::vector<std::size_t> root(servers.size());
    std::iota(root.begin(), root.end(), std::size_t{0});
    for (std::size_t i = 0; i < servers.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (const auto from = root[i], to = root[j]; same_signer(servers[j], servers[i]))
                std::ranges::replace(root, from, to);
    std::vector<Signer> out;
    for (std::size_t r = 0; r < servers.size(); ++r) {
        Signer s;
        for (std::size_t i = 0; i < servers.size(); ++i)
            if (root[i] == r && (servers[i].usable() || !servers[i].signer.empty())) s.servers.push_back(i);
        if (!s.servers.empty()) out.push_back(std::move(s));
    }
    give_names(view, out);
    return out;
}

Report judge(const View& view) {
    Report out{find_signers(view), {}};
    const Case c{view, out.signers, out.findings};
    if (judge_existence(c)) return out;
    judge_servers(c);
    judge_signatures(c);
    judge_keys(c);
    judge_ds(c);
    judge_cds(c);
    judge_names(c);
    judge_denial(c);
    std::ranges::stable_sort(out.findings, {}, &Finding::severity);
    return out;
}

} // namespace tutti::audit
