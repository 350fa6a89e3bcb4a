#include "agent/entries.hpp"

#include "accept/json.hpp"
#include "parent/delegation.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace json = boost::json;

namespace tutti::agent {

using accept::Decision;
using accept::Reason;

namespace {

// The verdict, the delegation, and the evidence as JSON. `evidence`: also what each server said.
std::string detail_of(const scan::Judgement& j, bool evidence) {
    json::object out{{"verdict", accept::to_json(j.verdict)}, {"registry", accept::to_json(j.registry)}};
    if (evidence) out["evidence"] = accept::to_json(j.evidence);
    return json::serialize(out);
}

// In one line: what, and why.
std::string summary_of(const accept::Verdict& v) {
    std::string out = v.kind == accept::Kind::none ? "" : std::string(accept::to_string(v.kind));
    if (!v.change.empty()) out += (out.empty() ? "" : ": ") + parent::in_words(v.change);
    for (const auto& r : v.reasons) {
        if (r.weight != Reason::Weight::decisive) continue;
        out += (out.empty() ? "" : ". ") + r.text;
        if (!r.servers.empty()) out += fmt::format(" ({})", fmt::join(r.servers, ", "));
    }
    return out;
}

} // namespace

std::string fingerprint_of(const scan::Judgement& j) {
    std::string out = fmt::format("{} {} {}", accept::to_string(j.verdict.decision), accept::to_string(j.verdict.kind),
                                  j.evidence.subject == accept::Subject::csync ? "csync" : "ds");
    for (const auto& r : j.verdict.reasons)
        if (r.weight == Reason::Weight::decisive) out += ' ' + r.code;
    if (!j.verdict.change.empty()) out += ' ' + parent::in_words(j.verdict.change);
    return out;
}

std::vector<dnssec::Dnskey> keys_of(const accept::Evidence& evidence) {
    std::vector<dnssec::Dnskey> out;
    for (const auto& server : evidence.servers)
        for (const auto* answer : {&server.cdnskey, &server.dnskey})
            if (answer->set)
                for (const auto& rdata : answer->set->rdata)
                    if (const auto key = dnssec::parse_dnskey(rdata)) out.push_back(*key);
    std::ranges::sort(out);
    const auto repeated = std::ranges::unique(out);
    out.erase(repeated.begin(), repeated.end());
    return out;
}

// What only did not answer in time is told without every packet: when a large operator fails, so do all its children.
Entry entry_of(const scan::Judgement& j, Instant now) {
    const bool evidence = j.verdict.decision != Decision::retry && j.verdict.decision != Decision::no_change;
    return {0,
            now,
            now,
            1,
            j.evidence.child,
            accept::to_string(j.verdict.decision),
            summary_of(j.verdict),
            detail_of(j, evidence),
            fingerprint_of(j)};
}

} // namespace tutti::agent
