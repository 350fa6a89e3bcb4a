// What is kept of a judgement for the log (R10, R63), and what people and error reports are told (R64, R65, R67).
#include "accept/case.hpp"

#include "accept/reasons.hpp"
#include "dnssec/hash.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::accept {

namespace {

std::vector<const Answer*> wish_of(const Case& c, const Testimony& t) {
    if (c.e.subject == Subject::csync) return {&t.csync};
    return {&t.cds, &t.cdnskey};
}

const char* transport_words(Transport t) {
    return t == Transport::tcp ? "tcp" : t == Transport::udp ? "udp" : "none";
}

std::string says(const Case& c, const Testimony& t) {
    for (const Answer* a : wish_of(c, t))
        if (!heard(*a)) return failure_words(*a);
    const auto r = std::ranges::find(c.readings, &t, &Reading::said);
    if (c.e.subject == Subject::csync)
        return t.csync.set && !t.csync.set->rdata.empty()
                   ? dns::rdata_text(dns::Type::CSYNC, t.csync.set->rdata.front())
                   : "no CSYNC";
    return r == c.readings.end() ? "does not count" : keys_words(*r);
}

// The same words, by the same signatures: an address says what that other one said.
bool says_the_same(const Case& c, const Testimony& a, const Testimony& b) {
    const auto one = wish_of(c, a), other = wish_of(c, b);
    return std::ranges::equal(
        one, other, [](const Answer* x, const Answer* y) { return x->set == y->set && x->rrsigs == y->rrsigs; });
}

// What stands in the records, and how old the newest signature is.
void take_content(const Case& c, const Testimony& t, ServerRecord& out) {
    std::string content;
    for (const Answer* a : wish_of(c, t)) {
        if (a->set)
            for (const auto& rdata : a->set->rdata)
                content += fmt::format("{} {}:", static_cast<int>(a->set->type), rdata.size()) + rdata;
        for (const auto& raw : a->rrsigs)
            if (const auto sig = dnssec::parse_rrsig(raw, c.now); sig)
                out.inception = std::max(out.inception.value_or(kLongAgo), sig->inception);
    }
    if (!content.empty()) out.hash = dnssec::sha256_hex(content);
}

ServerRecord record_of(const Case& c, const Testimony& t) {
    ServerRecord out;
    out.server = place(t);
    for (const Answer* a : wish_of(c, t)) {
        out.rtt = std::max(out.rtt, a->rtt);
        if (a->transport != Transport::none) out.transport = transport_words(a->transport);
        if (a->rcode != 0) out.rcode = a->rcode;
    }
    if (out.transport.empty()) out.transport = transport_words(Transport::none);
    if (t.soa.set && !t.soa.set->rdata.empty())
        if (const auto soa = dns::parse_soa(t.soa.set->rdata.front())) out.serial = soa->serial;
    out.says = says(c, t);
    return out;
}

std::string heading(const Case& c) {
    const std::string child = c.e.child.text();
    const std::string what = c.out.kind == Kind::csync ? "name servers" : "DS";
    switch (c.out.decision) {
    case Decision::accept:
        return fmt::format("{}: the {} at the parent are changed.", child, what);
    case Decision::reject:
        return fmt::format("{}: the {} at the parent are not changed.", child, what);
    case Decision::retry:
        return fmt::format("{}: the {} at the parent are not changed yet; the next look is at {}.", child, what,
                           to_rfc3339(c.out.look_again.value_or(c.now)));
    case Decision::hold:
        return fmt::format("{}: the {} at the parent are not changed yet.", child, what);
    case Decision::no_change:
        break;
    }
    return {};
}

std::string ds_line(const char* sign, const dnssec::Ds& ds) {
    return fmt::format("\n  {} DS {}", sign, dns::rdata_text(dns::Type::DS, ds.rdata()));
}

std::string change_lines(const Change& change) {
    std::string out;
    for (const auto& ds : change.ds_add) out += ds_line("+", ds);
    for (const auto& ds : change.ds_remove) out += ds_line("-", ds);
    for (const auto& ns : change.ns_add) out += "\n  + NS " + ns.text();
    for (const auto& ns : change.ns_remove) out += "\n  - NS " + ns.text();
    for (const auto& g : change.glue_add) out += fmt::format("\n  + {} {}", g.host.text(), joined(g.addresses));
    for (const auto& g : change.glue_remove) out += fmt::format("\n  - {} {}", g.host.text(), joined(g.addresses));
    return out;
}

} // namespace

void write_records(Case& c) {
    const Testimony* last = nullptr;
    for (const auto& t : c.e.servers) {
        auto record = record_of(c, t);
        if (last != nullptr && says_the_same(c, *last, t)) {
            record.hash = c.out.servers.back().hash;
            record.inception = c.out.servers.back().inception;
        } else {
            take_content(c, t, record);
        }
        c.out.servers.push_back(std::move(record));
        last = &t;
    }
}

void write_report(Case& c) {
    auto& out = c.out;
    const bool changes = out.decision == Decision::accept;
    // A routine rollover is no news (RFC 10026).
    out.tell_people = changes && (out.kind == Kind::bootstrap || out.kind == Kind::remove);
    out.report = heading(c);
    if (out.report.empty()) return;
    if (changes) out.report += change_lines(out.change);
    for (const auto& reason : out.reasons) {
        if (reason.weight == Reason::Weight::note) continue;
        out.report += fmt::format("\n{}{} ({}, {})", reason.weight == Reason::Weight::warning ? "Warning: " : "",
                                  reason.text, reason.code, reason.requirement);
    }
    if (out.decision != Decision::reject && out.decision != Decision::retry) return;
    for (const auto& reason : out.reasons)
        if (reason.weight == Reason::Weight::decisive && !out.ede) out.ede = reason_kind(reason.code).ede;
}

} // namespace tutti::accept
