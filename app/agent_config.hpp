#pragma once
// The section [parent-agent] of the configuration file. Format: doc/parent-serve.md.
#include "agent/settings.hpp"
#include "app/toml_section.hpp"

#include <functional>

namespace tutti::app {

// What the reader of the whole file lends.
struct AgentReading {
    std::function<std::string(const std::string&)> absolute; // a path, from the folder of the file
    std::function<std::optional<port::TsigSettings>(Section&)> tsig;
    std::function<std::optional<port::SecretRef>(Section&, std::string_view)> secret;
};

agent::Settings read_agent(Section& section, const AgentReading& reading);

} // namespace tutti::app
