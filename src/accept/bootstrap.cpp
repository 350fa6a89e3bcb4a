// The first DS of a child: authenticated by signals at its operators' own zones (RFC 9615; R30 to R36), or watched for
// days (RFC 8078 section 3.3; R37, R38). Both with the precautions for a first DS (R39).
#include "accept/case.hpp"

#include "dnssec/hash.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::accept {

namespace {

// Why the signals do not lead to a decision of their own, and what to say of it where nothing else does.
struct Unusable {
    std::string code, text;
};
enum class Signals { good, bad, unusable };

std::vector<dns::Rdata> records_of(const Answer& a) {
    return a.set ? a.set->rdata : std::vector<dns::Rdata>{};
}

// One type under one signal: secure, and the same as at each server of the child, also where that is nothing.
bool type_agrees(Case& c, const Signal& s, const Answer& at_signal, Security security, Answer Testimony::* at_apex) {
    const std::string who = s.ns.text();
    const std::string where = "the signal records " + s.name->text();
    if (security == Security::bogus)
        return c.reject("signal-bogus", {who}, where + " do not validate (DNSSEC): the zone of that server is broken");
    if (!heard(at_signal) || security == Security::unknown)
        return c.reject("signal-failed", {who}, fmt::format("{}: {}", where, failure_words(at_signal)));
    if (security != Security::secure)
        return c.reject("signal-insecure", {who},
                        where + " are not signed: the zone of that server must be secure for RFC 9615");
    for (const Reading* r : c.whole)
        if (records_of(r->said->*at_apex) != records_of(at_signal))
            return c.reject("signal-differs", {who, r->place},
                            where + " and the records at the apex differ at " + r->place + "; they must be equal");
    return true;
}

bool has_records(const Signal& s) {
    return s.cds.set.has_value() || s.cdnskey.set.has_value();
}

// Nobody publishes anything there, as far as anybody can tell. What is bogus or unknown is another matter.
bool plain_absence(const Answer& a, Security security) {
    return heard(a) && !a.set && (security == Security::secure || security == Security::insecure);
}

bool signal_good(Case& c, const Signal& s) {
    if (s.zone_cut)
        return c.reject("signal-zone-cut", {s.ns.text()},
                        s.name->text() + " is a zone of its own; a zone cut at that very name is not allowed");
    return type_agrees(c, s, s.cds, s.cds_security, &Testimony::cds) &&
           type_agrees(c, s, s.cdnskey, s.cdnskey_security, &Testimony::cdnskey);
}

std::vector<const Signal*> signals_of(const Case& c, const dns::Name& ns) {
    std::vector<const Signal*> out;
    for (const auto& s : c.e.signals)
        if (s.ns == ns) out.push_back(&s);
    return out;
}

// Each vantage point has asked for the signals, too. One resolver may have asked for all of them: what it says is
// validated, so the place matters little.
bool from_everywhere(Case& c, const dns::Name& ns) {
    const auto signals = signals_of(c, ns);
    for (const auto& t : c.e.servers)
        if (std::ranges::none_of(signals,
                                 [&](const Signal* s) { return s->vantage.empty() || s->vantage == t.vantage; }))
            return c.reject("evidence-incomplete", {},
                            fmt::format("The signals under {} were not asked for from {}", ns.text(),
                                        t.vantage.empty() ? "here" : t.vantage));
    return true;
}

void remark_strangers(Case& c) {
    for (const auto& s : c.e.signals)
        if (std::ranges::find(c.r.ns, s.ns) == c.r.ns.end())
            c.remark(Reason::Weight::note, "signal-not-in-delegation", {s.ns.text()},
                     "There is a signal under " + s.ns.text() + ", which is not in the delegation; it does not count");
}

// Is there a signal to be judged under each server outside the child?
bool all_present(Case& c, const std::vector<dns::Name>& outside, Unusable& why) {
    bool any = false;
    std::string without;
    for (const auto& ns : outside) {
        const auto signals = signals_of(c, ns);
        if (std::ranges::any_of(signals, [](const Signal* s) { return !s->name; })) {
            why = {"signal-name-too-long",
                   "The signal name under " + ns.text() + " would be too long: RFC 9615 cannot be used for this child"};
            return false;
        }
        const bool here = !signals.empty() && std::ranges::all_of(signals, [](const Signal* s) {
            return has_records(*s) || !plain_absence(s->cds, s->cds_security) ||
                   !plain_absence(s->cdnskey, s->cdnskey_security);
        });
        any = any || here || std::ranges::any_of(signals, [](const Signal* s) { return has_records(*s); });
        if (!here) without += (without.empty() ? "" : ", ") + ns.text();
    }
    if (without.empty()) return true;
    why = {"signal-missing", "There are no signal records (RFC 9615) under " + without};
    if (any) c.reject(why.code, {}, why.text + "; each name server outside the child must have them");
    return false;
}

Signals judge_signals(Case& c, Unusable& why) {
    remark_strangers(c);
    std::vector<dns::Name> outside;
    std::ranges::copy_if(c.r.ns, std::back_inserter(outside),
                         [&](const auto& ns) { return !ns.is_at_or_below(c.e.child); });
    if (outside.empty()) {
        why = {"signal-all-in-domain", "All name servers lie in the child itself: RFC 9615 cannot be used"};
        return Signals::unusable;
    }
    const std::size_t before = c.out.reasons.size();
    if (!all_present(c, outside, why)) {
        const auto decided = [](const Reason& r) { return r.weight == Reason::Weight::decisive; };
        return std::any_of(c.out.reasons.begin() + static_cast<std::ptrdiff_t>(before), c.out.reasons.end(), decided)
                   ? Signals::bad
                   : Signals::unusable;
    }
    for (const auto& ns : outside) {
        if (!from_everywhere(c, ns)) return Signals::bad;
        for (const Signal* s : signals_of(c, ns))
            if (!signal_good(c, *s)) return Signals::bad;
    }
    return Signals::good;
}

// ---- accept after delay ----

bool by_tcp(Case& c) {
    if (!c.p.delay_needs_tcp) return true;
    for (const Reading* r : c.whole)
        for (const Answer* a : {&r->said->cds, &r->said->cdnskey, &r->said->dnskey})
            if (a->transport != Transport::tcp) {
                c.out.look_again = c.now;
                return c.decide(Decision::retry, "delay-needs-tcp", {r->place},
                                r->place + " was not asked by TCP; without signals only that counts");
            }
    return true;
}

// The set that has to stay the same.
std::string set_name(const Case& c) {
    std::string all;
    for (const auto& d : c.want.ds) all += fmt::format("{}:", d.rdata().size()) + d.rdata();
    return dnssec::sha256_hex(all);
}

Delay next_count(Case& c) {
    Delay begin{set_name(c), c.now, c.now, 1};
    if (!c.r.delay) return begin;
    const Delay& old = *c.r.delay;
    const bool changed_since = c.r.last_change && c.r.last_change->at >= old.first;
    if (old.set != begin.set || changed_since || old.last > c.now || old.first > old.last) {
        c.remark(Reason::Weight::note, "delay-restarted", {},
                 "What the child asks for, or the delegation, has changed: the waiting begins anew");
        return begin;
    }
    Delay out = old;
    if (c.now - old.last >= c.p.delay_interval) {
        out.last = c.now;
        ++out.runs;
    }
    return out;
}

bool judge_delay(Case& c) {
    if (!by_tcp(c)) return false;
    c.out.delay = next_count(c);
    const Delay& d = *c.out.delay;
    const bool enough = d.runs >= 0 && static_cast<std::uint32_t>(d.runs) >= c.p.delay_runs;
    if (enough && c.now - d.first >= c.p.delay) return true;
    c.out.look_again = std::max(d.last + c.p.delay_interval, c.now + seconds(1));
    return c.decide(Decision::hold, "delay-counting", {},
                    fmt::format("The child asks for its first DS. The same was seen {} times since {}; it is accepted "
                                "after {} times and {}",
                                d.runs, to_rfc3339(d.first), c.p.delay_runs, human(c.p.delay)));
}

bool precautions(Case& c) {
    return signed_by_own_keys(c) && newer_than_last(c) && continuous(c);
}

bool accept(Case& c, std::string_view code, std::string text) {
    c.out.delay.reset();
    set_ds_change(c);
    return c.decide(Decision::accept, code, {}, std::move(text));
}

} // namespace

bool may_bootstrap(Case& c) {
    if (c.r.registrar_offers_disable == OffersDisable::no)
        return c.reject("registrar-cannot-disable", {},
                        "The registrar has no way to switch DNSSEC off, so the registry must not switch it on");
    Unusable why{"bootstrap-off",
                 "This registry does not read signals (RFC 9615): the first DS come through the registrar"};
    const auto signals = c.p.bootstrap_signal ? judge_signals(c, why) : Signals::unusable;
    if (signals == Signals::bad) return false;
    if (signals == Signals::good)
        return precautions(c) && accept(c, "accept-bootstrap", "The child is bootstrapped by authenticated signals");
    if (!c.p.bootstrap_delay) return c.reject(why.code, {}, why.text);
    c.remark(Reason::Weight::note, why.code, {}, why.text + ". The registry watches the child for some time instead");
    return precautions(c) && judge_delay(c) &&
           accept(c, "accept-bootstrap-delay", "The child has asked for the same for long enough");
}

} // namespace tutti::accept
