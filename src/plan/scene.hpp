#pragma once
// The scene: everything that some cache may hold now, as one flat list per kind. The rule (rule.hpp) looks at nothing
// else.
#include "model/intent.hpp"
#include "model/knowledge.hpp"
#include "plan/reach.hpp"

namespace tutti::plan {

// Something a cache may hold. `dies` is when the last cache lets go of it if nothing is done; kNever while a server
// that can be asked may serve it.
struct Entry {
    int signer = model::kNobody; // kNobody: at the parent
    int version = -1;            // index into the track; -1: planned
    dns::Ttl ttl = 0;
    Instant dies = kNever;
    bool proven = false;     // seen served, by a signer proven to be asked; otherwise only possible
    bool unknown = false;    // content unknown (before the first look, or an address that never answered)
    bool introduced = false; // would come into caches by the action under judgement
};
struct DsEntry : Entry {
    model::KeySet keys;
    bool from_cds = false; // a CDS set that the parent may act on at any time
};
struct DnskeyEntry : Entry {
    model::KeySet keys, signed_by;
};
struct DataEntry : Entry {
    model::KeySet keys;
    const std::vector<model::KeySet>* together = nullptr; // as in model::Data; nullptr: each key alone
    bool is_unsigned() const { return keys.empty() && !unknown; }
};

struct Scene {
    const model::Knowledge* k = nullptr;
    Instant now;
    model::SignerSet reachable; // may be asked now
    model::SignerSet proven;    // proven to be asked now
    model::SignerSet delegated; // named by an NS set that the parent serves or may come to serve
    std::vector<DsEntry> ds;
    std::vector<DnskeyEntry> dnskey;
    std::vector<DataEntry> data;
};

// Every key of which the parent has a DS, or may come to have one by what is under way.
model::KeySet may_be_at_parent(const Scene& scene);

Scene look(const model::Knowledge& k, const model::Policy& policy, Instant now);

// The DNSKEY and data versions of a signer that nobody can ask yet, as entries that an NS change would bring in.
void introduce(Scene& scene, int signer);

} // namespace tutti::plan
