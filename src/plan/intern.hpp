#pragma once
// Numbering of keys and NS names within a zone.
#include "model/knowledge.hpp"

namespace tutti::plan {

inline constexpr int kNoRoom = -1; // more than 64 at a time: nothing that a sane zone has

int intern_key(model::Knowledge& k, const dnssec::Dnskey& key, Instant now);
int intern_ds(model::Knowledge& k, const dnssec::Ds& ds, Instant now);
// A key that signs, but is published nowhere: known by tag and algorithm only.
int intern_unpublished(model::Knowledge& k, dnssec::KeyTag tag, std::uint8_t algorithm, Instant now);
int intern_name(model::Knowledge& k, const dns::Name& name);

// The DS of `key` with this digest type, if it can be made or was seen.
std::optional<dnssec::Ds> ds_of(const model::Key& key, std::uint8_t digest_type);

} // namespace tutti::plan
