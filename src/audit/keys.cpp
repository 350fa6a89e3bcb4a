// Keys and DS: whether every resolver can validate what it gets from one server with what it has from another.
#include "audit/parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tutti::audit {

namespace {

using dnssec::Dnskey;
using dnssec::Ds;

bool publishes(const Server& s, const Dnskey& key) {
    return std::ranges::find(s.dnskey.keys, key) != s.dnskey.keys.end();
}

// Whether one of these signatures can be checked with the keys of that server.
bool covered(const Server& by, const model::Signatures& together) {
    return std::ranges::any_of(together, [&](const auto& sig) {
        return std::ranges::any_of(by.dnskey.keys,
                                   [&](const auto& k) { return k.tag() == sig.first && k.algorithm == sig.second; });
    });
}

// Some data that `key` signs at `from` cannot be checked at all with the keys of `with`.
bool needed(const Server& from, const Dnskey& key, const Server& with) {
    if (from.data.signatures.empty()) return true;
    const std::pair mark{key.tag(), key.algorithm};
    return std::ranges::any_of(from.data.signatures, [&](const auto& together) {
        return std::ranges::find(together, mark) != together.end() && !covered(with, together);
    });
}

struct Lack { // a key, who signs with it, who does not publish it
    std::vector<std::string> signs, lacks;
    bool now = false, needed = false;
};

// Of the keys that sign data only. A KSK is found by its DS in the very RRset that it signs, so nobody needs it
// elsewhere (RFC 8901 2.1.2); whether each signer has its DS is another question.
std::map<Dnskey, Lack> lacks(const Case& c) {
    std::map<Dnskey, Lack> out;
    const auto look = [&](const Server& x, const Dnskey& key) {
        for (const auto& y : c.view.servers) {
            if (!y.is_signed() || publishes(y, key)) continue;
            auto& lack = out[key];
            const auto add = [](auto& list, std::string text) {
                if (std::ranges::find(list, text) == list.end()) list.push_back(std::move(text));
            };
            add(lack.signs, x.address);
            add(lack.lacks, y.address);
            const bool must = needed(x, key, y);
            lack.needed |= must;
            lack.now |= must && !x.hidden && !y.hidden;
        }
    };
    for (const auto& x : c.view.servers)
        for (const auto& key : x.data.keys) look(x, key);
    return out;
}

void judge_missing(const Case& c) {
    for (const auto& [key, lack] : lacks(c)) {
        const auto severity = lack.now ? Severity::error : Severity::warning;
        c.add(severity, "key-missing",
              fmt::format("key {} signs data at {}, and is not in the DNSKEY RRset at {}", key_text(key),
                          c.at(lack.signs), c.at(lack.lacks)),
              lack.lacks,
              lack.now ? "a resolver with the DNSKEY RRset of one and data of the other in its cache answers SERVFAIL"
              : lack.needed ? "when NS names both, resolvers with the DNSKEY RRset of one and data of the other fail"
                            : "another key signs the same data; when it no longer does, answers fail",
              fmt::format("publish key {} there (DNSKEY), and keep it until no cache has its signatures", key.tag()));
    }
}

void judge_tags(const Case& c) {
    std::map<std::pair<dnssec::KeyTag, std::uint8_t>, std::set<Dnskey>> by_tag;
    for (const auto& s : c.view.servers)
        for (const auto& key : s.dnskey.keys) by_tag[{key.tag(), key.algorithm}].insert(key);
    for (const auto& [id, keys] : by_tag) {
        if (keys.size() < 2) continue;
        std::vector<std::string> where;
        for (const auto& s : c.view.servers)
            if (std::ranges::any_of(keys, [&](const auto& k) { return publishes(s, k); })) where.push_back(s.address);
        c.add(Severity::warning, "tag-collision",
              fmt::format("{} different keys of {} have the tag {}", keys.size(), dnssec::algorithm_name(id.second),
                          id.first),
              where, "validators have to try each of them, and some give up after few tries",
              "replace one of the keys");
    }
}

// TTLs as they are shown; `which`: what to read them from.
template <class Seen>
void judge_ttl(const Case& c, const char* what, const char* code, Seen Server::* which) {
    std::map<dns::Ttl, std::vector<std::string>> by_ttl;
    for (const auto& s : c.view.servers)
        if (s.is_signed() && (s.*which).problem.empty()) by_ttl[(s.*which).ttl].push_back(s.address);
    if (by_ttl.size() < 2) return;
    Shown shown;
    for (const auto& [ttl, places] : by_ttl) shown[fmt::format("{} s", ttl)] = places;
    c.add(Severity::note, code, fmt::format("the TTL of {} differs: {}", what, c.told(shown)), all_places(shown),
          fmt::format("a change has to be waited for by the largest one, {}",
                      human(std::chrono::seconds(by_ttl.rbegin()->first))),
          "use the same TTL at all signers");
}

} // namespace

