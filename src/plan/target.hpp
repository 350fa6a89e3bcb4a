#pragma once
// The target: one function that says what should be where. Additions and removals are differences to it; there is no
// second opinion. Removals take no account of caches here: the rule holds them back until they are safe.
#include "model/decision.hpp"
#include "model/intent.hpp"
#include "plan/scene.hpp"

#include <functional>

namespace tutti::plan {

struct SignerTarget {
    model::KeySet dnskey_add, dnskey_remove; // foreign keys
    int copy_of = model::kNobody;            // instead: the DNSKEY RRset of this signer, as it is
    model::KeySet dnskey_impossible;         // needed, and the signer cannot publish them
    model::NameSet ns;
    bool csync = false;
};

struct Target {
    model::SignerSet members;            // the intended signers that are known, and those that they cannot do without
    model::SignerSet group;              // members, and leavers that can still be asked
    std::vector<SignerTarget> signers;   // by index
    model::KeySet ds;                    // also named by CDS and CDNSKEY at every signer in the group
    model::NameSet ns;                   // for the parent
    bool ask_delete = false;             // CDS and CDNSKEY ask for no DS at all (RFC 8078 4)
    model::KeySet distrusted;            // keys that go without regard to caches
    std::vector<model::Reason> troubles; // wishes that cannot be fulfilled
};

// Whether naming a signer in NS is safe now. `prepared`: it was once, and preparations were made: a short silence since
// then is no reason to take them back. `ds`: what the parent should have.
using MayJoin = std::function<bool(int signer, bool prepared, model::KeySet ds)>;
Target target(const model::Intent& intent, const Scene& scene, const MayJoin& may_join);

// The keys of signer s that it publishes and that are its own.
model::KeySet own_keys(const model::Knowledge& k, int s);

} // namespace tutti::plan
