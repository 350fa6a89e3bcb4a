#pragma once
// Mail by SMTP, to a server that takes it without a password.
#include "base/time.hpp"

#include <string>

namespace tutti::net {

// `server`: "smtp://127.0.0.1:25" (STARTTLS where it is offered), "smtps://mail.example:465". `text`: the whole mail,
// with headers. Errors: refused (5xx), transient (4xx, or the connection broke), unreachable.
Expected<void> send_mail(const std::string& server, const std::string& from, const std::string& to,
                         const std::string& text, Duration timeout = std::chrono::seconds(30));

} // namespace tutti::net
