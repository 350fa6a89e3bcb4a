#pragma once
// What a validator says of one combination of RRsets (RFC 4035 section 5).
#include "sim/checker/exact.hpp"

#include <bitset>
#include <optional>

namespace tutti::sim::checker {

class Judge {
  public:
    Judge(const Trace& trace, const Rules& rules) : trace_(trace) {
        for (const auto& k : trace.keys)
            if (k.algorithm != trace.keys.front().algorithm) strict_ = rules.strict_algorithms;
    }

    // No DS: the zone is insecure, and nothing in it can be bogus.
    std::optional<Fault> chain(const TraceVersion& ds, const TraceVersion& dnskey) const {
        if (ds.keys.empty()) return std::nullopt;
        const KeyBits anchors = ds.keys & dnskey.keys & dnskey.signed_by;
        if (anchors.empty()) return Fault::chain;
        if (strict_ && (algorithms(ds.keys) & ~algorithms(anchors)).any()) return Fault::downgrade;
        return std::nullopt;
    }

    // RRsets that are signed by exactly these keys.
    std::optional<Fault> rrset(const TraceVersion& ds, const TraceVersion& dnskey, KeyBits signers) const {
        if (ds.keys.empty()) return std::nullopt;
        if (signers.empty()) return Fault::unsigned_data;
        const KeyBits usable = signers & dnskey.keys;
        if (usable.empty()) return Fault::no_key;
        if (strict_ && (algorithms(ds.keys) & ~algorithms(usable)).any()) return Fault::weak_data;
        return std::nullopt;
    }

  private:
    std::bitset<256> algorithms(KeyBits keys) const {
        std::bitset<256> out;
        for (int i : keys) out.set(trace_.keys[static_cast<std::size_t>(i)].algorithm);
        return out;
    }
    const Trace& trace_;
    bool strict_ = false; // only where algorithms differ does it make a difference
};

} // namespace tutti::sim::checker
