#include "plan/intern.hpp"

#include <algorithm>

namespace tutti::plan {

using model::Key;
using model::Knowledge;

namespace {

int append(auto& list, auto item) {
    if (list.size() >= static_cast<std::size_t>(model::KeySet::kCapacity)) return kNoRoom;
    list.push_back(std::move(item));
    return static_cast<int>(list.size()) - 1;
}

void learn_dnskey(const dns::Name& zone, Key& entry, const dnssec::Dnskey& key) {
    entry.dnskey = key;
    entry.tag = key.tag();
    entry.algorithm = key.algorithm;
    entry.sep = key.sep();
    for (std::uint8_t type : {std::uint8_t{1}, std::uint8_t{2}, std::uint8_t{4}})
        if (auto ds = dnssec::make_ds(zone, key, type);
            ds && std::find(entry.ds.begin(), entry.ds.end(), *ds) == entry.ds.end())
            entry.ds.push_back(*ds);
}

} // namespace

int intern_key(Knowledge& k, const dnssec::Dnskey& key, Instant now) {
    for (std::size_t i = 0; i < k.keys.size(); ++i)
        if (k.keys[i].dnskey == key) return static_cast<int>(i);
    Key fresh;
    learn_dnskey(k.zone, fresh, key);
    fresh.first_seen = now;
    // It may be known already by a DS at the parent, or by a signature.
    for (std::size_t i = 0; i < k.keys.size(); ++i) {
        auto& old = k.keys[i];
        if (old.dnskey || old.tag != fresh.tag || old.algorithm != fresh.algorithm) continue;
        bool by_ds = std::any_of(old.ds.begin(), old.ds.end(), [&](const auto& d) {
            return std::find(fresh.ds.begin(), fresh.ds.end(), d) != fresh.ds.end();
        });
        if (!by_ds && !old.ds.empty()) continue;
        learn_dnskey(k.zone, old, key);
        return static_cast<int>(i);
    }
    return append(k.keys, std::move(fresh));
}

int intern_ds(Knowledge& k, const dnssec::Ds& ds, Instant now) {
    for (std::size_t i = 0; i < k.keys.size(); ++i)
        if (std::find(k.keys[i].ds.begin(), k.keys[i].ds.end(), ds) != k.keys[i].ds.end()) return static_cast<int>(i);
    Key fresh;
    fresh.ds.push_back(ds);
    fresh.tag = ds.tag;
    fresh.algorithm = ds.algorithm;
    fresh.sep = true;
    fresh.first_seen = now;
    return append(k.keys, std::move(fresh));
}

int intern_unpublished(Knowledge& k, dnssec::KeyTag tag, std::uint8_t algorithm, Instant now) {
    for (std::size_t i = 0; i < k.keys.size(); ++i)
        if (!k.keys[i].dnskey && k.keys[i].ds.empty() && k.keys[i].tag == tag && k.keys[i].algorithm == algorithm)
            return static_cast<int>(i);
    Key fresh;
    fresh.tag = tag;
    fresh.algorithm = algorithm;
    fresh.first_seen = now;
    return append(k.keys, std::move(fresh));
}

int intern_name(Knowledge& k, const dns::Name& name) {
    for (std::size_t i = 0; i < k.ns_names.size(); ++i)
        if (k.ns_names[i].name == name) return static_cast<int>(i);
    return append(k.ns_names, model::NsName{name, model::kNobody});
}

std::optional<dnssec::Ds> ds_of(const Key& key, std::uint8_t digest_type) {
    for (const auto& d : key.ds)
        if (d.digest_type == digest_type) return d;
    return std::nullopt;
}

} // namespace tutti::plan
