// What the zone and its parent say of each other: CDS and CDNSKEY, NS on both sides, glue, CSYNC.
#include "audit/parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tutti::audit {

namespace {

using dnssec::Ds;

// CDS and CDNSKEY of one address.
void judge_pair(const Case& c, const Server& s) {
    const auto& [cds, cdnskey] = std::tie(s.cds.cds, s.cds.cdnskey);
    if (cds.empty() != cdnskey.empty())
        return c.add(
            Severity::note, "cds-alone",
            fmt::format("there is {}, and no {}", cds.empty() ? "CDNSKEY" : "CDS", cds.empty() ? "CDS" : "CDNSKEY"),
            {s.address}, "parents that read only the other kind take it as no wish", "publish both (RFC 7344 4)");
    std::vector<std::string> odd;
    const auto named = [&](const dnssec::Dnskey& key) {
        return std::ranges::any_of(
            cds, [&](const auto& d) { return is_delete(d) ? is_delete(key) : matches(c.view.zone, d, key); });
    };
    const auto has_key = [&](const Ds& d) {
        return std::ranges::any_of(
            cdnskey, [&](const auto& k) { return is_delete(d) ? is_delete(k) : matches(c.view.zone, d, k); });
    };
    for (const auto& key : cdnskey)
        if (!named(key)) odd.push_back(fmt::format("CDNSKEY {} has no CDS", key.tag()));
    for (const auto& d : cds)
        if (!has_key(d)) odd.push_back(fmt::format("CDS {} has no CDNSKEY", d.tag));
    if (!odd.empty())
        c.add(Severity::warning, "cds-cdnskey-differ", joined(odd), {s.address},
              "what the parent does depends on which of the two it reads; some refuse", "name the same keys in both");
}

// The key may be another signer's, which need not be published at this one.
void judge_strangers(const Case& c) {
    std::map<Ds, std::vector<std::string>> strangers;
    for (const auto& s : c.view.servers)
        for (const auto& d : s.cds.cds) {
            const bool known = is_delete(d) || std::ranges::any_of(c.view.servers, [&](const auto& other) {
                                   return std::ranges::any_of(
                                       other.dnskey.keys, [&](const auto& k) { return matches(c.view.zone, d, k); });
                               });
            if (!known) strangers[d].push_back(s.address);
        }
    for (const auto& [d, where] : strangers)
        c.add(Severity::warning, "cds-without-key",
              fmt::format("CDS {}/{}/{} names a key that no server publishes", d.tag, d.algorithm, d.digest_type),
              where, "the parent may refuse all CDS, or add a DS of no use",
              "publish the key in DNSKEY, or take its CDS away");
}

std::string cds_text(const Server& s) {
    std::set<std::string> out;
    for (const auto& d : s.cds.cds)
        out.insert(is_delete(d) ? "delete" : fmt::format("{}/{}/{}", d.tag, d.algorithm, d.digest_type));
    for (const auto& k : s.cds.cdnskey)
        if (s.cds.cds.empty())
            out.insert(is_delete(k) ? "delete" : fmt::format("{}/{} (CDNSKEY)", k.tag(), k.algorithm));
    return out.empty() ? "none" : joined(std::vector(out.begin(), out.end()), " ");
}

// The signers that lose the way from the parent when the parent does what this CDS RRset says.
std::vector<std::string> cut_off(const Case& c, std::span<const Ds> cds) {
    std::vector<std::string> out;
    for (const auto& s : c.view.servers) {
        const auto leads = [&](const Ds& d) {
            return std::ranges::any_of(s.dnskey.signed_by,
                                       [&](auto i) { return matches(c.view.zone, d, s.dnskey.keys[i]); });
        };
        if (!s.hidden && !s.dnskey.signed_by.empty() && std::ranges::none_of(cds, leads)) out.push_back(s.address);
    }
    return out;
}

bool has_ds(const View& view) {
    return std::ranges::any_of(view.parents, [](const auto& p) { return !p.ds.ds.empty(); });
}

void judge_wish(const Case& c) {
    std::map<std::string, std::pair<std::vector<std::string>, std::vector<std::string>>>
        cut; // by CDS: who is cut, where it is
    std::vector<std::string> deleting, pending;
    for (const auto& s : c.view.servers) {
        if (s.cds.cds.empty() || s.hidden) continue; // the parent does not read it there
        if (std::ranges::any_of(s.cds.cds, [](const auto& d) { return is_delete(d); })) {
            deleting.push_back(s.address);
            continue;
        }
        if (auto lost = cut_off(c, s.cds.cds); !lost.empty()) {
            auto& entry = cut[cds_text(s)];
            entry.first = std::move(lost);
            entry.second.push_back(s.address);
        } else if (std::ranges::any_of(c.view.parents, [&](const auto& p) {
                       return p.ds.problem.empty() && std::ranges::any_of(s.cds.cds, [&](const auto& d) {
                                  return std::ranges::find(p.ds.ds, d) == p.ds.ds.end();
                              });
                   }))
            pending.push_back(s.address);
    }
    if (!deleting.empty() && has_ds(c.view))
        c.add(Severity::warning, "cds-delete", "CDS asks the parent to remove all DS (RFC 8078 4)", deleting,
              "when the parent acts on it, the zone is no longer validated",
              "take the CDS away, unless this is wanted");
    for (const auto& [text, entry] : cut)
        c.add(Severity::warning, "cds-would-cut", fmt::format("CDS {} leaves out {}", text, c.at(entry.first)),
              entry.second, "when the parent makes its DS so, answers from there are bogus",
              "name the KSKs of all signers in CDS and CDNSKEY, at all signers");
    if (!pending.empty())
        c.add(Severity::note, "cds-pending", "CDS names keys that the parent has no such DS of", pending,
              "the parent has not acted on it yet, or does not read CDS", "");
}

} // namespace

