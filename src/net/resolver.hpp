#pragma once
// port::Resolver by libunbound, with its cache. May be called from several threads at once.
#include "base/time.hpp"
#include "port/dns.hpp"

#include <memory>
#include <optional>

namespace tutti::net {

struct ResolverOptions {
    std::vector<port::Endpoint> forward; // empty: those of resolv_conf
    std::string resolv_conf = "/etc/resolv.conf";
    std::string trust_anchor_file; // empty: nothing is validated, no answer is `secure`
    Duration deadline = seconds(10);
};

// Fails if a file cannot be read.
Expected<std::unique_ptr<port::Resolver>> make_resolver(const ResolverOptions& options);

} // namespace tutti::net
