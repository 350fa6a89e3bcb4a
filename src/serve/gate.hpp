#pragma once
// Between the connection and the routes: who asks, may it, not too often.
#include "serve/audit_log.hpp"
#include "serve/limiter.hpp"
#include "serve/router.hpp"
#include "serve/tokens.hpp"

namespace tutti::serve {

struct Incoming { // a request as it came
    std::string method, target, body;
    std::string authorization, if_match, idempotency_key, content_type, last_event_id;
    std::string address; // empty: the Unix socket
    bool local = false;  // this user, or root, at the Unix socket
};

struct GateRules {
    bool public_read = false; // without a token: scope read
    double per_second = 100;  // requests of one caller
    double burst = 500;
    double failures_per_minute = 20; // wrong tokens from one address
};

class Gate {
  public:
    Gate(const Router& router, const Tokens& tokens, port::Ledger& ledger, port::Clock& clock, GateRules rules);

    // What may be run; or what to answer instead. Never waits for the disk.
    std::expected<Router::Found, Response> admit(const Incoming& in);
    // May block.
    Response run(Router::Found&& admitted, const Incoming& in);
    // A refusal that is to be written down; may block.
    static bool is_noteworthy(const Response& refusal);
    void note(const Incoming& in, const Response& refusal);
    // All of it.
    Response handle(const Incoming& in);

  private:
    Result<Caller> authenticate(const Incoming& in);
    Response run_once(Router::Found&& admitted, const Incoming& in);
    Result<void> limit(const Caller& caller, const Incoming& in);

    const Router& router_;
    const Tokens& tokens_;
    port::Ledger& ledger_;
    port::Clock& clock_;
    AuditLog audit_;
    GateRules rules_;
    Limiter requests_, failures_;
};

} // namespace tutti::serve
