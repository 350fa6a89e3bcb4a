#include "parent/cds.hpp"

#include "parent/checks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::parent {

using dns::Name;
using dns::Type;
using port::Check;

namespace {

constexpr std::uint8_t kSchemeNotify = 1;

std::uint16_t u16_at(const dns::Rdata& rdata, std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(rdata[at]) << 8 |
                                      static_cast<unsigned char>(rdata[at + 1]));
}

// RFC 9859 4.1: `_dsync` goes between the labels of the child and the parent; then without the child's labels. (The
// wildcard *._dsync.<parent> answers the first question by itself.)
std::vector<Name> dsync_names(const Name& zone, const Name& parent) {
    std::vector<Name> out;
    const auto below = parent.child("_dsync");
    if (!below) return out;
    const std::string& wire = zone.wire();
    const auto labels = wire.substr(0, wire.size() - parent.wire().size());
    if (auto full = Name::from_wire(labels + below->wire())) out.push_back(*std::move(full));
    out.push_back(*below);
    return out;
}

// What changes, in the terms of NOTIFY: the DS through CDS, the delegation through CSYNC.
std::vector<Type> news(std::span<const model::RrChange> changes) {
    std::vector<Type> out;
    for (const auto& c : changes) {
        const bool keys = c.type == Type::DS || c.type == Type::CDS || c.type == Type::CDNSKEY;
        const Type type = keys ? Type::CDS : Type::CSYNC;
        if (std::ranges::find(out, type) == out.end()) out.push_back(type);
    }
    return out;
}

// RFC 9859 2.1. Nothing, successfully, for other schemes than NOTIFY.
Expected<std::optional<DsyncTarget>> parse_dsync(const dns::Rdata& rdata) {
    constexpr std::size_t kFixed = 5;
    if (rdata.size() <= kFixed) return fail(ErrorKind::bad_answer, "a DSYNC record is cut short");
    if (static_cast<std::uint8_t>(rdata[2]) != kSchemeNotify) return std::nullopt;
    auto host = Name::from_wire(std::string_view(rdata).substr(kFixed));
    if (!host) return fail(ErrorKind::bad_answer, "the target of a DSYNC record is not a name: " + host.error().seen);
    return DsyncTarget{static_cast<Type>(u16_at(rdata, 0)), u16_at(rdata, 3), *std::move(host)};
}

} // namespace

Expected<std::vector<dns::Record>> Cds::lookup(const dns::Question& question) {
    std::vector<port::Query> queries;
    for (const auto& server : settings_.servers) queries.push_back({server, question, false, true});
    std::optional<Error> error;
    for (const auto& reply : ports_.dns.ask(queries)) {
        if (!reply.message) {
            error = reply.message.error();
            continue;
        }
        const auto& m = *reply.message;
        if (!m.authoritative || (m.rcode != dns::Rcode::noerror && m.rcode != dns::Rcode::nxdomain)) continue;
        std::vector<dns::Record> out;
        for (const auto& record : m.answer)
            if (record.type == question.type) out.push_back(record);
        if (!out.empty() || question.type == Type::DSYNC) return out;
    }
    if (ports_.resolver == nullptr) {
        if (error) return std::unexpected(*std::move(error));
        return std::vector<dns::Record>{};
    }
    auto answer = ports_.resolver->resolve(question);
    if (!answer) return std::unexpected(answer.error());
    if (answer->bogus)
        return fail(ErrorKind::bad_answer,
                    fmt::format("{} {} is bogus", question.name.text(), dns::to_string(question.type)));
    return std::move(answer->records);
}

Expected<std::vector<DsyncTarget>> Cds::targets(const Name& zone) {
    const auto parent = parent_zone(settings_, zone);
    std::vector<DsyncTarget> out;
    if (!zone.is_at_or_below(parent) || zone == parent)
        return fail(ErrorKind::invalid, fmt::format("{} is not below {}", zone.text(), parent.text()), name());
    for (const auto& owner : dsync_names(zone, parent)) {
        const auto records = lookup({owner, Type::DSYNC});
        if (!records) return std::unexpected(records.error());
        for (const auto& record : *records) {
            auto target = parse_dsync(record.rdata);
            if (!target) return std::unexpected(target.error());
            if (*target) out.push_back(**target);
        }
        if (!records->empty()) break;
    }
    return out;
}

Expected<std::vector<port::Endpoint>> Cds::addresses(const DsyncTarget& target) {
    std::vector<port::Endpoint> out;
    for (Type type : {Type::AAAA, Type::A}) {
        const auto records = lookup({target.host, type});
        if (!records) return std::unexpected(records.error());
        for (const auto& record : *records)
            if (auto endpoint = port::parse_endpoint(dns::rdata_text(type, record.rdata))) {
                endpoint->port = target.port;
                out.push_back(*std::move(endpoint));
            }
    }
    if (out.empty())
        return fail(
            ErrorKind::not_found,
            fmt::format("{}, which the parent wants to be notified at (DSYNC), has no address", target.host.text()),
            name());
    return out;
}

// It is only a hint: a parent that is not told comes and looks later. So one answer of one address is enough, and every
// target gets its chance whatever became of the others.
Expected<void> Cds::apply(const Name& zone, std::span<const model::RrChange> changes) {
    const auto all = targets(zone);
    if (!all) return std::unexpected(all.error());
    std::optional<Error> error;
    for (Type type : news(changes)) {
        for (const auto& target : *all) {
            if (target.type != type) continue;
            const auto where = addresses(target);
            if (!where) {
                error = where.error();
                continue;
            }
            bool told = false;
            for (const auto& endpoint : *where) {
                if (told) break;
                const auto sent = ports_.dns.notify(endpoint, {zone, type});
                told = sent.has_value();
                if (!told)
                    error = Error{sent.error().kind,
                                  fmt::format("NOTIFY({}) for {} failed: {}", dns::to_string(type), zone.text(),
                                              sent.error().seen),
                                  endpoint.text(), sent.error().remedy};
            }
        }
    }
    if (error) return std::unexpected(*std::move(error));
    return {};
}

Expected<port::ProbeReport> Cds::probe(const Name& zone) {
    port::ProbeReport report;
    report.checks = check_delegation(ports_.dns, settings_, zone);
    const std::string what = "the parent can be told of changes (DSYNC, RFC 9859)";
    const auto all = targets(zone);
    if (!all) {
        report.checks.push_back(make_check(what, Check::Verdict::warning, all.error().text(),
                                           "it will be noticed when the parent looks by itself"));
        return report;
    }
    if (all->empty())
        report.checks.push_back(
            make_check(what, Check::Verdict::ok, "it has no DSYNC record: it looks in its own time"));
    for (const auto& target : *all) {
        const auto where = addresses(target);
        const auto seen =
            fmt::format("NOTIFY({}) to {} port {}", dns::to_string(target.type), target.host.text(), target.port);
        report.checks.push_back(where ? make_check(what, Check::Verdict::ok, seen)
                                      : make_check(what, Check::Verdict::warning, where.error().text()));
    }
    return report;
}

} // namespace tutti::parent
