#pragma once
// [alerts] of the configuration file: who is told of alarms.
#include "app/toml_section.hpp"
#include "port/secret.hpp"

#include <functional>

namespace tutti::app {

struct AlertSettings {
    std::string webhook;                           // URL; empty: none
    std::optional<port::SecretRef> webhook_secret; // signs what is sent there
    std::string mail_to, mail_from;                // empty: no mail
    std::string mail_server;                       // "smtp://127.0.0.1:25"; or
    std::string mail_command;                      // gets the mail on standard input: "/usr/sbin/sendmail -t"
};

AlertSettings read_alerts(Section& s,
                          const std::function<std::optional<port::SecretRef>(Section&, std::string_view)>& secret);

} // namespace tutti::app
