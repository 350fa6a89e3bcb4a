#include "app/agent_config.hpp"

#include <fmt/format.h>

namespace tutti::app {

namespace {

using agent::Settings;

template <class T, class Out>
Expected<void> take(Expected<T> from, Out& to) {
    if (!from) return std::unexpected(from.error());
    to = *std::move(from);
    return {};
}

template <class Out>
void endpoint(Section& s, std::string_view key, Out& out) {
    s.parsed(key, [&](const std::string& text) { return take(port::parse_endpoint(text), out); });
}

template <class Number>
bool number(Section& s, std::string_view key, std::int64_t lowest, std::int64_t highest, Number& out) {
    std::int64_t value = 0;
    if (!s.number(key, lowest, highest, value)) return false;
    out = static_cast<Number>(value);
    return true;
}

void delegated(Section& s, const AgentReading& reading, agent::Delegated& d) {
    endpoint(s, "transfer", d.transfer);
    d.tsig = reading.tsig(s);
    if (s.text("file", d.file)) d.file = reading.absolute(d.file);
    if (s.text("list", d.list)) d.list = reading.absolute(d.list);
    const int given = (d.transfer ? 1 : 0) + (d.file.empty() ? 0 : 1) + (d.list.empty() ? 0 : 1);
    if (given != 1)
        s.fault("transfer", "say where the delegations are: exactly one of transfer = \"ADDRESS\" (AXFR), "
                            "file = \"ZONE FILE\" and list = \"FILE\"");
}

void policy(Section& s, accept::Policy& p) {
    s.parsed("policy", [&](const std::string& text) { return take(accept::policy_by_name(text), p); });
    s.texts("set", [&](const std::string& text) { return accept::set(p, text); });
    s.texts("allow_addresses", [&](const std::string& text) -> Expected<void> {
        auto network = accept::parse_network(text);
        if (!network) return std::unexpected(network.error());
        p.allow_addresses.push_back(*network);
        return {};
    });
}

void scan(Section& s, scan::ScanOptions& o) {
    number(s, "port", 1, 65535, o.port);
    number(s, "per_address", 0, 1'000'000, o.asker.politeness.per_second);
    number(s, "in_flight", 0, 16384, o.asker.politeness.in_flight);
    number(s, "rate", 0, 10'000'000, o.asker.politeness.total_per_second);
    number(s, "window", 1, 16384, o.asker.politeness.total_in_flight);
    number(s, "verifiers", 0, 1024, o.verifiers);
    s.flag("tcp", o.tcp);
    s.flag("every_address", o.every_address);
    std::vector<Duration> waits;
    s.texts("waits", [&](const std::string& text) -> Expected<void> {
        auto wait = parse_duration(text);
        if (!wait) return std::unexpected(wait.error());
        waits.push_back(*wait);
        return {};
    });
    if (!waits.empty()) o.asker.waits = waits;
    s.finish();
}

// "per_source = 60": so many a minute, and half of it at once.
void rate(Section& s, const std::string& key, agent::Rate& r) {
    if (number(s, key, 1, 1'000'000, r.per_minute)) r.burst = std::max(1.0, r.per_minute / 2);
    number(s, key + "_burst", 1, 1'000'000, r.burst);
}

void notify(Section& s, agent::NotifySettings& n) {
    s.texts("listen", [&](const std::string& text) -> Expected<void> {
        auto one = port::parse_endpoint(text);
        if (!one) return std::unexpected(one.error());
        n.listen.push_back(*one);
        return {};
    });
    s.parsed("target", [&](const std::string& text) { return take(dns::Name::parse(text), n.target); });
    number(s, "ttl", 0, 604800, n.ttl);
    rate(s, "per_source", n.per_source);
    rate(s, "per_zone", n.per_zone);
    s.finish();
}

void reports(Section& s, const AgentReading& reading, agent::ReportSettings& r) {
    s.flag("dns", r.dns);
    s.text("mail_from", r.mail_from);
    s.text("mail_command", r.mail_command);
    s.text("operator_mail", r.operator_mail);
    s.text("registrant_command", r.registrant_command);
    s.duration("registrant_after", r.registrant_after);
    s.text("webhook", r.webhook);
    r.webhook_secret = reading.secret(s, "webhook_secret");
    if (r.mail_from.empty() != r.mail_command.empty())
        s.fault("mail_from", "mail needs both mail_from = \"ADDRESS\" and mail_command = \"/usr/sbin/sendmail -t\"");
    s.finish();
}

void clockwork(Section& s, Settings& out) {
    const auto positive = [&](std::string_view key, Duration& value) {
        if (s.duration(key, value) && value < std::chrono::milliseconds{100}) s.fault(key, "is less than 100 ms");
    };
    positive("interval", out.interval);
    positive("reload", out.reload);
    positive("addresses", out.addresses);
    positive("messages", out.messages);
    positive("keep", out.keep);
    number(s, "rare_every", 1, 365, out.rare_every);
    number(s, "keep_entries", 1000, 100'000'000, out.keep_entries);
    number(s, "submitters", 1, 64, out.submitters);
}

} // namespace

Settings read_agent(Section& s, const AgentReading& reading) {
    Settings out;
    s.require("zone", "zone = \"example.\"");
    s.parsed("zone", [&](const std::string& text) { return take(dns::Name::parse(text), out.zone); });
    s.require("registry", "registry = \"NAME\", of a section [parent.NAME]");
    s.text("registry", out.registry);
    if (s.text("database", out.database)) out.database = reading.absolute(out.database);
    delegated(s, reading, out.delegated);
    policy(s, out.scan.policy);
    s.texts("sources", [&, first = true](const std::string& text) mutable -> Expected<void> {
        auto address = scan::socket_address(text, 0);
        if (!address) return std::unexpected(address.error());
        if (first) out.scan.asker.sources.clear();
        first = false;
        out.scan.asker.sources.push_back(text);
        return {};
    });
    clockwork(s, out);
    s.flag("lookup", out.lookup);
    endpoint(s, "resolver", out.resolver);
    if (s.text("trust_anchor", out.trust_anchor)) out.trust_anchor = reading.absolute(out.trust_anchor);
    s.word("log", {"trace", "debug", "info", "warning", "error"}, out.log);
    if (auto t = s.section("scan")) scan(*t, out.scan);
    if (auto t = s.section("notify")) notify(*t, out.notify);
    if (s.text("metrics", out.metrics)) out.metrics = reading.absolute(out.metrics);
    if (auto t = s.section("reports")) reports(*t, reading, out.reports);
    s.finish();
    return out;
}

} // namespace tutti::app
