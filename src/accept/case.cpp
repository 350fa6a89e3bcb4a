#include "accept/case.hpp"

#include "accept/reasons.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::accept {

bool heard(const Answer& answer) {
    return answer.outcome == Outcome::records || answer.outcome == Outcome::nodata ||
           answer.outcome == Outcome::nxdomain;
}

bool Reading::wants_delete() const {
    return std::ranges::any_of(cds, [](const auto& d) { return dnssec::is_delete(d); }) ||
           std::ranges::any_of(cdnskey, [](const auto& k) { return dnssec::is_delete(k); });
}

void Case::remark(Reason::Weight weight, std::string_view code, std::vector<std::string> servers, std::string text) {
    const auto& kind = reason_kind(code);
    out.reasons.push_back(
        {weight, std::string(kind.code), std::string(kind.requirement), std::move(servers), std::move(text)});
}

bool Case::decide(Decision decision, std::string_view code, std::vector<std::string> servers, std::string text) {
    out.decision = decision;
    remark(Reason::Weight::decisive, code, std::move(servers), std::move(text));
    return false;
}

bool Case::attempts_left() const {
    return e.attempt >= 0 && static_cast<std::size_t>(e.attempt) < p.backoff.size();
}

bool Case::retry_or_reject(std::string_view code, std::vector<std::string> servers, std::string text) {
    if (!attempts_left()) return reject(code, std::move(servers), std::move(text));
    out.look_again = now + p.backoff[static_cast<std::size_t>(e.attempt)];
    return decide(Decision::retry, code, std::move(servers), std::move(text));
}

namespace {

bool same_key(const KeyAge& a, const KeyAge& b) {
    return a.tag == b.tag && a.algorithm == b.algorithm;
}

} // namespace

void Case::rests_on(const dnssec::Dnskey& key, Instant sig_inception) {
    inception = std::min(inception.value_or(kNever), sig_inception);
    const KeyAge one{key.tag(), key.algorithm, sig_inception};
    const auto known = std::ranges::find_if(by_key, [&](const auto& k) { return same_key(k, one); });
    if (known == by_key.end())
        by_key.push_back(one);
    else
        known->inception = std::min(known->inception, sig_inception);
}

// All servers agree, so one key that signed before and signs anew answers for all. Where there is none, others have
// taken over: their clocks are not those of the ones before.
bool Case::older_than(const std::vector<KeyAge>& before, Instant oldest) const {
    bool known = false;
    for (const auto& now_signed : by_key)
        for (const auto& then : before) {
            if (!same_key(now_signed, then)) continue;
            if (now_signed.inception < then.inception) return true;
            known = true;
        }
    return !known && *inception < (before.empty() ? oldest : oldest - p.backdating);
}

std::vector<dnssec::Dnskey> keys_of(const Answer& answer) {
    std::vector<dnssec::Dnskey> out;
    if (answer.set)
        for (const auto& rdata : answer.set->rdata)
            if (auto key = dnssec::parse_dnskey(rdata)) out.push_back(*std::move(key));
    return out;
}

std::string joined(std::span<const std::string> texts, std::string_view between) {
    return fmt::format("{}", fmt::join(texts, between));
}

namespace {

const char* outcome_words(Outcome outcome) {
    switch (outcome) {
    case Outcome::not_asked:
        return "was not asked";
    case Outcome::records:
        return "has records";
    case Outcome::nodata:
        return "has no such record";
    case Outcome::nxdomain:
        return "says that the name does not exist";
    case Outcome::timeout:
        return "does not answer in time";
    case Outcome::unreachable:
        return "cannot be reached";
    case Outcome::refused:
        return "answers REFUSED";
    case Outcome::servfail:
        return "answers SERVFAIL";
    case Outcome::other_rcode:
        return "answers with an error";
    case Outcome::lame:
        return "does not have the zone (its answer is not authoritative)";
    case Outcome::malformed:
        return "sends a malformed answer";
    case Outcome::mismatched:
        return "answers something that was not asked";
    case Outcome::too_big:
        return "sends an answer over the limits";
    case Outcome::forbidden:
        return "has an address that must not be contacted";
    }
    return "says something unknown";
}

} // namespace

std::string failure_words(const Answer& answer) {
    std::string out = outcome_words(answer.outcome);
    if (answer.outcome == Outcome::other_rcode)
        out += " (" + dns::to_string(static_cast<dns::Rcode>(answer.rcode)) + ")";
    if (!answer.detail.empty()) out += ": " + answer.detail;
    return out;
}

std::string ds_words(const dnssec::Ds& ds) {
    return fmt::format("{} ({})", ds.tag, dnssec::algorithm_name(ds.algorithm));
}

std::string keys_words(const Reading& reading) {
    if (reading.silent()) return "no CDS and no CDNSKEY";
    if (reading.wants_delete()) return "a request to delete the DS";
    std::set<std::string> names;
    for (const auto& d : reading.cds) names.insert(ds_words(d));
    for (const auto& k : reading.cdnskey)
        names.insert(fmt::format("{} ({})", k.tag(), dnssec::algorithm_name(k.algorithm)));
    return fmt::format("{} for {}",
                       reading.cdnskey.empty() ? "CDS"
                       : reading.cds.empty()   ? "CDNSKEY"
                                               : "CDS, CDNSKEY",
                       fmt::join(names, ", "));
}

bool is_usable(const dnssec::Dnskey& key) {
    return key.zone_key() && key.protocol == 3 && !key.revoked();
}

std::vector<dnssec::Ds> sorted(std::vector<dnssec::Ds> ds) {
    std::ranges::sort(ds);
    ds.erase(std::ranges::unique(ds).begin(), ds.end());
    return ds;
}

std::string place(const Testimony& t) {
    std::string out = t.address;
    if (t.port != 53) out = fmt::format("{}:{}", t.address.contains(':') ? '[' + t.address + ']' : t.address, t.port);
    out = fmt::format("{} ({})", t.ns.text(), out);
    if (!t.vantage.empty()) out += " from " + t.vantage;
    return out;
}

const char* to_string(Decision decision) {
    switch (decision) {
    case Decision::accept:
        return "accept";
    case Decision::no_change:
        return "no-change";
    case Decision::reject:
        return "reject";
    case Decision::retry:
        return "retry";
    case Decision::hold:
        return "hold";
    }
    return "reject";
}

const char* to_string(Kind kind) {
    switch (kind) {
    case Kind::none:
        return "none";
    case Kind::update:
        return "update";
    case Kind::bootstrap:
        return "bootstrap";
    case Kind::remove:
        return "delete";
    case Kind::csync:
        return "csync";
    }
    return "none";
}

} // namespace tutti::accept
