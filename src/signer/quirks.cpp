#include "signer/quirks.hpp"

#include "dnssec/keys.hpp"
#include "port/ddns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tutti::signer {

namespace {

using dns::Type;

// Observed with BIND 9.18.49, Knot 3.2.6 and PowerDNS 4.7.3.
constexpr std::array kChangesOwnCds{Type::CDS, Type::CDNSKEY};
// The own keys of PowerDNS are not in its database, where it looks for preconditions.
constexpr std::array kNotAsServed{Type::DNSKEY, Type::CDS, Type::CDNSKEY};

constexpr Quirks kTable[] = {
    {.software = Software::unknown,
     .name = "the server",
     .foreign_dnskey = model::Can::unknown,
     .foreign_why = "the software is not known: only a try tells",
     .publishes_own_cds = false,
     .restless = kChangesOwnCds,
     .no_signatures = "it is not known how to bring it the signatures of another signer",
     .silent_dnskey =
         {"it drops DNSKEY records that are not its own",
          "configure the signer for multi-signer operation (RFC 8901), so that it keeps foreign DNSKEY records"},
     .silent_cds = {"it drops CDS records that are not its own",
                    "configure the signer so that CDS and CDNSKEY can be set from outside"},
     .silent_other = {"it ignores the change", "read the log of the server"},
     .kept_dnskey = {"it keeps the keys that it signs with", {}},
     .kept_cds = {"it publishes CDS of its own", {}},
     .servfail = {"the server could not carry it out", "read the log of the server"},
     .refused = {"updates of these types are not allowed for this key", "allow the TSIG key to update them"},
     .not_as_served = {"updates go to a database without the keys that it signs with",
                       "let updates go to the signed zone itself, not to an unsigned copy (no inline signing)"}},
    {.software = Software::bind,
     .name = "BIND",
     .foreign_dnskey = model::Can::yes,
     .foreign_why = "a dynamic zone with dnssec-policy and without inline-signing takes them",
     .publishes_own_cds = true,
     .restless = kChangesOwnCds,
     .no_signatures = "BIND would take them by UPDATE, but nobody would renew them in time",
     .silent_dnskey = {"the zone is probably signed inline, and BIND does not copy DNSKEY records to the signed zone",
                       "set 'inline-signing no;' for this zone, so that it is a dynamic zone that BIND signs itself"},
     .silent_cds = {"BIND has put its own CDS back", {}},
     .silent_other = {"BIND ignores it without a word", "look for 'ignored' in the log of named"},
     .kept_dnskey = {"BIND ignores the removal of a key that it signs with", "retire the key in BIND first"},
     .kept_cds = {"BIND publishes CDS of its own keys again and again, at each reconfiguration of keys", {}},
     .servfail = {"with inline signing BIND can't sign an update of DNSKEY ('found no active private keys')",
                  "set 'inline-signing no;' for this zone, so that it is a dynamic zone that BIND signs itself"},
     .refused =
         {"the update policy of the zone does not allow it, the zone is not dynamic, it is signed inline, or this is a "
          "secondary",
          "send updates to the primary, and there use 'inline-signing no;' and 'update-policy { grant KEY. name ZONE. "
          "DNSKEY CDS CDNSKEY CSYNC NS; };'"},
     .not_as_served = {"the zone is signed inline, and updates go to its unsigned copy",
                       "set 'inline-signing no;' for this zone, so that it is a dynamic zone that BIND signs itself"}},
    {.software = Software::knot,
     .name = "Knot",
     .foreign_dnskey = model::Can::unknown,
     .foreign_why = "Knot does not tell from outside whether dnskey-management is 'incremental'; the first write will",
     .publishes_own_cds = true,
     .restless = kChangesOwnCds,
     .no_signatures = "Knot takes the signatures of another signer only by 'keymgr import-skr', not by UPDATE",
     .silent_dnskey = {"dnskey-management is probably 'full', which drops DNSKEY records that are not Knot's own",
                       "set 'dnskey-management: incremental' and 'delete-delay' in the policy of the zone, and reload"},
     .silent_cds = {"dnskey-management is probably 'full', or cds-cdnskey-publish is 'none' and this is Knot's own key",
                    "set 'dnskey-management: incremental' and 'cds-cdnskey-publish: always' in the policy, and reload"},
     .silent_other = {"Knot ignores it without a word", "read the log of knotd"},
     .kept_dnskey = {"Knot keeps the keys that it signs with", "retire the key in Knot first"},
     .kept_cds = {"with cds-cdnskey-publish 'always' Knot publishes CDS of its own key at all times", {}},
     .servfail = {"Knot could not sign the zone with the change", "read the log of knotd"},
     .refused = {"no acl of the zone allows it",
                 "add an acl with this key, 'action: update' (and 'transfer'), to the zone"},
     .not_as_served = {"its zone changes faster than it is looked at", "read the log of knotd"}},
    {.software = Software::powerdns,
     .name = "PowerDNS",
     .foreign_dnskey = model::Can::unknown,
     .foreign_why = "whether direct-dnskey is on can't be seen by DNS; the first write will tell",
     .publishes_own_cds = false,
     .restless = kNotAsServed,
     .no_signatures = "PowerDNS serves none but its own signatures in a zone that it signs",
     .silent_dnskey = {"direct-dnskey is probably off: PowerDNS stores DNSKEY records and does not publish them",
                       "set 'direct-dnskey=yes' in pdns.conf, and restart"},
     .silent_cds = {"PowerDNS stores it and does not serve it", "look at the metadata PUBLISH-CDS and PUBLISH-CDNSKEY"},
     .silent_other = {"PowerDNS ignores it without a word", "read its log"},
     .kept_dnskey = {"PowerDNS serves the keys that it signs with", "delete the key with 'pdnsutil remove-zone-key'"},
     .kept_cds = {"the metadata PUBLISH-CDS or PUBLISH-CDNSKEY is set", "delete this metadata"},
     .servfail = {"PowerDNS could not carry it out", "read its log; 'dnsupdate=yes' is needed"},
     .refused =
         {"the zone does not take updates from this key, or the secret or the clock is wrong (it does not tell them "
          "apart)",
          "set 'dnsupdate=yes', and 'pdnsutil set-meta ZONE TSIG-ALLOW-DNSUPDATE KEY'"},
     .not_as_served = {"its database does not hold what it serves", "read its log"}},
};

const Cause& cause_of_absence(const Quirks& q, Type type) {
    if (type == Type::DNSKEY) return q.silent_dnskey;
    return type == Type::CDS || type == Type::CDNSKEY ? q.silent_cds : q.silent_other;
}

const Cause& cause_of_presence(const Quirks& q, Type type) {
    if (type == Type::DNSKEY) return q.kept_dnskey;
    return type == Type::CDS || type == Type::CDNSKEY ? q.kept_cds : q.silent_other;
}

// "DNSKEY 4711 (257, ECDSAP256SHA256)", "CDS 4711 (digest type 2)", "NS ns1.example.".
std::string record_label(Type type, const dns::Rdata& rdata) {
    const auto name = dns::to_string(type);
    if (type == Type::DNSKEY || type == Type::CDNSKEY) {
        const auto key = dnssec::parse_dnskey(rdata);
        if (key && !dnssec::is_delete(*key))
            return fmt::format("{} {} ({}, {})", name, key->tag(), key->flags, dnssec::algorithm_name(key->algorithm));
    }
    if (type == Type::CDS || type == Type::DS) {
        const auto ds = dnssec::parse_ds(rdata);
        if (ds && !dnssec::is_delete(*ds)) return fmt::format("{} {} (digest type {})", name, ds->tag, ds->digest_type);
    }
    return name + ' ' + dns::rdata_text(type, rdata);
}

std::string labels(Type type, std::span<const dns::Rdata> records) {
    std::string out;
    for (const auto& rdata : records) out += (out.empty() ? "" : ", ") + record_label(type, rdata);
    return out;
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

} // namespace

Software software_named(std::string_view word) {
    if (word == "bind") return Software::bind;
    if (word == "knot") return Software::knot;
    return word == "powerdns" ? Software::powerdns : Software::unknown;
}

Software software_of_version(std::string_view version) {
    if (contains(version, "Knot DNS")) return Software::knot;
    if (contains(version, "PowerDNS")) return Software::powerdns;
    // BIND tells its bare number; NSD and others say who they are.
    const bool number = version.starts_with("9.") || contains(version, "BIND 9");
    return number ? Software::bind : Software::unknown;
}

const Quirks& quirks_of(Software software) {
    return *std::ranges::find(kTable, software, &Quirks::software);
}

model::Capabilities capabilities(const Quirks& quirks, const port::QuirkOverrides& o) {
    const auto said = [](std::optional<bool> configured, model::Can otherwise, std::string_view why) {
        if (configured)
            return model::Capability{*configured ? model::Can::yes : model::Can::no, "so says the configuration"};
        return model::Capability{otherwise, std::string(why)};
    };
    constexpr std::string_view kPlain = "ordinary records of a dynamic zone";
    return {.foreign_dnskey = said(o.foreign_dnskey, quirks.foreign_dnskey, quirks.foreign_why),
            .foreign_sep = said(o.foreign_sep, quirks.foreign_dnskey, quirks.foreign_why),
            .cds = said(o.cds, quirks.foreign_dnskey, quirks.foreign_why),
            .csync = said(o.csync, model::Can::yes, kPlain),
            .apex_ns = said(o.apex_ns, model::Can::yes, kPlain),
            .signed_dnskey = {model::Can::no, std::string(quirks.no_signatures)},
            .publishes_own_cds = o.publishes_own_cds.value_or(quirks.publishes_own_cds),
            .dnskey_ttl_fixed = o.dnskey_ttl_fixed};
}

Unseen explain_unseen(const Quirks& quirks, const model::RrChange& asked, const dns::RrSet& served,
                      std::string_view address) {
    const auto left = port::undone(asked, served);
    if (left.nothing()) return {};
    Unseen out;
    out.nothing_done = left.absent.size() == asked.add.size() && left.present.size() == asked.remove.size();
    const auto add = [&](std::string_view verb, std::span<const dns::Rdata> records, const Cause& cause) {
        if (records.empty()) return;
        out.text += fmt::format("{}{} reported success, but {} {} {}: {}", out.text.empty() ? "" : "; ", quirks.name,
                                address, verb, labels(asked.type, records), cause.meaning);
        if (out.remedy.empty()) out.remedy = cause.remedy;
    };
    add("does not serve", left.absent, cause_of_absence(quirks, asked.type));
    add("still serves", left.present, cause_of_presence(quirks, asked.type));
    return out;
}

} // namespace tutti::signer
