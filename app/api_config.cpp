#include "app/api_config.hpp"

#include "serve/listen.hpp"

#include <algorithm>

namespace tutti::app {

namespace {

using Absolute = std::function<std::string(const std::string&)>;

void path(Section& s, std::string_view key, std::string& out, const Absolute& absolute) {
    std::string value;
    if (s.text(key, value)) out = value.empty() ? value : absolute(value);
}

void count(Section& s, std::string_view key, int& out) {
    std::int64_t value = 0;
    if (s.number(key, 1, 1'000'000, value)) out = static_cast<int>(value);
}

} // namespace

ApiConfig read_api(Section& s, const Absolute& absolute) {
    ApiConfig out;
    s.texts("listen", [&](const std::string& text) -> Expected<void> {
        auto at = port::parse_endpoint(text);
        if (!at) return std::unexpected(at.error());
        if (at->port == 53 && !text.ends_with(":53"))
            return fail(ErrorKind::invalid, "\"" + text + "\" has no port", "", "like 192.0.2.1:8443");
        out.listen.push_back(*std::move(at));
        return {};
    });
    path(s, "certificate", out.certificate, absolute);
    path(s, "key", out.key, absolute);
    s.flag("public_read", out.public_read);
    count(s, "requests_per_second", out.requests_per_second);
    count(s, "connections_per_address", out.connections_per_address);
    s.finish();
    if (out.certificate.empty() != out.key.empty())
        s.fault(out.key.empty() ? "certificate" : "key", "certificate and key belong together; set both, or neither");
    if (out.certificate.empty() && !std::ranges::all_of(out.listen, serve::is_loopback))
        s.fault("listen", "without TLS only loopback addresses are allowed; set certificate and key");
    return out;
}

ApprovalConfig read_approval(Section& s) {
    ApprovalConfig out;
    s.flag("required", out.required);
    s.texts("zones", [&](const std::string& text) -> Expected<void> {
        auto zone = dns::Name::parse(text);
        if (!zone) return std::unexpected(zone.error());
        out.zones.push_back(*std::move(zone));
        return {};
    });
    s.finish();
    return out;
}

PageConfig read_page(Section& s, const Absolute& absolute) {
    PageConfig out;
    path(s, "agent", out.agent, absolute);
    path(s, "testbed", out.testbed, absolute);
    s.finish();
    return out;
}

} // namespace tutti::app
