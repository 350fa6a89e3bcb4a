#pragma once
// The configuration file of the daemon (TOML). Format: doc/cli.md.
#include "app/agent_config.hpp"
#include "app/alert_config.hpp"
#include "app/api_config.hpp"
#include "model/intent.hpp"
#include "port/settings.hpp"

#include <expected>
#include <string>
#include <vector>

namespace tutti::app {

inline constexpr const char* kDefaultSocket = "/run/tutti/tutti.sock";

struct Config {
    struct Daemon {
        std::string socket = kDefaultSocket;
        std::string database = "/var/lib/tutti/tutti.db";
        std::vector<port::Endpoint> notify;     // where to listen for NOTIFY
        std::optional<port::Endpoint> resolver; // validating; absent: /etc/resolv.conf
        std::string trust_anchor;               // file with the root's key; empty: nothing is validated
        std::string log = "info";
        int workers = 8;
        bool accept_clock = false; // go on although the clock contradicts the database
    } daemon;
    ApiConfig api;
    PageConfig page;
    ApprovalConfig approval;
    model::Policy policy; // of zones that do not say otherwise
    std::vector<port::SignerSettings> signers;
    std::vector<port::ParentSettings> parents;
    AlertSettings alerts;
    std::optional<agent::Settings> agent; // `tutti parent serve`
};

// `folder`: what relative paths of secrets, socket and database start from.
std::expected<Config, std::vector<ConfigError>> parse_config(std::string_view text, const std::string& folder);
// Errors as lines "file:line:column: text".
Expected<Config> load_config(const std::string& file);

} // namespace tutti::app
