#pragma once
// What all registry back ends share: a delegation, the change of one, and how the two are compared. Pure.
#include "model/change.hpp"
#include "port/registry.hpp"

#include <span>

namespace tutti::parent {

// The delegation as it will be: `now` with the change made.
accept::Registry after(const accept::Registry& now, const accept::Change& change);
// Everything that the change wants is so. `with_ttl`: its DS TTL, too.
bool reached(const accept::Registry& now, const accept::Change& change, bool with_ttl);
// Compare and swap: `conflict` says what was expected and what is there. Glue may be as expected or as wanted: where
// hosts are objects of their own, they are changed before the delegation.
Expected<void> check_expected(const accept::Registry& now, const port::RegistryChange& change);

// The addresses of one host; empty: none.
std::vector<std::string> addresses_of(std::span<const accept::Glue> glue, const dns::Name& host);
// The hosts that the change is about: new name servers, and all that glue is given for or taken from.
std::vector<dns::Name> hosts_of(const accept::Change& change);

// As changes of records, and back. `now`: the sets that are there, which become preconditions.
std::vector<model::RrChange> to_records(const dns::Name& child, const accept::Change& change,
                                        const accept::Registry& now, dns::Ttl ttl);
Expected<port::RegistryChange> from_records(const dns::Name& child, std::span<const model::RrChange> changes);

// "DS 12345 and 6789 added, NS ns1.example. removed".
std::string in_words(const accept::Change& change);

} // namespace tutti::parent
