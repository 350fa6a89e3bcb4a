// Do all servers say the same, and is it anything new? (R7, R8, R12, R13, R16, R21, R44; RFC 9975)
#include "accept/case.hpp"

#include <algorithm>
#include <map>

namespace tutti::accept {

namespace {

enum class Says { status_quo, change, unknown };

bool confirms(const dns::Name& child, const std::vector<dnssec::Ds>& current, const std::vector<dnssec::Ds>& cds,
              const std::vector<dnssec::Dnskey>& cdnskey, const Policy& p) {
    if (current.empty()) return false;
    if (wanted_from(child, cds, cdnskey, p) == sorted(current)) {
        // A key that is only there with an unusable digest type is a wish that cannot be fulfilled, not the status quo.
        return std::ranges::all_of(cds, [&](const auto& d) {
            return std::ranges::any_of(current,
                                       [&](const auto& x) { return x.tag == d.tag && x.algorithm == d.algorithm; });
        });
    }
    const auto accepted = [&](const auto& d) {
        return std::ranges::find(p.cds_digest_types, d.digest_type) != p.cds_digest_types.end();
    };
    return cds.empty() && std::ranges::all_of(current, accepted) && same_keys(child, current, cdnskey);
}

Says says(const Case& c, const Reading& r) {
    const auto known = [](const Answer& a) { return heard(a) || a.outcome == Outcome::not_asked; };
    if (r.wants_delete()) return c.secure() ? Says::change : Says::status_quo;
    if (!r.silent() && !confirms(c.e.child, c.r.ds, r.cds, r.cdnskey, c.p)) return Says::change;
    return known(r.said->cds) && known(r.said->cdnskey) ? Says::status_quo : Says::unknown;
}

bool nothing_new(Case& c, const std::vector<std::string>& who) {
    c.out.kind = Kind::none;
    const bool any = std::ranges::any_of(c.readings, [](const auto& r) { return !r.silent(); });
    if (!any) {
        c.out.delay.reset();
        return c.decide(Decision::no_change, "no-cds", who, "The child has no CDS and no CDNSKEY: it asks for nothing");
    }
    if (!c.secure()) {
        c.out.delay.reset();
        return c.decide(Decision::no_change, "delete-done", who,
                        "The child asks for its DS to be deleted; it has none");
    }
    return c.decide(Decision::no_change, "ds-current", who, "The DS at the parent are those that the child asks for");
}

bool asked_ds(const Reading& r) {
    return heard(r.said->cds) || heard(r.said->cdnskey);
}

// A server that answered one of the two questions only: what it did answer must agree.
bool agrees(const Reading& partial, const Reading& whole) {
    if (heard(partial.said->cds) && partial.cds.empty() != whole.cds.empty()) return false;
    if (heard(partial.said->cdnskey) && partial.cdnskey.empty() != whole.cdnskey.empty()) return false;
    return partial.silent() || partial.keys == whole.keys;
}

bool inconsistent(Case& c) {
    std::map<std::string, std::vector<std::string>> groups;
    std::vector<std::string> who, texts;
    for (const auto& r : c.readings) {
        if (!asked_ds(r)) continue;
        groups[keys_words(r)].push_back(r.place);
        who.push_back(r.place);
    }
    for (const auto& [what, where] : groups) texts.push_back(joined(where) + ": " + what);
    c.out.delay.reset(); // any difference starts the counting anew (R38)
    const bool del = std::ranges::any_of(c.readings, [](const auto& r) { return r.wants_delete(); });
    return c.retry_or_reject(del ? "inconsistent-delete" : "inconsistent", who,
                             "The name servers of the child do not agree: " + joined(texts, "; ") +
                                 ". Nothing is changed until all of them say the same (RFC 9975)");
}

} // namespace

bool status_quo(Case& c) {
    std::vector<std::string> who;
    bool change = false;
    for (const auto& r : c.readings) {
        if (!asked_ds(r)) continue;
        const Says what = says(c, r);
        change = change || what == Says::change;
        if (what == Says::status_quo) who.push_back(r.place);
    }
    if (change || who.empty()) return true;
    return nothing_new(c, who);
}

bool consistent(Case& c) {
    const auto both = [](const Reading& r) { return heard(r.said->cds) && heard(r.said->cdnskey); };
    auto first = std::ranges::find_if(c.readings, both);
    if (first == c.readings.end()) first = std::ranges::find_if(c.readings, asked_ds);
    for (const auto& r : c.readings)
        if (asked_ds(r) && (both(r) && both(*first) ? r.keys != first->keys : !agrees(r, *first)))
            return inconsistent(c);
    return true;
}

bool nothing_to_do(const dns::Name& child, const std::vector<dnssec::Ds>& ds, const Answer& answer,
                   const Policy& policy) {
    if (answer.outcome == Outcome::nodata) return true;
    if (answer.outcome != Outcome::records || !answer.set || answer.set->owner != child) return false;
    std::vector<dnssec::Ds> cds;
    const auto keys = answer.set->type == dns::Type::CDNSKEY ? keys_of(answer) : std::vector<dnssec::Dnskey>{};
    if (answer.set->type == dns::Type::CDS)
        for (const auto& rdata : answer.set->rdata)
            if (auto d = dnssec::parse_ds(rdata)) cds.push_back(*std::move(d));
    if (cds.size() + keys.size() != answer.set->rdata.size()) return false; // another type, or malformed
    const bool del = std::ranges::any_of(cds, [](const auto& d) { return dnssec::is_delete(d); }) ||
                     std::ranges::any_of(keys, [](const auto& k) { return dnssec::is_delete(k); });
    if (del) return ds.empty() && answer.set->rdata.size() == 1;
    return confirms(child, ds, cds, keys, policy);
}

} // namespace tutti::accept
