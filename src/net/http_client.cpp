#include "net/http_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>

namespace tutti::net {

namespace {

constexpr std::size_t kMaxHeaders = 256U << 10;

struct Global {
    Global() { curl_global_init(CURL_GLOBAL_DEFAULT); }
    ~Global() { curl_global_cleanup(); }
};

struct CurlFree {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Curl = std::unique_ptr<CURL, CurlFree>;
using HeaderList = std::unique_ptr<curl_slist, CurlFree>;

struct Incoming {
    port::HttpResponse response;
    std::size_t max_body, header_octets = 0;
    bool too_long = false;
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
    auto& in = *static_cast<Incoming*>(user);
    if (in.response.body.size() + size * count > in.max_body) {
        in.too_long = true;
        return 0; // ends the transfer
    }
    in.response.body.append(data, size * count);
    return size * count;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
    auto& in = *static_cast<Incoming*>(user);
    std::string_view line{data, size * count};
    in.header_octets += line.size();
    if (in.header_octets > kMaxHeaders) {
        in.too_long = true;
        return 0;
    }
    if (line.starts_with("HTTP/")) in.response.headers.clear(); // what came before was "100 Continue"
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return line.size();
    std::string name{line.substr(0, colon)};
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == '\r' || value.back() == '\n' || value.back() == ' '))
        value.remove_suffix(1);
    in.response.headers.emplace_back(std::move(name), value);
    return line.size();
}

long milliseconds(Duration d) {
    return static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(d).count());
}

// A line break in a header would begin another header.
Expected<HeaderList> make_headers(const port::HttpRequest& request) {
    HeaderList list;
    const auto add = [&](const std::string& line) {
        curl_slist* longer = curl_slist_append(list.get(), line.c_str());
        if (longer == nullptr) throw std::bad_alloc{};
        (void)list.release();
        list.reset(longer);
    };
    for (const auto& [name, value] : request.headers) {
        if (name.empty() || (name + value).find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos)
            return fail(ErrorKind::invalid, fmt::format("the HTTP header \"{}\" is empty or holds a line break", name));
        add(value.empty() ? name + ";" : name + ": " + value); // curl's way to send an empty header
    }
    add("Expect:"); // no waiting for "100 Continue"
    return list;
}

void configure(CURL* curl, const port::HttpRequest& request, const HttpClientOptions& options) {
    curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);           // a redirect would carry the credentials elsewhere
    curl_easy_setopt(curl, CURLOPT_PROXY, options.proxy.c_str()); // "": ignores http_proxy and the like
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options.connect_timeout));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, milliseconds(options.timeout));
    // A connection that is used again may be dead already; curl then sends the request once more, and nobody knows
    // whether the first one was carried out. One connection per request keeps the error kinds true.
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    if (!options.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options.ca_file.c_str());
    if (request.method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH") {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

// Scheme, host and port: paths and queries may hold secrets.
std::string origin(const std::string& url) {
    const auto scheme = url.find("://");
    const auto start = scheme == std::string::npos ? 0 : scheme + 3;
    const auto end = std::min(url.find_first_of("/?#", start), url.size());
    const auto at = url.rfind('@', end);
    if (at == std::string::npos || at < start) return url.substr(0, end);
    return url.substr(0, start) + url.substr(at + 1, end - at - 1);
}

std::unexpected<Error> failed(CURL* curl, CURLcode code, const char* detail, const Incoming& in,
                              const port::HttpRequest& request) {
    const std::string why = *detail != 0 ? detail : curl_easy_strerror(code);
    const std::string where = origin(request.url);
    long sent = 0;
    curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
    if (sent > 0 && in.too_long)
        return fail(ErrorKind::unknown_outcome, fmt::format("the answer is longer than {} octets", in.max_body), where);
    if (sent > 0)
        return fail(ErrorKind::unknown_outcome,
                    fmt::format("{} was sent, but no whole answer came: {}", request.method, why), where);
    switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return fail(ErrorKind::invalid, fmt::format("the URL cannot be used: {}", why), where,
                    "Use http:// or https://");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return fail(ErrorKind::unreachable, fmt::format("the server's certificate is not trusted: {}", why), where,
                    "Add the issuer's certificate");
    default:
        return fail(ErrorKind::unreachable, why, where);
    }
}

} // namespace

HttpClient::HttpClient(HttpClientOptions options) : options_(std::move(options)) {
    static const Global global;
}

Expected<port::HttpResponse> HttpClient::send(const port::HttpRequest& request) {
    const auto headers = make_headers(request);
    if (!headers) return std::unexpected(headers.error());
    const Curl curl{curl_easy_init()};
    if (!curl) return fail(ErrorKind::internal, "libcurl cannot start a request");
    Incoming in{.response = {}, .max_body = options_.max_body};
    char detail[CURL_ERROR_SIZE] = "";
    configure(curl.get(), request, options_);
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers->get());
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &in);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &in);
    curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, detail);
    const CURLcode code = curl_easy_perform(curl.get());
    if (code != CURLE_OK) return failed(curl.get(), code, detail, in, request);
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    in.response.status = static_cast<int>(status);
    return std::move(in.response);
}

} // namespace tutti::net
