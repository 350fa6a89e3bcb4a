#include "scan/look.hpp"

#include <algorithm>

namespace tutti::scan {

using accept::Answer;
using accept::Outcome;

dns::Type type_of(Ask what) {
    switch (what) {
    case Ask::cds:
        return dns::Type::CDS;
    case Ask::cdnskey:
        return dns::Type::CDNSKEY;
    case Ask::dnskey:
        return dns::Type::DNSKEY;
    case Ask::soa:
    case Ask::soa_after:
        return dns::Type::SOA;
    case Ask::csync:
        return dns::Type::CSYNC;
    case Ask::ns_set:
        return dns::Type::NS;
    case Ask::host_a:
        return dns::Type::A;
    case Ask::host_aaaa:
        return dns::Type::AAAA;
    }
    return dns::Type::CDS;
}

const Asked* Look::find(std::size_t target, Ask what, std::size_t host) const {
    for (const auto& a : asked)
        if (a.target == target && a.what == what && a.host == host) return &a;
    return nullptr;
}

bool Look::answers(std::size_t target) const {
    const auto* first = find(target, Ask::cds);
    return first != nullptr && (first->reply.outcome == Outcome::records || first->reply.outcome == Outcome::nxdomain);
}

bool Look::publishes() const {
    return std::ranges::any_of(asked, [](const Asked& a) {
        WireView view;
        return (a.what == Ask::cds || a.what == Ask::cdnskey) && read_view(a.reply.message, view) && view.count > 0;
    });
}

namespace {

class Reading {
  public:
    Reading(const Look& look, accept::Subject subject, const accept::Policy& policy, const Place& place)
        : look_(look), csync_(subject == accept::Subject::csync), reader_(policy, csync_), place_(place) {}

    accept::Testimony testimony(const LookHost& host, std::size_t t) {
        accept::Testimony out{.ns = host.host.name, .address = {}};
        out.port = place_.port;
        out.vantage = place_.vantages[look_.targets[t].source];
        if (!host.candidate) {
            out.cds = answer(t, Ask::cds, look_.child);
            out.cdnskey = answer(t, Ask::cdnskey, look_.child);
        }
        out.dnskey = answer(t, Ask::dnskey, look_.child);
        out.soa = answer(t, Ask::soa, look_.child);
        if (!csync_ || host.candidate) return out;
        out.soa_after = answer(t, Ask::soa_after, look_.child);
        out.csync = answer(t, Ask::csync, look_.child);
        out.ns_set = answer(t, Ask::ns_set, look_.child);
        for (std::size_t h = 0; h < look_.new_hosts.size(); ++h)
            out.hosts.push_back({look_.new_hosts[h], answer(t, Ask::host_a, look_.new_hosts[h], h),
                                 answer(t, Ask::host_aaaa, look_.new_hosts[h], h)});
        return out;
    }

  private:
    Answer answer(std::size_t target, Ask what, const dns::Name& name, std::size_t host = 0) {
        const auto* asked = look_.find(target, what, host);
        return asked == nullptr ? Answer{} : reader_.read({name, type_of(what)}, asked->reply);
    }

