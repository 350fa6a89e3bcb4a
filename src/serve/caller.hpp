#pragma once
// Who asks, and what that allows.
#include "dns/name.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tutti::serve {

// Each of the first four includes those before it; approve includes read, admin everything.
enum class Scope { none, read, plan, apply, admin, approve };

const char* to_string(Scope scope);
std::optional<Scope> parse_scope(std::string_view text);

struct Caller {
    std::string name; // "local", "anonymous", "token:NAME"
    std::vector<Scope> scopes;
    std::vector<dns::Name> zones; // nothing else is for this caller; empty: all
    std::string made_by;          // who made the token
    bool local = false;           // this user, at the Unix socket
    bool everywhere() const { return zones.empty(); }
    bool may(Scope wanted) const;
    bool may(const dns::Name& zone) const { return zones.empty() || std::ranges::find(zones, zone) != zones.end(); }
};

// Whoever reaches the Unix socket: it is for this user alone, who could read the database as well.
Caller local_caller();

} // namespace tutti::serve
