#include "audit/view.hpp"

#include "dnssec/verify.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::audit {

using dns::Name;
using dns::Type;
using model::Heard;

namespace {

// A type that no zone uses, for a NODATA answer (private use, RFC 6895 3.1).
constexpr Type kNoSuchType{65280};
// DNSKEY both ways: the largest answer is the one that UDP may not carry. Keys, NS and DS over TCP for the verdict: the
// source of a UDP answer can be forged.
enum { kDnskey, kDnskeyUdp, kSoa, kNs, kCds, kCdnskey, kCsync, kNoType, kNoName, kQuestions };

void add_once(std::vector<std::uint8_t>& to, std::uint8_t algorithm) {
    if (std::ranges::find(to, algorithm) == to.end()) to.push_back(algorithm);
}

SignedSet look_at(const dns::RrSet& set, std::span<const dnssec::Rrsig> sigs, const model::SeenDnskeys& dnskey,
                  Instant now) {
    SignedSet out{.what = fmt::format("{} {}", set.owner.text(), dns::to_string(set.type))};
    const auto by = dnssec::signers_of(set, sigs, dnskey.keys, now);
    for (auto i : by.keys) add_once(out.algorithms, dnskey.keys[i].algorithm);
    if (by.keys.empty()) out.problem = by.problem;
    out.expires = by.expires;
    for (const auto& sig : sigs)
        if (sig.expiration == by.expires) out.life = sig.expiration - sig.inception;
    return out;
}

// Octets 2 and 3 are the iterations, then the salt with its length in front (RFC 5155 3.2).
std::optional<Nsec3> nsec3_of(const dns::Rdata& rdata) {
    constexpr std::size_t kSalt = 5;
    if (rdata.size() < kSalt) return std::nullopt;
    const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(rdata[i]); };
    return Nsec3{static_cast<std::uint16_t>(octet(2) << 8 | octet(3)), rdata.substr(kSalt, octet(4))};
}

void note_denial(Server& server, const dns::RrSet& set) {
    server.nsec |= set.type == Type::NSEC;
    if (set.type != Type::NSEC3) return;
    for (const auto& rdata : set.rdata)
        if (const auto n = nsec3_of(rdata); n && std::ranges::find(server.nsec3, *n) == server.nsec3.end())
            server.nsec3.push_back(*n);
}

void note_sets(const Name& zone, Server& server, const Heard& heard) {
    if (!heard.message) return;
    for (const auto* section : {&heard.message->answer, &heard.message->authority})
        for (const auto& set : dns::rrsets(*section)) {
            if (!set.owner.is_at_or_below(zone)) continue;
            note_denial(server, set);
            const auto sigs = dnssec::signatures_over(*section, set.owner, set.type, heard.answered);
            auto one = look_at(set, sigs, server.dnskey, heard.answered);
            // The same RRset comes with several answers.
            if (std::ranges::find(server.sets, one.what, &SignedSet::what) == server.sets.end())
                server.sets.push_back(std::move(one));
        }
}

std::optional<dns::Soa> soa_of(const Name& zone, const Heard& heard) {
    if (!heard.message) return std::nullopt;
    const auto set = dns::find_rrset(heard.message->answer, zone, Type::SOA);
    if (!set || set->rdata.size() != 1) return std::nullopt;
    const auto soa = dns::parse_soa(set->rdata.front());
    return soa ? std::optional(*soa) : std::nullopt;
}

} // namespace

std::vector<Ask> questions(const Name& zone, std::string_view label) {
    std::vector<Ask> out;
    out.push_back({{zone, Type::DNSKEY}, true});
    out.push_back({{zone, Type::DNSKEY}, false});
    out.push_back({{zone, Type::SOA}, false});
    out.push_back({{zone, Type::NS}, true});
    for (Type type : {Type::CDS, Type::CDNSKEY, Type::CSYNC, kNoSuchType}) out.push_back({{zone, type}, false});
    // A zone whose name leaves no room for a label has no name below it to ask for: the apex has to do.
    out.push_back({{zone.child(label).value_or(zone), Type::A}, false});
    return out;
}

std::vector<Ask> parent_questions(const Name& zone) {
    return {{{zone, Type::DS}, true}, {{zone, Type::NS}, true}};
}

Server digest_server(const Name& zone, std::span<const Heard> heard) {
    Server out;
    if (heard.size() != kQuestions) return out;
    out.address = heard[kDnskey].address;
    out.tcp_fails = !heard[kDnskey].message && !heard[kNs].message;
    out.udp_fails = !heard[kSoa].message && !heard[kNoType].message;
    out.silent = std::ranges::none_of(heard, [](const auto& h) { return h.message.has_value(); });
    out.dnskey = digest_dnskey(zone, heard[heard[kDnskey].message ? kDnskey : kDnskeyUdp]);
    out.ns = digest_ns(zone, heard[kNs]);
    out.cds = digest_cds(zone, heard[kCds], heard[kCdnskey]);
    out.csync = digest_csync(zone, heard[kCsync]);
    // The KSK signs CDS and CDNSKEY by its office; no resolver's answer rests on them.
    const std::vector<const Heard*> samples{&heard[kSoa], &heard[kNs], &heard[kCsync], &heard[kNoType],
                                            &heard[kNoName]};
    out.data = digest_data(zone, samples, out.dnskey);
    if (!out.usable()) return out;
    out.soa = soa_of(zone, heard[kSoa]);
    for (const auto& h : heard) note_sets(zone, out, h);
    return out;
}

ParentServer digest_parent(const Name& zone, std::span<const Heard> heard) {
    ParentServer out;
    if (heard.size() != parent_questions(zone).size()) return out;
    out.address = heard[0].address;
    out.no_such_name = heard[0].message && heard[0].message->rcode == dns::Rcode::nxdomain;
    out.ds = digest_ds(zone, heard[0]);
    out.ns = digest_delegation(zone, heard[1]);
    // With authority for the zone itself it sends what the zone says, not glue.
    if (!out.ns.problem.empty() || heard[1].message->authoritative) return out;
    for (const auto& record : heard[1].message->additional)
        if (record.type == Type::A || record.type == Type::AAAA)
            out.glue[record.owner].push_back(dns::rdata_text(record.type, record.rdata));
    return out;
}

} // namespace tutti::audit
