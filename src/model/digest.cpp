#include "model/digest.hpp"

#include "dnssec/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tutti::model {

namespace {

using dns::Message;
using dns::Name;
using dns::Rcode;
using dns::RrSet;
using dns::Type;

std::string what_was_asked(const Heard& h) {
    return fmt::format("{} {}", h.question.name.text(), dns::to_string(h.question.type));
}

std::string with_ede(const Message& m) {
    if (!m.edns || !m.edns->ede) return {};
    return fmt::format(" (EDE {}{}{})", *m.edns->ede, m.edns->ede_text.empty() ? "" : ": ", m.edns->ede_text);
}

// Why this rcode is no answer; empty if it can be one.
std::string rcode_problem(const Heard& h, const Name& zone, bool nxdomain_is_fine) {
    const Message& m = *h.message;
    const auto says = [&](std::string_view meaning) {
        return fmt::format("{} answers {} to {}{}: {}", h.address, dns::to_string(m.rcode), what_was_asked(h),
                           with_ede(m), meaning);
    };
    switch (m.rcode) {
    case Rcode::noerror:
        return {};
    case Rcode::nxdomain:
        return nxdomain_is_fine ? "" : says("it holds a zone above and knows no " + zone.text());
    case Rcode::refused:
        return says("it does not serve " + zone.text() + ", or not to us");
    case Rcode::servfail:
        return says("the zone is not loaded there, has expired, or cannot be signed");
    case Rcode::notauth:
        return says("it is not authoritative for " + zone.text());
    case Rcode::formerr:
    case Rcode::notimp:
        return says("it does not understand a question with EDNS");
    default:
        return says("no answer");
    }
}

// The errors of the port already say where; an address in front otherwise.
std::string silence(const Heard& h) {
    const Error& e = h.message.error();
    if (!e.where.empty()) return e.text();
    return Error{e.kind, e.seen, h.address, e.remedy}.text();
}

// What keeps the reply from being an answer at all, authoritative or not.
std::string unusable(const Heard& h, const Name& zone, bool nxdomain_is_fine) {
    if (!h.message) return silence(h);
    const Message& m = *h.message;
    // FORMERR and NOTIMP may come without the question.
    if (m.response && !m.question && m.rcode != Rcode::noerror) return rcode_problem(h, zone, false);
    if (!m.response || m.opcode != 0 || !m.question || *m.question != h.question)
        return fmt::format("{} answers a question other than {}", h.address, what_was_asked(h));
    if (m.truncated) return fmt::format("{} cuts its answer to {} short, over TCP too", h.address, what_was_asked(h));
    return rcode_problem(h, zone, nxdomain_is_fine);
}

const dns::Record* soa_of_negative(const Message& m) {
    const auto at = std::ranges::find(m.authority, Type::SOA, &dns::Record::type);
    return at == m.authority.end() ? nullptr : &*at;
}

// RFC 2308 section 5.
dns::Ttl negative_ttl(const Message& m) {
    const auto* record = soa_of_negative(m);
    if (record == nullptr) return 0;
    const auto soa = dns::parse_soa(record->rdata);
    return soa ? std::min(record->ttl, soa->minimum) : record->ttl;
}

bool has_answer(const Heard& h) {
    return std::ranges::any_of(h.message->answer,
                               [&](const auto& r) { return r.owner == h.question.name && r.type == h.question.type; });
}

// An authoritative answer from the zone itself: data, or a negative answer with the SOA of that zone.
std::string not_from(const Heard& h, const Name& zone, bool nxdomain_is_fine = false) {
    if (auto problem = unusable(h, zone, nxdomain_is_fine); !problem.empty()) return problem;
    const Message& m = *h.message;
    if (!m.authoritative)
        return fmt::format("{} is lame: it answers {} without authority (AA is not set), so it does not serve {}",
                           h.address, what_was_asked(h), zone.text());
    if (!m.answer.empty()) return {};
    const auto* soa = soa_of_negative(m);
    if (soa == nullptr)
        return fmt::format("{} sends neither {} nor a SOA that would prove that there is none (RFC 2308)", h.address,
                           what_was_asked(h));
    if (soa->owner != zone)
        return fmt::format("{} answers {} from the zone {}, not from {}: it does not serve it", h.address,
                           what_was_asked(h), soa->owner.text(), zone.text());
    return {};
}

template <class S>
S begin(const Heard& h) {
    S s;
    s.address = h.address;
    s.asked = h.asked;
    s.answered = h.answered;
    return s;
}

std::string malformed(const Heard& h, const Error& error) {
    return fmt::format("{} sends a broken {} record: {}", h.address, dns::to_string(h.question.type), error.seen);
}

// The RRset asked for, parsed record by record. False, and a problem, if one is broken.
template <class Parse, class Out>
bool parse_all(const Heard& h, const RrSet& set, Parse parse, std::vector<Out>& out, std::string& problem) {
    for (const auto& rdata : set.rdata) {
        auto value = parse(rdata);
        if (!value) {
            out.clear();
            problem = malformed(h, value.error());
            return false;
        }
        out.push_back(*std::move(value));
    }
    return true;
}

std::optional<RrSet> asked_set(const Heard& h) {
    return dns::find_rrset(h.message->answer, h.question.name, h.question.type);
}

// Why a signature does not hold now, for people.
std::string explain_times(dnssec::KeyTag tag, Instant inception, Instant expiration, Instant now) {
    const bool early = inception > now;
    const Duration off = early ? inception - now : now - expiration;
    return fmt::format(
        "the RRSIG by key {} {}: it is valid from {} to {}, and here it is {}, {} {}. If that is not so, a "
        "clock is wrong: the signer's, or the one of this machine",
        tag, early ? "is not yet valid" : "has expired", to_rfc3339(inception), to_rfc3339(expiration), to_rfc3339(now),
        human(off), early ? "too early" : "too late");
}

// Why none of these signatures over DNSKEY holds.
std::string signature_problem(const std::vector<dnssec::Rrsig>& sigs, const dnssec::SignedBy& by, Instant now) {
    if (sigs.empty()) return "there is no RRSIG over the DNSKEY RRset";
    for (const auto& sig : sigs)
        if (sig.inception > now || sig.expiration < now)
            return explain_times(sig.tag, sig.inception, sig.expiration, now);
    return by.problem.empty() ? "no RRSIG over the DNSKEY RRset can be verified" : by.problem;
}

// A key that signs an RRset twice holds it up by the signature that ends later.
void note_ends(Seen& seen, const std::vector<dnssec::Rrsig>& sigs, const dnssec::SignedBy& by,
               const std::vector<dnssec::Dnskey>& keys) {
    for (auto i : by.keys) {
        const dnssec::Rrsig* last = nullptr;
        for (const auto& sig : sigs)
            if (sig.tag == keys[i].tag() && sig.algorithm == keys[i].algorithm && sig.inception <= seen.answered &&
                (last == nullptr || sig.expiration > last->expiration))
                last = &sig;
        if (last == nullptr) continue;
        seen.expires = std::min(seen.expires, last->expiration);
        seen.renew_by = std::min(seen.renew_by, last->expiration - (last->expiration - last->inception) / 10);
    }
}

} // namespace

