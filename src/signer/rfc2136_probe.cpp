// What can be found out about a signer with dynamic update without changing anything.
#include "port/ddns.hpp"
#include "signer/checks.hpp"
#include "signer/rfc2136.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tutti::signer {

using dns::Name;
using dns::Type;
using port::Check;

namespace {

// A record that is certainly not there: its removal is permitted or refused like any change, and changes nothing.
Expected<dns::Record> absent_record(const Name& zone, Type type) {
    std::string text;
    switch (type) {
    // A key whose private half nobody has kept. It must be a key: BIND answers SERVFAIL to mere octets.
    case Type::DNSKEY:
    case Type::CDNSKEY:
        text = "256 3 13 4y/JD0/AWdVd7ZLRaqdZW6kRlOJHG3zy4V9M4cyqcAamOpi+bX0DgE3yDlg23b0lhisStK8SZE7WqcjC4XwVWw==";
        break;
    case Type::CDS:
        text = "1 13 2 " + std::string(64, 'e');
        break;
    case Type::CSYNC:
        text = "4294967295 0 TXT";
        break;
    default:
        text = "no-such-server.tutti.invalid.";
        break;
    }
    auto rdata = dns::parse_rdata(type, text);
    if (!rdata) return std::unexpected(rdata.error());
    return dns::Record{zone, type, 0, *std::move(rdata)};
}

} // namespace

Expected<port::ProbeReport> Rfc2136::probe(const Name& zone) {
    port::ProbeReport report;
    report.checks = check_served(ports_.dns, zone, settings_.servers);
    if (report.checks.size() == 1) return report; // served nowhere: all the rest would only say it again
    const auto& quirks = this->quirks(zone);
    report.software = software_text(quirks);
    const auto key = port::tsig_key(ports_.secrets, *settings_.tsig);
    if (!key) {
        report.checks.push_back(failed("the TSIG key can be read", key.error().text(), key.error().remedy));
    } else {
        for (auto& check : check_updates(zone, *key, quirks)) report.checks.push_back(std::move(check));
        if (settings_.transfer) report.checks.push_back(check_transfer(zone));
    }
    report.can = can(zone, quirks);
    const auto& foreign = report.can.foreign_dnskey;
    const std::string what = "foreign DNSKEY records are published";
    switch (foreign.can) {
    case model::Can::yes:
        report.checks.push_back(ok(what, foreign.why));
        break;
    case model::Can::no:
        report.checks.push_back(failed(what, foreign.why, {}));
        break;
    case model::Can::unknown:
        report.checks.push_back(unknown(what, foreign.why));
        break;
    }
    return report;
}

// "BIND 9.18.49", "Knot DNS 3.2.6": as far as it tells. What comes from the network is printed with care.
std::string Rfc2136::software_text(const Quirks& quirks) {
    std::string version;
    {
        const std::lock_guard lock(mutex_);
        version = version_;
    }
    std::erase_if(version, [](char c) { return c < 0x20 || c > 0x7e; });
    if (quirks.software == Software::unknown) return version.empty() ? "unknown" : version;
    return version.find(quirks.name) != std::string::npos ? version : fmt::format("{} {}", quirks.name, version);
}

std::vector<Check> Rfc2136::check_updates(const Name& zone, const dnssec::TsigKey& key, const Quirks& quirks) {
    const std::string what =
        fmt::format("{} accepts updates signed by {}", settings_.primary().text(), key.name.text());
    const dns::Update nothing{.zone = zone, .prerequisites = {}, .add = {}, .remove = {}, .remove_sets = {}};
    if (const auto sent = ports_.dns.update(settings_.primary(), nothing, key); !sent) {
        const auto& e = sent.error();
        const bool by_policy = e.kind == ErrorKind::refused;
        return {failed(what, e.text(), by_policy ? std::string(quirks.refused.remedy) : e.remedy)};
    }
    std::vector<Check> out{ok(what, "an empty update, signed, was accepted; the clocks agree")};
    for (Type type : {Type::DNSKEY, Type::CDS, Type::CDNSKEY, Type::CSYNC, Type::NS}) {
        const auto record = absent_record(zone, type);
        if (!record) continue;
        auto update = nothing;
        update.remove.push_back(*record);
        const auto sent = ports_.dns.update(settings_.primary(), update, key);
        const auto allowed = fmt::format("{} may be changed", dns::to_string(type));
        if (sent) {
            out.push_back(ok(allowed, "the removal of a record that does not exist was accepted"));
        } else {
            const auto& cause = sent.error().kind == ErrorKind::refused ? quirks.refused : quirks.servfail;
            out.push_back(
                failed(allowed, fmt::format("{}: {}", sent.error().text(), cause.meaning), std::string(cause.remedy)));
        }
    }
    return out;
}

Check Rfc2136::check_transfer(const Name& zone) {
    const std::string what = "the zone can be read in full (AXFR)";
    const auto read = inspect(zone);
    if (!read) return failed(what, read.error().text(), read.error().remedy);
    std::set<std::pair<dnssec::KeyTag, std::uint8_t>> keys;
    for (const auto& together : *read->signatures) keys.insert(together.begin(), together.end());
    return ok(what,
              fmt::format("{} keys sign its data; its largest TTL is {} s", keys.size(), read->ttl_max.value_or(0)));
}

} // namespace tutti::signer
