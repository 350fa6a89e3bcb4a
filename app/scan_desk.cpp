#include "app/scan_desk.hpp"

#include "accept/json.hpp"
#include "app/progress.hpp"
#include "app/render.hpp"
#include "app/text.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <random>

namespace tutti::app {

namespace {

using accept::Decision;
using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kDraw{200}, kFlush{500};

std::string name_of(const scan::Delegations& delegations, scan::ChildId child) {
    return dns::Name::from_wire(delegations.name(child)).value().text();
}

Colour colour_of(Decision decision) {
    switch (decision) {
    case Decision::accept:
        return Colour::green;
    case Decision::no_change:
        return Colour::grey;
    case Decision::reject:
        return Colour::red;
    case Decision::retry:
    case Decision::hold:
        return Colour::yellow;
    }
    return Colour::plain;
}

std::string ds_text(const dnssec::Ds& ds) {
    return dns::rdata_text(dns::Type::DS, ds.rdata());
}

void render_change(Page& page, const accept::Change& change) {
    for (const auto& ds : change.ds_add) page.entry("  + DS", ds_text(ds));
    for (const auto& ds : change.ds_remove) page.entry("  - DS", ds_text(ds));
    for (const auto& ns : change.ns_add) page.entry("  + NS", ns.text());
    for (const auto& ns : change.ns_remove) page.entry("  - NS", ns.text());
    for (const auto& g : change.glue_add)
        page.entry("  + glue", fmt::format("{} {}", g.host.text(), fmt::join(g.addresses, " ")));
    for (const auto& g : change.glue_remove)
        page.entry("  - glue", fmt::format("{} {}", g.host.text(), fmt::join(g.addresses, " ")));
}

void render_verdict(Page& page, const std::string& child, const accept::Verdict& v) {
    page.entry(to_string(v.decision),
               v.kind == accept::Kind::none ? child : fmt::format("{} ({})", child, to_string(v.kind)),
               colour_of(v.decision));
    render_change(page, v.change);
    for (const auto& reason : v.reasons) {
        if (reason.weight == accept::Reason::Weight::note && v.decision != Decision::accept) continue;
        page.entry(reason.weight == accept::Reason::Weight::warning ? "  warning" : "  because",
                   reason.servers.empty() ? reason.text
                                          : fmt::format("{} [{}]", reason.text, fmt::join(reason.servers, ", ")));
    }
    if (v.look_again) page.entry("  again", "not before " + to_rfc3339(*v.look_again));
}

// The most memory that this program ever held; getrusage() would count what the process was before it, too.
std::int64_t peak_kb() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6));
    return 0;
}

// {"child":...,"subject":...,"how":...} and what the verdict holds, on one line.
void append_line(std::string& out, const std::string& child, const scan::Judgement& j, bool evidence) {
    out +=
        fmt::format(R"({{"child":{},"subject":"{}","how":"judged")", boost::json::serialize(boost::json::value(child)),
                    j.evidence.subject == accept::Subject::ds ? "ds" : "csync");
    const std::size_t at = out.size();
    accept::append_json(out, j.verdict);
    out[at] = ','; // in place of its brace: a verdict is never empty
    if (evidence) {
        out.back() = ',';
        out += "\"registry\":";
        accept::append_json(out, j.registry);
        out += ",\"evidence\":";
        accept::append_json(out, j.evidence);
        out += '}';
    }
    out += '\n';
}

} // namespace

ScanDesk::ScanDesk(const scan::Delegations& delegations, scan::StateFile* state, DeskOptions options)
    : delegations_(delegations), state_(state), options_(options), bar_(::isatty(STDERR_FILENO) != 0),
      colour_(wants_colour(STDOUT_FILENO)), begin_(Steady::now()), drawn_(begin_), flushed_(begin_) {
    for (scan::ChildId child = 0; child < delegations_.size(); ++child) {
        if (state_ != nullptr && state_->finished(delegations_.name(child)))
            ++skipped_;
        else
            order_.push_back(child);
    }
    // Neighbours in a zone often have the same operator: he is not to be asked for all of them in a burst.
    std::ranges::shuffle(order_, std::mt19937_64{std::random_device{}()});
}

std::optional<scan::Job> ScanDesk::next() {
    if (ended()) return std::nullopt;
    return scan::Job{.child = order_[next_++], .in_full = options_.in_full};
}

void ScanDesk::write(const std::string& text) {
    if (bar_ && ::isatty(STDOUT_FILENO) != 0) clear_progress();
    std::fwrite(text.data(), 1, text.size(), stdout);
}

// In the state file only after its line: a crash between the two asks once more, and loses nothing.
void ScanDesk::note_done(scan::ChildId child) {
    ++done_;
    if (state_ != nullptr) state_->finish(delegations_.name(child));
}

