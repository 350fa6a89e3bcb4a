#pragma once
// Delegations from text, a line at a time: zone files (RFC 1035 section 5) and lists of delegations. Only NS, DS, A,
// AAAA and the SOA are looked into; whatever else a zone file holds goes by.
#include "scan/delegations.hpp"

#include <istream>

namespace tutti::scan {

struct TextOptions {
    std::string file;                // for errors
    std::optional<dns::Name> origin; // of a zone file; none: a list, where every name is absolute
    std::size_t longest = 1U << 20;  // octets of one record, over all its lines
};

// A list has records, too ("child. 3600 IN NS ns1.example."), each on one line, and in short:
//   child NS host [address ...]
//   child DS tag algorithm type digest
// Errors say the line.
Expected<void> read_text(std::istream& in, const TextOptions& options, Delegations& out);

} // namespace tutti::scan
