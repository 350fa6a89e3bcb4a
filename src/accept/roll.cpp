// Who had to be asked, who was, and who answered: the NS set of the registry (R1), all addresses (R2), from every
// vantage point (R11). Servers that fail are looked at again before anything goes on without them (R6).
#include "accept/case.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::accept {

namespace {

std::vector<const Answer*> needed(const Case& c, const Testimony& t) {
    if (c.e.subject == Subject::ds) return {&t.cds, &t.cdnskey, &t.dnskey};
    return {&t.soa, &t.csync, &t.dnskey};
}

// What the answers must hold can be read; otherwise the whole judgement ends (malformed() in content.cpp).
Reading read(const Testimony& t) {
    Reading out;
    out.said = &t;
    out.place = place(t);
    if (t.cds.set)
        for (const auto& rdata : t.cds.set->rdata)
            if (auto ds = dnssec::parse_ds(rdata)) out.cds.push_back(*std::move(ds));
    out.cdnskey = keys_of(t.cdnskey);
    out.dnskey = keys_of(t.dnskey);
    return out;
}

void hear(Case& c, const Testimony& t) {
    if (const auto may = may_contact(t.address, c.p.allow_addresses); !may) {
        c.forbidden.push_back(place(t) + ": " + may.error().seen);
        return;
    }
    const auto answers = needed(c, t);
    if (std::ranges::any_of(answers, [](const Answer* a) { return heard(*a); })) c.readings.push_back(read(t));
    const auto failed = std::ranges::find_if(answers, [](const Answer* a) { return !heard(*a); });
    if (failed == answers.end()) return;
    if ((*failed)->outcome == Outcome::not_asked)
        c.incomplete = place(t) + " was not asked everything";
    else if ((*failed)->outcome == Outcome::forbidden)
        c.forbidden.push_back(place(t) + ": " + failure_words(**failed));
    else
        c.failures.push_back({place(t), failure_words(**failed), (*failed)->outcome == Outcome::lame});
}

std::set<std::string> vantages(const Case& c) {
    std::set<std::string> out;
    for (const auto& t : c.e.servers) out.insert(t.vantage);
    return out;
}

const char* resolution_words(Resolution r) {
    switch (r) {
    case Resolution::no_address:
        return "has no address";
    case Resolution::bogus:
        return "has addresses that do not validate (DNSSEC)";
    case Resolution::failed:
        return "could not be resolved";
    case Resolution::resolved:
    case Resolution::glue:
        return "has no address";
    case Resolution::not_tried:
        break;
    }
    return "was not resolved";
}

void call_host(Case& c, const dns::Name& ns, const std::set<std::string>& from) {
    const auto host = std::ranges::find(c.e.hosts, ns, &Host::name);
    if (host == c.e.hosts.end() || host->resolution == Resolution::not_tried) {
        c.incomplete = ns.text() + " was not looked up";
        return;
    }
    const bool usable = host->resolution == Resolution::resolved || host->resolution == Resolution::glue;
    if (!usable || host->addresses.empty()) {
        const std::string detail = host->detail.empty() ? "" : ": " + host->detail;
        c.failures.push_back({ns.text(), resolution_words(host->resolution) + detail});
        return;
    }
    for (const auto& glue : c.r.glue)
        for (const auto& address : glue.addresses)
            if (glue.host == ns && std::ranges::find(host->addresses, address) == host->addresses.end())
                c.incomplete = fmt::format("{} was not asked at its glue address {}", ns.text(), address);
    for (const auto& address : host->addresses) {
        if (const auto may = may_contact(address, c.p.allow_addresses); !may) {
            c.forbidden.push_back(fmt::format("{}: {}", ns.text(), may.error().seen));
            continue;
        }
        for (const auto& vantage : from) {
            const bool asked = std::ranges::any_of(c.e.servers, [&](const Testimony& t) {
                return t.ns == ns && t.address == address && t.vantage == vantage;
            });
            if (!asked) c.incomplete = fmt::format("{} was not asked at {}", ns.text(), address);
        }
    }
}

} // namespace

bool fresh(Case& c) {
    if (c.e.started > c.e.ended || c.e.ended > c.now)
        return c.reject("evidence-old", {}, "The times of the evidence are impossible: it must be collected anew");
    if (c.now - c.e.started <= c.p.max_age) return true;
    c.out.look_again = c.now;
    return c.decide(Decision::retry, "evidence-old", {},
                    fmt::format("The answers are {} old; only what was seen within {} is acted on",
                                human(c.now - c.e.started), human(c.p.max_age)));
}

bool take_roll(Case& c) {
    for (const auto& t : c.e.servers) {
        if (std::ranges::find(c.r.ns, t.ns) != c.r.ns.end())
            hear(c, t);
        else
            c.remark(Reason::Weight::note, "server-not-in-delegation", {place(t)},
                     place(t) + " is not in the delegation; what it says does not count");
    }
    const auto from = vantages(c);
    if (c.r.ns.empty()) c.incomplete = "the delegation has no name servers";
    for (const auto& ns : c.r.ns) call_host(c, ns, from);
    for (const auto& reading : c.readings) {
        const auto answers = needed(c, *reading.said);
        if (std::ranges::all_of(answers, [](const Answer* a) { return heard(*a); })) c.whole.push_back(&reading);
    }
    return true;
}

namespace {

bool use_without(Case& c, const std::vector<std::string>& who, const std::string& what) {
    if (c.p.unreachable_is_veto)
        return c.reject("server-veto", who, what + ". This registry changes nothing while a server is silent");
    c.remark(Reason::Weight::warning, "server-ignored", who,
             what + ". This was so at each of several looks, so the others decide");
    return true;
}

} // namespace

bool settle_failures(Case& c) {
    if (!c.forbidden.empty())
        return c.reject("address-forbidden", c.forbidden,
                        "Nothing is changed while a name server has an address that must not be contacted: " +
                            joined(c.forbidden, "; "));
    if (!c.incomplete.empty())
        return c.retry_or_reject("evidence-incomplete", {}, "Not all was asked: " + c.incomplete);
    if (vantages(c).size() < c.p.vantages)
        return c.retry_or_reject("too-few-vantage-points", {},
                                 fmt::format("Asked from {} places; {} are needed", vantages(c).size(), c.p.vantages));
    if (c.failures.empty()) return true;
    std::vector<std::string> who, what;
    for (const auto& f : c.failures) {
        who.push_back(f.place);
        what.push_back(f.place + " " + f.why);
    }
    const bool wish = std::ranges::any_of(c.readings, [](const auto& r) { return !r.silent(); });
    if (!c.secure() && c.e.subject == Subject::ds && wish)
        return c.reject("bootstrap-server-failed", who,
                        joined(what, "; ") + ". A first DS needs an answer from every server");
    if (c.attempts_left())
        return c.retry_or_reject(c.failures.front().lame ? "server-lame" : "server-silent", who, joined(what, "; "));
    if (c.whole.empty()) return c.reject("no-answer", who, "No server answered everything: " + joined(what, "; "));
    return use_without(c, who, joined(what, "; "));
}

} // namespace tutti::accept
