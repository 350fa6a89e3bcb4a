#include "signer/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tutti::signer {

using dns::Type;
using model::Heard;
using port::Check;

namespace {

struct Address {
    model::SeenDnskeys dnskey;
    model::SeenData data;
    model::SeenNs ns;
    std::optional<std::uint32_t> serial;
};

constexpr Type kAsked[] = {Type::DNSKEY, Type::SOA, Type::NS};

std::vector<Address> look(port::Dns& dns, const dns::Name& zone, std::span<const port::Endpoint> servers) {
    std::vector<port::Query> queries;
    for (const auto& server : servers)
        for (Type type : kAsked) queries.push_back({server, {zone, type}, false, true});
    auto replies = dns.ask(queries);
    std::vector<Address> out;
    for (std::size_t at = 0; at < queries.size(); at += std::size(kAsked)) {
        std::vector<Heard> heard;
        for (std::size_t i = at; i < at + std::size(kAsked); ++i)
            heard.push_back({queries[i].server.text(), queries[i].question, replies[i].sent, replies[i].received,
                             std::move(replies[i].message)});
        auto& address = out.emplace_back();
        address.dnskey = digest_dnskey(zone, heard[0]);
        const Heard* samples[] = {&heard[1], &heard[2]};
        address.data = digest_data(zone, samples, address.dnskey);
        address.ns = digest_ns(zone, heard[2]);
        address.serial = serial_of(zone, heard[1]);
    }
    return out;
}

std::string joined(const std::set<std::string>& words) {
    std::string out;
    for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
    return out;
}

Check served(std::span<const Address> all) {
    std::string problems;
    for (const auto& a : all)
        for (const auto& problem : {a.dnskey.problem, a.ns.problem}) {
            if (problem.empty()) continue;
            problems += (problems.empty() ? "" : "; ") + problem;
            break;
        }
    const std::string what = "every address serves the zone";
    if (problems.empty()) return ok(what, fmt::format("{} addresses answer with authority", all.size()));
    return failed(what, problems, "set up the zone there, or correct the list of servers");
}

Check is_signed(std::span<const Address> all) {
    const std::string what = "the zone is signed, and its signatures hold";
    std::set<std::string> problems;
    for (const auto& a : all) {
        if (!a.dnskey.problem.empty()) continue;
        if (a.dnskey.keys.empty())
            problems.insert(a.dnskey.address + " serves no DNSKEY");
        else if (!a.dnskey.signature_problem.empty())
            problems.insert(fmt::format("at {}, {}", a.dnskey.address, a.dnskey.signature_problem));
        else if (!a.data.problem.empty())
            problems.insert(a.data.problem);
        else if (!a.data.is_signed)
            problems.insert(a.data.address + " serves its data without signatures");
    }
    if (problems.empty()) return ok(what, "the RRSIGs over DNSKEY, SOA and NS are valid now");
    return failed(what, joined(problems), "sign the zone; if it is signed, set the clocks (NTP) there and here");
}

// The keys that sign, over all addresses.
struct Roles {
    std::set<dnssec::Dnskey> keys, data;
};
Roles roles(std::span<const Address> all) {
    Roles out;
    for (const auto& a : all) {
        for (auto i : a.dnskey.signed_by) out.keys.insert(a.dnskey.keys[i]);
        out.data.insert(a.data.keys.begin(), a.data.keys.end());
    }
    return out;
}

Check key_kinds(const Roles& r) {
    const std::string what = "which keys sign";
    if (r.keys.empty() || r.data.empty()) return unknown(what, "no valid signature was seen");
    std::set<std::string> keys, data;
    bool both = false;
    for (const auto& key : r.keys) keys.insert(fmt::format("{}", key.tag()));
    for (const auto& key : r.data) {
        data.insert(fmt::format("{}", key.tag()));
        both |= r.keys.contains(key);
    }
    return ok(what, both ? fmt::format("a CSK: {} signs DNSKEY and data", joined(data))
                         : fmt::format("KSK and ZSK: {} signs DNSKEY, {} signs data", joined(keys), joined(data)));
}

Check algorithms(const Roles& r) {
    const std::string what = "one algorithm";
    std::set<std::string> names;
    for (const auto* keys : {&r.keys, &r.data})
        for (const auto& key : *keys) names.insert(dnssec::algorithm_name(key.algorithm));
    if (names.empty()) return unknown(what, "no valid signature was seen");
    if (names.size() == 1) return ok(what, joined(names));
    return warning(what, "it signs with " + joined(names),
                   "all signers of a zone must sign with the same algorithms (RFC 8901 section 4)");
}

Check ttls(std::span<const Address> all) {
    dns::Ttl dnskey = 0, ns = 0, data = 0;
    for (const auto& a : all) {
        dnskey = std::max(dnskey, a.dnskey.ttl);
        ns = std::max(ns, a.ns.ttl);
        data = std::max(data, a.data.ttl_max);
    }
    return ok("TTLs", fmt::format("DNSKEY {} s, NS {} s, largest seen {} s", dnskey, ns, data));
}

Check in_step(std::span<const Address> all) {
    const std::string what = "the addresses serve the same version";
    std::set<std::string> serials;
    for (const auto& a : all)
        if (a.serial) serials.insert(fmt::format("{} has serial {}", a.dnskey.address, *a.serial));
    std::set<std::uint32_t> distinct;
    for (const auto& a : all)
        if (a.serial) distinct.insert(*a.serial);
    if (distinct.size() <= 1)
        return ok(what, distinct.empty() ? "no serial" : fmt::format("serial {}", *distinct.begin()));
    return warning(what, joined(serials), "if this lasts, look at NOTIFY and zone transfers between them");
}

} // namespace

Check ok(std::string what, std::string seen) {
    return {std::move(what), Check::Verdict::ok, std::move(seen), {}};
}
Check warning(std::string what, std::string seen, std::string remedy) {
    return {std::move(what), Check::Verdict::warning, std::move(seen), std::move(remedy)};
}
Check failed(std::string what, std::string seen, std::string remedy) {
    return {std::move(what), Check::Verdict::failed, std::move(seen), std::move(remedy)};
}
Check unknown(std::string what, std::string seen, std::string remedy) {
    return {std::move(what), Check::Verdict::unknown, std::move(seen), std::move(remedy)};
}

std::vector<Check> check_served(port::Dns& dns, const dns::Name& zone, std::span<const port::Endpoint> servers) {
    const auto all = look(dns, zone, servers);
    std::vector<Check> out{served(all)};
    if (out.front().verdict != Check::Verdict::ok &&
        std::ranges::none_of(all, [](const auto& a) { return a.dnskey.problem.empty(); }))
        return out; // nothing more can be said
    const auto who = roles(all);
    out.push_back(is_signed(all));
    out.push_back(key_kinds(who));
    out.push_back(algorithms(who));
    out.push_back(ttls(all));
    out.push_back(in_step(all));
    return out;
}

} // namespace tutti::signer
