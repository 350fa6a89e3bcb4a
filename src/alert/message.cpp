#include "alert/message.hpp"

#include "dnssec/hash.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::alert {

namespace {

std::string one_line(std::string text) {
    std::ranges::replace_if(text, [](unsigned char c) { return c < 32 || c == 127; }, ' ');
    return text;
}

// Without path and query, which may hold secrets.
std::string origin(const std::string& url) {
    const auto scheme = url.find("://");
    return url.substr(0, url.find_first_of("/?#", scheme == std::string::npos ? 0 : scheme + 3));
}

} // namespace

std::string text_of(const Mail& m) {
    return fmt::format("From: {}\nTo: {}\nSubject: {}\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n"
                       "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{}",
                       one_line(m.from), one_line(m.to), one_line(m.subject), m.body);
}

std::string address_of(const std::string& mailbox) {
    const auto open = mailbox.rfind('<'), close = mailbox.rfind('>');
    if (open == std::string::npos || close == std::string::npos || close < open) return mailbox;
    return mailbox.substr(open + 1, close - open - 1);
}

std::string signature(std::string_view secret, Instant at, std::string_view body) {
    const auto time = std::to_string(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
    return fmt::format("t={},v1={}", time, dnssec::hmac_sha256_hex(secret, fmt::format("{}.{}", time, body)));
}

port::HttpRequest post(const std::string& url, std::string body, const std::string& secret, Instant at) {
    port::HttpRequest out{"POST", url, {{"Content-Type", "application/json"}}, std::move(body)};
    if (!secret.empty()) out.headers.emplace_back("Tutti-Signature", signature(secret, at, out.body));
    return out;
}

Expected<void> taken(const Expected<port::HttpResponse>& reply, const std::string& url) {
    if (!reply) return std::unexpected(reply.error());
    if (reply->status >= 200 && reply->status < 300) return {};
    const bool later = reply->status >= 500 || reply->status == 408 || reply->status == 425 || reply->status == 429;
    return fail(later ? ErrorKind::transient : ErrorKind::refused,
                fmt::format("the webhook answers with HTTP status {}", reply->status), origin(url),
                "see to the program behind it");
}

Duration backoff(int failures) {
    return std::min<Duration>(seconds(1) * (std::int64_t{1} << std::clamp(failures - 1, 0, 20)),
                              std::chrono::minutes(10));
}

} // namespace tutti::alert
