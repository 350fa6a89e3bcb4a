// tutti parent judge: kept evidence, judged once more.
#include "accept/json.hpp"
#include "accept/judge.hpp"
#include "app/cmd_parent_agent.hpp"
#include "model/json.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <iostream>

namespace tutti::app {

namespace {

struct Options {
    std::string policy = "strict";
    std::vector<std::string> settings;
};

Expected<const Json*> part(const Json& line, std::string_view name) {
    const auto* fields = line.if_object();
    const auto* found = fields == nullptr ? nullptr : fields->if_contains(name);
    if (found != nullptr) return found;
    return fail(ErrorKind::invalid, fmt::format("a line without \"{}\"", name), "the standard input",
                "`tutti scan -o json --evidence` and `tutti parent log -o json --evidence` write such lines");
}

Expected<std::string> judged(const std::string& text, const accept::Policy& policy) {
    const auto line = model::parse_json(text);
    if (!line) return std::unexpected(line.error());
    const auto evidence_part = part(*line, "evidence");
    if (!evidence_part) return std::unexpected(evidence_part.error());
    const auto registry_part = part(*line, "registry");
    if (!registry_part) return std::unexpected(registry_part.error());
    const auto evidence = accept::evidence_from_json(**evidence_part);
    if (!evidence) return std::unexpected(evidence.error());
    const auto registry = accept::registry_from_json(**registry_part);
    if (!registry) return std::unexpected(registry.error());
    // As of when it was gathered: signatures that have ended since were valid then.
    const auto verdict = accept::judge(*evidence, *registry, policy, evidence->ended + seconds(1));
    return boost::json::serialize(accept::to_json(verdict));
}

int judge_lines(const Options& o, const Cli& cli) {
    const auto refuse = [&](const Error& e) { return show_refusal({e, to_string(e.kind), nullptr}, cli.json()); };
    auto policy = accept::policy_by_name(o.policy);
    if (!policy) return refuse(policy.error());
    for (const auto& setting : o.settings)
        if (auto ok = accept::set(*policy, setting); !ok) return refuse(ok.error());
    for (std::string line; std::getline(std::cin, line);) {
        const auto out = judged(line, *policy);
        if (!out) return refuse(out.error());
        fmt::print("{}\n", *out);
    }
    return kOk;
}

} // namespace

void add_parent_judge(CLI::App& parent, Cli& cli) {
    auto o = std::make_shared<Options>();
    auto* c = parent.add_subcommand(
        "judge", "Judge kept evidence once more, perhaps by another policy: {\"evidence\", \"registry\"}, a line each, "
                 "from the standard input; a verdict on each line of the output");
    c->add_option("--policy", o->policy, "The preset")->capture_default_str();
    c->add_option("--set", o->settings, "KEY=VALUE: one setting of the policy; may be given again");
    add_common(*c, cli, false);
    c->callback([o, &cli] { cli.run = [o, &cli] { return judge_lines(*o, cli); }; });
}

} // namespace tutti::app
