#pragma once
// For tests: a child with real keys and signatures, its delegation, and good evidence about both, to be spoiled.
#include "accept/judge.hpp"
#include "dnssec/signer_test.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>

namespace tutti::accept::testing {

using dns::Type;
using dnssec::testing::TestSigner;

inline dns::Name name(std::string_view text) {
    return dns::Name::parse(text).value();
}
inline dns::Rdata rdata(Type type, std::string_view text) {
    return dns::parse_rdata(type, text).value();
}
inline dns::RrSet rrset(const dns::Name& owner, Type type, std::vector<dns::Rdata> data) {
    std::ranges::sort(data);
    data.erase(std::ranges::unique(data).begin(), data.end());
    return {owner, type, 3600, std::move(data)};
}

inline const Instant kNow = at_seconds(1795500000); // 2026-11-24
inline constexpr Duration kHour = std::chrono::hours{1};
inline constexpr Duration kDay = std::chrono::hours{24};

using Keys = std::vector<const TestSigner*>;

inline const TestSigner& key(std::string_view which) {
    static const dns::Name child = name("child.example");
    static const TestSigner ksk1{child, 13}, ksk2{child, 13}, zsk{child, 13, 256}, rsa{child, 8, 257, 2048};
    if (which == "ksk1") return ksk1;
    if (which == "ksk2") return ksk2;
    if (which == "rsa") return rsa;
    return zsk;
}

inline Answer answer(Outcome outcome) {
    Answer out;
    out.outcome = outcome;
    out.transport = outcome == Outcome::timeout ? Transport::none : Transport::tcp;
    return out;
}

class World {
  public:
    dns::Name child = name("child.example");
    Evidence e{.child = child};
    Registry r;
    Policy p;
    Instant now = kNow;
    Instant inception = kNow - kHour, expiration = kNow + 7 * kDay;

    static constexpr std::string_view kNs[] = {"ns1.one.test", "ns2.two.test"};

    World() {
        e.started = kNow - seconds(5);
        e.ended = kNow - seconds(1);
        for (const auto ns : kNs) r.ns.push_back(name(ns));
        r.ds = {ds(key("ksk1"))};
        const std::vector<std::vector<std::string>> addresses = {{"8.1.1.1", "2a00::1"}, {"8.2.2.2"}};
        for (std::size_t i = 0; i < 2; ++i) {
            e.hosts.push_back({name(kNs[i]), Resolution::resolved, addresses[i], ""});
            for (const auto& address : addresses[i]) e.servers.push_back({.ns = name(kNs[i]), .address = address});
        }
        serve_keys({&key("ksk1"), &key("ksk2"), &key("zsk")}, {&key("ksk1"), &key("ksk2")});
        for_all([&](Testimony& t) {
            t.soa = t.soa_after = signed_answer(soa(1), {&key("zsk")});
            t.cds = t.cdnskey = t.csync = answer(Outcome::nodata);
        });
    }

    dnssec::Ds ds(const TestSigner& k, std::uint8_t digest = 2) const {
        return dnssec::make_ds(child, k.key(), digest).value();
    }
    void for_all(const std::function<void(Testimony&)>& change) {
        for (auto& t : e.servers) change(t);
    }
    Testimony& at(std::size_t i) { return e.servers.at(i); }

    dns::RrSet soa(std::uint32_t serial) const {
        return rrset(child, Type::SOA,
                     {rdata(Type::SOA, "ns1.one.test. hostmaster.child.example. " + std::to_string(serial) +
                                           " 3600 600 86400 300")});
    }
    Answer signed_answer(const dns::RrSet& set, const Keys& by) const {
        Answer out = answer(Outcome::records);
        for (const auto* k : by) out.rrsigs.push_back(k->sign(set, inception, expiration));
        out.set = set;
        return out;
    }
    Answer records(Type type, const std::vector<std::string>& texts, const Keys& by, const dns::Name& owner) const {
        std::vector<dns::Rdata> data;
        for (const auto& text : texts) data.push_back(rdata(type, text));
        return signed_answer(rrset(owner, type, data), by);
    }
    Answer cds(const std::vector<dnssec::Ds>& list, const Keys& by = {&key("ksk1")}) const {
        std::vector<dns::Rdata> data;
        for (const auto& d : list) data.push_back(d.rdata());
        return signed_answer(rrset(child, Type::CDS, data), by);
    }
    Answer cdnskey(const std::vector<dnssec::Dnskey>& list, const Keys& by = {&key("ksk1")}) const {
        std::vector<dns::Rdata> data;
        for (const auto& k : list) data.push_back(k.rdata());
        return signed_answer(rrset(child, Type::CDNSKEY, data), by);
    }
    Answer dnskey(const Keys& keys, const Keys& by) const {
        std::vector<dns::Rdata> data;
        for (const auto* k : keys) data.push_back(k->key().rdata());
        return signed_answer(rrset(child, Type::DNSKEY, data), by);
    }
    void serve_keys(const Keys& keys, const Keys& by) {
        const Answer same = dnskey(keys, by);
        for_all([&](Testimony& t) { t.dnskey = same; });
    }
    // CDS and CDNSKEY for these keys, at every server.
    void wish(const Keys& keys, const Keys& by = {&key("ksk1")}) {
        std::vector<dnssec::Ds> list;
        std::vector<dnssec::Dnskey> plain;
        for (const auto* k : keys) {
            list.push_back(ds(*k));
            plain.push_back(k->key());
        }
        const Answer one = cds(list, by), other = cdnskey(plain, by);
        for_all([&](Testimony& t) {
            t.cds = one;
            t.cdnskey = other;
        });
    }
    void wish_delete(const Keys& by = {&key("ksk1")}) {
        for_all([&](Testimony& t) {
            t.cds = cds({dnssec::delete_ds()}, by);
            t.cdnskey = cdnskey({dnssec::delete_dnskey()}, by);
        });
    }
    // RFC 9615: what the apex says, at each server's own zone.
    void signal() {
        e.signals.clear();
        for (const auto ns : kNs) {
            Signal s{.ns = name(ns)};
            s.name = name("_dsboot.child.example._signal." + std::string(ns));
            s.cds = moved(at(0).cds, *s.name);
            s.cdnskey = moved(at(0).cdnskey, *s.name);
            s.cds_security = s.cdnskey_security = Security::secure;
            e.signals.push_back(std::move(s));
        }
    }
    static Answer moved(Answer a, const dns::Name& owner) {
        if (a.set) a.set->owner = owner;
        a.rrsigs.clear();
        return a;
    }

