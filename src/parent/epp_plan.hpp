#pragma once
// From what a registry has to what it is to have: the EPP commands between the two. Pure.
#include "epp/commands.hpp"
#include "parent/delegation.hpp"

namespace tutti::parent {

// What was read in the registry about one child.
struct EppLook {
    epp::DomainInfo domain;
    std::vector<epp::HostInfo> hosts; // those that exist, of the hosts asked for
    accept::Registry registry;        // the same in terms of delegations
};

// What the registry and the session are like.
struct EppTraits {
    bool keys = false;                         // the key interface of RFC 5910
    bool host_objects = true;                  // host-1.0 was agreed at login
    bool ttl = false;                          // ttl-1.0 was agreed at login (RFC 9803)
    bool urgent = false;                       // ask for it
    std::optional<std::uint32_t> max_sig_life; // send it
};

// In this order; each waits for the one before.
struct EppSteps {
    std::vector<epp::Command> before; // hosts that new name servers need
    std::optional<epp::Command> main; // the domain, in one command
    std::vector<epp::Command> after;  // hosts that nobody needs any more; a refusal does no harm
    bool none() const { return before.empty() && !main; }
};

// The DS of keys, for comparison: those among `mentioned` that are of a key, or else its SHA-256 digest.
std::vector<dnssec::Ds> ds_of_keys(const dns::Name& child, std::span<const dnssec::Dnskey> keys,
                                   std::span<const dnssec::Ds> mentioned);
// `mentioned`: all DS that the change speaks of.
accept::Registry registry_of(const EppLook& look, std::span<const dnssec::Ds> mentioned);
// Every DS that a change speaks of, also as expected.
std::vector<dnssec::Ds> mentioned_in(const port::RegistryChange& change);
// Fails with `not_found` if the registry takes keys, and the key of a DS to add is not among `change.keys`.
Expected<EppSteps> plan(const EppLook& look, const port::RegistryChange& change, const EppTraits& traits);

} // namespace tutti::parent
