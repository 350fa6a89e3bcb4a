#pragma once
// How to reach a signer or a parent: plain values, from the configuration file or the store. Secrets only by reference.
// signer::make and parent::make build drivers from them.
#include "dns/record.hpp"
#include "port/dns.hpp"
#include "port/secret.hpp"

#include <boost/json/fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tutti::port {

struct TsigSettings {
    dns::Name name;
    std::string algorithm = "hmac-sha256"; // or hmac-sha384, hmac-sha512
    SecretRef secret;                      // base64 text
    bool operator==(const TsigSettings&) const = default;
};

// What is known better than by probing. Absent: found out by the driver.
struct QuirkOverrides {
    std::optional<std::string> software; // "bind", "knot", "powerdns": whose quirks to expect
    std::optional<bool> foreign_dnskey, foreign_sep, cds, csync, apex_ns, publishes_own_cds;
    std::optional<dns::Ttl> dnskey_ttl_fixed;
    bool operator==(const QuirkOverrides&) const = default;
};

struct SignerSettings {
    std::string name;                    // [a-z0-9][a-z0-9_-]*, at most 32
    std::string driver;                  // "rfc2136", "powerdns"
    std::vector<Endpoint> servers;       // every address of every name server; never empty
    std::optional<Endpoint> update;      // rfc2136: the primary; absent: the first of `servers`
    std::vector<dns::Name> ns;           // what it contributes to the NS RRset; never empty
    std::optional<TsigSettings> tsig;    // rfc2136
    std::vector<dns::Name> signal_zones; // that hold names of name servers, and are written to the same way (RFC 9615)
    bool transfer = false;               // AXFR is allowed from `update`, with `tsig`
    std::string url;                     // powerdns: "http://127.0.3.1:8081"
    std::optional<SecretRef> api_key;    // powerdns
    std::string server_id = "localhost"; // powerdns
    QuirkOverrides quirks;

    const Endpoint& primary() const { return update ? *update : servers.front(); }
    bool operator==(const SignerSettings&) const = default;
};

// A registry that is changed by EPP.
struct EppSettings {
    std::string server;             // "epp.example:700"; without a port: 700
    std::string server_name;        // in the server's certificate; empty: the name in `server`
    std::string client;             // clID
    SecretRef password;             // of 6 to 16 characters
    std::string ca;                 // file with the certificates that vouch for the server; empty: the system's
    std::string certificate;        // file with ours; empty: we show none
    std::optional<SecretRef> key;   // of our certificate: PEM, without a passphrase
    std::string interface = "ds";   // what the registry takes (RFC 5910 4): "ds", "key"
    std::uint32_t sessions = 1;     // at a time
    std::uint32_t per_minute = 0;   // commands, logins included; 0: no limit
    std::uint32_t max_sig_life = 0; // seconds, sent with what is added; 0: not sent
    bool urgent = false;            // sent with changes of DS
    std::string frame_log;          // file: every frame is appended, passwords masked; empty: none
    bool operator==(const EppSettings&) const = default;
};

struct ParentSettings {
    std::string name;                 // as zones name it: "lab"
    std::string driver;               // "rfc2136", "epp", "exec", "zonefile", "cds", "manual"
    std::optional<dns::Name> zone;    // the parent zone itself; absent: the zone's name without its first label
    std::vector<Endpoint> servers;    // every address of every server of the parent; never empty
    std::optional<Endpoint> update;   // rfc2136: the primary; absent: the first of `servers`
    std::optional<TsigSettings> tsig; // rfc2136
    bool reads_cds = false;           // not cds: the parent acts on CDS and CSYNC of the children, too
    std::optional<EppSettings> epp;   // epp
    std::string command;              // exec: a command line for /bin/sh
    std::string directory;            // zonefile: where changes are written for review

    const Endpoint& primary() const { return update ? *update : servers.front(); }
    bool operator==(const ParentSettings&) const = default;
};

// "epp.example", "epp.example:7000", "192.0.2.1:700", "[2001:db8::1]:700"; nothing if it is none of these.
struct HostPort {
    std::string host;
    std::uint16_t port = 0;
};
std::optional<HostPort> parse_host_port(std::string_view text, std::uint16_t port);

// What is wrong with these settings, all at once; `where` is the name of the field. Empty: fine.
std::vector<Error> problems(const SignerSettings& settings);
std::vector<Error> problems(const ParentSettings& settings);

// JSON with the field names of the structs; strict.
boost::json::value to_json(const SignerSettings& settings);
boost::json::value to_json(const ParentSettings& settings);
Expected<SignerSettings> signer_settings_from_json(const boost::json::value& v);
Expected<ParentSettings> parent_settings_from_json(const boost::json::value& v);

inline constexpr std::string_view kSignerDrivers[] = {"rfc2136", "powerdns"};
inline constexpr std::string_view kParentDrivers[] = {"rfc2136", "epp", "exec", "zonefile", "cds", "manual"};
inline constexpr std::string_view kTsigAlgorithms[] = {"hmac-sha256", "hmac-sha384", "hmac-sha512"};

} // namespace tutti::port
