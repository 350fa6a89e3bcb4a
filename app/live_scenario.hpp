#pragma once
// tutti simulate --zone: a scenario that begins with what the servers of a zone show now.
#include "audit/view.hpp"
#include "sim/scenario.hpp"

namespace tutti::app {

// Servers without the name of a signer are grouped by the keys that sign their DNSKEY RRset, and called after the zone
// of their first name ("ns1.dns.example." is of "dns.example"). Names wished for that are not among them are signers
// to come: with the TTLs and kinds of keys of the first one that is there.
// Fails if the zone is not signed, has no DS, or a server said nothing of use: a guess would be no forecast.
struct LiveWish {
    std::vector<std::string> signers;
    sim::ParentSpec::Mode parent_mode = sim::ParentSpec::Mode::direct;
    std::uint32_t poll_s = 3600; // how often a parent that reads CDS does so
    std::uint32_t data_ttl = 0;  // seconds: the largest TTL in the zone, where it is more than what was seen
};
Expected<sim::Scenario> live_scenario(const audit::View& view, const LiveWish& wish);

} // namespace tutti::app