void judge_keys(const Case& c) {
    judge_missing(c);
    judge_tags(c);
    judge_ttl(c, "DNSKEY", "dnskey-ttl", &Server::dnskey);
    judge_ttl(c, "NS", "ns-ttl", &Server::ns);
}

namespace {

std::string ds_text(const Ds& ds) {
    return fmt::format("{}/{}/{}", ds.tag, ds.algorithm, ds.digest_type);
}

std::string ds_list(std::span<const Ds> all) {
    std::vector<std::string> out;
    for (const auto& ds : all) out.push_back(ds_text(ds));
    return all.empty() ? "no DS" : joined(out, " ");
}

// The DS leads to a key that signs the keys there.
bool leads_to(const dns::Name& zone, const Ds& ds, const Server& s) {
    return std::ranges::any_of(s.dnskey.signed_by, [&](auto i) { return dnssec::matches(zone, ds, s.dnskey.keys[i]); });
}

void judge_gaps(const Case& c) {
    for (const auto& signer : c.signers) {
        std::set<std::string> where, parents;
        bool now = false;
        for (auto i : signer.servers) {
            const auto& s = c.view.servers[i];
            if (s.dnskey.signed_by.empty()) continue; // bogus in any case
            for (const auto& p : c.view.parents) {
                if (p.ds.ds.empty()) continue;
                if (std::ranges::any_of(p.ds.ds, [&](const auto& ds) { return leads_to(c.view.zone, ds, s); }))
                    continue;
                where.insert(s.address);
                parents.insert(p.address);
                now |= !s.hidden;
            }
        }
        if (where.empty()) continue;
        c.add(now ? Severity::error : Severity::warning, "ds-gap",
              fmt::format("no DS at {} leads to a key that signs the DNSKEY RRset of {}",
                          joined(std::vector(parents.begin(), parents.end())), signer.name),
              {where.begin(), where.end()},
              now ? "a resolver that has the DNSKEY RRset from there takes the whole zone as bogus"
                  : "when NS names these servers, resolvers take the whole zone as bogus",
              "add the DS of this signer's KSK to the parent");
    }
}

// Every DS that some server of the parent has, and which of the servers.
std::map<Ds, std::vector<std::string>> all_ds(const View& view) {
    std::map<Ds, std::vector<std::string>> out;
    for (const auto& p : view.parents)
        for (const auto& ds : p.ds.ds) out[ds].push_back(p.address);
    return out;
}

void judge_orphans(const Case& c) {
    const bool all_known = std::ranges::all_of(c.view.servers, &Server::usable);
    std::map<std::pair<dnssec::KeyTag, std::uint8_t>, bool> only_sha1;
    for (const auto& [ds, where] : all_ds(c.view)) {
        const bool known = std::ranges::any_of(c.view.servers, [&](const auto& s) {
            return std::ranges::any_of(s.dnskey.keys, [&](const auto& k) { return matches(c.view.zone, ds, k); });
        });
        if (!known)
            c.add(all_known ? Severity::warning : Severity::note, "ds-without-key",
                  fmt::format("DS {} (tag/algorithm/digest) matches no key of any server", ds_text(ds)), where,
                  all_known ? "it is of no use, and whoever has its key can sign the zone"
                            : "it may belong to a server that does not answer",
                  "take it out of the parent, unless its key is about to be published");
        const auto [at, fresh] = only_sha1.try_emplace({ds.tag, ds.algorithm}, true);
        at->second &= ds.digest_type == 1;
    }
    for (const auto& [id, only] : only_sha1)
        if (only)
            c.add(Severity::warning, "ds-sha1", fmt::format("the DS of key {} has only a SHA-1 digest", id.first), {},
                  "validators that no longer accept SHA-1 take the zone as unsigned", "add a DS with SHA-256");
}

void judge_parents_agree(const Case& c) {
    Shown shown;
    std::set<dns::Ttl> ttls;
    for (const auto& p : c.view.parents) {
        if (!p.ds.problem.empty()) continue;
        auto ds = p.ds.ds;
        std::ranges::sort(ds);
        shown[ds_list(ds)].push_back(p.address);
        ttls.insert(p.ds.ttl);
    }
    if (shown.size() > 1)
        c.add(Severity::warning, "parents-differ", "the servers of the parent have different DS: " + c.told(shown),
              all_places(shown), "it depends on the server asked whom resolvers trust",
              "wait until the parent's servers agree; if they do not, tell who runs it");
    else if (ttls.size() > 1)
        c.add(Severity::note, "ds-ttl",
              fmt::format("the TTL of DS differs between servers of the parent: {} to {} s", *ttls.begin(),
                          *ttls.rbegin()),
              all_places(shown), "a change has to be waited for by the larger one", "");
}

// RFC 4035 2.2: each algorithm of the DS RRset signs the DNSKEY RRset, and all data.
void judge_algorithms(const Case& c) {
    std::set<std::uint8_t> algorithms;
    for (const auto& entry : all_ds(c.view)) algorithms.insert(entry.first.algorithm);
    for (const auto algorithm : algorithms) {
        std::vector<std::string> keys, data;
        bool now = false;
        for (const auto& s : c.view.servers) {
            if (s.dnskey.signed_by.empty()) continue;
            const auto lacks = [&](const SignedSet& set) {
                return !set.algorithms.empty() && std::ranges::find(set.algorithms, algorithm) == set.algorithms.end();
            };
            const auto by = std::ranges::any_of(s.dnskey.signed_by,
                                                [&](auto i) { return s.dnskey.keys[i].algorithm == algorithm; });
            if (!by) keys.push_back(s.address);
            if (by && std::ranges::any_of(s.sets, lacks)) data.push_back(s.address);
            now |= !s.hidden && (!by || std::ranges::any_of(s.sets, lacks));
        }
        for (const auto& [what, where] : {std::pair{"the DNSKEY RRset", keys}, std::pair{"all data", data}})
            if (!where.empty())
                c.add(now ? Severity::error : Severity::warning, "algorithm-missing",
                      fmt::format("the parent has a DS of {}, and no such signature is over {} at {}",
                                  dnssec::algorithm_name(algorithm), what, c.at(where)),
                      where,
                      "strict validators want a signature of each algorithm in DS (RFC 4035 2.2), and answer SERVFAIL",
                      "sign with this algorithm at all signers, or take its DS out of the parent");
    }
}

// RFC 8901 4 and RFC 4035 2.2: signers with different algorithms cannot stand beside each other.
void judge_mix(const Case& c) {
    Shown shown;
    for (const auto& s : c.view.servers) {
        std::set<std::string> used;
        for (const auto& key : s.data.keys) used.insert(dnssec::algorithm_name(key.algorithm));
        if (!used.empty()) shown[joined(std::vector(used.begin(), used.end()), "+")].push_back(s.address);
    }
    if (shown.size() > 1)
        c.add(Severity::warning, "algorithm-mix", "data is signed with different algorithms: " + c.told(shown),
              all_places(shown), "each signer's DS and keys oblige the others to sign with its algorithm, too",
              "use the same algorithm at all signers (RFC 8901 4)");
}

} // namespace

void judge_ds(const Case& c) {
    judge_gaps(c);
    judge_orphans(c);
    judge_parents_agree(c);
    judge_algorithms(c);
    judge_mix(c);
}

} // namespace tutti::audit
