#pragma once
// What a probe of a parent finds out by DNS alone, the same for every driver.
#include "port/driver.hpp"
#include "port/settings.hpp"

namespace tutti::parent {

// The parent zone: as configured, or one label up.
dns::Name parent_zone(const port::ParentSettings& settings, const dns::Name& zone);

// Asks every server of the parent for the delegation and the DS of the zone.
std::vector<port::Check> check_delegation(port::Dns& dns, const port::ParentSettings& settings, const dns::Name& zone);

port::Check make_check(std::string what, port::Check::Verdict verdict, std::string seen, std::string remedy = {});

} // namespace tutti::parent
