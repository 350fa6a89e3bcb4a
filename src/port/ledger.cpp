#include "port/ledger.hpp"

#include "dnssec/hash.hpp"

namespace tutti::port {

std::string audit_hash(const std::string& before, const std::string& text) {
    return dnssec::sha256_hex(before + '\n' + text);
}

std::optional<std::string> AuditCheck::next(const AuditLine& line) {
    if (line.id != last_ + 1)
        return last_ + 1 == line.id - 1
                   ? "line " + std::to_string(last_ + 1) + " is missing"
                   : "lines " + std::to_string(last_ + 1) + " to " + std::to_string(line.id - 1) + " are missing";
    const auto expected = audit_hash(hash_, line.text);
    if (expected != line.hash)
        return "line " + std::to_string(line.id) + " was changed, or one before it: its hash is " + line.hash +
               ", and would be " + expected;
    last_ = line.id;
    hash_ = line.hash;
    return std::nullopt;
}

} // namespace tutti::port
