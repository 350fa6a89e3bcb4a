#pragma once
// What EPP frames say, as plain values.
#include "dnssec/keys.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tutti::epp {

// RFC 5730 2.4.
struct Greeting {
    std::string server, date;
    std::vector<std::string> versions, languages, objects, extensions;
    bool offers(std::string_view uri) const;
    bool operator==(const Greeting&) const = default;
};

// RFC 5910 4: either records or keys. A record may come with the key that it was made of.
struct DsData {
    dnssec::Ds ds;
    std::optional<dnssec::Dnskey> key{};
    bool operator==(const DsData&) const = default;
};
struct SecDns {
    std::optional<std::uint32_t> max_sig_life; // seconds
    std::vector<DsData> ds;
    std::vector<dnssec::Dnskey> keys;
    bool operator==(const SecDns&) const = default;
};

// RFC 5731 1.1. `addresses`: with host attributes only; IPv4 and IPv6 literals.
struct NameServer {
    dns::Name name;
    std::vector<std::string> addresses{};
    bool operator==(const NameServer&) const = default;
};

struct DomainInfo {
    dns::Name name;
    std::string roid, sponsor, updated;
    std::vector<std::string> statuses;
    bool host_attributes = false; // name servers came as attributes, not as objects
    std::vector<NameServer> ns;
    SecDns sec_dns;
    std::map<std::string, std::optional<dns::Ttl>> ttls; // by type; no value: the registry's default (RFC 9803)
    bool has_status(std::string_view status) const;
    bool operator==(const DomainInfo&) const = default;
};

struct HostInfo { // RFC 5732
    dns::Name name;
    std::string sponsor;
    std::vector<std::string> statuses, addresses;
    bool operator==(const HostInfo&) const = default;
};

struct Availability {
    dns::Name name;
    bool available = false;
    std::string reason;
    bool operator==(const Availability&) const = default;
};

struct Result {
    int code = 0;
    std::string message;
    std::vector<std::string> details; // value and reason of extValue, and text of value
    bool operator==(const Result&) const = default;
};

struct Queued { // msgQ, RFC 5730 2.9.2.3
    std::uint64_t count = 0;
    std::string id, date, message;
    bool operator==(const Queued&) const = default;
};

// panData: what became of a command that was answered 1001.
struct PendingResult {
    dns::Name name;
    bool accepted = false;
    std::string client_id, server_id; // of the command; client_id may be empty
    bool operator==(const PendingResult&) const = default;
};

// RFC 8590: somebody else changed an object.
struct ChangeNotice {
    bool before = false; // the object is shown as it was before
    std::string operation, date, server_id, who, reason;
    bool operator==(const ChangeNotice&) const = default;
};

struct Response {
    std::vector<Result> results; // never empty
    std::optional<Queued> queue;
    std::optional<DomainInfo> domain;
    std::optional<HostInfo> host;
    std::vector<Availability> checked;
    std::optional<PendingResult> pending;
    std::optional<ChangeNotice> change;
    std::string client_id, server_id; // client_id: empty if the server gave none
    int code() const { return results.front().code; }
    // "2306 Parameter value policy error (digest type 1 is not taken)".
    std::string text() const;
    bool operator==(const Response&) const = default;
};

} // namespace tutti::epp
