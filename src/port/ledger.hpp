#pragma once
// Port: what must be known for certain later of requests: who asked for what (a chain of lines, each with a hash over
// all before it), and what was answered to a request that may come twice.
#include "base/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tutti::port {

struct AuditLine {
    std::int64_t id = 0; // from 1, without gaps
    std::string text;    // JSON
    std::string hash;    // over the hash of the line before and `text`
    bool operator==(const AuditLine&) const = default;
};
// `before`: the hash of the line before; empty for the first one.
std::string audit_hash(const std::string& before, const std::string& text);

// Why the first line that is wrong is wrong; lines are given one by one, oldest first.
class AuditCheck {
  public:
    // Nothing: it fits.
    std::optional<std::string> next(const AuditLine& line);
    std::int64_t lines() const { return last_; }
    const std::string& head() const { return hash_; }

  private:
    std::int64_t last_ = 0;
    std::string hash_;
};

// A request with a key of the caller's own, so that it is done once however often it is sent.
struct Once {
    std::string request; // a name for all that was asked
    bool done = false;   // false: under way, or cut off
    int status = 0;
    std::string body;
    bool operator==(const Once&) const = default;
};

class Ledger {
  public:
    virtual ~Ledger() = default;
    // On disk when it returns.
    virtual Expected<AuditLine> append(const std::string& text) = 0;
    virtual Expected<std::vector<AuditLine>> audit(std::int64_t after, std::size_t limit) = 0;
    // Nothing: it is the first, and noted as under way. Otherwise what is known of the first one. What was noted
    // before `forget` is forgotten.
    virtual Expected<std::optional<Once>> begin(const std::string& key, const std::string& request, Instant now,
                                                Instant forget) = 0;
    virtual Expected<void> finish(const std::string& key, int status, const std::string& body) = 0;
};

} // namespace tutti::port
