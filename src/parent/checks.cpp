#include "parent/checks.hpp"

#include "model/digest.hpp"

#include <fmt/format.h>

#include <set>

namespace tutti::parent {

using port::Check;

dns::Name parent_zone(const port::ParentSettings& settings, const dns::Name& zone) {
    return settings.zone.value_or(zone.parent());
}

Check make_check(std::string what, Check::Verdict verdict, std::string seen, std::string remedy) {
    return {std::move(what), verdict, std::move(seen), std::move(remedy)};
}

std::vector<Check> check_delegation(port::Dns& dns, const port::ParentSettings& settings, const dns::Name& zone) {
    std::vector<port::Query> queries;
    for (const auto& server : settings.servers)
        for (auto type : {dns::Type::DS, dns::Type::NS}) queries.push_back({server, {zone, type}, false, true});
    auto replies = dns.ask(queries);
    const auto heard = [&](std::size_t i) {
        return model::Heard{queries[i].server.text(), queries[i].question, replies[i].sent, replies[i].received,
                            std::move(replies[i].message)};
    };
    std::string problems;
    std::set<std::vector<dnssec::Ds>> ds;
    std::set<std::vector<dns::Name>> ns;
    for (std::size_t i = 0; i < queries.size(); i += 2) {
        const auto seen_ds = digest_ds(zone, heard(i));
        const auto seen_ns = digest_delegation(zone, heard(i + 1));
        const auto& problem = seen_ds.problem.empty() ? seen_ns.problem : seen_ds.problem;
        if (!problem.empty()) {
            problems += (problems.empty() ? "" : "; ") + problem;
            continue;
        }
        ds.insert(seen_ds.ds);
        ns.insert(seen_ns.names);
    }
    const auto parent = parent_zone(settings, zone).text();
    const auto what = fmt::format("every server of {} delegates the zone", parent);
    std::vector<Check> out;
    out.push_back(problems.empty() ? make_check(what, Check::Verdict::ok, fmt::format("{} servers", queries.size() / 2))
                                   : make_check(what, Check::Verdict::failed, problems,
                                                "correct the list of servers, or have the zone delegated"));
    if (ds.size() == 1)
        out.push_back(make_check("DS", Check::Verdict::ok,
                                 ds.begin()->empty() ? "none: the delegation is insecure"
                                                     : fmt::format("{} records", ds.begin()->size())));
    if (ds.size() > 1 || ns.size() > 1)
        out.push_back(make_check("the servers of the parent agree", Check::Verdict::warning,
                                 "their DS or NS records differ", "if this lasts, look at transfers between them"));
    return out;
}

} // namespace tutti::parent
