#pragma once
// A small zone for tests: signers with keys, a parent; every change takes effect at once at every address unless told
// otherwise. Only what tests of the planner need; the simulator has the real thing.
#include "plan/learn.hpp"
#include "plan/planner.hpp"

#include <algorithm>

namespace tutti::plan::test {

inline dns::Name name(std::string_view text) {
    return dns::Name::parse(text).value();
}

inline dnssec::Dnskey make_key(int seed, bool sep, std::uint8_t algorithm = 13) {
    return {.flags = static_cast<std::uint16_t>(sep ? 257 : 256),
            .protocol = 3,
            .algorithm = algorithm,
            .public_key = std::string(63, 'k') + static_cast<char>(seed)};
}

struct TestSigner {
    std::string name;
    std::vector<dnssec::Dnskey> ksks, zsks, foreign;
    dns::Ttl dnskey_ttl, ns_ttl, data_ttl;
    std::vector<dns::Name> names, ns;
    std::vector<dnssec::Ds> cds;
    std::vector<dnssec::Dnskey> cdnskey;
    bool csync = false, asks_delete = false;
    std::vector<std::string> addresses;
    bool silent = false;
    bool cds_late = false; // it takes CDS and CDNSKEY and does not show them
    // RFC 8901 model 1: serves what `copy_of` (index) signs, and its interface tells its own keys.
    int copy_of = -1;
    model::Can signed_dnskey = model::Can::no;
    std::vector<dnssec::Dnskey> copied, copied_by; // the RRset, and whose signatures came with it
};

struct TestZone {
    dns::Name zone = name("example.");
    model::ParentMode mode = model::ParentMode::direct;
    std::vector<TestSigner> signers;
    std::vector<dnssec::Ds> ds;
    std::vector<dns::Name> ns;
    dns::Ttl ds_ttl = 15, ns_ttl = 20;
    Instant now = at_seconds(1000);
    model::Knowledge known{.zone = name("example."), .keys = {}, .signers = {}, .ns_names = {}, .parent = {}};
    model::Intent intent;
    std::vector<std::pair<Instant, model::Action>> done;

    TestSigner& add(const std::string& who, int seed, dns::Ttl dnskey_ttl = 20, dns::Ttl child_ns = 25,
                    dns::Ttl data = 30, bool csk = false) {
        TestSigner s{.name = who,
                     .ksks = {make_key(seed, true)},
                     .zsks = {},
                     .foreign = {},
                     .dnskey_ttl = dnskey_ttl,
                     .ns_ttl = child_ns,
                     .data_ttl = data,
                     .names = {name("ns1." + who + "."), name("ns2." + who + ".")},
                     .ns = {},
                     .cds = {},
                     .cdnskey = {},
                     .csync = false,
                     .asks_delete = false,
                     .addresses = {who + "-a", who + "-b"},
                     .silent = false,
                     .cds_late = false,
                     .copied = {},
                     .copied_by = {}};
        if (!csk) s.zsks = {make_key(seed + 1, false)};
        s.ns = s.names;
        signers.push_back(s);
        return signers.back();
    }
    void delegate_to(const TestSigner& s) {
        ns = s.names;
        ds.clear();
        for (const auto& k : s.ksks) ds.push_back(dnssec::make_ds(zone, k, 2).value());
    }

    static std::vector<dnssec::Dnskey> own_rrset(const TestSigner& s) {
        auto keys = s.ksks;
        keys.insert(keys.end(), s.zsks.begin(), s.zsks.end());
        keys.insert(keys.end(), s.foreign.begin(), s.foreign.end());
        return keys;
    }

