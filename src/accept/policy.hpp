#pragma once
// What a parent allows. Presets by name, and single settings over them: "max_ds=4".
#include "accept/addresses.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tutti::accept {

// Where the new DS come from. RFC 7344 section 5, with erratum 7997.
enum class Source { cds, cdnskey, prefer_cds, prefer_cdnskey };
// Who runs the agent: a registrar's cannot write under a server lock.
enum class Role { registry, registrar };

struct Policy {
    std::string name = "strict";
    Role role = Role::registry;

    // DS
    Source source = Source::prefer_cds;
    std::vector<std::uint8_t> digest_types{2};        // of DS computed from CDNSKEY
    std::vector<std::uint8_t> cds_digest_types{2, 4}; // of CDS that are used; others are ignored
    std::vector<std::uint8_t> algorithms{8, 10, 13, 14, 15, 16};
    std::uint32_t max_ds = 6;
    bool require_both = false;               // both CDS and CDNSKEY must be there
    bool continuity_strict = true;           // every algorithm of the new DS must sign the child's DNSKEY
    bool require_consistent_digests = false; // every key with the same digest types; otherwise only a warning
    bool allow_delete = true;
    bool refuse_locked = false; // also the registry's own agent stops at a lock

    // Bootstrap
    bool bootstrap_signal = true; // RFC 9615
    bool bootstrap_delay = false; // RFC 8078 section 3.3
    Duration delay = seconds(72 * 3600);
    Duration delay_interval = seconds(24 * 3600); // looks closer than this count once
    std::uint32_t delay_runs = 3;
    bool delay_needs_tcp = true;

    // CSYNC
    bool csync = true;
    bool csync_glue = true; // also A and AAAA
    std::uint32_t max_ns = 13;

    // Looking
    bool unreachable_is_veto = false;
    std::vector<Duration> backoff{seconds(300), seconds(600), seconds(1200), seconds(2400)};
    std::uint32_t vantages = 1;      // from at least so many places
    Duration max_age = seconds(900); // evidence older than this is not acted on
    // How far signers date their signatures back (BIND an hour, PowerDNS to the Thursday before the last, 7 to 14
    // days): so much older than the last change may be what a signer signed that had no part in it.
    Duration backdating = seconds(15.0 * 24 * 3600);
    std::vector<Network> allow_addresses; // exceptions from the addresses never contacted: for labs

    // DS TTL after a change (RFC 10026)
    std::uint32_t change_ttl = 900;
    Duration restore_after = seconds(48 * 3600);

    // Limits against hostile children
    std::uint32_t max_servers = 64;       // addresses, over all vantage points
    std::uint32_t max_records = 64;       // in one RRset; DNSKEY records, too
    std::uint32_t max_rrsigs = 16;        // over one RRset
    std::uint32_t max_same_tag = 4;       // keys of one tag and algorithm
    std::uint32_t max_verifications = 96; // for one child
    std::uint32_t max_nsec3_iterations = 100;

    bool operator==(const Policy&) const = default;
};

// "strict", "ch", "cz", "se".
Expected<Policy> policy_by_name(std::string_view name);
std::span<const std::string_view> policy_names();
// "max_ds=4", "algorithms=13,15", "delay=3d", "allow_addresses=127.0.0.0/8,fd00::/8". Errors say what is allowed.
Expected<void> set(Policy& policy, std::string_view key_and_value);

} // namespace tutti::accept
