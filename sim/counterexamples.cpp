#include "sim/counterexamples.hpp"

#include "model/json.hpp"
#include "sim/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::sim {

namespace {

constexpr std::string_view kFormat = "tutti-counterexamples/1";

Claim read_claim(const boost::json::value& v, const std::string& where) {
    Fields f(v, where);
    Claim c;
    c.hole = f.text("hole");
    c.title = f.text("title");
    c.sequence = f.text("sequence");
    c.mended = f.text("mended", "");
    c.scenario = f.text("scenario", "");
    c.expect = f.texts("expect");
    c.ends = f.flag("ends", true);
    c.says = f.text("says");
    c.wrong = f.text("wrong");
    c.instead = f.text("instead");
    f.done();
    return c;
}

std::vector<Claim> read_list(std::string_view text) {
    const auto v = model::parse_json(text);
    if (!v) throw BadJson{v.error()};
    Fields root(*v, "");
    if (auto f = root.text("format"); f != kFormat) bad_json("format", fmt::format("\"{}\" is not {}", f, kFormat));
    std::vector<Claim> out;
    for (const auto& one : array_of(root.need("cases"), "cases"))
        out.push_back(read_claim(one, fmt::format("cases[{}]", out.size())));
    root.done();
    return out;
}

class Stage {
  public:
    explicit Stage(const ReadFile& read) : read_(read) {}

    Example show(const Claim& claim) const {
        auto sequence = get(parse_sequence(get(read_(claim.sequence))));
        auto file = claim.scenario.empty() ? sequence.scenario : claim.scenario;
        auto scenario = get(parse_scenario(get(read_(file))));
        auto run = get(play(sequence, scenario));
        const checker::Rules rules{.strict_algorithms = scenario.policy.strict_algorithms};
        Example e{.claim = claim,
                  .scenario_file = std::move(file),
                  .sequence = std::move(sequence),
                  .scenario = std::move(scenario),
                  .run = std::move(run)};
        e.findings = checker::check(e.run.trace, rules);
        e.lenient_too = !checker::check(e.run.trace, {.strict_algorithms = false}).empty();
        if (!claim.mended.empty()) {
            e.mended = get(play(get(parse_sequence(get(read_(claim.mended)))), e.scenario));
            e.mended_findings = checker::check(e.mended->trace, rules);
        }
        e.own = sim::run(e.scenario);
        e.own_findings = checker::check(e.own.trace, rules);
        return e;
    }

  private:
    template <class T>
    static T get(Expected<T> value) {
        if (!value) throw BadJson{value.error()};
        return std::move(*value);
    }
    const ReadFile& read_;
};

} // namespace

std::vector<std::string> Example::faults() const {
    std::vector<std::string> out;
    for (const auto& f : findings)
        if (std::ranges::find(out, to_string(f.fault)) == out.end()) out.emplace_back(to_string(f.fault));
    return out;
}

Expected<std::vector<Example>> play_all(std::string_view list, const ReadFile& read) {
    try {
        std::vector<Example> out;
        for (const auto& claim : read_list(list)) out.push_back(Stage(read).show(claim));
        return out;
    } catch (const BadJson& bad) {
        return std::unexpected(bad.error);
    }
}

} // namespace tutti::sim
