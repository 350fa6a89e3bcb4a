#pragma once
// Tokens: who may do what over the API. The store has a hash of each; the secret is shown once, when it is made.
#include "accept/addresses.hpp"
#include "port/clock.hpp"
#include "port/store.hpp"
#include "serve/caller.hpp"
#include "serve/problem.hpp"

#include <map>
#include <shared_mutex>

namespace tutti::serve {

struct Token {
    std::string name;
    std::vector<Scope> scopes;
    std::vector<dns::Name> zones;      // only these; empty: all
    std::vector<accept::Network> from; // only from there; empty: from everywhere
    Instant created, expires = kNever;
    std::string created_by;
    std::string hash; // SHA-256 of the secret
};

class Tokens {
  public:
    Tokens(port::Store& store, port::Clock& clock) : store_(store), clock_(clock) {}
    Expected<void> load();

    // `address`: where the request came from; empty: the Unix socket.
    Result<Caller> check(std::string_view secret, const std::string& address) const;

    Result<Json> add(const boost::json::object& body, const Caller& by); // with `token`, the secret
    Result<Json> list() const;
    Result<Json> one(const std::string& name) const;
    Result<Json> remove(const std::string& name);

  private:
    port::Store& store_;
    port::Clock& clock_;
    mutable std::shared_mutex mutex_;
    std::map<std::string, Token> tokens_;
};

} // namespace tutti::serve
