// tutti check-trace
#include "app/judged.hpp"

namespace tutti::app {

namespace {

struct Options {
    std::string file;
    JudgeOptions judge;
    bool lax = false;
};

int check_trace(const Cli& cli, const Options& o) {
    const auto refused = [&](const Error& e) { return show_refusal({e, "trace", nullptr}, cli.json()); };
    const auto text = read_file(o.file);
    if (!text) return refused(text.error());
    const auto trace = sim::parse_trace(*text);
    if (!trace) return refused(trace.error());
    const auto judged = judge(*trace, {.strict_algorithms = !o.lax, .may_become_insecure = o.judge.may_become_insecure},
                              o.judge.samples);
    if (auto written = write_svg(o.judge.svg, *trace, judged); !written) return refused(written.error());
    if (cli.json()) {
        std::fputs(
            pretty({{"zone", trace->zone}, {"clean", judged.clean()}, {"violations", findings_json(judged)}}).c_str(),
            stdout);
    } else {
        Page page(wants_colour(1));
        page.line(trace->zone, Colour::bold);
        render_findings(page, judged);
        render_timeline(page, *trace, judged);
        std::fputs(page.text().c_str(), stdout);
    }
    return judged.clean() ? kOk : kFailed;
}

} // namespace

void add_check_trace(CLI::App& root, Cli& cli) {
    auto o = std::make_shared<Options>();
    auto* c = root.add_subcommand("check-trace", "Whether what servers served could make any cache's answers go bogus");
    c->add_option("file", o->file, "A trace (tutti-trace/1)")->required();
    c->add_flag("--lax-algorithms", o->lax, "Do not ask that each algorithm of the DS signs everything");
    add_judge_options(*c, o->judge);
    add_common(*c, cli, false);
    c->callback([o, &cli] { cli.run = [o, &cli] { return check_trace(cli, *o); }; });
}

} // namespace tutti::app
