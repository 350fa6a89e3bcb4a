#include "agent/report.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace json = boost::json;

namespace tutti::agent {

namespace {

constexpr Duration kSecond = std::chrono::days{1}, kThird = std::chrono::days{7}, kRarest = std::chrono::days{90};

// How long after the last of so many the next one may come.
Duration gap(int times) {
    if (times <= 1) return kSecond;
    const int doublings = std::min(times - 2, 10);
    return std::min<Duration>(kThird * (1 << doublings), kRarest);
}

const char* headline(Occasion::Kind kind) {
    switch (kind) {
    case Occasion::Kind::trouble:
        return "what your zone asks its parent for cannot be done";
    case Occasion::Kind::automated:
        return "DNSSEC of your zone is now kept up to date by its parent";
    case Occasion::Kind::removed:
        return "your zone is no longer signed in the eyes of its parent";
    case Occasion::Kind::manual:
        return "the DS records of your zone were changed by hand";
    case Occasion::Kind::registry:
        return "a change could not be made in the registry";
    case Occasion::Kind::behind:
        return "children are looked at too late";
    case Occasion::Kind::changed:
    case Occasion::Kind::over:
        break;
    }
    return "news";
}

} // namespace

const char* to_string(Occasion::Kind kind) {
    switch (kind) {
    case Occasion::Kind::trouble:
        return "trouble";
    case Occasion::Kind::over:
        return "over";
    case Occasion::Kind::automated:
        return "automated";
    case Occasion::Kind::removed:
        return "removed";
    case Occasion::Kind::changed:
        return "changed";
    case Occasion::Kind::manual:
        return "manual";
    case Occasion::Kind::registry:
        return "registry";
    case Occasion::Kind::behind:
        return "behind";
    }
    return "?";
}

std::optional<dns::Name> report_name(const dns::Name& qname, std::uint16_t qtype, std::uint16_t ede,
                                     const dns::Name& agent) {
    auto tail = agent.child("_er");
    if (tail) tail = tail->child(std::to_string(ede));
    if (!tail) return std::nullopt;
    const std::string& wire = qname.wire();
    const auto head = dns::Name::from_wire(std::string{wire.substr(0, wire.size() - 1)} + tail->wire());
    if (!head) return std::nullopt;
    auto out = head->child(std::to_string(qtype));
    if (out) out = out->child("_er");
    return out ? std::optional(*out) : std::nullopt;
}

bool may_report_to(const dns::Name& agent, const std::vector<dns::Name>& ns) {
    return std::ranges::any_of(ns, [&](const dns::Name& n) { return !n.is_root() && agent.is_at_or_below(n); });
}

Due due(const std::optional<Told>& before, const std::string& condition, Instant now, Duration first_after) {
    Told told = before && before->condition == condition ? *before : Told{condition, now, kLongAgo, 0};
    const bool ripe = now - told.since >= first_after;
    const bool tell = ripe && (told.times == 0 || now - told.last >= gap(told.times));
    if (tell) {
        ++told.times;
        told.last = now;
    }
    return {tell, told};
}

// The first label is the user (RFC 1035 8). From a stranger's zone: nothing that could mean more to a mail program.
std::optional<std::string> mailbox(const dns::Name& rname) {
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(rname.wire()[0]));
    const std::string user = rname.wire().substr(1, size);
    std::string host = rname.parent().text();
    if (user.empty() || host.size() < 2) return std::nullopt;
    host.pop_back();
    const auto plain = [](const std::string& text, std::string_view more) {
        return std::ranges::all_of(
            text, [&](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || more.contains(c); });
    };
    if (!plain(user, "._+-") || user.starts_with('-') || !plain(host, ".-")) return std::nullopt;
    return user + "@" + host;
}

alert::Mail mail_for(const Occasion& o, const std::string& from, const std::string& to, const dns::Name& parent_zone) {
    auto body = fmt::format("{}\n\n{}\n\nTime: {}\nParent zone: {}\n", o.child.text(), o.text, to_rfc3339(o.at),
                            parent_zone.text());
    if (o.kind == Occasion::Kind::trouble)
        body += "\nNothing was changed. As long as it stays like this, you will hear of it ever more rarely.\n";
    return {from, to, fmt::format("{}: {}", o.child.text(), headline(o.kind)), body};
}

std::string json_for(const Occasion& o, const dns::Name& parent_zone) {
    json::object out{{"kind", to_string(o.kind)},
                     {"at", to_rfc3339(o.at)},
                     {"child", o.child.text()},
                     {"parent", parent_zone.text()},
                     {"text", o.text}};
    if (!o.condition.empty()) out["condition"] = o.condition;
    if (o.ede) out["ede"] = *o.ede;
    return json::serialize(out) + "\n";
}

} // namespace tutti::agent
