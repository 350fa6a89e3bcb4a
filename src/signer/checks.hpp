#pragma once
// What a probe finds out by DNS alone, the same for every driver.
#include "model/digest.hpp"
#include "port/driver.hpp"

namespace tutti::signer {

// Asks every address for the apex of the zone, and says whether the zone is served, signed, by what kind of keys, with
// which algorithms and TTLs, and whether the clocks agree.
std::vector<port::Check> check_served(port::Dns& dns, const dns::Name& zone, std::span<const port::Endpoint> servers);

// Of one check.
port::Check ok(std::string what, std::string seen);
port::Check warning(std::string what, std::string seen, std::string remedy);
port::Check failed(std::string what, std::string seen, std::string remedy);
port::Check unknown(std::string what, std::string seen, std::string remedy = {});

} // namespace tutti::signer
