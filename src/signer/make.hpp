#pragma once
// Signer drivers from settings.
#include "port/clock.hpp"
#include "port/driver.hpp"
#include "port/http.hpp"
#include "port/settings.hpp"

namespace tutti::signer {

// What drivers need from the world. Must outlive them.
struct Ports {
    port::Dns& dns;
    port::Http& http;
    port::Secrets& secrets;
    port::Clock& clock;
};

// Checks the settings (port::problems), reads no secret, asks nobody.
Expected<std::shared_ptr<port::SignerDriver>> make(const port::SignerSettings& settings, Ports ports);

} // namespace tutti::signer
