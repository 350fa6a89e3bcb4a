#include "parent/rfc2136.hpp"

#include "parent/checks.hpp"
#include "port/ddns.hpp"

#include <fmt/format.h>

namespace tutti::parent {

using port::Check;

Rfc2136::Rfc2136(port::ParentSettings settings, Ports ports) : settings_(std::move(settings)), ports_(ports) {}

Expected<void> Rfc2136::apply(const dns::Name& zone, std::span<const model::RrChange> changes) {
    if (changes.empty()) return {};
    const auto key = port::tsig_key(ports_.secrets, *settings_.tsig);
    if (!key) return std::unexpected(key.error());
    const auto served = port::read_sets(ports_.dns, settings_.primary(), changes);
    const auto update = port::to_update(parent_zone(settings_, zone), changes, served, {});
    const auto sent = ports_.dns.update(settings_.primary(), update, *key);
    if (!sent) {
        const auto kind = sent.error().kind;
        const bool may_be_done = kind == ErrorKind::unknown_outcome || kind == ErrorKind::conflict;
        if (may_be_done && all_there(changes)) return {};
        return std::unexpected(explain(sent.error(), zone, changes));
    }
    const auto after = port::read_sets(ports_.dns, settings_.primary(), changes);
    for (std::size_t i = 0; i < changes.size(); ++i)
        if (after[i] && !port::undone(changes[i], *after[i]).nothing())
            return fail(ErrorKind::unknown_outcome,
                        fmt::format("the parent reported success, but {} does not show the change of {} {}",
                                    settings_.primary().text(), zone.text(), dns::to_string(changes[i].type)),
                        name(), "read the log of the parent's primary");
    return {};
}

bool Rfc2136::all_there(std::span<const model::RrChange> changes) {
    const auto served = port::read_sets(ports_.dns, settings_.primary(), changes);
    for (std::size_t i = 0; i < changes.size(); ++i)
        if (!served[i] || !port::undone(changes[i], *served[i]).nothing()) return false;
    return true;
}

Error Rfc2136::explain(const Error& error, const dns::Name& zone, std::span<const model::RrChange> changes) {
    Error out = error;
    const auto parent = parent_zone(settings_, zone);
    const auto about = fmt::format("the update of {} of {} in {}", port::types_of(changes), zone.text(), parent.text());
    out.where = fmt::format("{} ({})", name(), settings_.primary().text());
    out.seen = fmt::format("{}: {}", about, error.seen);
    if (error.kind == ErrorKind::refused)
        out.remedy = fmt::format("allow the TSIG key {} to update DS, NS, A and AAAA at and below {} in {}",
                                 settings_.tsig->name.text(), zone.text(), parent.text());
    if (error.kind == ErrorKind::conflict)
        out.seen = fmt::format("{} was not done, because something there changed since it was last looked at", about);
    return out;
}

Expected<port::ProbeReport> Rfc2136::probe(const dns::Name& zone) {
    port::ProbeReport report;
    report.checks = check_delegation(ports_.dns, settings_, zone);
    const auto what =
        fmt::format("{} accepts updates signed by {}", settings_.primary().text(), settings_.tsig->name.text());
    const auto key = port::tsig_key(ports_.secrets, *settings_.tsig);
    if (!key) {
        report.checks.push_back(make_check(what, Check::Verdict::failed, key.error().text()));
        return report;
    }
    // The removal of a DS that does not exist: permitted or refused like any change, and changes nothing.
    const auto parent = parent_zone(settings_, zone);
    const dnssec::Ds absent{.tag = 1, .algorithm = 13, .digest_type = 2, .digest = std::string(32, '\xee')};
    const dns::Update update{.zone = parent,
                             .prerequisites = {},
                             .add = {},
                             .remove = {{zone, dns::Type::DS, 0, absent.rdata()}},
                             .remove_sets = {}};
    if (const auto sent = ports_.dns.update(settings_.primary(), update, *key); !sent) {
        const auto why =
            explain(sent.error(), zone, std::vector<model::RrChange>{{zone, dns::Type::DS, 0, {}, {}, {}}});
        report.checks.push_back(make_check(what, Check::Verdict::failed, why.seen, why.remedy));
    } else {
        report.checks.push_back(
            make_check(what, Check::Verdict::ok, "the removal of a DS that does not exist was accepted"));
    }
    return report;
}

} // namespace tutti::parent