    Verdict judge() const { return accept::judge(e, r, p, now); }
};

// Each makes a world whose evidence is good.
inline World rollover() {
    World w;
    w.wish({&key("ksk2")});
    return w;
}
inline World removal() {
    World w;
    w.wish_delete();
    return w;
}
inline World first_ds() {
    World w;
    w.r.ds.clear();
    w.wish({&key("ksk1")});
    w.signal();
    return w;
}
inline World watched() { // first DS, no signals, and the waiting is over
    World w = first_ds();
    w.e.signals.clear();
    w.p.bootstrap_signal = false;
    w.p.bootstrap_delay = true;
    const auto first = w.judge();
    w.r.delay = first.delay;
    if (w.r.delay) {
        w.r.delay->first = kNow - 4 * kDay;
        w.r.delay->last = kNow - kDay;
        w.r.delay->runs = 3;
    }
    return w;
}

inline const dns::Name& new_ns() {
    static const dns::Name n = name("ns3.three.test");
    return n;
}
// A CSYNC that brings one more name server outside the child.
inline World csync_world(std::string_view csync = "1 1 NS",
                         std::vector<std::string> ns = {"ns1.one.test.", "ns2.two.test.", "ns3.three.test."}) {
    World w;
    w.e.subject = Subject::csync;
    w.for_all([&](Testimony& t) {
        t.csync = w.records(Type::CSYNC, {std::string(csync)}, {&key("zsk")}, w.child);
        t.ns_set = w.records(Type::NS, ns, {&key("zsk")}, w.child);
    });
    w.e.hosts.push_back({new_ns(), Resolution::resolved, {"8.3.3.3"}, ""});
    Testimony t = w.at(0);
    t.ns = new_ns();
    t.address = "8.3.3.3";
    w.e.candidates.push_back(std::move(t));
    return w;
}
// A CSYNC that gives ns1 and ns2 new addresses: both lie in the child.
inline World glue_world(std::vector<std::string> a = {"8.9.9.9"}, std::string_view csync = "1 1 A AAAA") {
    World w;
    w.e.subject = Subject::csync;
    const auto host = name("ns.child.example");
    w.r.ns = {host, name("ns2.two.test")};
    w.r.glue = {{host, {"8.1.1.1", "2a00::1"}}};
    w.e.hosts.front().name = host;
    for (std::size_t i = 0; i < 2; ++i) w.at(i).ns = host;
    const auto nsec = rrset(host, Type::NSEC, {rdata(Type::NSEC, "z.child.example. A RRSIG NSEC")});
    w.for_all([&](Testimony& t) {
        t.csync = w.records(Type::CSYNC, {std::string(csync)}, {&key("zsk")}, w.child);
        t.ns_set = w.records(Type::NS, {"ns.child.example.", "ns2.two.test."}, {&key("zsk")}, w.child);
        HostSaid said{host, w.records(Type::A, a, {&key("zsk")}, host), answer(Outcome::nodata)};
        said.aaaa.denial.push_back({nsec, w.signed_answer(nsec, {&key("zsk")}).rrsigs});
        t.hosts = {said};
    });
    for (const auto& address : a) {
        Testimony t = w.at(0);
        t.address = address;
        w.e.candidates.push_back(std::move(t));
    }
    return w;
}

// "reject signer-not-in-ds": the decision, and the first reason.
inline std::string said(const Verdict& v) {
    return std::string(to_string(v.decision)) + ' ' + (v.reasons.empty() ? "" : v.reasons.front().code);
}
inline std::string said(const World& w) {
    return said(w.judge());
}
inline bool mentions(const Verdict& v, std::string_view code) {
    return std::ranges::any_of(v.reasons, [&](const Reason& r) { return r.code == code; });
}

} // namespace tutti::accept::testing
