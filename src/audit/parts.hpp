#pragma once
// The parts of judge(). Each adds its findings.
#include "audit/judge.hpp"

namespace tutti::audit {

// What is shown, in words, and the addresses that show it.
using Shown = std::map<std::string, std::vector<std::string>>;

struct Case {
    const View& view;
    const std::vector<Signer>& signers;
    std::vector<Finding>& findings;

    std::string at(std::span<const std::string> addresses) const; // "blue (192.0.2.1, 192.0.2.2), green (192.0.2.3)"
    std::string told(const Shown& shown) const;                   // "x at blue (192.0.2.1); y at green (192.0.2.3)"
    void add(Severity severity, std::string code, std::string seen, std::vector<std::string> where, std::string means,
             std::string remedy) const;
};

std::vector<std::string> all_places(const Shown& shown);
std::string joined(std::span<const std::string> texts, std::string_view between = ", ");

std::vector<Signer> find_signers(const View& view);

bool judge_existence(const Case& c);  // true: there is no such zone, so nothing else to say
void judge_servers(const Case& c);    // silent, lame, unsigned, behind
void judge_signatures(const Case& c); // wrong, missing, ending soon
void judge_keys(const Case& c);       // who does not publish whose keys; tags; TTLs
void judge_ds(const Case& c);         // the parent's DS, algorithms
void judge_cds(const Case& c);        // CDS, CDNSKEY
void judge_names(const Case& c);      // NS on both sides, glue, CSYNC
void judge_denial(const Case& c);     // NSEC, NSEC3

} // namespace tutti::audit
