#pragma once
// How a parent's agent works: plain values, from the configuration file.
#include "accept/policy.hpp"
#include "agent/rate_limit.hpp"
#include "port/settings.hpp"
#include "scan/scanner.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tutti::agent {

// Where the delegations come from: exactly one of them.
struct Delegated {
    std::optional<port::Endpoint> transfer; // AXFR of the zone from there
    std::optional<port::TsigSettings> tsig; // of the transfer
    std::string file;                       // a zone file
    std::string list;                       // lines "child NS host [address ...]", "child DS ..."
};

struct NotifySettings {
    std::vector<port::Endpoint> listen;
    std::optional<dns::Name> target; // the name that the DSYNC records point at
    dns::Ttl ttl = 3600;             // of the DSYNC records
    Rate per_source{.per_minute = 60, .burst = 30}, per_zone{.per_minute = 4, .burst = 4};
};

struct ReportSettings {
    bool dns = true;                // RFC 9567, where a NOTIFY named an agent
    std::string mail_from;          // empty: no mail
    std::string mail_command;       // gets the mail on standard input: "/usr/sbin/sendmail -t"
    std::string operator_mail;      // who runs this agent: gets what needs a person
    std::string registrant_command; // gets JSON on standard input; it knows the registrants' addresses
    Duration registrant_after = std::chrono::days{3};
    std::string webhook;                           // URL
    std::optional<port::SecretRef> webhook_secret; // signs what is sent there
};

struct Settings {
    dns::Name zone = dns::Name::root();
    std::string registry; // name of the back end, among the [parent.NAME] sections
    std::string database = "/var/lib/tutti/parent.db";
    Delegated delegated;
    scan::ScanOptions scan; // with the policy
    Duration interval = std::chrono::days{1};
    std::uint32_t rare_every = 7;                // children that send NOTIFY: one scan in so many
    Duration reload = std::chrono::minutes{1};   // how often it is asked whether the delegations have changed
    Duration addresses = std::chrono::hours{1};  // how long addresses of name servers are used without a new lookup
    Duration messages = std::chrono::minutes{1}; // how often the registry's messages are taken
    Duration keep = std::chrono::days{90};
    std::size_t keep_entries = 200'000;
    int submitters = 2; // changes under way at a time
    NotifySettings notify;
    ReportSettings reports;
    std::string metrics; // a file for node_exporter, written each minute; empty: none
    bool lookup = true;  // false: no resolver is asked, only the addresses in the delegations count
    std::optional<port::Endpoint> resolver;
    std::string trust_anchor; // file; empty: Debian's, if it is there
    std::string log = "info";
    bool once = false, dry_run = false;
};

} // namespace tutti::agent
