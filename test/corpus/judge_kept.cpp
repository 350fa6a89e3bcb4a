// Judges kept evidence again, with another state of the registry: one JSON object on each line of the standard input
// {"evidence", "registry", "policy", "set": [...]}, one verdict on each line of the output.
#include "accept/json.hpp"
#include "accept/judge.hpp"
#include "model/json.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <iostream>

namespace {

using namespace tutti;

Expected<std::string> judged(const std::string& line) {
    const auto in = model::parse_json(line);
    if (!in) return std::unexpected(in.error());
    const auto& fields = in->as_object();
    const auto evidence = accept::evidence_from_json(fields.at("evidence"));
    if (!evidence) return std::unexpected(evidence.error());
    const auto registry = accept::registry_from_json(fields.at("registry"));
    if (!registry) return std::unexpected(registry.error());
    auto policy = accept::policy_by_name(std::string_view{fields.at("policy").as_string()});
    if (!policy) return std::unexpected(policy.error());
    for (const auto& setting : fields.at("set").as_array())
        if (auto ok = accept::set(*policy, std::string_view{setting.as_string()}); !ok)
            return std::unexpected(ok.error());
    const auto verdict = accept::judge(*evidence, *registry, *policy, evidence->ended + seconds(1));
    return boost::json::serialize(accept::to_json(verdict));
}

} // namespace

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        const auto out = judged(line);
        if (!out) {
            fmt::print(stderr, "{}\n", out.error().text());
            return 1;
        }
        fmt::print("{}\n", *out);
    }
}
