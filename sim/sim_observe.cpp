// What a controller sees of the world: each address is asked on its own, and each answer has its own moment.
#include "sim/sim_world.hpp"

#include <algorithm>

namespace tutti::sim {

namespace {

std::vector<dnssec::Dnskey> dnskeys(const KeyRing& ring, KeyBits keys) {
    std::vector<dnssec::Dnskey> out;
    out.reserve(static_cast<std::size_t>(keys.size()));
    for (int i : keys) out.push_back(ring.key(i).dnskey);
    return out;
}
std::vector<dnssec::Ds> ds_records(const KeyRing& ring, const Digests& d) {
    std::vector<dnssec::Ds> out;
    out.reserve(static_cast<std::size_t>(d.sha256.size()) + static_cast<std::size_t>(d.sha384.size()));
    for (int i : d.sha256) out.push_back(ring.key(i).sha256);
    for (int i : d.sha384) out.push_back(ring.key(i).sha384);
    return out;
}
std::vector<dns::Name> names(const KeyRing& ring, NameBits set) {
    std::vector<dns::Name> out;
    out.reserve(static_cast<std::size_t>(set.size()));
    for (int i : set) out.push_back(ring.name(i));
    return out;
}

void fill(model::SeenDnskeys& seen, const KeyRing& ring, const ZoneContent& c) {
    seen.keys = dnskeys(ring, c.keys);
    std::size_t i = 0;
    for (int key : c.keys) {
        if (c.signed_by.has(key)) seen.signed_by.push_back(i);
        ++i;
    }
    seen.ttl = c.dnskey_ttl;
}

void fill(model::SeenData& seen, const KeyRing& ring, const ZoneContent& c, const SignerSpec& spec) {
    // Samples show what was signed last; only the whole zone shows what is still signed with the key before.
    const KeyBits signers = spec.transfer ? c.signatures[0] | c.signatures[1] : c.signatures[0];
    seen.keys = dnskeys(ring, signers & c.keys);
    for (int i : signers - c.keys) seen.unmatched.emplace_back(ring.key(i).dnskey.tag(), ring.key(i).dnskey.algorithm);
    for (const KeyBits together : {c.signatures[0], spec.transfer ? c.signatures[1] : c.signatures[0]}) {
        auto& set = seen.signatures.emplace_back();
        for (int i : together) set.emplace_back(ring.key(i).dnskey.tag(), ring.key(i).dnskey.algorithm);
    }
    seen.ttl_max = spec.transfer ? c.data_ttl : std::min(c.data_ttl, c.ns_ttl);
    seen.complete = spec.transfer;
    seen.is_signed = !signers.empty();
}

void fill(model::SeenCds& seen, const KeyRing& ring, const ZoneContent& c) {
    seen.cds = ds_records(ring, c.cds);
    seen.cdnskey = dnskeys(ring, c.cdnskey);
    if (c.asks_delete) {
        seen.cds.push_back(dnssec::delete_ds());
        seen.cdnskey.push_back(dnssec::delete_dnskey());
    }
    seen.ttl = c.cds_ttl;
}

model::Capabilities capabilities(const SignerSpec& spec) {
    using model::Can;
    model::Capabilities can;
    can.foreign_dnskey = {Can::yes, ""};
    can.foreign_sep = spec.foreign_sep == SignerSpec::Sep::yes ? model::Capability{Can::yes, ""}
                      : spec.foreign_sep == SignerSpec::Sep::refused
                          ? model::Capability{Can::no, "its interface refuses foreign keys with SEP"}
                          : model::Capability{Can::unknown, ""};
    can.cds = can.csync = can.apex_ns = {Can::yes, ""};
    can.signed_dnskey = spec.signed_dnskey
                            ? model::Capability{Can::yes, ""}
                            : model::Capability{Can::no, "its interface takes no signatures from outside"};
    can.publishes_own_cds = spec.own_cds;
    return can;
}

} // namespace

model::Observation SimWorld::observe(const port::ZoneSetup& setup) {
    if (hook_) hook_();
    const auto& net = scenario_.network;
    const Instant asked = now_;
    const Duration timeout = patience_s();
    // What happens while the questions are on their way happens before the answers are looked at.
    advance(asked + net.most);
    Instant ended = asked;

    const auto ask = [&](const auto& served, std::size_t server, const std::string& address, model::Seen& seen,
                         bool hidden = false) {
        const Duration d = rng_.between(net.least, net.most);
        const Instant made = asked + d / 2;
        const bool heard = served.answers(made) && !rng_.chance(net.loss) && !hidden;
        const Instant answered = asked + (heard ? d : timeout);
        ended = std::max(ended, answered);
        seen.address = address;
        seen.asked = on_controllers_clock(asked);
        seen.answered = on_controllers_clock(answered);
        if (!heard) seen.problem = "timeout";
        return heard ? &served.at(server, made) : nullptr;
    };

    model::Observation out{
        .zone = setup.zone, .parent = {}, .signers = {}, .started = on_controllers_clock(asked), .ended = {}};
    for (const auto& name : setup.signers) {
        auto& report = out.signers.emplace_back();
        report.name = name;
        const int index = signer_index(name);
        if (index < 0) {
            report.problem = "there is no such signer";
            continue;
        }
        const auto& signer = signers_[static_cast<std::size_t>(index)];
        const auto& served = signer.served();
        report.ns = names(keys_, keys_.names_of(index));
        report.can = capabilities(signer.spec());
        if (signer.copies())
            report.own_keys = dnskeys(keys_, signer.offered());
        else if (signer.spec().api || signer.spec().signed_dnskey)
            report.own_keys = dnskeys(keys_, signer.own() & served.primary().keys);
        const auto n = served.size();
        report.dnskey.resize(n);
        report.data.resize(n);
        report.ns_child.resize(n);
        report.cds.resize(n);
        report.csync.resize(n);
        for (std::size_t i = 0; i < n; ++i) {
            std::string address = name;
            address += static_cast<char>('1' + i);
            const bool hidden = signer.spec().hidden == static_cast<int>(i);
            if (const auto* c = ask(served, i, address, report.dnskey[i], hidden)) fill(report.dnskey[i], keys_, *c);
            if (const auto* c = ask(served, i, address, report.data[i], hidden))
                fill(report.data[i], keys_, *c, signer.spec());
            if (const auto* c = ask(served, i, address, report.ns_child[i], hidden)) {
                report.ns_child[i].names = names(keys_, c->ns);
                report.ns_child[i].ttl = c->ns_ttl;
            }
            if (const auto* c = ask(served, i, address, report.cds[i], hidden)) fill(report.cds[i], keys_, *c);
            if (const auto* c = ask(served, i, address, report.csync[i], hidden)) {
                report.csync[i].present = report.csync[i].immediate_ns = c->csync;
                report.csync[i].ttl = c->cds_ttl;
            }
        }
    }
    out.parent.name = setup.parent;
    out.parent.mode = scenario_.parent.mode == ParentSpec::Mode::cds      ? model::ParentMode::cds
                      : scenario_.parent.mode == ParentSpec::Mode::manual ? model::ParentMode::manual
                                                                          : model::ParentMode::direct;
    out.parent.reads_cds = parent_->polls();
    const auto& served = parent_->served();
    out.parent.ds.resize(served.size());
    out.parent.ns.resize(served.size());
    for (std::size_t i = 0; i < served.size(); ++i) {
        std::string address = "parent";
        address += static_cast<char>('1' + i);
        if (const auto* c = ask(served, i, address, out.parent.ds[i])) {
            out.parent.ds[i].ds = ds_records(keys_, c->ds);
            out.parent.ds[i].ttl = c->ds_ttl;
        }
        if (const auto* c = ask(served, i, address, out.parent.ns[i])) {
            out.parent.ns[i].names = names(keys_, c->ns);
            out.parent.ns[i].ttl = c->ns_ttl;
        }
    }
    advance(ended);
    out.ended = on_controllers_clock(now_);
    return out;
}

} // namespace tutti::sim