    const Look& look_;
    bool csync_;
    AnswerReader reader_;
    const Place& place_;
};

} // namespace

accept::Evidence evidence_of(const Look& look, accept::Subject subject, const accept::Policy& policy,
                             const Place& place) {
    accept::Evidence out{.child = look.child};
    out.subject = subject;
    out.trigger = look.job.trigger;
    out.started = look.started;
    out.ended = look.ended;
    out.attempt = look.job.attempt;
    out.signals = look.signals;
    out.work_limit = look.work_limit;
    Reading reading{look, subject, policy, place};
    for (const auto& host : look.hosts) {
        if (host.candidate && subject != accept::Subject::csync) continue;
        out.hosts.push_back(host.host);
        for (std::size_t s = 0; s < host.servers.size(); ++s)
            for (std::size_t t = 0; t < look.targets.size(); ++t) {
                if (look.targets[t].server != host.servers[s]) continue;
                auto seen = reading.testimony(host, t);
                seen.address = host.host.addresses[s];
                (host.candidate ? out.candidates : out.servers).push_back(std::move(seen));
            }
    }
    return out;
}

ChildNs child_ns(const Look& look, const accept::Policy& policy) {
    ChildNs out;
    const auto add = [&](std::vector<dns::Name>& to, const dns::Name& name) {
        if (std::ranges::find(to, name) == to.end() && to.size() < policy.max_servers) to.push_back(name);
    };
    for (const auto& asked : look.asked) {
        if (asked.what != Ask::ns_set) continue;
        const auto answer = read_answer({look.child, dns::Type::NS}, asked.reply, policy, false);
        if (!answer.set) continue;
        for (const auto& rdata : answer.set->rdata) {
            const auto name = dns::ns_target(rdata);
            if (!name) continue;
            if (name->is_at_or_below(look.child)) add(out.in_child, *name);
            if (std::ranges::find(look.registry.ns, *name) == look.registry.ns.end()) add(out.unknown, *name);
        }
    }
    return out;
}

namespace {

accept::Security security_of(const port::Resolver::Answer& answer) {
    if (answer.bogus) return accept::Security::bogus;
    return answer.secure ? accept::Security::secure : accept::Security::insecure;
}

// One type at the signalling name, as the resolver has it.
std::pair<Answer, accept::Security> signal_answer(port::Resolver& resolver, const dns::Name& name, dns::Type type) {
    const auto found = resolver.resolve({name, type});
    Answer out;
    if (!found) {
        out.outcome = found.error().kind == ErrorKind::transient ? Outcome::servfail : Outcome::timeout;
        out.detail = found.error().text();
        return {out, accept::Security::unknown};
    }
    std::vector<dns::Record> own;
    std::ranges::copy_if(found->records, std::back_inserter(own),
                         [&](const dns::Record& r) { return r.owner == name && r.type == type; });
    out.set = dns::find_rrset(own, name, type);
    out.outcome = out.set           ? Outcome::records
                  : found->bogus    ? Outcome::servfail
                  : found->nxdomain ? Outcome::nxdomain
                                    : Outcome::nodata;
    if (!out.set && !found->records.empty()) {
        out.outcome = Outcome::mismatched;
        out.detail = "the signalling name is an alias";
    }
    return {out, security_of(*found)};
}

std::optional<dns::Name> signal_name(const dns::Name& child, const dns::Name& ns) {
    // _dsboot.<child>._signal.<ns>, in wire form: the child's name without its root label in front of the rest.
    std::string wire = "\7_dsboot" + child.wire();
    wire.pop_back();
    wire += "\7_signal" + ns.wire();
    auto name = dns::Name::from_wire(wire);
    return name ? std::optional{std::move(*name)} : std::nullopt;
}

} // namespace

std::vector<accept::Signal> look_for_signals(port::Resolver& resolver, const dns::Name& child,
                                             const std::vector<dns::Name>& ns) {
    std::vector<accept::Signal> out;
    for (const auto& host : ns) {
        if (host.is_at_or_below(child)) continue;
        auto& signal = out.emplace_back(accept::Signal{.ns = host});
        signal.name = signal_name(child, host);
        if (!signal.name) continue;
        std::tie(signal.cds, signal.cds_security) = signal_answer(resolver, *signal.name, dns::Type::CDS);
        std::tie(signal.cdnskey, signal.cdnskey_security) = signal_answer(resolver, *signal.name, dns::Type::CDNSKEY);
        // RFC 9615 section 4.2: no zone cut at the name itself. Its apex would have a SOA.
        const auto soa = resolver.resolve({*signal.name, dns::Type::SOA});
        signal.zone_cut = soa && std::ranges::any_of(soa->records, [&](const dns::Record& r) {
                              return r.owner == *signal.name && r.type == dns::Type::SOA;
                          });
        if (!soa) { // it cannot be ruled out
            signal.cds.outcome = signal.cdnskey.outcome = Outcome::servfail;
            signal.cds.set = signal.cdnskey.set = std::nullopt;
            signal.cds.detail = signal.cdnskey.detail = "whether the name is a zone of its own: " + soa.error().text();
        }
    }
    return out;
}

} // namespace tutti::scan
