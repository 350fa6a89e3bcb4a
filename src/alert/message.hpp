#pragma once
// What goes out to people and programs when something is wrong: signed webhooks and mail. Pure; who sends is elsewhere.
#include "base/time.hpp"
#include "port/http.hpp"

#include <functional>

namespace tutti::alert {

struct Mail {
    std::string from, to, subject, body;
};
// Whole, with its headers. Texts from outside cannot add any.
std::string text_of(const Mail& mail);
// "DNSSEC <a@example>" -> "a@example"
std::string address_of(const std::string& mailbox);

// Of the header Tutti-Signature: t=SECONDS,v1=HMAC-SHA256 of "SECONDS.BODY" in hexadecimal digits. Whoever knows the
// secret can tell that the body is ours, and from the time that it is not an old one sent again.
std::string signature(std::string_view secret, Instant at, std::string_view body);
// JSON by POST; not signed where there is no secret.
port::HttpRequest post(const std::string& url, std::string body, const std::string& secret, Instant at);
// Whether it was taken. `refused`: the other side will not take it, now or later.
Expected<void> taken(const Expected<port::HttpResponse>& reply, const std::string& url);

// How long to wait after so many attempts in a row that failed.
Duration backoff(int failures);

// Delivers one mail.
using SendMail = std::function<Expected<void>(const Mail&)>;

} // namespace tutti::alert
