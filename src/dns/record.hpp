#pragma once
// Records as values: types, TTLs and RRsets with uncompressed canonical RDATA.
#include "base/error.hpp"
#include "dns/name.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tutti::dns {

enum class Type : std::uint16_t {
    A = 1,
    NS = 2,
    CNAME = 5,
    SOA = 6,
    PTR = 12,
    MX = 15,
    TXT = 16,
    AAAA = 28,
    SRV = 33,
    OPT = 41,
    DS = 43,
    RRSIG = 46,
    NSEC = 47,
    DNSKEY = 48,
    NSEC3 = 50,
    NSEC3PARAM = 51,
    CDS = 59,
    CDNSKEY = 60,
    CSYNC = 62,
    DSYNC = 66,
    TSIG = 250,
    IXFR = 251,
    AXFR = 252,
    ANY = 255
};

// "DNSKEY"; unknown types as "TYPE65280" (RFC 3597).
std::string to_string(Type type);
Expected<Type> parse_type(std::string_view text);

enum class Rcode : std::uint16_t {
    noerror = 0,
    formerr = 1,
    servfail = 2,
    nxdomain = 3,
    notimp = 4,
    refused = 5,
    yxdomain = 6,
    yxrrset = 7,
    nxrrset = 8,
    notauth = 9,
    notzone = 10,
    badsig = 16,
    badkey = 17,
    badtime = 18
};
std::string to_string(Rcode rcode);

using Rdata = std::string; // octets; names inside uncompressed and, for the types of RFC 4034 6.2, in lower case
using Ttl = std::uint32_t; // seconds

struct Record {
    Name owner;
    Type type;
    Ttl ttl;
    Rdata rdata;
    bool operator==(const Record&) const = default;
};

// All records of one owner and type. `rdata` is sorted (RFC 4034 6.3) and free of duplicates.
struct RrSet {
    Name owner;
    Type type;
    Ttl ttl; // the largest, where a server sends different ones (RFC 2181 5.2)
    std::vector<Rdata> rdata;
    bool operator==(const RrSet&) const = default;
};

// Presentation form of the RDATA alone: "257 3 13 mdss..." ; RFC 3597 form for unknown types.
std::string rdata_text(Type type, const Rdata& rdata);
Expected<Rdata> parse_rdata(Type type, std::string_view text);
// "owner ttl IN TYPE rdata", one line, without newline.
std::string to_text(const Record& record);

// RDATA of the plain types used here.
Rdata ns_rdata(const Name& target);
Expected<Name> ns_target(const Rdata& rdata); // also CNAME, PTR
struct Soa {
    Name mname, rname;
    std::uint32_t serial, refresh, retry, expire, minimum;
    bool operator==(const Soa&) const = default;
};
Expected<Soa> parse_soa(const Rdata& rdata);
struct Csync { // RFC 7477
    std::uint32_t serial = 0;
    bool immediate = false, soa_minimum = false;
    std::uint16_t other_flags = 0; // any bit beyond the two known ones
    std::vector<Type> types;       // sorted
    bool operator==(const Csync&) const = default;
};
Expected<Csync> parse_csync(const Rdata& rdata);
Rdata csync_rdata(const Csync& csync);

} // namespace tutti::dns