void judge_cds(const Case& c) {
    Shown shown;
    for (const auto& s : c.view.servers) {
        if (!s.is_signed() || !s.cds.problem.empty()) continue;
        judge_pair(c, s);
        shown[cds_text(s)].push_back(s.address);
    }
    if (shown.size() > 1)
        c.add(Severity::warning, "cds-differ", "the servers have different CDS: " + c.told(shown), all_places(shown),
              "a parent that compares does nothing; one that does not sets what it happens to read",
              "publish the same CDS and CDNSKEY at all signers");
    judge_strangers(c);
    judge_wish(c);
}

namespace {

using Names = std::set<dns::Name>;

std::string names_text(const Names& names) {
    std::vector<std::string> out;
    for (const auto& n : names) out.push_back(n.text());
    return out.empty() ? "nothing" : joined(out, " ");
}

Names minus(const Names& a, const Names& b) {
    Names out;
    std::ranges::set_difference(a, b, std::inserter(out, out.end()));
    return out;
}

// What they say, by content; and all names that those have who count.
template <class Range>
Shown gather(const Range& range, Names& all, auto counts) {
    Shown shown;
    for (const auto& s : range) {
        if (!s.ns.problem.empty()) continue;
        const Names names(s.ns.names.begin(), s.ns.names.end());
        if (counts(s)) all.insert(names.begin(), names.end());
        shown[names_text(names)].push_back(s.address);
    }
    return shown;
}

void judge_ns(const Case& c, bool& child_differs) {
    Names parent, child;
    const auto above = gather(c.view.parents, parent, [](const auto&) { return true; });
    const auto below = gather(c.view.servers, child, [](const auto& s) { return !s.hidden; });
    child_differs = below.size() > 1;
    if (child_differs)
        c.add(Severity::warning, "ns-differ", "the servers have different NS: " + c.told(below), all_places(below),
              "whom resolvers ask depends on whom they asked before",
              "name the servers of all signers in NS, at all signers");
    if (above.size() > 1)
        c.add(Severity::warning, "parents-differ", "the servers of the parent have different NS: " + c.told(above),
              all_places(above), "whom resolvers ask depends on the parent's server",
              "wait until the parent's servers agree; if they do not, tell who runs it");
    if (parent.empty() || child.empty()) return;
    const auto only_above = minus(parent, child), only_below = minus(child, parent);
    if (only_above.empty() && only_below.empty()) return;
    std::vector<std::string> seen;
    if (!only_above.empty()) seen.push_back("only the parent names " + names_text(only_above));
    if (!only_below.empty()) seen.push_back("only the zone names " + names_text(only_below));
    c.add(Severity::warning, "ns-parent-differs", "NS differs between parent and zone: " + joined(seen, "; "), {},
          "some resolvers go by the parent, others by the zone: whom they ask is not the same",
          "make the delegation and the zone's NS the same");
}

void judge_glue(const Case& c) {
    for (const auto& host : c.view.hosts)
        for (const auto& p : c.view.parents) {
            const auto at = p.glue.find(host.name);
            if (at == p.glue.end() || host.addresses.empty()) continue;
            const std::set glue(at->second.begin(), at->second.end());
            const std::set real(host.addresses.begin(), host.addresses.end());
            if (glue == real) continue;
            c.add(Severity::warning, "glue-differs",
                  fmt::format("the parent sends {} to {}, and its own records to {}", host.name.text(),
                              joined(at->second), joined(host.addresses)),
                  {p.address}, "resolvers may ask a machine that does not serve the zone, or miss one",
                  "make the glue the same as the name's own A and AAAA records");
        }
}

} // namespace

void judge_names(const Case& c) {
    bool differ = false;
    judge_ns(c, differ);
    judge_glue(c);
    std::vector<std::string> csync;
    for (const auto& s : c.view.servers)
        if (s.csync.present) csync.push_back(s.address);
    if (csync.empty()) return;
    c.add(differ ? Severity::warning : Severity::note, "csync", "there is a CSYNC record (RFC 7477)", csync,
          differ ? "a parent that reads it takes over the NS of one signer, which leaves out others"
                 : "a parent that reads it copies NS from the zone, at the next change too",
          "take it away once the parent has acted");
}

} // namespace tutti::audit
