#pragma once
// DNS messages: compose a query or an UPDATE (RFC 2136), parse what comes back. Value types over ldns; up to 64 kB.
#include "dns/record.hpp"

#include <optional>
#include <span>

namespace tutti::dns {

// CH: only for what servers tell of themselves (version.bind).
enum class Class : std::uint16_t { IN = 1, CH = 3 };

struct Question {
    Name name;
    Type type;
    Class rr_class = Class::IN;
    bool operator==(const Question&) const = default;
};

struct Edns {
    std::uint16_t udp_size = 1232;
    bool dnssec_ok = true;
    std::optional<std::uint16_t> ede; // first Extended DNS Error code of an answer (RFC 8914)
    std::string ede_text;
    std::optional<Name> report_channel; // the agent domain for error reports (RFC 9567)
};

struct Message {
    std::uint16_t id = 0;
    std::uint8_t opcode = 0; // 0 query, 4 notify, 5 update
    bool response = false, authoritative = false, truncated = false, recursion_desired = false,
         recursion_available = false, authentic_data = false, checking_disabled = false;
    Rcode rcode = Rcode::noerror; // with the EDNS extension bits
    std::optional<Question> question;
    std::vector<Record> answer, authority, additional; // without OPT and TSIG
    std::optional<Edns> edns;
    bool has_tsig = false;
};

Expected<Message> parse_message(std::span<const std::uint8_t> wire);
// Query with RD as given, EDNS as given.
std::vector<std::uint8_t> compose_query(std::uint16_t id, const Question& question, bool recursion_desired,
                                        const std::optional<Edns>& edns);
// What has changed in `zone` since `serial` (RFC 1995 section 3).
std::vector<std::uint8_t> compose_ixfr(std::uint16_t id, const Name& zone, std::uint32_t serial);
// NOTIFY (RFC 1996; RFC 9859 for CDS and CSYNC), and the answer to one: with an Extended DNS Error where EDNS was
// there.
std::vector<std::uint8_t> compose_notify(std::uint16_t id, const Question& question,
                                         const std::optional<Name>& report_channel = {});
std::vector<std::uint8_t> compose_notify_reply(const Message& notify, Rcode rcode,
                                               std::optional<std::uint16_t> ede = {});

// RFC 2136: prerequisites and changes of one zone.
struct Update {
    Name zone;
    struct Prerequisite {
        enum class Kind { exists_exact, exists, absent } kind; // RRset exists (value dependent), exists, does not
        RrSet rrset;                                           // rdata used by exists_exact only
    };
    std::vector<Prerequisite> prerequisites;
    std::vector<Record> add;
    std::vector<Record> remove;                     // single records (TTL ignored)
    std::vector<std::pair<Name, Type>> remove_sets; // whole RRsets; ignored by servers for apex NS and SOA
};
std::vector<std::uint8_t> compose_update(std::uint16_t id, const Update& update);

// Records of a section, gathered into RRsets (RRSIGs apart: see dnssec::signatures_over).
std::vector<RrSet> rrsets(std::span<const Record> section);
std::optional<RrSet> find_rrset(std::span<const Record> section, const Name& owner, Type type);

} // namespace tutti::dns
