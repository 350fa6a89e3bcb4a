#include "accept/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace tutti::accept {

namespace {

std::unexpected<Error> wrong(std::string_view key, std::string_view value, std::string allowed) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\" is not a value for {}", value, key), "policy",
                "Allowed: " + std::move(allowed));
}

template <class T>
bool number(std::string_view text, std::uint64_t lowest, std::uint64_t highest, T& out) {
    std::uint64_t value = 0;
    const auto [at, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || at != text.data() + text.size() || value < lowest || value > highest) return false;
    out = static_cast<T>(value);
    return true;
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        out.push_back(text.substr(0, comma));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return out;
}

// One setting: how its text becomes its value. `allowed` for errors.
struct Setting {
    std::string_view key;
    bool (*read)(Policy& policy, std::string_view text);
    std::string_view allowed;
};

template <bool Policy::* Field>
bool flag(Policy& p, std::string_view text) {
    if (text != "yes" && text != "no") return false;
    p.*Field = text == "yes";
    return true;
}

template <std::uint32_t Policy::* Field, std::uint64_t Lowest, std::uint64_t Highest>
bool count(Policy& p, std::string_view text) {
    return number(text, Lowest, Highest, p.*Field);
}

template <Duration Policy::* Field>
bool duration(Policy& p, std::string_view text) {
    const auto value = parse_duration(text);
    if (!value || *value < Duration{0} || *value > std::chrono::days{366}) return false;
    p.*Field = *value;
    return true;
}

template <std::vector<std::uint8_t> Policy::* Field>
bool numbers(Policy& p, std::string_view text, std::span<const std::uint8_t> allowed) {
    std::vector<std::uint8_t> out;
    for (const auto item : split(text)) {
        std::uint8_t n = 0;
        if (!number(item, 0, 255, n) || std::ranges::find(allowed, n) == allowed.end()) return false;
        out.push_back(n);
    }
    if (out.empty()) return false;
    p.*Field = std::move(out);
    return true;
}

// SHA-1 (1) is not for new DS (RFC 9905); nothing here can compute the others.
constexpr std::uint8_t kDigests[] = {2, 4};
constexpr std::uint8_t kAlgorithms[] = {8, 10, 13, 14, 15, 16};

bool read_source(Policy& p, std::string_view text) {
    constexpr std::pair<std::string_view, Source> all[] = {{"cds", Source::cds},
                                                           {"cdnskey", Source::cdnskey},
                                                           {"prefer-cds", Source::prefer_cds},
                                                           {"prefer-cdnskey", Source::prefer_cdnskey}};
    for (const auto& [name, value] : all)
        if (name == text) {
            p.source = value;
            return true;
        }
    return false;
}

bool read_role(Policy& p, std::string_view text) {
    if (text != "registry" && text != "registrar") return false;
    p.role = text == "registry" ? Role::registry : Role::registrar;
    return true;
}

bool read_backoff(Policy& p, std::string_view text) {
    std::vector<Duration> out;
    if (text != "none")
        for (const auto item : split(text)) {
            const auto value = parse_duration(item);
            if (!value || *value <= Duration{0} || *value > std::chrono::days{7} || out.size() == 16) return false;
            out.push_back(*value);
        }
    p.backoff = std::move(out);
    return true;
}

bool read_networks(Policy& p, std::string_view text) {
    std::vector<Network> out;
    if (text != "none")
        for (const auto item : split(text)) {
            auto network = parse_network(item);
            if (!network) return false;
            out.push_back(*std::move(network));
        }
    p.allow_addresses = std::move(out);
    return true;
}

constexpr std::string_view kYesNo = "yes, no", kTime = "a time up to a year, like 72h or 7d";

