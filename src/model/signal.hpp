#pragma once
// Signals (RFC 9615): a child that has no DS yet shows its CDS and CDNSKEY below the names of its name servers, in
// zones that are secure already.
#include "dnssec/keys.hpp"

#include <compare>
#include <string>
#include <vector>

namespace tutti::model {

// A zone that holds names of name servers, and the signer whose driver may write there.
struct SignalPlace {
    dns::Name zone;
    std::string signer;
    auto operator<=>(const SignalPlace&) const = default;
};

struct SignalRecords {
    SignalPlace place;
    dns::Name owner; // _dsboot.<child>._signal.<name server>
    std::vector<dnssec::Ds> cds;
    std::vector<dnssec::Dnskey> cdnskey;
    bool operator==(const SignalRecords&) const = default;
};

// What is remembered for one child.
struct SignalState {
    std::vector<SignalRecords> ours; // that we added, or were about to: the only records that we may remove
    std::vector<std::string> notes;  // where no signal can be, and why; for people
    bool complete = false;           // every address shows what is wanted
    bool operator==(const SignalState&) const = default;
};

} // namespace tutti::model
