#pragma once
// What is written down of requests that change something, and of those that were refused.
#include "port/clock.hpp"
#include "port/ledger.hpp"
#include "serve/router.hpp"

namespace tutti::serve {

struct Incoming;

class AuditLog {
  public:
    AuditLog(port::Ledger& ledger, port::Clock& clock) : ledger_(ledger), clock_(clock) {}

    // Before anything is done. What cannot be written down is not done.
    Result<std::int64_t> asked(const Route& route, const Caller& caller, const Incoming& in);
    void answered(std::int64_t asked, const Response& response);
    void refused(const Incoming& in, const Response& response);

  private:
    port::Ledger& ledger_;
    port::Clock& clock_;
};

// True: it changes what is wanted, or who may do so.
bool is_audited(const Route& route);

} // namespace tutti::serve
