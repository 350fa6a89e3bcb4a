#pragma once
// Which signals (RFC 9615) should stand where. Decisions only; engine/signaller.hpp looks and writes.
#include "model/change.hpp"
#include "model/intent.hpp"
#include "model/knowledge.hpp"
#include "model/signal.hpp"

#include <span>

namespace tutti::plan {

// none: no signal of ours should be anywhere. keep: as it is. publish: as every member's CDS and CDNSKEY say; then the
// first DS may come at any moment, so it is judged as one.
enum class SignalWish { none, keep, publish };
SignalWish signal_wish(const model::Intent& intent, const model::Knowledge& knowledge, Instant now);

struct SignalNames {
    std::vector<model::SignalRecords> where; // without content
    std::vector<std::string> notes;          // for each name server that has no place, why
};
// For each name server of the child: the closest zone around its name, at everybody who can write there.
SignalNames signal_names(const dns::Name& child, std::span<const dns::Name> name_servers,
                         std::span<const model::SignalPlace> places);

// What one address serves at the owner of a signal.
struct SignalSeen {
    std::vector<dnssec::Ds> cds;
    std::vector<dnssec::Dnskey> cdnskey;
    bool operator==(const SignalSeen&) const = default;
};
struct SignalStep {
    std::vector<model::RrChange> changes; // at the primary
    model::SignalRecords ours;            // to be on record before they are sent
    bool strangers = false;               // somebody else's records stand there: nothing is added to them
    bool complete = false;                // every address shows what is wanted
};
// `wanted`: its content is empty where nothing should be. `seen`: of the addresses that answered (at least one), the
// primary's first; `everybody`: those are all.
SignalStep signal_step(const model::SignalRecords& wanted, const model::SignalRecords& ours,
                       std::span<const SignalSeen> seen, bool everybody, dns::Ttl ttl);

} // namespace tutti::plan
