#pragma once
// Parent drivers from settings.
#include "port/clock.hpp"
#include "port/driver.hpp"
#include "port/registry.hpp"
#include "port/settings.hpp"

namespace tutti::parent {

// What drivers need from the world. Must outlive them. `resolver`: for names outside the parent zone (the address of a
// DSYNC target); without it only the parent's own servers are asked.
struct Ports {
    port::Dns& dns;
    port::Secrets& secrets;
    port::Resolver* resolver = nullptr;
};

// Checks the settings (port::problems), reads no secret, asks nobody.
Expected<std::shared_ptr<port::ParentDriver>> make(const port::ParentSettings& settings, Ports ports);

// The same as a registry that a parent's agent writes to: the drivers rfc2136, epp, exec and zonefile.
Expected<std::shared_ptr<port::RegistryBackend>> make_registry(const port::ParentSettings& settings, Ports ports);

} // namespace tutti::parent
