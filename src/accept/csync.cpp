// The CSYNC record itself (RFC 7477, RFC 9975): may it be acted on? What it then brings is in csync_data.cpp.
#include "accept/case.hpp"

#include "dnssec/hash.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::accept {

namespace {

using dns::Type;

struct Record {
    const Reading* from;
    dns::Csync csync;
    dns::Rdata rdata;
};

// a < b in serial number arithmetic (RFC 1982).
bool serial_before(std::uint32_t a, std::uint32_t b) {
    return a != b && static_cast<std::int32_t>(b - a) > 0;
}

bool shape(Case& c, const std::string& where, const Answer& a, const dns::Name& owner, Type type) {
    if (a.outcome == Outcome::malformed || (a.outcome == Outcome::records) != a.set.has_value())
        return c.reject("malformed", {where}, where + " sends a malformed answer. " + a.detail);
    if (a.set && (a.set->owner != owner || a.set->type != type || a.set->rdata.empty()))
        return c.reject("wrong-answer", {where}, where + " answers with records that were not asked for");
    return true;
}

bool shapes(Case& c) {
    for (const auto& t : c.e.servers) {
        if (std::ranges::find(c.r.ns, t.ns) == c.r.ns.end()) continue;
        const std::string where = place(t);
        const auto& zone = c.e.child;
        if (!shape(c, where, t.csync, zone, Type::CSYNC) || !shape(c, where, t.dnskey, zone, Type::DNSKEY) ||
            !shape(c, where, t.soa, zone, Type::SOA) || !shape(c, where, t.soa_after, zone, Type::SOA) ||
            !shape(c, where, t.ns_set, zone, Type::NS))
            return false;
        for (const auto& h : t.hosts)
            if (!shape(c, where, h.a, h.host, Type::A) || !shape(c, where, h.aaaa, h.host, Type::AAAA)) return false;
    }
    return true;
}

bool asks_nothing(Case& c) {
    std::vector<std::string> who;
    for (const auto& r : c.readings)
        if (heard(r.said->csync) && !r.said->csync.set) who.push_back(r.place);
    const bool some = std::ranges::any_of(c.readings, [](const auto& r) { return r.said->csync.set.has_value(); });
    if (some || who.empty()) return false;
    c.decide(Decision::no_change, "no-csync", who, "The child has no CSYNC: it asks for nothing");
    return true;
}

// RFC 7477 section 2.1.1, 2.1.2, 3.1
bool understood(Case& c, const std::string& where, const dns::Csync& csync) {
    if (csync.other_flags != 0)
        return c.reject("csync-flags", {where},
                        where + ": CSYNC has a flag that is not known; it must not be acted on");
    const auto known = [](Type t) { return t == Type::NS || t == Type::A || t == Type::AAAA; };
    if (csync.types.empty() || !std::ranges::all_of(csync.types, known))
        return c.reject("csync-types", {where},
                        where + ": CSYNC names other types than NS, A, AAAA; it must not be acted on at all");
    return true;
}

bool read_records(Case& c, std::vector<Record>& out) {
    for (const auto& r : c.readings) {
        if (!r.said->csync.set) continue;
        const auto& rdata = r.said->csync.set->rdata;
        if (rdata.size() != 1)
            return c.reject("csync-several", {r.place}, fmt::format("{} has {} CSYNC records", r.place, rdata.size()));
        auto csync = dns::parse_csync(rdata.front());
        if (!csync) return c.reject("malformed", {r.place}, r.place + ": its CSYNC cannot be read");
        if (!understood(c, r.place, *csync)) return false;
        out.push_back({&r, *std::move(csync), rdata.front()});
    }
    return true;
}

// The serial may differ between providers (RFC 9975); what is asked for may not.
bool agreed(Case& c, const std::vector<Record>& records) {
    std::vector<std::string> with, without;
    for (const auto& r : c.readings)
        if (heard(r.said->csync)) (r.said->csync.set ? with : without).push_back(r.place);
    if (!without.empty())
        return c.retry_or_reject("csync-differs", without,
                                 "There is no CSYNC at " + joined(without) + ", but at " + joined(with));
    for (const auto& r : records)
        if (r.csync.immediate != records.front().csync.immediate || r.csync.types != records.front().csync.types)
            return c.retry_or_reject("csync-differs", with,
                                     "The servers have CSYNC with different types or \"immediate\" flags: " +
                                         joined(with));
    return true;
}

std::optional<std::uint32_t> serial_of(const Answer& a) {
    if (!a.set || a.set->rdata.size() != 1) return std::nullopt;
    const auto soa = dns::parse_soa(a.set->rdata.front());
    if (!soa) return std::nullopt;
    return soa->serial;
}

// RFC 7477 section 3: the zone did not change while it was looked at.
bool stood_still(Case& c, const Reading& r) {
    const auto before = serial_of(r.said->soa), after = serial_of(r.said->soa_after);
    if (!before || !after)
        return c.retry_or_reject("csync-data-missing", {r.place}, r.place + " has no SOA before and after the data");
    if (*before == *after) return true;
    return c.retry_or_reject(
        "csync-serial-moved", {r.place},
        fmt::format("The zone at {} changed from serial {} to {} while it was looked at", r.place, *before, *after));
}

bool old_enough(Case& c, const std::vector<Record>& records) {
    std::vector<std::string> early, ready;
    for (const auto& r : records) {
        const auto serial = serial_of(r.from->said->soa);
        const bool wait = r.csync.soa_minimum && (!serial || serial_before(*serial, r.csync.serial));
        (wait ? early : ready).push_back(r.from->place);
    }
    if (early.empty()) return true;
    const std::string text =
        "The SOA serial is below the one that the CSYNC waits for (soaminimum) at " + joined(early);
    if (ready.empty()) return c.reject("csync-soaminimum", early, text);
    return c.retry_or_reject("csync-soaminimum-differs", early, text + ", but not at " + joined(ready));
}

bool secured(Case& c, const std::vector<Record>& records) {
    for (const auto& record : records) {
        if (std::ranges::find(c.whole, record.from) == c.whole.end()) continue;
        const auto& said = *record.from->said;
        if (!dnskey_holds(c, *record.from) || !validated(c, *record.from, said.csync, true) ||
            !validated(c, *record.from, said.soa, true))
            return false;
        if (said.soa_after.set && !validated(c, *record.from, said.soa_after, true)) return false;
    }
    return c.inception || c.reject("csync-unvalidated", {}, "No server has answered everything");
}

std::string hash_of(const std::vector<Record>& records) {
    std::set<dns::Rdata> all;
    for (const auto& r : records) all.insert(r.rdata);
    std::string text;
    for (const auto& rdata : all) text += fmt::format("{}:", rdata.size()) + rdata;
    return dnssec::sha256_hex(text);
}

// With soaminimum, the serial tells one wish from the next; without, the data themselves have to.
bool processed(Case& c, const std::vector<Record>& records) {
    if (!c.r.last_csync || c.r.last_csync->hash != hash_of(records) || !records.front().csync.soa_minimum) return false;
    c.decide(Decision::no_change, "csync-processed", {}, "This CSYNC was acted on already");
    return true;
}

bool of_now(Case& c) {
    if (c.r.last_csync && c.older_than(c.r.last_csync->by_key, c.r.last_csync->inception))
        return c.reject("replay", {}, "The answers were signed before those that the last CSYNC change rested on");
    const auto& last = c.r.last_change;
    if (last && last->channel != Channel::in_band && *c.inception <= last->at)
        return c.reject("replay-out-of-band", {},
                        "The answers were signed before the delegation was changed by another way");
    return true;
}

bool permitted(Case& c) {
    if (!c.p.csync) return c.reject("csync-off", {}, "This registry does not act on CSYNC");
    if (!c.secure())
        return c.reject("csync-insecure", {}, "The child has no DS: only a secure child's CSYNC is acted on");
    return true;
}

} // namespace

