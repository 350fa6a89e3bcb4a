// The page of counterexamples in Markdown.
#include "sim/counterexamples.hpp"
#include "sim/timeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tutti::sim {

namespace {

constexpr int kColumns = 100;
constexpr std::size_t kMostActions = 24;

constexpr std::string_view kIntro = R"(# Counterexamples

This page is for those who edit draft-ietf-dnsop-dnssec-automation. It plays the sequences of the draft (-04, 12 June 2026), step by
step, in a simulated world and asks of each: is there any combination of RRsets that caches can hold with which a validator answers
SERVFAIL? Where there is one, the earliest is given, with exact times. Nothing in these worlds is broken: no server is down, no
message is lost, every clock is right, the parent acts within four minutes.

The page is generated; a test keeps it so. In the root of the source, after `./dev build`:

```
build/release/tutti simulate --counterexamples sim/sequences/counterexamples.json > doc/counterexamples.md
```

**How a sequence is judged.** The trace of a run has what each server served, and when. From it follows what caches can hold: an RRset
for its TTL after any moment at which some resolver could ask for it; whom resolvers can ask follows from the NS RRsets of the parent and,
for child-centric resolvers, of the signers. A validator may sit behind a cache, so any two RRsets that caches hold at the same time can
meet. A second, independent judge runs simulated resolvers through the same trace (`--samples`); it has to find nothing that
the first one has not found.

**How the draft is read.** Favourably. "All signers are updated" and "the parent has published" mean *every* server of them, the secondaries
too. A wait is counted by the largest TTL that caches can still count by, and begins when the step before it is over. DS-Wait-Time is the TTL of the DS RRset,
DNSKEY-Wait-Time the largest DNSKEY TTL plus the slowest secondary, NS-Wait-Time the largest NS TTL at parent and signers. Optional
steps are done. So what is found here is in the text and not in how it is carried out.

**What is found.** *signing key missing*: data is signed only by keys that are not in the DNSKEY RRset. *no chain*: no key that the DS RRset
names signs the DNSKEY RRset. *algorithm downgrade*: an algorithm of the DS RRset does not sign the DNSKEY RRset, or the data (RFC 4035
section 2.2). *lame server*: resolvers are sent to a server that has been stopped on purpose; the only one of these that is not SERVFAIL by itself.

**The world.** TTLs in seconds: DS 3600, NS at the parent 7200; blue: DNSKEY 3600, NS 7200, largest in the zone 14400; green: DNSKEY
1800, NS 3600, largest in the zone 7200. The parent looks at CDS and CSYNC every 120 s and takes 60 s to publish; one server of it trails by
30 s. Each signer has a secondary, 20 s (blue) and 10 s (green) behind. `blue/1` is the first key of blue (its KSK or CSK), `blue/2` the
second (its ZSK), and so on; a rollover makes the next numbers. Green leaves, green joins, blue rolls.

**The pictures.** `=` on all servers of the place, `-` on some of them, `.` on none, but a cache may hold it; `!` an answer can be wrong. Letters
refer to the list below the picture. Seconds since the first step.

)";

std::string time_text(Duration d) {
    return fmt::format("{} s", seconds_text(Instant{} + Duration{d.count() / 1000000 * 1000000}));
}
std::string time_text(Instant t) {
    return time_text(t - Instant{});
}

std::string command(const Example& e) {
    auto out = "build/release/tutti simulate --sequence sim/sequences/" + e.claim.sequence;
    if (!e.claim.scenario.empty()) out += " --scenario sim/sequences/" + e.claim.scenario;
    return out;
}

// From when, and until when, an answer can be wrong.
std::pair<Instant, Instant> window(const Example& e) {
    Instant from = kNever, until = kLongAgo;
    for (const auto& f : e.findings) {
        from = std::min(from, f.at());
        until = std::max(until, f.when.spans().back().until);
    }
    return {from, until};
}
std::string until_text(const Example& e, Instant until) {
    return until > e.run.trace.end ? "without end" : "until " + time_text(until);
}
std::string outcome(const Example& e) {
    if (!e.run.ended) return "does not end";
    if (e.findings.empty()) return "safe";
    std::string out;
    for (const auto& f : e.faults()) out += (out.empty() ? "" : ", ") + f;
    return out;
}

std::string summary(const std::vector<Example>& all) {
    std::string out = "| hole | what | outcome | an answer can be wrong | steps take | mended | Tutti "
                      "|\n|---|---|---|---|---|---|---|\n";
    for (const auto& e : all) {
        const auto [from, until] = window(e);
        out +=
            fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", e.claim.hole, e.claim.title, outcome(e),
                        e.findings.empty() ? "-" : fmt::format("from {} {}", time_text(from), until_text(e, until)),
                        e.run.ended ? time_text(last_change(e.run.trace)) : "-",
                        e.mended ? time_text(last_change(e.mended->trace)) : "-", time_text(last_change(e.own.trace)));
    }
    return out +
           "\nThe last three columns: when the last server shows the last change, if the sequence is carried out as it "
           "is, "
           "if its hole is mended,\nand if Tutti makes the change in the same world (in rollovers the signer sets "
           "the pace there). All mended sequences and all runs of\nTutti are safe by the same judge.\n";
}

