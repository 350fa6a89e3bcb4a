#include "accept/verifier.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::accept {

namespace {

using dnssec::SigStatus;

std::string in_words(const dns::RrSet& set, const dnssec::Rrsig& sig, SigStatus status) {
    const std::string what =
        fmt::format("the signature of key {} over {} {}", sig.tag, set.owner.text(), dns::to_string(set.type));
    switch (status) {
    case SigStatus::expired:
        return fmt::format("{} expired at {}", what, to_rfc3339(sig.expiration));
    case SigStatus::not_yet_valid:
        return fmt::format("{} is not valid before {}", what, to_rfc3339(sig.inception));
    case SigStatus::unsupported:
        return fmt::format("{} uses {}, which is not accepted", what, dnssec::algorithm_name(sig.algorithm));
    case SigStatus::no_key:
    case SigStatus::bad_signature:
    case SigStatus::valid:
        break;
    }
    return what + " does not verify";
}

bool may_be_by(const dnssec::Rrsig& sig, const dnssec::Dnskey& key) {
    return sig.algorithm == key.algorithm && sig.tag == key.tag();
}

} // namespace

void Verifier::clear() {
    exhausted_ = false;
    keys_.clear();
    pairs_.clear();
    memo_.clear();
}

SigStatus Verifier::check(const dns::RrSet& set, const dnssec::Rrsig& sig, const dnssec::Dnskey& key, Instant now) {
    if (now > sig.expiration) return SigStatus::expired;
    if (now < sig.inception) return SigStatus::not_yet_valid;
    const dns::Rdata key_rdata = key.rdata();
    const auto known = std::ranges::find_if(memo_, [&](const Entry& e) {
        return e.sig == sig.raw && e.key == key_rdata && e.type == set.type && e.owner == set.owner &&
               e.rdata == set.rdata;
    });
    if (known != memo_.end()) return known->good ? SigStatus::valid : SigStatus::bad_signature;
    if (memo_.size() >= limit_) {
        exhausted_ = true;
        return SigStatus::bad_signature;
    }
    const SigStatus status = dnssec::verify(set, sig, key, now, &keys_);
    // Neither of these took any computing, and neither depends on more than what is at hand.
    if (status == SigStatus::no_key || status == SigStatus::unsupported) return status;
    memo_.push_back({sig.raw, set.owner, set.type, set.rdata, key_rdata, status == SigStatus::valid});
    return status;
}

bool Verifier::matches(const dns::Name& owner, const dnssec::Ds& ds, const dnssec::Dnskey& key) {
    if (ds.algorithm != key.algorithm) return false;
    for (const auto& p : pairs_)
        if (p.ds == ds && p.key == key && p.owner == owner) return p.match;
    if (ds.tag != key.tag()) return false;
    pairs_.push_back({owner, ds, key, dnssec::matches(owner, ds, key)});
    return pairs_.back().match;
}

Signed signed_by(Verifier& verifier, const dns::Name& zone, const dns::RrSet& set,
                 const std::vector<dns::Rdata>& rrsigs, const std::vector<dnssec::Dnskey>& keys,
                 const std::function<bool(std::size_t)>& wanted, Instant now) {
    Signed out;
    for (const auto& raw : rrsigs) {
        const auto sig = dnssec::parse_rrsig(raw, now);
        if (!sig || sig->covered != set.type || sig->signer != zone) continue;
        if (sig->labels != set.owner.labels()) continue;                 // made from a wildcard: nothing here may be
        if (out.inception && sig->inception <= *out.inception) continue; // would tell nothing new
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (!wanted(i) || !may_be_by(*sig, keys[i])) continue;
            const auto status = verifier.check(set, *sig, keys[i], now);
            if (status == SigStatus::valid) {
                out.inception = sig->inception;
                out.key = i;
                break;
            }
            if (out.problem.empty() || status == SigStatus::expired) {
                out.worst = status;
                out.problem = in_words(set, *sig, status);
            }
        }
    }
    return out;
}

} // namespace tutti::accept
