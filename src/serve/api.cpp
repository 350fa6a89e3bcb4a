#include "serve/api.hpp"

#include "serve/body.hpp"

#include <charconv>

namespace tutti::serve {

namespace {

Result<std::int64_t> number(const Request& r, const std::string& name, std::int64_t absent, std::int64_t highest) {
    const auto found = r.query.find(name);
    if (found == r.query.end()) return absent;
    std::int64_t out = 0;
    const auto* end = found->second.data() + found->second.size();
    const auto [at, ec] = std::from_chars(found->second.data(), end, out);
    if (ec == std::errc{} && at == end && out >= 0 && out <= highest) return out;
    return problem("query-invalid", ErrorKind::invalid, '"' + found->second + "\" is not allowed", name,
                   "use a number from 0 to " + std::to_string(highest));
}

Result<std::string> only_text(const Request& r, std::string_view field) {
    Body body(r.body);
    auto out = body.required_text(field);
    if (auto ok = body.finish(); !ok) return std::unexpected(ok.error());
    return out;
}

Result<Json> history(Service& s, const Request& r) {
    auto after = number(r, "after", 0, INT64_MAX), limit = number(r, "limit", 1000, 100'000);
    if (!after) return std::unexpected(after.error());
    if (!limit) return std::unexpected(limit.error());
    return s.history(r.params.at("zone"), *after, static_cast<std::size_t>(*limit));
}

} // namespace

std::vector<Route> api(Service& s) {
    const auto name = [](const Request& r) { return r.params.at("name"); };
    const auto zone = [](const Request& r) { return r.params.at("zone"); };
    const auto probe = [](const Request& r, auto call) -> Result<Json> {
        auto text = only_text(r, "zone");
        if (!text) return std::unexpected(text.error());
        return call(*text);
    };
    return {
        {"GET", "/v1/health", "Is the daemon well?", [&s](const Request&) { return s.health(); }},

        {"GET", "/v1/signers", "All signers", [&s](const Request&) { return s.signers(); }},
        {"POST", "/v1/signers", "Add a signer", [&s](const Request& r) { return s.add_signer(r.body); }, 201},
        {"GET", "/v1/signers/{name}", "One signer", [&s, name](const Request& r) { return s.signer(name(r)); }},
        {"DELETE", "/v1/signers/{name}", "Remove a signer",
         [&s, name](const Request& r) { return s.remove_signer(name(r)); }},
        {"POST", "/v1/signers/{name}/probe", "Can it take part in a zone?",
         [&s, name, probe](const Request& r) {
             return probe(r, [&](const auto& z) { return s.probe_signer(name(r), z); });
         }},

        {"GET", "/v1/parents", "All parents", [&s](const Request&) { return s.parents(); }},
        {"POST", "/v1/parents", "Add a parent", [&s](const Request& r) { return s.add_parent(r.body); }, 201},
        {"GET", "/v1/parents/{name}", "One parent", [&s, name](const Request& r) { return s.parent(name(r)); }},
        {"DELETE", "/v1/parents/{name}", "Remove a parent",
         [&s, name](const Request& r) { return s.remove_parent(name(r)); }},
        {"POST", "/v1/parents/{name}/probe", "Can it take part in a zone?",
         [&s, name, probe](const Request& r) {
             return probe(r, [&](const auto& z) { return s.probe_parent(name(r), z); });
         }},

        {"GET", "/v1/zones", "All zones", [&s](const Request&) { return s.zones(); }},
        {"POST", "/v1/zones", "Add a zone", [&s](const Request& r) { return s.add_zone(r.body); }, 201},
        {"GET", "/v1/zones/{zone}", "One zone", [&s, zone](const Request& r) { return s.zone(zone(r)); }},
        {"DELETE", "/v1/zones/{zone}", "Remove a zone",
         [&s, zone](const Request& r) { return s.remove_zone(zone(r)); }},
        {"GET", "/v1/zones/{zone}/explain", "Why it waits, until when, who must act",
         [&s, zone](const Request& r) { return s.explain(zone(r)); }},
        {"GET", "/v1/zones/{zone}/history", "What happened", [&s](const Request& r) { return history(s, r); }},
        {"POST", "/v1/zones/{zone}/plan", "What would happen; changes nothing",
         [&s, zone](const Request& r) { return s.plan(zone(r), r.body); }},
        {"PUT", "/v1/zones/{zone}/intent", "Who should sign and serve",
         [&s, zone](const Request& r) { return s.set_intent(zone(r), r.body); }},
        {"PUT", "/v1/zones/{zone}/mode", "automatic or manual",
         [&s, zone](const Request& r) -> Result<Json> {
             auto mode = only_text(r, "mode");
             if (!mode) return std::unexpected(mode.error());
             return s.set_mode(zone(r), *mode);
         }},
        {"POST", "/v1/zones/{zone}/pause", "Change nothing until resumed",
         [&s, zone](const Request& r) { return s.set_paused(zone(r), true); }},
        {"POST", "/v1/zones/{zone}/resume", "Go on",
         [&s, zone](const Request& r) { return s.set_paused(zone(r), false); }},
        {"POST", "/v1/zones/{zone}/step", "Manual mode: carry out one decision",
         [&s, zone](const Request& r) { return s.step(zone(r)); }},
    };
}

} // namespace tutti::serve
