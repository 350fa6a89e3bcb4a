#pragma once
// What is unsafe or inconsistent in a zone, from what was seen. Pure.
#include "audit/view.hpp"

namespace tutti::audit {

enum class Severity {
    error,   // answers can fail now
    warning, // answers will fail, or a change will go wrong, when something more happens
    note     // worth knowing
};
const char* to_string(Severity severity);

struct Finding {
    Severity severity;
    std::string code; // stable
    std::string seen;
    std::vector<std::string> where; // servers
    std::string means, remedy;
};

// Servers that sign with the same keys.
struct Signer {
    std::string name;
    std::vector<std::size_t> servers; // indices into the view's
};

struct Report {
    std::vector<Signer> signers;
    std::vector<Finding> findings; // errors first
    std::size_t count(Severity severity) const;
};

Report judge(const View& view);

// "4711 (KSK)": by its flags.
std::string key_text(const dnssec::Dnskey& key);

} // namespace tutti::audit