SeenDnskeys digest_dnskey(const Name& zone, const Heard& heard) {
    auto seen = begin<SeenDnskeys>(heard);
    seen.problem = not_from(heard, zone);
    if (!seen.problem.empty()) return seen;
    const auto set = asked_set(heard);
    if (!set) {
        seen.ttl = negative_ttl(*heard.message);
        return seen;
    }
    if (!parse_all(heard, *set, dnssec::parse_dnskey, seen.keys, seen.problem)) return seen;
    seen.ttl = set->ttl;
    const auto sigs = dnssec::signatures_over(heard.message->answer, zone, Type::DNSKEY, heard.answered);
    auto by = dnssec::signers_of(*set, sigs, seen.keys, heard.answered);
    if (by.keys.empty()) seen.signature_problem = signature_problem(sigs, by, heard.answered);
    note_ends(seen, sigs, by, seen.keys);
    seen.signed_by = std::move(by.keys);
    return seen;
}

SeenNs digest_ns(const Name& zone, const Heard& heard) {
    auto seen = begin<SeenNs>(heard);
    seen.problem = not_from(heard, zone);
    if (!seen.problem.empty()) return seen;
    const auto set = asked_set(heard);
    if (!set) {
        seen.problem = fmt::format("{} serves {} without NS records at its apex", heard.address, zone.text());
        return seen;
    }
    if (parse_all(heard, *set, dns::ns_target, seen.names, seen.problem)) seen.ttl = set->ttl;
    return seen;
}

