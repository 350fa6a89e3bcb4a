// tutti parent judge: kept evidence, judged once more.
#include "accept/json.hpp"
#include "accept/judge.hpp"
#include "accept/vantages.hpp"
#include "app/cmd_parent_agent.hpp"
#include "model/json.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

namespace tutti::app {

namespace {

struct Options {
    std::string policy = "strict";
    std::vector<std::string> settings, files;
};

// One line of kept evidence.
struct Kept {
    accept::Evidence evidence;
    accept::Registry registry;
};

Expected<const Json*> part(const Json& line, std::string_view name, const std::string& where) {
    const auto* fields = line.if_object();
    const auto* found = fields == nullptr ? nullptr : fields->if_contains(name);
    if (found != nullptr) return found;
    return fail(ErrorKind::invalid, fmt::format("a line without \"{}\"", name), where,
                "`tutti scan -o json --evidence` and `tutti parent log -o json --evidence` write such lines");
}

Expected<Kept> kept(const Json& line, const std::string& where) {
    const auto evidence_part = part(line, "evidence", where);
    if (!evidence_part) return std::unexpected(evidence_part.error());
    const auto registry_part = part(line, "registry", where);
    if (!registry_part) return std::unexpected(registry_part.error());
    auto evidence = accept::evidence_from_json(**evidence_part);
    if (!evidence) return std::unexpected(evidence.error());
    auto registry = accept::registry_from_json(**registry_part);
    if (!registry) return std::unexpected(registry.error());
    return Kept{*std::move(evidence), *std::move(registry)};
}

// As of when it was gathered: signatures that have ended since were valid then.
Json judged(const accept::Evidence& evidence, const accept::Registry& registry, const accept::Policy& policy) {
    return accept::to_json(accept::judge(evidence, registry, policy, evidence.ended + seconds(1)));
}

Expected<accept::Policy> policy_of(const Options& o) {
    auto policy = accept::policy_by_name(o.policy);
    for (const auto& setting : o.settings)
        if (auto ok = policy ? accept::set(*policy, setting) : Expected<void>{}; !ok)
            return std::unexpected(ok.error());
    return policy;
}

Expected<void> judge_lines(const accept::Policy& policy) {
    for (std::string text; std::getline(std::cin, text);) {
        const auto line = model::parse_json(text);
        if (!line) return std::unexpected(line.error());
        const auto one = kept(*line, "the standard input");
        if (!one) return std::unexpected(one.error());
        fmt::print("{}\n", boost::json::serialize(judged(one->evidence, one->registry, policy)));
    }
    return {};
}

// ---- what several machines saw ----

struct Seen {
    accept::Registry registry;
    std::vector<accept::SeenFrom> from;
};
using SeenByAll = std::map<std::pair<dns::Name, accept::Subject>, Seen>;

// The summary, or a child at which the fast path found that nothing would change.
bool nothing_to_judge(const Json& line) {
    const auto* o = line.if_object();
    const auto* how = o == nullptr ? nullptr : o->if_contains("how");
    return o != nullptr && (o->contains("summary") || (how != nullptr && *how == "fast"));
}

Expected<void> add_file(const std::string& path, const std::string& place, SeenByAll& all) {
    std::ifstream file(path);
    if (!file) return fail(ErrorKind::not_found, "the file cannot be opened", path, "check its name and permissions");
    int number = 0;
    for (std::string text; std::getline(file, text);) {
        const auto where = fmt::format("{}:{}", path, ++number);
        const auto line = model::parse_json(text);
        if (!line) return fail(line.error().kind, line.error().seen, where);
        if (nothing_to_judge(*line)) continue;
        auto one = kept(*line, where);
        if (!one) return std::unexpected(one.error());
        auto& seen = all[{one->evidence.child, one->evidence.subject}];
        if (!seen.from.empty() && !(seen.registry == one->registry))
            return fail(ErrorKind::conflict,
                        "the places started from different delegations of " + one->evidence.child.text(), where,
                        "scan the same list, or the same serial of the zone, at all of them");
        if (std::ranges::find(seen.from, place, &accept::SeenFrom::place) != seen.from.end())
            return fail(ErrorKind::invalid, "a second look at " + one->evidence.child.text(), where,
                        "keep the looks of one place apart");
        seen.registry = std::move(one->registry);
        seen.from.push_back({place, std::move(one->evidence)});
    }
    return {};
}

Expected<void> judge_together(const std::vector<std::string>& files, accept::Policy policy) {
    policy.vantages = std::max(policy.vantages, static_cast<std::uint32_t>(files.size()));
    SeenByAll all;
    std::set<std::string> places;
    for (const auto& path : files) {
        const auto place = std::filesystem::path(path).stem().string();
        if (!places.insert(place).second)
            return fail(ErrorKind::invalid, "two places have the same name", path,
                        "a place is called as its file, without what follows the dot");
        if (auto ok = add_file(path, place, all); !ok) return ok;
    }
    for (auto& [what, seen] : all) {
        const auto evidence = accept::together(std::move(seen.from));
        if (!evidence) return std::unexpected(evidence.error());
        boost::json::object out{{"child", what.first.text()},
                                {"subject", what.second == accept::Subject::ds ? "ds" : "csync"}};
        auto verdict = judged(*evidence, seen.registry, policy);
        for (auto& [key, value] : verdict.as_object()) out.insert_or_assign(key, std::move(value));
        fmt::print("{}\n", boost::json::serialize(out));
    }
    return {};
}

int judge(const Options& o, const Cli& cli) {
    const auto policy = policy_of(o);
    const auto done = !policy           ? std::unexpected(policy.error())
                      : o.files.empty() ? judge_lines(*policy)
                                        : judge_together(o.files, *policy);
    if (done) return kOk;
    return show_refusal({done.error(), to_string(done.error().kind), nullptr}, cli.json());
}

} // namespace

void add_parent_judge(CLI::App& parent, Cli& cli) {
    auto o = std::make_shared<Options>();
    auto* c = parent.add_subcommand(
        "judge", "Judge kept evidence once more, perhaps by another policy: {\"evidence\", \"registry\"}, a line each, "
                 "from the standard input or from files; a verdict on each line of the output");
    c->add_option("FILE", o->files,
                  "What one machine saw (tutti scan -o json --evidence); several must all have seen the "
                  "same, and a child that one of them did not look at is not changed");
    c->add_option("--policy", o->policy, "The preset")->capture_default_str();
    c->add_option("--set", o->settings, "KEY=VALUE: one setting of the policy; may be given again");
    add_common(*c, cli, false);
    c->callback([o, &cli] { cli.run = [o, &cli] { return judge(*o, cli); }; });
}

} // namespace tutti::app
