// Work limits against hostile children (R71): what is too much is refused before anything is computed.
#include "accept/case.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tutti::accept {

namespace {

// The longest useful key: RSA of 4096 bits (RFC 3110) with the longest exponent that a verifier takes.
constexpr std::size_t kMaxKey = 4 + 3 + 8 + 512;

bool answer_within(Case& c, const std::string& where, const Answer& a) {
    if (a.outcome == Outcome::too_big) return c.reject("too-big", {where}, where + " " + failure_words(a));
    if (a.set && a.set->rdata.size() > c.p.max_records)
        return c.reject("too-many-records", {where},
                        fmt::format("{} has {} records in the {} RRset; at most {} are taken", where,
                                    a.set->rdata.size(), dns::to_string(a.set->type), c.p.max_records));
    std::size_t signatures = a.rrsigs.size();
    for (const auto& d : a.denial) signatures = std::max(signatures, d.rrsigs.size());
    if (signatures > c.p.max_rrsigs)
        return c.reject("too-many-signatures", {where},
                        fmt::format("{} has {} signatures over one RRset; at most {} are taken", where, signatures,
                                    c.p.max_rrsigs));
    if (a.denial.size() > c.p.max_records)
        return c.reject("too-many-records", {where},
                        fmt::format("{} sends {} RRsets to prove that something is not there; at most {} are taken",
                                    where, a.denial.size(), c.p.max_records));
    return true;
}

bool keys_within(Case& c, const std::string& where, const Answer& a) {
    if (!a.set) return true;
    std::map<std::pair<std::uint8_t, dnssec::KeyTag>, std::uint32_t> same;
    for (const auto& rdata : a.set->rdata) {
        if (rdata.size() > kMaxKey)
            return c.reject("key-too-big", {where},
                            fmt::format("{} has a key of {} octets; at most {} are taken (RSA of 4096 bits)", where,
                                        rdata.size(), kMaxKey));
        const auto key = dnssec::parse_dnskey(rdata);
        if (!key) continue; // refused later, as malformed
        if (++same[{key->algorithm, key->tag()}] > c.p.max_same_tag)
            return c.reject("same-tag", {where},
                            fmt::format("{} has more than {} keys with the tag {}: which of them signed could only be "
                                        "found by trying all (CVE-2023-50387)",
                                        where, c.p.max_same_tag, key->tag()));
    }
    return true;
}

bool testimony_within(Case& c, const Testimony& t) {
    const std::string where = place(t);
    for (const Answer* a : {&t.cds, &t.cdnskey, &t.dnskey, &t.soa, &t.soa_after, &t.csync, &t.ns_set})
        if (!answer_within(c, where, *a)) return false;
    for (const Answer* a : {&t.dnskey, &t.cdnskey})
        if (!keys_within(c, where, *a)) return false;
    if (t.hosts.size() > c.p.max_records)
        return c.reject("too-many-servers", {where}, fmt::format("{} names {} hosts", where, t.hosts.size()));
    for (const auto& host : t.hosts)
        if (!answer_within(c, where, host.a) || !answer_within(c, where, host.aaaa)) return false;
    return true;
}

bool signal_within(Case& c, const Signal& s) {
    const std::string where = "the signal of " + s.ns.text();
    return answer_within(c, where, s.cds) && answer_within(c, where, s.cdnskey) && keys_within(c, where, s.cdnskey);
}

} // namespace

bool within_limits(Case& c) {
    if (!c.e.work_limit.empty())
        return c.reject("work-limit", {}, "Looking at this child stopped at a limit: " + c.e.work_limit);
    const std::size_t most =
        std::max({c.e.servers.size(), c.e.candidates.size(), c.e.signals.size(), c.e.hosts.size()});
    if (most > c.p.max_servers)
        return c.reject("too-many-servers", {},
                        fmt::format("The child has {} name servers and addresses to ask; at most {} are asked", most,
                                    c.p.max_servers));
    const auto within = [&](const auto& list, auto check) {
        return std::ranges::all_of(list, [&](const auto& item) { return check(c, item); });
    };
    return within(c.e.servers, testimony_within) && within(c.e.candidates, testimony_within) &&
           within(c.e.signals, signal_within);
}

} // namespace tutti::accept
