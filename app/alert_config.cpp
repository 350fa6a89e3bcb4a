#include "app/alert_config.hpp"

namespace tutti::app {

AlertSettings read_alerts(Section& s,
                          const std::function<std::optional<port::SecretRef>(Section&, std::string_view)>& secret) {
    AlertSettings out;
    s.text("webhook", out.webhook);
    out.webhook_secret = secret(s, "webhook_secret");
    s.text("mail_to", out.mail_to);
    s.text("mail_from", out.mail_from);
    s.text("mail_server", out.mail_server);
    s.text("mail_command", out.mail_command);
    if (!out.webhook.empty() && !out.webhook_secret)
        s.fault("webhook", R"(webhooks are signed: webhook_secret = { file = "PATH" } says where the secret is)");
    if (!out.mail_server.empty() && !out.mail_server.starts_with("smtp://") && !out.mail_server.starts_with("smtps://"))
        s.fault("mail_server", "use smtp://HOST:PORT or smtps://HOST:PORT");
    const bool mail = !out.mail_to.empty(), how = out.mail_server.empty() != out.mail_command.empty();
    if (mail != how || mail == out.mail_from.empty())
        s.fault("mail_to", "mail needs mail_to, mail_from, and one of mail_server and mail_command");
    s.finish();
    return out;
}

} // namespace tutti::app
