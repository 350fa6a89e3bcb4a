#include "plan/topology.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::plan {

using model::Knowledge;
using model::Reason;
using model::SignerSet;

namespace {

const model::Signer& signer_at(const Knowledge& k, int s) {
    return k.signers[static_cast<std::size_t>(s)];
}

model::DnskeySet served(const Knowledge& k, int s) {
    const auto* current = signer_at(k, s).dnskey.current();
    return current == nullptr ? model::DnskeySet{} : current->content;
}

int index_of_holder(const model::Intent& intent, const Knowledge& k) {
    return intent.ksk_holder.empty() ? model::kNobody : k.signer_index(intent.ksk_holder);
}

// A parent takes CDS only when signed with a key that its DS names (RFC 7344 4.1), and only the holder has one.
bool read_by_cds(const model::Intent& intent, const Knowledge& k) {
    return !intent.ksk_holder.empty() && k.parent.reads_cds;
}

} // namespace

int signs_for(const Knowledge& k, int s) {
    // Who cannot serve what others signed has signed it, with keys that it shares with somebody.
    if (signer_at(k, s).can.signed_dnskey.can == model::Can::no) return model::kNobody;
    int out = model::kNobody;
    for (int i : served(k, s).signed_by) {
        const int owner = k.keys[static_cast<std::size_t>(i)].owner;
        if (owner == s) return model::kNobody;
        if (owner != model::kNobody) out = owner;
    }
    return out;
}

Topology topology(const model::Intent& intent, const Knowledge& k, SignerSet members) {
    Topology t;
    int holder = read_by_cds(intent, k) ? model::kNobody : index_of_holder(intent, k);
    if (holder != model::kNobody)
        if (const int real = signs_for(k, holder); real != model::kNobody) holder = real;
    if (holder != model::kNobody) t.sources.add(holder);
    for (int s = 0; s < static_cast<int>(k.signers.size()); ++s) {
        const bool model_1 = holder != model::kNobody && (members.has(s) || s == holder);
        t.copy_of.push_back(!model_1 ? signs_for(k, s) : s == holder ? model::kNobody : holder);
        if (members.has(s) && t.copy_of.back() != model::kNobody) t.sources.add(t.copy_of.back());
    }
    return t;
}

std::vector<Reason> topology_troubles(const model::Intent& intent, const Knowledge& k, const Topology& topology,
                                      SignerSet members) {
    std::vector<Reason> out;
    const auto add = [&](std::string text, std::string who, std::string remedy) {
        out.push_back({Reason::Kind::capability, std::move(text), std::move(who), "done", std::move(remedy), kNever});
    };
    const auto& holder = intent.ksk_holder;
    if (read_by_cds(intent, k))
        add(fmt::format("the parent {} acts on CDS, which it takes only when signed with a key that its DS names (RFC "
                        "7344 4.1): of the signers only {} could sign it so",
                        k.parent.name, holder),
            k.parent.name, "use a parent that Tutti writes to itself, or a KSK for each signer (no KSK holder)");
    if (!holder.empty() && std::ranges::find(intent.signers, holder) == intent.signers.end())
        add(fmt::format("{} holds the only KSK and is not among the signers: nobody could sign the DNSKEY RRset",
                        holder),
            holder, fmt::format("keep {} among the signers: a KSK holder cannot leave", holder));
    const int named = index_of_holder(intent, k);
    if (named != model::kNobody)
        if (const int real = signs_for(k, named); real != model::kNobody)
            add(fmt::format("{} serves a DNSKEY RRset that only {} signs: the KSK holder cannot be changed", holder,
                            signer_at(k, real).name),
                holder, fmt::format("name {} as the KSK holder", signer_at(k, real).name));
    if (!holder.empty()) return out;
    for (int s : members)
        if (const int by = topology.copy_of[static_cast<std::size_t>(s)]; by != model::kNobody)
            add(fmt::format(
                    "{} serves the DNSKEY RRset that only {} signs (RFC 8901 model 1): there is no way back to a "
                    "KSK for each signer",
                    signer_at(k, s).name, signer_at(k, by).name),
                signer_at(k, s).name, fmt::format("name {} as the KSK holder", signer_at(k, by).name));
    return out;
}

model::DnskeySet written(const Knowledge& k, const model::Action& a) {
    auto content = served(k, a.signer);
    if (a.copy_of == model::kNobody) {
        content.keys = (content.keys | a.add_keys) - a.remove_keys;
        return content;
    }
    // Keys that the holder no longer has go with the copy, unless the action leaves them out of account.
    const auto kept = content.keys - a.remove_keys;
    content = served(k, a.copy_of);
    content.keys |= kept;
    return content;
}

} // namespace tutti::plan
