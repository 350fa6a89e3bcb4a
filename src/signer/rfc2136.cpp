#include "signer/rfc2136.hpp"

#include "dnssec/verify.hpp"
#include "port/ddns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tutti::signer {

using Served = std::span<const std::optional<dns::RrSet>>;

using dns::Name;
using dns::Type;
using port::Inside;

namespace {

constexpr Duration kSilenceHolds = std::chrono::minutes(5);
constexpr Type kBindSigningRecord{65534}; // BIND keeps the state of signing in records of this type at the apex

// BIND refuses an NS name inside the zone that has no address in it (check-names, RFC 1034 4.2.1).
std::vector<std::string> names_without_address(const Name& zone, std::span<const model::RrChange> changes) {
    std::vector<std::string> out;
    for (const auto& change : changes) {
        if (change.type != Type::NS) continue;
        for (const auto& rdata : change.add)
            if (const auto target = dns::ns_target(rdata); target && target->is_at_or_below(zone))
                out.push_back(target->text());
    }
    return out;
}

bool adds(const model::RrChange& change) {
    return !change.add.empty();
}

} // namespace

Rfc2136::Rfc2136(port::SignerSettings settings, Ports ports) : settings_(std::move(settings)), ports_(ports) {}

const Quirks& Rfc2136::quirks(const Name& zone) {
    if (settings_.quirks.software) return quirks_of(software_named(*settings_.quirks.software));
    {
        const std::lock_guard lock(mutex_);
        if (software_ != Software::unknown) return quirks_of(software_);
    }
    std::string version;
    const auto found = detect(zone, version);
    const std::lock_guard lock(mutex_);
    software_ = found;
    version_ = std::move(version);
    return quirks_of(found);
}

// By what it says it is; where that is hidden, by what it serves.
Software Rfc2136::detect(const Name& zone, std::string& version) {
    const auto ask_version = Name::parse("version.bind.");
    if (!ask_version) return Software::unknown;
    const port::Query queries[] = {{settings_.primary(), {*ask_version, Type::TXT, dns::Class::CH}, false, true},
                                   {settings_.primary(), {zone, kBindSigningRecord}, false, true},
                                   {settings_.primary(), {zone, Type::SOA}, false, true}};
    const auto replies = ports_.dns.ask(queries);
    if (replies[0].message)
        for (const auto& record : replies[0].message->answer) {
            if (record.type != Type::TXT || record.rdata.empty()) continue;
            version = record.rdata.substr(1); // one string, after its length
            if (const auto named = software_of_version(version); named != Software::unknown) return named;
        }
    if (replies[1].message && dns::find_rrset(replies[1].message->answer, zone, kBindSigningRecord))
        return Software::bind;
    if (!replies[2].message) return Software::unknown;
    // PowerDNS signs from a Thursday, 0:00 UTC (the weekday of the epoch), for three weeks.
    constexpr auto kWeek = std::chrono::days(7);
    for (const auto& sig : dnssec::signatures_over(replies[2].message->answer, zone, Type::SOA, replies[2].received))
        if (sig.inception.time_since_epoch() % kWeek == Duration{0} && sig.expiration - sig.inception == 3 * kWeek)
            return Software::powerdns;
    return Software::unknown;
}

model::Capabilities Rfc2136::can(const Name& zone, const Quirks& quirks) {
    auto out = capabilities(quirks, settings_.quirks);
    const auto now = ports_.clock.now();
    const std::lock_guard lock(mutex_);
    const auto learned = [&](Type type, model::Capability& capability) {
        const auto it = silences_.find({zone, type});
        if (it == silences_.end() || it->second.until <= now) return;
        const bool done = it->second.why.empty();
        capability = {done ? model::Can::yes : model::Can::no, done ? "it was tried, and is served" : it->second.why};
    };
    learned(Type::DNSKEY, out.foreign_dnskey);
    learned(Type::CDS, out.cds);
    learned(Type::CSYNC, out.csync);
    learned(Type::NS, out.apex_ns);
    return out;
}

