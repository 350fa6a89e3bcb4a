// Whether each address answers, with signatures that hold, and the same as the others of its signer.
#include "audit/parts.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::audit {

namespace {

bool somebody_signs(const View& view) {
    return std::ranges::any_of(view.servers, &Server::is_signed);
}

bool has_ds(const View& view) {
    return std::ranges::any_of(view.parents, [](const auto& p) { return !p.ds.ds.empty(); });
}

void judge_hosts(const Case& c) {
    for (const auto& host : c.view.hosts)
        if (host.addresses.empty())
            c.add(Severity::error, "host-without-address",
                  fmt::format("NS names {}, and it has no address{}", host.name.text(),
                              host.problem.empty() ? "" : ": " + host.problem),
                  {host.name.text()}, "resolvers cannot ask this server",
                  "give the name its A and AAAA records, or take it out of NS");
    if (!c.view.no_route.empty())
        c.add(Severity::note, "not-asked", fmt::format("this machine has no route to {}", joined(c.view.no_route)),
              c.view.no_route, "nothing is known of what is served there",
              "check again from a machine with IPv4 and IPv6");
    if (c.view.servers.empty())
        c.add(Severity::error, "no-server", fmt::format("no server of {} was found", c.view.zone.text()), {},
              "nobody can resolve names of the zone", "check the name; with --server, say who is to be asked");
}

// What an address does not answer at all, or not with authority.
void judge_answers(const Case& c, const Server& s) {
    const auto severity = s.hidden ? Severity::warning : Severity::error;
    const std::string later = "when NS names this server, resolvers get no answer from it";
    if (s.silent)
        return c.add(severity, "unreachable", "no answer to any question: " + s.dnskey.problem, {s.address},
                     s.hidden ? later : "resolvers wait for this server in vain, and then ask another",
                     "start it, open port 53 for UDP and TCP, or take it out of NS");
    if (!s.usable())
        return c.add(severity, "lame", s.dnskey.problem, {s.address},
                     s.hidden ? later : "resolvers that ask this server get no answer from the zone",
                     "set up the zone there, or take the server out of NS");
    if (s.tcp_fails)
        c.add(Severity::warning, "no-tcp", "it answers over UDP, and not over TCP", {s.address},
              "answers too large for UDP fail: a DNSKEY RRset with the keys of several signers soon is",
              "open port 53 for TCP (RFC 7766)");
    if (s.udp_fails)
        c.add(Severity::error, "no-udp", "it answers over TCP, and not over UDP", {s.address},
              "resolvers ask over UDP first, and give up here", "open port 53 for UDP");
    for (const auto* seen : {static_cast<const model::Seen*>(&s.ns), static_cast<const model::Seen*>(&s.cds),
                             static_cast<const model::Seen*>(&s.csync)})
        if (!seen->problem.empty() && !s.tcp_fails && !s.udp_fails)
            return c.add(Severity::error, "bad-answer", seen->problem, {s.address},
                         "resolvers may get no answer from this server", "mend the zone there");
}

void judge_unsigned(const Case& c) {
    const bool ds = has_ds(c.view);
    std::vector<std::string> where, mute;
    for (const auto& s : c.view.servers) {
        if (!s.usable()) continue;
        if (s.dnskey.keys.empty()) where.push_back(s.address);
        if (s.is_signed() && s.data.problem.empty() && !s.data.is_signed) mute.push_back(s.address);
    }
    if (!where.empty() && (ds || somebody_signs(c.view)))
        c.add(ds ? Severity::error : Severity::warning, "unsigned", "it serves no DNSKEY: the zone is not signed there",
              where,
              ds ? "the parent has DS, so what it answers is bogus" : "when the parent gets DS, its answers are bogus",
              "sign the zone there, or take the server out of NS");
    if (!mute.empty())
        c.add(ds ? Severity::error : Severity::warning, "unsigned-data", "it publishes keys, and signs no data", mute,
              ds ? "the parent has DS, so what it answers is bogus" : "when the parent gets DS, its answers are bogus",
              "sign the zone there");
    if (!ds && !c.view.parents.empty() && !c.view.servers.empty())
        c.add(Severity::note, "no-ds",
              somebody_signs(c.view) ? "the zone is signed, and the parent has no DS" : "the zone is not signed", {},
              "resolvers do not validate it", somebody_signs(c.view) ? "submit the DS when all signers agree" : "");
}

// Serial numbers of one signer. RFC 1982: the older one is behind the other by less than half the circle.
void judge_serials(const Case& c) {
    for (const auto& signer : c.signers) {
        std::optional<std::uint32_t> newest;
        for (auto i : signer.servers)
            if (const auto& soa = c.view.servers[i].soa; soa)
                if (!newest || static_cast<std::int32_t>(soa->serial - *newest) > 0) newest = soa->serial;
        std::vector<std::string> where, serials;
        for (auto i : signer.servers) {
            const auto& s = c.view.servers[i];
            if (!s.soa || s.soa->serial == newest) continue;
            where.push_back(s.address);
            serials.push_back(fmt::format("{} has serial {}", s.address, s.soa->serial));
        }
        if (where.empty()) continue;
        c.add(Severity::warning, "behind",
              fmt::format("{}; the newest of {} is {}", joined(serials), signer.name, *newest), where,
              "it serves an old zone, and does not take part in changes; when it stays so, its signatures expire",
              "see why the transfer from the primary fails (NOTIFY, AXFR, TSIG)");
    }
}

} // namespace