constexpr Setting kSettings[] = {
    {"role", read_role, "registry, registrar"},
    {"source", read_source, "cds, cdnskey, prefer-cds, prefer-cdnskey"},
    {"digest_types", [](Policy& p, std::string_view t) { return numbers<&Policy::digest_types>(p, t, kDigests); },
     "2, 4, or both with a comma"},
    {"cds_digest_types",
     [](Policy& p, std::string_view t) { return numbers<&Policy::cds_digest_types>(p, t, kDigests); },
     "2, 4, or both with a comma"},
    {"algorithms", [](Policy& p, std::string_view t) { return numbers<&Policy::algorithms>(p, t, kAlgorithms); },
     "numbers of 8, 10, 13, 14, 15, 16 with commas"},
    {"max_ds", count<&Policy::max_ds, 1, 64>, "1 to 64"},
    {"require_both", flag<&Policy::require_both>, kYesNo},
    {"continuity_strict", flag<&Policy::continuity_strict>, kYesNo},
    {"require_consistent_digests", flag<&Policy::require_consistent_digests>, kYesNo},
    {"allow_delete", flag<&Policy::allow_delete>, kYesNo},
    {"refuse_locked", flag<&Policy::refuse_locked>, kYesNo},
    {"bootstrap_signal", flag<&Policy::bootstrap_signal>, kYesNo},
    {"bootstrap_delay", flag<&Policy::bootstrap_delay>, kYesNo},
    {"delay", duration<&Policy::delay>, kTime},
    {"delay_interval", duration<&Policy::delay_interval>, kTime},
    {"delay_runs", count<&Policy::delay_runs, 1, 1000>, "1 to 1000"},
    {"delay_needs_tcp", flag<&Policy::delay_needs_tcp>, kYesNo},
    {"csync", flag<&Policy::csync>, kYesNo},
    {"csync_glue", flag<&Policy::csync_glue>, kYesNo},
    {"max_ns", count<&Policy::max_ns, 1, 64>, "1 to 64"},
    {"unreachable_is_veto", flag<&Policy::unreachable_is_veto>, kYesNo},
    {"backoff", read_backoff, "up to 16 times like 5m,10m,20m, or none"},
    {"vantages", count<&Policy::vantages, 1, 16>, "1 to 16"},
    {"max_age", duration<&Policy::max_age>, kTime},
    {"backdating", duration<&Policy::backdating>, kTime},
    {"allow_addresses", read_networks, "blocks like 127.0.0.0/8,fd00::/8, or none"},
    {"change_ttl", count<&Policy::change_ttl, 300, 900>, "300 to 900 (RFC 10026)"},
    {"restore_after", duration<&Policy::restore_after>, kTime},
    {"max_servers", count<&Policy::max_servers, 1, 1024>, "1 to 1024"},
    {"max_records", count<&Policy::max_records, 1, 1024>, "1 to 1024"},
    {"max_rrsigs", count<&Policy::max_rrsigs, 1, 256>, "1 to 256"},
    {"max_same_tag", count<&Policy::max_same_tag, 1, 64>, "1 to 64"},
    {"max_verifications", count<&Policy::max_verifications, 1, 10000>, "1 to 10000"},
    {"max_nsec3_iterations", count<&Policy::max_nsec3_iterations, 0, 150>, "0 to 150 (RFC 9276)"},
};

constexpr std::array<std::string_view, 4> kNames{"strict", "ch", "cz", "se"};

// What is known in public of three registries' rules.
void like_ch(Policy& p) {
    p.source = Source::cds;
    p.bootstrap_delay = true;
    p.delay = std::chrono::hours{72};
    p.delay_interval = std::chrono::hours{20}; // daily, a little early or late
    p.delay_runs = 3;
    p.vantages = 2;
}

void like_cz(Policy& p) {
    p.source = Source::cdnskey;
    p.bootstrap_signal = false;
    p.bootstrap_delay = true;
    p.delay = std::chrono::days{7};
    p.delay_interval = std::chrono::hours{20};
    p.delay_runs = 7;
    p.csync = false;
}

void like_se(Policy& p) {
    p.source = Source::cds;
    p.bootstrap_delay = true;
    p.delay = std::chrono::hours{72};
    p.delay_interval = std::chrono::hours{20};
    p.delay_runs = 3;
    p.vantages = 3;
    p.max_ds = 6;
    p.refuse_locked = true;
}

} // namespace

Expected<Policy> policy_by_name(std::string_view name) {
    Policy out;
    if (name == "ch")
        like_ch(out);
    else if (name == "cz")
        like_cz(out);
    else if (name == "se")
        like_se(out);
    else if (name != "strict")
        return fail(ErrorKind::invalid, fmt::format("there is no policy \"{}\"", name), {},
                    fmt::format("Use one of: {}", fmt::join(policy_names(), ", ")));
    out.name = name;
    return out;
}

std::span<const std::string_view> policy_names() {
    return kNames;
}

Expected<void> set(Policy& policy, std::string_view key_and_value) {
    const auto equals = key_and_value.find('=');
    const std::string_view key = key_and_value.substr(0, equals);
    const auto* setting = std::ranges::find(kSettings, key, &Setting::key);
    if (setting == std::end(kSettings)) {
        std::string all;
        for (const auto& s : kSettings) all += (all.empty() ? "" : ", ") + std::string(s.key);
        return fail(ErrorKind::invalid, fmt::format("there is no setting \"{}\"", key), "policy",
                    "The settings are: " + all);
    }
    if (equals == std::string_view::npos)
        return fail(ErrorKind::invalid, fmt::format("{} has no value", key), "policy",
                    fmt::format("Write {}=VALUE; allowed: {}", key, setting->allowed));
    const std::string_view value = key_and_value.substr(equals + 1);
    if (!setting->read(policy, value)) return wrong(key, value, std::string(setting->allowed));
    return {};
}

} // namespace tutti::accept
