#pragma once
// Reach: when some resolver may have asked a signer, or may still ask it. Start from every NS set at the parent that a
// cache can hold, and follow the NS sets that reachable signers serve (child-centric resolvers refresh from the child).
#include "model/intent.hpp"
#include "model/knowledge.hpp"

#include <array>

namespace tutti::plan {

struct Span {
    Instant from, until; // until == kNever: for ever, unless something is done
    bool operator==(const Span&) const = default;
};

class Reach {
  public:
    // Pessimistic: writes under way count as done too, and an NS set from before the first look named every signer.
    // Otherwise only what is proven: what was really seen.
    Reach(const model::Knowledge& k, const model::Policy& policy, bool pessimistic);

    bool at(int signer, Instant t) const;
    model::SignerSet all_at(Instant t) const;
    // The last moment in [from, until) at which the signer could be asked; kLongAgo - 1 if there is none.
    Instant last_in(int signer, Instant from, Instant until) const;
    const std::vector<Span>& spans(int signer) const { return spans_[static_cast<std::size_t>(signer)]; }

    static constexpr Instant kNoTime{Duration{INT64_MIN / 2}};

  private:
    std::vector<std::vector<Span>> spans_;
};

// The signers behind a set of NS names.
model::SignerSet owners(const model::Knowledge& k, model::NameSet names);

} // namespace tutti::plan