SeenCds digest_cds(const Name& zone, const Heard& cds, const Heard& cdnskey) {
    auto seen = begin<SeenCds>(cds);
    seen.asked = std::min(cds.asked, cdnskey.asked);
    seen.answered = std::max(cds.answered, cdnskey.answered);
    for (const auto* heard : {&cds, &cdnskey})
        if (seen.problem.empty()) seen.problem = not_from(*heard, zone);
    if (!seen.problem.empty()) return seen;
    const auto set = asked_set(cds), key_set = asked_set(cdnskey);
    if (set) parse_all(cds, *set, dnssec::parse_ds, seen.cds, seen.problem);
    if (key_set && seen.problem.empty()) parse_all(cdnskey, *key_set, dnssec::parse_dnskey, seen.cdnskey, seen.problem);
    if (!seen.problem.empty()) seen.cds.clear();
    seen.ttl = std::max(set ? set->ttl : 0, key_set ? key_set->ttl : 0);
    if (!set && !key_set) seen.ttl = negative_ttl(*cds.message);
    return seen;
}

SeenCsync digest_csync(const Name& zone, const Heard& heard) {
    auto seen = begin<SeenCsync>(heard);
    seen.problem = not_from(heard, zone);
    if (!seen.problem.empty()) return seen;
    const auto set = asked_set(heard);
    seen.ttl = set ? set->ttl : negative_ttl(*heard.message);
    if (!set) return seen;
    // RFC 7477 2: there must be one record at most; which one of several counts, nobody can say.
    std::vector<dns::Csync> all;
    if (!parse_all(heard, *set, dns::parse_csync, all, seen.problem)) return seen;
    seen.present = true;
    seen.immediate_ns = std::ranges::all_of(
        all, [](const auto& c) { return c.immediate && std::ranges::find(c.types, Type::NS) != c.types.end(); });
    return seen;
}

SeenDs digest_ds(const Name& zone, const Heard& heard) {
    auto seen = begin<SeenDs>(heard);
    seen.problem = unusable(heard, zone, false);
    if (!seen.problem.empty()) return seen;
    const Message& m = *heard.message;
    const auto* soa = soa_of_negative(m);
    if (!m.authoritative) {
        seen.problem =
            fmt::format("{} is lame: it answers {} without authority (AA is not set), so it does not serve the "
                        "parent zone",
                        heard.address, what_was_asked(heard));
    } else if (const auto set = asked_set(heard)) {
        if (parse_all(heard, *set, dnssec::parse_ds, seen.ds, seen.problem)) seen.ttl = set->ttl;
    } else if (!m.answer.empty() || soa == nullptr) {
        seen.problem = fmt::format("{} sends neither {} nor a SOA that would prove that there is none (RFC 2308)",
                                   heard.address, what_was_asked(heard));
    } else if (soa->owner == zone || !zone.is_at_or_below(soa->owner)) {
        // RFC 4035 3.1.4.1: DS belongs to the parent's side of the cut.
        seen.problem = fmt::format("{} answers {} from the zone {}: it does not serve the parent zone", heard.address,
                                   what_was_asked(heard), soa->owner.text());
    } else {
        seen.ttl = negative_ttl(m);
    }
    return seen;
}

SeenNs digest_delegation(const Name& zone, const Heard& heard) {
    auto seen = begin<SeenNs>(heard);
    seen.problem = unusable(heard, zone, false);
    if (!seen.problem.empty()) return seen;
    const Message& m = *heard.message;
    const auto& section = m.authoritative ? m.answer : m.authority;
    const auto set = dns::find_rrset(section, zone, Type::NS);
    if (set) {
        if (parse_all(heard, *set, dns::ns_target, seen.names, seen.problem)) seen.ttl = set->ttl;
        return seen;
    }
    const auto other = std::ranges::find(m.authority, Type::NS, &dns::Record::type);
    if (m.authoritative)
        seen.problem = fmt::format("{} does not delegate {}", heard.address, zone.text());
    else if (other != m.authority.end())
        seen.problem = fmt::format("{} refers to {} instead of {}: it does not serve the parent zone", heard.address,
                                   other->owner.text(), zone.text());
    else
        seen.problem =
            fmt::format("{} is lame: it neither delegates {} nor answers with authority", heard.address, zone.text());
    return seen;
}

std::optional<std::uint32_t> serial_of(const Name& zone, const Heard& heard) {
    if (!not_from(heard, zone).empty()) return std::nullopt;
    const auto set = asked_set(heard);
    if (!set || set->rdata.size() != 1) return std::nullopt;
    const auto soa = dns::parse_soa(set->rdata.front());
    return soa ? std::optional(soa->serial) : std::nullopt;
}

namespace {

// Gathers what the samples of one address tell.
class DataDigest {
  public:
    DataDigest(const Name& zone, const SeenDnskeys& dnskey) : zone_(zone), dnskey_(dnskey), used_(dnskey.keys.size()) {}

