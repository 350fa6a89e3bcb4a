#include "signer/powerdns.hpp"

#include "port/ddns.hpp"
#include "signer/checks.hpp"
#include "signer/quirks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tutti::signer {

using dns::Name;
using dns::Type;
using port::Inside;

namespace {

constexpr std::string_view kDirectDnskey = "set 'direct-dnskey=yes' in pdns.conf, and restart";

bool contains(std::span<const dns::Rdata> set, const dns::Rdata& rdata) {
    return std::ranges::find(set, rdata) != set.end();
}

// The API has no preconditions, so this looks for a writer beside us as well as it can: what is stored must be what was
// served. Own keys and own CDS are served without being stored.
bool changed_meanwhile(const model::RrChange& change, const dns::RrSet& stored) {
    if (!change.check_expect) return false;
    for (const auto& rdata : stored.rdata)
        if (!contains(change.expect, rdata)) return true;
    const bool all_stored = change.type != Type::DNSKEY && change.type != Type::CDS && change.type != Type::CDNSKEY;
    return all_stored && stored.rdata.size() != change.expect.size();
}

// Which keys sign the data: those that are no pure KSK; a KSK does where nothing else is active.
std::vector<dnssec::Dnskey> signing(std::span<const PowerdnsApi::Key> keys) {
    std::vector<dnssec::Dnskey> out;
    const bool has_zsk = std::ranges::any_of(keys, [](const auto& k) { return k.active && !k.dnskey.sep(); });
    for (const auto& k : keys)
        if (k.active && (!has_zsk || !k.dnskey.sep())) out.push_back(k.dnskey);
    return out;
}

} // namespace

// ---- what it tells ----

struct Powerdns::Found {
    PowerdnsApi::Zone zone;
    std::vector<PowerdnsApi::Key> keys;
    dns::Ttl ttl_max = 0;
    std::optional<dns::Ttl> dnskey_ttl; // SOA minimum, whatever the TTL of the rrset
};

Expected<Powerdns::Found> Powerdns::find(const Name& zone) {
    auto content = api_.zone(zone);
    if (!content) return std::unexpected(std::move(content.error()));
    auto keys = api_.keys(zone);
    if (!keys) return std::unexpected(std::move(keys.error()));
    Found out{.zone = *std::move(content), .keys = *std::move(keys), .ttl_max = 0, .dnskey_ttl = {}};
    for (const auto& rrset : out.zone.rrsets) {
        if (rrset.set.type != Type::DNSKEY) out.ttl_max = std::max(out.ttl_max, rrset.set.ttl);
        if (rrset.set.type != Type::SOA || rrset.set.rdata.empty()) continue;
        if (const auto soa = dns::parse_soa(rrset.set.rdata.front())) out.dnskey_ttl = soa->minimum;
    }
    return out;
}

Expected<model::Capabilities> Powerdns::can(const Name& zone, std::optional<dns::Ttl> dnskey_ttl) {
    auto out = capabilities(quirks_of(Software::powerdns), settings_.quirks);
    if (!out.dnskey_ttl_fixed) out.dnskey_ttl_fixed = dnskey_ttl;
    if (!settings_.quirks.cds) out.cds = {model::Can::yes, "the API takes CDS and CDNSKEY records"};
    if (!settings_.quirks.csync) out.csync = {model::Can::yes, "the API takes CSYNC records"};
    if (!settings_.quirks.apex_ns) out.apex_ns = {model::Can::yes, "the API takes NS records at the apex"};
    const auto direct = api_.setting("direct-dnskey");
    if (!direct) return std::unexpected(direct.error());
    const model::Capability foreign =
        !*direct ? model::Capability{model::Can::unknown, "the server does not tell its setting direct-dnskey"}
        : **direct == "yes"
            ? model::Capability{model::Can::yes, "direct-dnskey=yes"}
            : model::Capability{model::Can::no, fmt::format("PowerDNS stores foreign DNSKEY records and "
                                                            "does not publish them (direct-dnskey={}): {}",
                                                            **direct, kDirectDnskey)};
    if (!settings_.quirks.foreign_dnskey) out.foreign_dnskey = foreign;
    if (!settings_.quirks.foreign_sep) out.foreign_sep = foreign;
    for (std::string_view kind : {"PUBLISH-CDS", "PUBLISH-CDNSKEY"}) {
        const auto values = api_.metadata(zone, kind);
        if (!values) return std::unexpected(values.error());
        if (!settings_.quirks.publishes_own_cds && !values->empty()) out.publishes_own_cds = true;
    }
    return out;
}

Expected<Inside> Powerdns::inspect(const Name& zone) {
    const auto found = find(zone);
    if (!found) return std::unexpected(found.error());
    auto able = can(zone, found->dnskey_ttl);
    if (!able) return std::unexpected(std::move(able.error()));
    Inside out;
    out.can = *std::move(able);
    out.serial = found->zone.serial;
    out.ttl_max = found->ttl_max;
    out.own_keys.emplace();
    for (const auto& key : found->keys)
        if (key.published) out.own_keys->push_back(key.dnskey);
    model::Signatures together; // it signs each answer with all that are active
    for (const auto& key : signing(found->keys)) together.emplace_back(key.tag(), key.algorithm);
    out.signatures.emplace();
    if (!together.empty()) out.signatures->push_back(std::move(together));
    return out;
}

// ---- changes ----