std::string picture(const Example& e) {
    const auto t = timeline(e.run.trace, e.findings);
    std::string out = "```\n";
    for (const auto& line : draw(t, kColumns, false)) out += line.text + "\n";
    out += "\n";
    for (const auto* notes : {&t.events, &t.waits})
        for (const auto& n : *notes) {
            const auto end = n.until == kNever ? "" : " to " + time_text(n.until);
            out += fmt::format("{}  {}{}: {}\n", n.letter, time_text(n.from), end, n.text);
        }
    return out + "```\n";
}

// The earliest finding of each kind.
std::string sentences(const Example& e) {
    std::string out;
    std::vector<checker::Fault> told;
    for (const auto& f : e.findings) {
        if (std::ranges::find(told, f.fault) != told.end()) continue;
        told.push_back(f.fault);
        out += fmt::format("- *{}*: {}\n", to_string(f.fault), f.text);
    }
    return out;
}

std::string who(const Example& e) {
    if (e.findings.empty()) return {};
    return e.lenient_too ? "" : "\nOnly validators that insist on every algorithm of the DS are hit.\n";
}

bool same(const TraceAction& a, const TraceAction& b) {
    return a.what == b.what && a.where == b.where && a.items == b.items;
}

// What the planner did; what it asked for again and again, because the parent takes its time, once.
std::string own_actions(const Example& e) {
    struct Line {
        const TraceAction* action;
        Instant last;
    };
    std::vector<Line> lines;
    for (const auto& a : e.own.trace.actions) {
        if (a.at < e.own.trace.start) continue;
        constexpr std::ptrdiff_t kBack = 4; // it may be asked for several changes at once
        const auto from = lines.end() - std::min(kBack, std::ssize(lines));
        const auto before = std::find_if(from, lines.end(), [&](const Line& l) { return same(*l.action, a); });
        if (before != lines.end() && a.where.empty())
            before->last = a.at;
        else
            lines.push_back({&a, a.at});
    }
    if (lines.empty()) return {};
    std::string out = "| at | what |\n|---|---|\n";
    for (std::size_t i = 0; i < std::min(lines.size(), kMostActions); ++i) {
        const auto& a = *lines[i].action;
        std::string items;
        for (const auto& item : a.items) items += " " + item;
        const auto again = lines[i].last > a.at ? ", again until " + time_text(lines[i].last) : "";
        out += fmt::format("| {} | {}{} at {}{} |\n", time_text(a.at), a.what, items,
                           a.where.empty() ? "the parent" : a.where, again);
    }
    if (lines.size() > kMostActions) out += fmt::format("| | and {} more |\n", lines.size() - kMostActions);
    return out;
}

// `shown`: the section that has the actions already; 0: none.
std::string own(const Example& e, std::size_t shown) {
    auto out =
        fmt::format("**Tutti, same world** (`build/release/tutti simulate --scenario sim/sequences/{}`): {}, {}; "
                    "its last change is at {}.",
                    e.scenario_file, to_string(e.own.end), e.own_findings.empty() ? "safe" : "NOT SAFE",
                    time_text(last_change(e.own.trace)));
    if (shown != 0) return out + fmt::format(" What it does stands in section {}.\n", shown);
    if (e.scenario.initial == e.scenario.intent)
        out +=
            " The signer rolls by itself, at its own pace (RFC 7583). Tutti carries the new keys to the others, sees "
            "to CDS, and takes nothing away that a cache may still need.";
    return out + "\n\n" + own_actions(e);
}

std::string section(const Example& e, std::size_t number, std::size_t shown) {
    auto out = fmt::format("\n## {}. {}\n\n", number,
                           e.claim.hole == "-" ? e.claim.title : e.claim.hole + ": " + e.claim.title);
    out += fmt::format("`{}`\n\n", command(e));
    out += "**The text.** " + e.claim.says + "\n\n**What goes wrong.** " + e.claim.wrong + "\n";
    if (!e.findings.empty()) out += "\n" + sentences(e) + who(e);
    if (!e.run.ended) out += fmt::format("\nAt {} it is still at {}.\n", time_text(e.run.elapsed), e.run.waiting);
    out += "\n" + picture(e);
    out += "\n**What would be right.** " + e.claim.instead;
    if (e.mended)
        out += fmt::format(" Mended like this (`sim/sequences/{}`): {}, in {} instead of {}.", e.claim.mended,
                           e.mended_findings.empty() ? "safe" : "NOT SAFE", time_text(last_change(e.mended->trace)),
                           e.run.ended ? time_text(last_change(e.run.trace)) : "never");
    return out + "\n\n" + own(e, shown);
}

} // namespace

std::string page(const std::vector<Example>& examples) {
    std::string out{kIntro};
    out += summary(examples);
    std::map<std::string, std::size_t> shown; // by scenario
    for (std::size_t i = 0; i < examples.size(); ++i) {
        const auto [it, first] = shown.try_emplace(examples[i].scenario_file, i + 1);
        out += section(examples[i], i + 1, first ? 0 : it->second);
    }
    return out;
}

} // namespace tutti::sim