void Rfc2136::remember(const Name& zone, const model::RrChange& asked, const Unseen& unseen) {
    if (!adds(asked) || !unseen.nothing_done) return;
    const std::lock_guard lock(mutex_);
    const auto why = unseen.remedy.empty() ? unseen.text : unseen.text + ". Remedy: " + unseen.remedy;
    silences_[{zone, asked.type}] = {why, ports_.clock.now() + kSilenceHolds};
}

void Rfc2136::remember_success(const Name& zone, std::span<const model::RrChange> changes) {
    const std::lock_guard lock(mutex_);
    for (const auto& change : changes)
        if (adds(change)) silences_[{zone, change.type}] = {{}, kNever};
}

Expected<void> Rfc2136::apply(const Name& zone, std::span<const model::RrChange> changes) {
    if (changes.empty()) return {};
    const auto key = port::tsig_key(ports_.secrets, *settings_.tsig);
    if (!key) return std::unexpected(key.error());
    const auto& quirks = this->quirks(zone);
    const auto served = port::read_sets(ports_.dns, settings_.primary(), changes);
    const auto update = port::to_update(zone, changes, served, quirks.restless);
    const auto sent = ports_.dns.update(settings_.primary(), update, *key);
    if (sent) return read_back(zone, changes, quirks);
    return failed_update(sent.error(), zone, changes, served, quirks);
}

namespace {

bool all_there(std::span<const model::RrChange> changes, Served served) {
    for (std::size_t i = 0; i < changes.size(); ++i)
        if (!served[i] || !port::undone(changes[i], *served[i]).nothing()) return false;
    return true;
}

bool as_expected(std::span<const model::RrChange> changes, Served served) {
    for (std::size_t i = 0; i < changes.size(); ++i) {
        auto expect = changes[i].expect;
        std::ranges::sort(expect);
        if (!served[i] || served[i]->rdata != expect) return false;
    }
    return true;
}

} // namespace

// What counts is what is there now: the reply may have been lost, or somebody was faster with the same change.
Expected<void> Rfc2136::failed_update(const Error& error, const Name& zone, std::span<const model::RrChange> changes,
                                      Served before, const Quirks& quirks) {
    if (error.kind != ErrorKind::unknown_outcome && error.kind != ErrorKind::conflict)
        return std::unexpected(explain(error, zone, changes, quirks));
    const auto served = port::read_sets(ports_.dns, settings_.primary(), changes);
    if (all_there(changes, served)) {
        remember_success(zone, changes);
        return {};
    }
    if (error.kind == ErrorKind::unknown_outcome || !as_expected(changes, before) || !as_expected(changes, served))
        return std::unexpected(explain(error, zone, changes, quirks));
    // A precondition failed, and yet all is served as expected: the database that updates go to is another one.
    const Unseen other{.text = fmt::format("{} serves {} of {} as expected, and says that it is not there: {}",
                                           settings_.primary().text(), port::types_of(changes), zone.text(),
                                           quirks.not_as_served.meaning),
                       .remedy = std::string(quirks.not_as_served.remedy),
                       .nothing_done = true};
    for (const auto& change : changes)
        if (change.type == Type::DNSKEY) remember(zone, change, other);
    return fail(ErrorKind::unsupported, other.text, name(), other.remedy);
}

// NOERROR is no proof. The primary shows a change before it answers; what is not there now was ignored.
Expected<void> Rfc2136::read_back(const Name& zone, std::span<const model::RrChange> changes, const Quirks& quirks) {
    const auto served = port::read_sets(ports_.dns, settings_.primary(), changes);
    std::string text, remedy;
    bool nothing_done = true;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        if (!served[i]) return {}; // it does not tell: whoever called reads back from every address
        const auto unseen = explain_unseen(quirks, changes[i], *served[i], settings_.primary().text());
        nothing_done = nothing_done && unseen.nothing_done;
        if (unseen.empty()) continue;
        remember(zone, changes[i], unseen);
        text += (text.empty() ? "" : "; ") + unseen.text;
        if (remedy.empty()) remedy = unseen.remedy;
    }
    if (text.empty()) {
        remember_success(zone, changes);
        return {};
    }
    // With one part done and another not, it counts as done and not done.
    return fail(nothing_done ? ErrorKind::unsupported : ErrorKind::unknown_outcome, text, name(), remedy);
}