// The whole RRset as it should be: what is stored now, less and more the single records of the change.
Expected<PowerdnsApi::Rrset> Powerdns::merge(const Name& zone, const model::RrChange& change, std::string& kind) {
    const auto content = api_.zone(zone, change.owner, change.type);
    if (!content) return std::unexpected(content.error());
    kind = content->kind;
    PowerdnsApi::Rrset now{{change.owner, change.type, change.ttl, {}}, {}, {}};
    for (const auto& rrset : content->rrsets)
        if (rrset.set.owner == change.owner && rrset.set.type == change.type) now = rrset;
    // After a lost reply what was expected is gone, and all is as asked.
    if (!port::undone(change, now.set).nothing() && changed_meanwhile(change, now.set))
        return fail(ErrorKind::conflict,
                    fmt::format("{} {} was not changed, because it changed since it was last looked at",
                                change.owner.text(), dns::to_string(change.type)),
                    name());
    std::erase_if(now.set.rdata,
                  [&](const auto& rdata) { return contains(change.remove, rdata) && !contains(change.add, rdata); });
    for (const auto& rdata : change.add)
        if (!contains(now.set.rdata, rdata)) now.set.rdata.push_back(rdata);
    std::ranges::sort(now.set.rdata);
    return now;
}

Expected<void> Powerdns::apply(const Name& zone, std::span<const model::RrChange> changes) {
    if (changes.empty()) return {};
    const bool keys =
        std::ranges::any_of(changes, [](const auto& c) { return c.type == Type::DNSKEY && !c.add.empty(); });
    if (keys) {
        const auto direct = api_.setting("direct-dnskey");
        if (!direct) return std::unexpected(direct.error());
        if (*direct && **direct != "yes")
            return fail(ErrorKind::unsupported,
                        "PowerDNS would store the DNSKEY records and not publish them: direct-dnskey=" + **direct,
                        fmt::format("{} ({})", name(), settings_.url), std::string(kDirectDnskey));
    }
    std::vector<PowerdnsApi::Rrset> rrsets;
    std::string kind;
    for (const auto& change : changes) {
        auto merged = merge(zone, change, kind);
        if (!merged) return std::unexpected(std::move(merged.error()));
        rrsets.push_back(*std::move(merged));
    }
    if (kind == "Slave" || kind == "Consumer" || kind == "Secondary")
        return fail(ErrorKind::unsupported, fmt::format("{} is a secondary zone there ({})", zone.text(), kind), name(),
                    "change the zone at its primary");
    if (const auto done = api_.replace(zone, rrsets); !done) return done;
    // PowerDNS looks for changed zones only now and then (xfr-cycle-interval): the secondaries are told at once. If
    // that fails, they follow later.
    if (kind == "Master" || kind == "Producer" || kind == "Primary") (void)api_.notify(zone);
    return {};
}

// ---- probe ----

std::vector<port::Check> Powerdns::check_zone(const PowerdnsApi::Zone& zone) const {
    std::vector<port::Check> out;
    const bool secondary = zone.kind == "Slave" || zone.kind == "Secondary" || zone.kind == "Consumer";
    out.push_back(secondary ? failed("the zone can be changed here", "it is a secondary zone (" + zone.kind + ")",
                                     "give the API of its primary")
                            : ok("the zone can be changed here", "kind " + zone.kind));
    out.push_back(zone.dnssec ? ok("PowerDNS signs the zone", "it has keys")
                              : failed("PowerDNS signs the zone", "it has no keys", "pdnsutil secure-zone ZONE"));
    // Without it a change leaves the serial alone, and no secondary ever follows.
    const std::string what = "changes raise the serial";
    const bool raised = !zone.soa_edit_api.empty() && zone.soa_edit_api != "NONE";
    out.push_back(raised ? ok(what, "SOA-EDIT-API is " + zone.soa_edit_api)
                         : warning(what, "SOA-EDIT-API is not set: secondaries would not notice a change",
                                   "pdnsutil set-meta ZONE SOA-EDIT-API DEFAULT"));
    return out;
}

port::Check Powerdns::check_foreign(const model::Capability& capability) const {
    const std::string what = "foreign DNSKEY records are published";
    switch (capability.can) {
    case model::Can::yes:
        return ok(what, capability.why);
    case model::Can::no:
        return failed(what, capability.why, std::string(kDirectDnskey));
    case model::Can::unknown:
        break;
    }
    return unknown(what, capability.why);
}

Expected<port::ProbeReport> Powerdns::probe(const Name& zone) {
    port::ProbeReport report;
    const std::string api = "the API can be used";
    const auto version = api_.version();
    if (!version) {
        report.checks.push_back(failed(api, version.error().text(), version.error().remedy));
        return report;
    }
    report.software = "PowerDNS " + *version;
    report.checks.push_back(ok(api, report.software));
    const auto found = find(zone);
    if (!found) {
        report.checks.push_back(failed("the API knows the zone", found.error().text(), found.error().remedy));
        return report;
    }
    for (auto& check : check_zone(found->zone)) report.checks.push_back(std::move(check));
    for (auto& check : check_served(ports_.dns, zone, settings_.servers)) report.checks.push_back(std::move(check));
    auto able = can(zone, found->dnskey_ttl);
    if (!able) {
        report.checks.push_back(unknown("what it can do", able.error().text(), able.error().remedy));
        return report;
    }
    report.can = *std::move(able);
    report.checks.push_back(check_foreign(report.can.foreign_dnskey));
    if (report.can.dnskey_ttl_fixed)
        report.checks.push_back(ok("the TTL of DNSKEY", fmt::format("{} s: PowerDNS takes it from the SOA minimum",
                                                                    *report.can.dnskey_ttl_fixed)));
    return report;
}

} // namespace tutti::signer