    model::Observation observe() const {
        model::Observation o{.zone = zone, .parent = {}, .signers = {}, .started = now, .ended = now};
        o.parent = {.name = "test",
                    .mode = mode,
                    .reads_cds = mode == model::ParentMode::cds,
                    .ds = {},
                    .ns = {},
                    .problem = {},
                    .remedy = {}};
        for (const char* a : {"p1", "p2"}) {
            o.parent.ds.push_back({{a, now, now, {}}, ds, ds_ttl});
            o.parent.ns.push_back({{a, now, now, {}}, ns, ns_ttl});
        }
        for (const auto& s : signers) {
            model::SignerReport r{.name = s.name,
                                  .ns = s.names,
                                  .can = {},
                                  .own_keys = {},
                                  .dnskey = {},
                                  .data = {},
                                  .ns_child = {},
                                  .cds = {},
                                  .csync = {},
                                  .problem = {},
                                  .remedy = {}};
            r.can.signed_dnskey = {s.signed_dnskey, "so says the test"};
            const auto keys = s.copied.empty() ? own_rrset(s) : s.copied;
            std::vector<std::size_t> signed_by;
            for (const auto& k : s.copied.empty() ? s.ksks : s.copied_by)
                signed_by.push_back(static_cast<std::size_t>(std::ranges::find(keys, k) - keys.begin()));
            if (!s.copied.empty()) r.own_keys = s.zsks;
            model::Signatures together; // all of them over each RRset
            for (const auto& k : s.zsks.empty() ? s.ksks : s.zsks) together.emplace_back(k.tag(), k.algorithm);
            for (const auto& a : s.addresses) {
                model::Seen seen{a, now, now, s.silent ? "timeout" : ""};
                r.dnskey.push_back({seen, keys, signed_by, s.dnskey_ttl, {}});
                r.data.push_back({seen, s.zsks.empty() ? s.ksks : s.zsks, {}, s.data_ttl, true, true, {together}});
                r.ns_child.push_back({seen, s.ns, s.ns_ttl});
                r.cds.push_back({seen, s.cds, s.cdnskey, s.dnskey_ttl});
                if (s.asks_delete) r.cds.back().cds.push_back(dnssec::delete_ds());
                if (s.asks_delete) r.cds.back().cdnskey.push_back(dnssec::delete_dnskey());
                r.csync.push_back({seen, s.csync, s.csync, s.dnskey_ttl});
            }
            o.signers.push_back(std::move(r));
        }
        return o;
    }

    static void change(auto& list, const auto& add, const auto& remove) {
        for (const auto& x : remove) std::erase(list, x);
        for (const auto& x : add)
            if (std::find(list.begin(), list.end(), x) == list.end()) list.push_back(x);
    }
    std::vector<dnssec::Dnskey> keys(model::KeySet set) const {
        std::vector<dnssec::Dnskey> out;
        for (int i : set)
            if (const auto& key = known.keys[static_cast<std::size_t>(i)].dnskey) out.push_back(*key);
        return out;
    }
    std::vector<dnssec::Ds> digests(model::KeySet set) const {
        std::vector<dnssec::Ds> out;
        for (int i : set) {
            const auto& key = known.keys[static_cast<std::size_t>(i)];
            if (key.dnskey)
                out.push_back(dnssec::make_ds(zone, *key.dnskey, 2).value());
            else
                out.insert(out.end(), key.ds.begin(), key.ds.end());
        }
        return out;
    }
    std::vector<dns::Name> names(model::NameSet set) const {
        std::vector<dns::Name> out;
        for (int i : set) out.push_back(known.ns_names[static_cast<std::size_t>(i)].name);
        return out;
    }
    void apply(const model::Action& a) {
        using Kind = model::Action::Kind;
        auto* s = a.signer < 0 ? nullptr : &signers[static_cast<std::size_t>(a.signer)];
        switch (a.kind) {
        case Kind::dnskey:
            if (a.copy_of >= 0) {
                const auto& from = signers[static_cast<std::size_t>(a.copy_of)];
                s->copied = own_rrset(from);
                s->copied_by = from.ksks;
                s->dnskey_ttl = from.dnskey_ttl;
                break;
            }
            change(s->foreign, keys(a.add_keys), keys(a.remove_keys));
            break;
        case Kind::cds:
            if (s->cds_late) break;
            change(s->cds, digests(a.add_keys), digests(a.remove_keys));
            change(s->cdnskey, keys(a.add_keys), keys(a.remove_keys));
            s->asks_delete = a.asks_delete;
            break;
        case Kind::ns_child:
            change(s->ns, names(a.add_names), names(a.remove_names));
            break;
        case Kind::csync:
            s->csync = a.csync_on;
            break;
        case Kind::ds:
            change(ds, digests(a.add_keys), digests(a.remove_keys));
            break;
        case Kind::ns_parent:
            change(ns, names(a.add_names), names(a.remove_names));
            break;
        }
    }

    model::Decision look() {
        learn(known, observe(), intent);
        return plan(intent, known, now);
    }
    // Runs until done, blocked, or `deadline`; jumps from one decision to the next.
    model::Decision run(Instant deadline = kNever) {
        for (int round = 0; round < 500; ++round) {
            auto d = look();
            if (d.state == model::Decision::State::act) {
                for (const auto& a : d.actions) {
                    note_attempt(known, a, intent.policy, now);
                    apply(a);
                    done.emplace_back(now, a);
                }
                continue;
            }
            if (d.until == kNever || d.until > deadline) return d;
            now = d.until;
        }
        return {};
    }
};

} // namespace tutti::plan::test