void ScanDesk::unchanged(const scan::Job& job, scan::Unchanged why) {
    const std::scoped_lock lock{mutex_};
    ++decisions_[static_cast<std::size_t>(Decision::no_change)];
    if (options_.json && !options_.quiet)
        write(fmt::format(
            "{{\"child\":{},\"subject\":\"ds\",\"how\":\"fast\",\"decision\":\"no_change\",\"why\":\"{}\"}}\n",
            boost::json::serialize(boost::json::value(name_of(delegations_, job.child))),
            why == scan::Unchanged::same_as_registry ? "same as the registry" : "nothing published"));
    note_done(job.child);
}

void ScanDesk::judged(const scan::Job& job, std::span<const scan::Judgement> all) {
    const std::string child = name_of(delegations_, job.child);
    std::string text;
    Page page(colour_);
    for (const auto& j : all) {
        if (options_.quiet && j.verdict.decision == Decision::no_change) continue;
        if (options_.json)
            append_line(text, child, j, options_.evidence);
        else
            render_verdict(page, child, j.verdict);
    }
    const std::scoped_lock lock{mutex_};
    write(options_.json ? text : page.text());
    // What matters most of the two subjects counts.
    const auto rank = [](Decision d) { return d == Decision::no_change ? 99 : static_cast<int>(d); };
    const auto most =
        std::ranges::min_element(all, {}, [&](const scan::Judgement& j) { return rank(j.verdict.decision); });
    ++decisions_[static_cast<std::size_t>(most->verdict.decision)];
    note_done(job.child);
}

void ScanDesk::each_round() {
    const auto now = Steady::now();
    if (now - flushed_ >= kFlush) {
        const std::scoped_lock lock{mutex_};
        flushed_ = now;
        if (std::fflush(stdout) != 0 && trouble_)
            trouble_ =
                fail(ErrorKind::internal, "the results cannot be written", "standard output", "check what reads them");
        if (state_ != nullptr && trouble_) trouble_ = state_->flush();
    }
    if (bar_ && now - drawn_ >= kDraw) {
        const std::scoped_lock lock{mutex_};
        drawn_ = now;
        draw_progress(static_cast<std::int64_t>(done_), static_cast<std::int64_t>(order_.size()),
                      std::chrono::duration_cast<Duration>(now - begin_),
                      fmt::format("{} to change", decisions_[static_cast<std::size_t>(Decision::accept)]));
    }
}

Expected<void> ScanDesk::finish(bool complete) {
    if (bar_) clear_progress();
    flushed_ = {};
    bar_ = false;
    each_round();
    if (state_ != nullptr && complete && trouble_) state_->remove();
    return trouble_;
}

void ScanDesk::summary(const scan::ScanCounts& counts) {
    const double spent = std::max(0.001, std::chrono::duration<double>(Steady::now() - begin_).count());
    if (options_.json)
        std::fputs(
            (boost::json::serialize(boost::json::object{{"summary", summary_json(counts, spent)}}) + '\n').c_str(),
            stdout);
    else
        std::fputs(summary_text(counts, spent).c_str(), stdout);
}

boost::json::object ScanDesk::summary_json(const scan::ScanCounts& counts, double spent) const {
    boost::json::object decisions;
    for (std::size_t i = 0; i < decisions_.size(); ++i)
        decisions[accept::to_string(static_cast<Decision>(i))] = decisions_[i];
    return {{"children", done_},
            {"of", delegations_.size()},
            {"finished_before", skipped_},
            {"left_out", delegations_.left_out()},
            {"seconds", spent},
            {"decisions", std::move(decisions)},
            {"queries", counts.queries},
            {"in_full", counts.in_full},
            {"verifications", counts.verifications},
            {"peak_kb", peak_kb()}};
}

std::string ScanDesk::summary_text(const scan::ScanCounts& counts, double spent) const {
    const auto count = [&](Decision d) { return decisions_[static_cast<std::size_t>(d)]; };
    Page page(colour_);
    page.entry("scanned", fmt::format("{} of {} children in {}: {:.0f} a second{}", done_, delegations_.size(),
                                      human(seconds(spent)), static_cast<double>(done_) / spent,
                                      skipped_ == 0 ? "" : fmt::format("; {} were finished before", skipped_)));
    page.entry("verdicts", fmt::format("accept {}, no change {}, reject {}, retry {}, hold {}", count(Decision::accept),
                                       count(Decision::no_change), count(Decision::reject), count(Decision::retry),
                                       count(Decision::hold)));
    page.entry("work", fmt::format("{} queries, {} a second; {} in full; {} signatures verified", counts.queries,
                                   static_cast<std::uint64_t>(static_cast<double>(counts.queries) / spent),
                                   counts.in_full, counts.verifications));
    if (delegations_.left_out() > 0)
        page.entry("left out", fmt::format("{} names: DS without NS, or below another child", delegations_.left_out()));
    return page.text();
}

} // namespace tutti::app