bool judge_csync(Case& c) {
    c.out.kind = Kind::csync;
    if (!shapes(c)) return false;
    if (asks_nothing(c)) return false;
    std::vector<Record> records;
    if (!permitted(c) || !read_records(c, records)) return false;
    if (!records.empty() && !agreed(c, records)) return false;
    if (!settle_failures(c)) return false;
    if (records.empty()) return c.reject("no-answer", {}, "No server has a CSYNC");
    if (!records.front().csync.immediate)
        return c.decide(Decision::hold, "csync-not-immediate", {},
                        "The CSYNC asks to wait for the registrar's or registrant's word (\"immediate\" is not set)");
    if (!open_to_change(c) || !secured(c, records)) return false;
    for (const Reading* r : c.whole)
        if (!stood_still(c, *r)) return false;
    if (!old_enough(c, records) || processed(c, records)) return false;
    if (!csync_change(c, records.front().csync.types) || !of_now(c)) return false;
    c.out.csync = CsyncDone{records.front().csync.serial, hash_of(records), *c.inception, c.by_key};
    if (c.out.change.empty())
        return c.decide(Decision::no_change, "csync-current", {}, "The delegation is as the CSYNC asks for");
    c.out.inception = c.inception;
    c.out.by_key = c.by_key;
    return c.decide(Decision::accept, "accept-csync", {}, "The delegation follows the child's own records (CSYNC)");
}

} // namespace tutti::accept
