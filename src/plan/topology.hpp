#pragma once
// Who signs the DNSKEY RRset that a signer serves: itself (RFC 8901 model 2), or the KSK holder, whose RRset it serves
// as it is, with its signatures (model 1). To the rule both are the same; they differ in what can be written where.
#include "model/decision.hpp"
#include "model/intent.hpp"
#include "model/knowledge.hpp"

namespace tutti::plan {

// The signer whose keys alone sign the DNSKEY RRset that signer s serves; kNobody: it signs by itself, as far as known.
int signs_for(const model::Knowledge& k, int s);

struct Topology {
    std::vector<int> copy_of; // by signer: whose RRset it is to serve; kNobody: it signs by itself
    model::SignerSet sources; // without whom others have nothing to serve: they stay, whatever is wished
};
Topology topology(const model::Intent& intent, const model::Knowledge& k, model::SignerSet members);

// Wishes of this kind that cannot be fulfilled. Everything goes on as it is.
std::vector<model::Reason> topology_troubles(const model::Intent& intent, const model::Knowledge& k,
                                             const Topology& topology, model::SignerSet members);

// What the signer of this action (a DNSKEY action) serves after it.
model::DnskeySet written(const model::Knowledge& k, const model::Action& a);

} // namespace tutti::plan