bool judge_existence(const Case& c) {
    const auto& view = c.view;
    if (view.parents.empty() || std::ranges::any_of(view.servers, &Server::usable) ||
        !std::ranges::all_of(view.parents, &ParentServer::no_such_name))
        return false;
    std::vector<std::string> where(view.parents.size());
    std::ranges::transform(view.parents, where.begin(), &ParentServer::address);
    c.add(Severity::error, "no-such-zone",
          fmt::format("there is no {}: the zone above knows no such name", view.zone.text()), where,
          "nobody can resolve it", "check the name");
    return true;
}

void judge_servers(const Case& c) {
    judge_hosts(c);
    for (const auto& s : c.view.servers) judge_answers(c, s);
    for (const auto& p : c.view.parents)
        for (const auto* problem : {&p.ds.problem, &p.ns.problem})
            if (!problem->empty()) {
                c.add(Severity::error, "parent-no-answer", *problem, {p.address},
                      "what this server tells resolvers of the zone's keys and servers is not known",
                      "tell who runs the parent");
                break;
            }
    judge_unsigned(c);
    judge_serials(c);
}

namespace {

// What is wrong with data; empty: nothing.
std::string bogus_data(const Server& s) {
    if (!s.data.problem.empty()) return s.udp_fails ? "" : s.data.problem;
    if (!s.data.is_signed) return {};
    // Signed only by keys that this address does not publish.
    std::vector<std::string> problems;
    for (const auto& set : s.sets)
        if (!set.problem.empty() && !set.what.ends_with(" DNSKEY")) problems.push_back(set.problem);
    if (problems.empty()) return {};
    return problems.front() + (problems.size() > 1 ? fmt::format("; so {} more RRsets", problems.size() - 1) : "");
}

// One finding for all servers of a signer: what is wrong comes from the primary.
void judge_bogus(const Case& c, const Signer& signer) {
    const bool ds = has_ds(c.view);
    const auto look = [&](const char* code, auto problem, const char* remedy) {
        std::vector<std::string> where;
        std::string seen;
        bool now = false;
        for (auto i : signer.servers) {
            const auto& s = c.view.servers[i];
            const std::string text = s.is_signed() ? problem(s) : "";
            if (text.empty()) continue;
            if (seen.empty()) seen = text;
            where.push_back(s.address);
            now |= ds && !s.hidden;
        }
        if (where.empty()) return;
        c.add(now ? Severity::error : Severity::warning, code, seen, where,
              ds ? "to a validating resolver what is served there is bogus"
                 : "with a DS in the parent, what is served there would be bogus",
              remedy);
    };
    look(
        "bogus-dnskey", [](const Server& s) { return s.dnskey.signature_problem; },
        "sign the zone again, and compare the clocks");
    look("bogus-data", bogus_data, "sign the zone again, with keys that are published there");
}

// A signature that lives long is made anew well before its end; one that is in its last tenth was forgotten.
void judge_expiry(const Case& c, const Signer& signer) {
    constexpr int kTenth = 10;
    const SignedSet* first = nullptr;
    std::vector<std::string> where;
    for (auto i : signer.servers) {
        const auto& s = c.view.servers[i];
        const auto soon = [&](const SignedSet& set) {
            return set.expires && *set.expires - c.view.now < set.life / kTenth;
        };
        if (std::ranges::any_of(s.sets, soon)) where.push_back(s.address);
        for (const auto& set : s.sets)
            if (soon(set) && (first == nullptr || *set.expires < *first->expires)) first = &set;
    }
    if (first == nullptr) return;
    c.add(Severity::warning, "expires-soon",
          fmt::format("the signature over {} ends in {}, at {}; it is valid for {} in all", first->what,
                      human(*first->expires - c.view.now), to_rfc3339(*first->expires), human(first->life)),
          where, "after that, what is served there is bogus",
          "see why the signer does not sign anew, or why a server does not get the new zone");
}

} // namespace

void judge_signatures(const Case& c) {
    for (const auto& signer : c.signers) {
        judge_bogus(c, signer);
        judge_expiry(c, signer);
    }
}

void judge_denial(const Case& c) {
    constexpr int kTooMany = 100;
    Shown shown;
    std::vector<std::string> some, many;
    for (const auto& s : c.view.servers) {
        if (s.nsec) shown["NSEC"].push_back(s.address);
        for (const auto& n : s.nsec3) {
            shown[fmt::format("NSEC3 with {} iterations and {} of salt", n.iterations,
                              n.salt.empty() ? "none" : fmt::format("{} octets", n.salt.size()))]
                .push_back(s.address);
            if (n.iterations > 0) (n.iterations > kTooMany ? many : some).push_back(s.address);
        }
    }
    if (shown.size() > 1)
        c.add(Severity::note, "denial-differs", "what does not exist is denied in different ways: " + c.told(shown),
              all_places(shown),
              "each answer is valid by itself; resolvers that conclude from NSEC records conclude less",
              "use the same method and parameters at all signers (RFC 8901 5)");
    if (!many.empty())
        c.add(Severity::warning, "nsec3-iterations", "NSEC3 with more than 100 iterations", many,
              "validators take the zone as unsigned, or answer SERVFAIL (RFC 9276)", "set iterations to 0");
    if (!some.empty())
        c.add(Severity::note, "nsec3-iterations", "NSEC3 with iterations", some,
              "they cost resolvers time and protect nothing (RFC 9276)", "set iterations to 0");
}

} // namespace tutti::audit