Error Rfc2136::explain(const Error& error, const Name& zone, std::span<const model::RrChange> changes,
                       const Quirks& quirks) {
    Error out = error;
    const auto types = port::types_of(changes);
    out.where = fmt::format("{} ({})", name(), settings_.primary().text());
    const auto with = [&](const Cause& cause) {
        out.seen = fmt::format("{} ({}): {}", error.seen, types, cause.meaning);
        out.remedy = cause.remedy;
    };
    const auto is_key = [](const auto& c) { return c.type == Type::DNSKEY; };
    if (error.kind == ErrorKind::refused) {
        with(quirks.refused);
        for (const auto& lost : names_without_address(zone, changes))
            out.seen += "; or it misses an address of " + lost;
    } else if (error.kind == ErrorKind::transient && std::ranges::any_of(changes, is_key)) {
        with(quirks.servfail);
    } else if (error.kind == ErrorKind::conflict) {
        out.seen = fmt::format("{} of {} was not changed, because {} changed since it was last looked at", types,
                               zone.text(), changes.size() == 1 ? "it" : "one of them");
        out.remedy = {};
    } else {
        out.seen = fmt::format("{} ({})", error.seen, types);
    }
    return out;
}

Expected<Inside> Rfc2136::inspect(const Name& zone) {
    const auto& quirks = this->quirks(zone);
    Inside out;
    if (settings_.transfer) {
        const auto key = port::tsig_key(ports_.secrets, *settings_.tsig);
        if (!key) return std::unexpected(key.error());
        auto read = transfer(zone, *key);
        if (!read) return read;
        out = *std::move(read);
    }
    out.can = can(zone, quirks);
    return out;
}

// All signatures except those that the KSK makes by its office (DNSKEY, and the parent's reading matter CDS and
// CDNSKEY, which no resolver's answer rests on), and the longest time that signed data may be cached.
Expected<Inside> Rfc2136::transfer(const Name& zone, const dnssec::TsigKey& key) {
    std::set<model::Signatures> signatures;
    model::Signatures together; // over the RRset whose signatures are coming in
    std::pair<Name, Type> rrset{zone, Type::SOA};
    const auto next_rrset = [&] {
        std::ranges::sort(together);
        if (!together.empty()) signatures.insert(std::move(together));
        together.clear();
    };
    Inside out;
    dns::Ttl ttl_max = 0;
    const auto now = ports_.clock.now();
    const auto done = ports_.dns.transfer(settings_.primary(), zone, &key, [&](const dns::Record& record) {
        if (record.type == Type::SOA && record.owner == zone)
            if (const auto soa = dns::parse_soa(record.rdata)) out.serial = soa->serial;
        if (record.type != Type::RRSIG) return;
        const auto sig = dnssec::parse_rrsig(record.rdata, now);
        if (!sig || sig->covered == Type::DNSKEY || sig->covered == Type::CDS || sig->covered == Type::CDNSKEY) return;
        if (std::pair now_at{record.owner, sig->covered}; now_at != rrset) {
            next_rrset();
            rrset = std::move(now_at);
        }
        together.emplace_back(sig->tag, sig->algorithm);
        ttl_max = std::max(ttl_max, record.ttl);
    });
    if (!done) {
        Error error = done.error();
        error.seen = fmt::format("the transfer of {} failed: {}", zone.text(), error.seen);
        if (error.kind == ErrorKind::refused || error.kind == ErrorKind::auth)
            error.remedy = "allow AXFR with this TSIG key, or set transfer = false";
        return std::unexpected(std::move(error));
    }
    next_rrset();
    out.signatures.emplace(signatures.begin(), signatures.end());
    out.ttl_max = ttl_max;
    return out;
}

} // namespace tutti::signer