    void sample(const Heard& heard) {
        const Message& m = *heard.message;
        bool denial = false;
        for (const auto* section : {&m.answer, &m.authority}) {
            for (const auto& set : dns::rrsets(*section)) {
                if (!set.owner.is_at_or_below(zone_) || set.type == Type::DNSKEY) continue;
                ttl_max_ = std::max(ttl_max_, set.ttl);
                denial |= set.type == Type::NSEC || set.type == Type::NSEC3;
                signatures(heard, set, *section);
            }
        }
        if (!has_answer(heard) && !denial && m.answer.empty()) missing(heard, "NSEC or NSEC3 in the negative answer");
    }

    void finish(SeenData& seen) {
        for (std::size_t i = 0; i < used_.size(); ++i)
            if (used_[i]) seen.keys.push_back(dnskey_.keys[i]);
        seen.ttl_max = ttl_max_;
        seen.is_signed = signatures_ > 0;
        seen.expires = ends_.expires;
        seen.renew_by = ends_.renew_by;
        seen.unmatched = std::move(unmatched_);
        seen.signatures.assign(together_.begin(), together_.end());
        // An unsigned zone is a fact; a zone that is signed in part, or wrongly, is nothing to rely on.
        if (seen.is_signed) seen.problem = std::move(problem_);
    }

  private:
    void signatures(const Heard& heard, const RrSet& set, std::span<const dns::Record> section) {
        const auto sigs = dnssec::signatures_over(section, set.owner, set.type, heard.answered);
        signatures_ += sigs.size();
        const auto by = dnssec::signers_of(set, sigs, dnskey_.keys, heard.answered);
        for (auto i : by.keys) used_[i] = true;
        ends_.answered = heard.answered;
        note_ends(ends_, sigs, by, dnskey_.keys);
        bool foreign = false;
        Signatures together;
        for (auto i : by.keys) together.emplace_back(dnskey_.keys[i].tag(), dnskey_.keys[i].algorithm);
        for (const auto& sig : sigs)
            if (!published(sig)) {
                foreign = true;
                const std::pair key{sig.tag, sig.algorithm};
                together.push_back(key);
                if (std::ranges::find(unmatched_, key) == unmatched_.end()) unmatched_.push_back(key);
            }
        std::ranges::sort(together);
        if (!together.empty()) together_.insert(std::move(together));
        if (sigs.empty())
            missing(heard, fmt::format("RRSIG over {} {}", set.owner.text(), dns::to_string(set.type)));
        else if (by.keys.empty() && !foreign && problem_.empty())
            problem_ = bogus(heard, set, sigs, by);
    }

    bool published(const dnssec::Rrsig& sig) const {
        return std::ranges::any_of(
            dnskey_.keys, [&](const auto& key) { return key.tag() == sig.tag && key.algorithm == sig.algorithm; });
    }

    void missing(const Heard& heard, std::string_view what) {
        if (problem_.empty())
            problem_ = fmt::format("{} signs {} only in part: there is no {}", heard.address, zone_.text(), what);
    }

    std::string bogus(const Heard& heard, const RrSet& set, std::span<const dnssec::Rrsig> sigs,
                      const dnssec::SignedBy& by) const {
        std::string why = by.problem;
        for (const auto& sig : sigs)
            if (sig.inception > heard.answered || sig.expiration < heard.answered)
                why = explain_times(sig.tag, sig.inception, sig.expiration, heard.answered);
        return fmt::format("{} serves {} {} with no valid signature: {}", heard.address, set.owner.text(),
                           dns::to_string(set.type), why);
    }

    const Name& zone_;
    const SeenDnskeys& dnskey_;
    std::vector<bool> used_;
    std::vector<std::pair<dnssec::KeyTag, std::uint8_t>> unmatched_;
    std::set<Signatures> together_;
    Seen ends_; // only of the signatures
    std::size_t signatures_ = 0;
    dns::Ttl ttl_max_ = 0;
    std::string problem_;
};

} // namespace

SeenData digest_data(const Name& zone, std::span<const Heard* const> samples, const SeenDnskeys& dnskey) {
    SeenData seen;
    seen.address = dnskey.address;
    seen.asked = dnskey.asked;
    seen.answered = dnskey.answered;
    seen.problem = dnskey.problem;
    for (const auto* heard : samples) {
        seen.asked = std::min(seen.asked, heard->asked);
        seen.answered = std::max(seen.answered, heard->answered);
        if (seen.problem.empty()) seen.problem = not_from(*heard, zone, heard->question.name != zone);
    }
    if (!seen.problem.empty()) return seen;
    DataDigest digest(zone, dnskey);
    for (const auto* heard : samples) digest.sample(*heard);
    digest.finish(seen);
    return seen;
}

} // namespace tutti::model
