#include "net/smtp.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace tutti::net {

namespace {

struct Free {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t read_some(char* to, std::size_t size, std::size_t count, void* user) {
    auto& rest = *static_cast<std::string_view*>(user);
    const auto n = std::min(rest.size(), size * count);
    std::memcpy(to, rest.data(), n);
    rest.remove_prefix(n);
    return n;
}

// RFC 5321: lines end with CR LF.
std::string with_crlf(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\n' && (out.empty() || out.back() != '\r')) out += '\r';
        out += c;
    }
    return out;
}

} // namespace

Expected<void> send_mail(const std::string& server, const std::string& from, const std::string& to,
                         const std::string& text, Duration timeout) {
    const std::unique_ptr<CURL, Free> curl(curl_easy_init());
    const std::unique_ptr<curl_slist, Free> rcpt(curl_slist_append(nullptr, ("<" + to + ">").c_str()));
    if (!curl || !rcpt) return fail(ErrorKind::internal, "libcurl cannot start a mail");
    const auto body = with_crlf(text);
    std::string_view rest = body;
    char detail[CURL_ERROR_SIZE] = "";
    const auto ms = static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(timeout).count());
    curl_easy_setopt(curl.get(), CURLOPT_URL, server.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, ms);
    curl_easy_setopt(curl.get(), CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_TRY));
    curl_easy_setopt(curl.get(), CURLOPT_MAIL_FROM, ("<" + from + ">").c_str());
    curl_easy_setopt(curl.get(), CURLOPT_MAIL_RCPT, rcpt.get());
    curl_easy_setopt(curl.get(), CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_READFUNCTION, read_some);
    curl_easy_setopt(curl.get(), CURLOPT_READDATA, &rest);
    curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, detail);
    const CURLcode code = curl_easy_perform(curl.get());
    if (code == CURLE_OK) return {};
    long reply = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &reply);
    const std::string why = *detail != 0 ? detail : curl_easy_strerror(code);
    const auto kind = reply >= 500                                                          ? ErrorKind::refused
                      : code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ? ErrorKind::unreachable
                                                                                            : ErrorKind::transient;
    return fail(kind, "the mail was not taken: " + why, server, "see to the mail server");
}

} // namespace tutti::net
