#include "agent/submitter.hpp"

#include "agent/entries.hpp"
#include "agent/generation.hpp"
#include "parent/delegation.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::agent {

using accept::Decision;
using dns::Name;

namespace {

std::optional<std::uint64_t> number(const std::vector<dnssec::Ds>& ds) {
    std::vector<dns::Rdata> all;
    for (const auto& d : ds) all.push_back(d.rdata());
    return number_of(std::move(all));
}

} // namespace

Submitter::Submitter(Ports ports, const Settings& settings)
    : ports_(std::move(ports)), settings_(settings), started_(ports_.clock.now()) {
    for (int i = 0; i < std::max(1, settings.submitters); ++i)
        threads_.emplace_back([this](const std::stop_token& stop) { serve(stop); });
}

Submitter::~Submitter() {
    for (auto& t : threads_) t.request_stop();
    some_.notify_all();
}

void Submitter::add(const Name& child, Work work) {
    const std::scoped_lock lock{mutex_};
    work_.emplace_back(child, std::move(work));
    some_.notify_one();
}

// One child is with one thread at a time, in the order in which it came.
void Submitter::serve(const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    const auto ready = [&] {
        return std::ranges::find_if(work_, [&](const auto& w) { return !busy_.contains(w.first); });
    };
    while (!stop.stop_requested()) {
        if (!some_.wait(lock, stop, [&] { return ready() != work_.end(); })) return;
        const auto at = ready();
        auto [child, work] = std::move(*at);
        work_.erase(at);
        busy_.insert(child);
        lock.unlock();
        if (!disk_failed_) work(child);
        lock.lock();
        busy_.erase(child);
        some_.notify_all();
    }
}

bool Submitter::busy() {
    const std::scoped_lock lock{mutex_};
    return !work_.empty() || !busy_.empty();
}

void Submitter::submit(scan::Judgement accepted) {
    const Name child = accepted.evidence.child;
    add(child, [this, j = std::make_shared<scan::Judgement>(std::move(accepted))](const Name&) { do_submit(*j); });
}

void Submitter::settle(const Name& child) {
    add(child, [this](const Name& c) { (void)read(c); });
}

void Submitter::compare(const Name& child) {
    settle(child); // reading notices it
}

void Submitter::restore(const Name& child) {
    add(child, [this](const Name& c) { do_restore(c); });
}

bool Submitter::disk(const Expected<void>& done) {
    if (done) return true;
    if (!disk_failed_.exchange(true))
        ports_.say(true, "nothing is submitted any more: " + done.error().text() + "; repair it and start again");
    return false;
}

Expected<void> Submitter::record(const Name& child, const std::string& kind, const std::string& text,
                                 const std::string& fingerprint) {
    const Instant now = ports_.clock.now();
    auto done = ports_.store.note({0, now, now, 1, child, kind, text, "", fingerprint});
    if (done) ports_.say(false, fmt::format("{} {}: {}", child.text(), kind, text));
    return done;
}

void Submitter::note(const Name& child, const std::string& kind, const std::string& text,
                     const std::string& fingerprint) {
    disk(record(child, kind, text, fingerprint));
}

// As it is now, in the registry itself; what was under way is settled by it first, so that our own changes are not
// taken for those of others.
Expected<accept::Registry> Submitter::read(const Name& child) {
    auto now = ports_.registry.read(child);
    if (!now) {
        unreadable(child, now.error());
        return now;
    }
    settle_open(child, *now);
    notice_ds(child, *now);
    const auto memory = ports_.store.load(child);
    if (!memory) return std::unexpected(memory.error());
    remember(*memory, *now);
    return now;
}

// Changes by another channel: removal suspends, any DS resumes (RFC 10026), and what is older than the change no longer
// counts.
void Submitter::notice_ds(const Name& child, const accept::Registry& now) {
    const Mark mark = ports_.mark(child);
    const auto before = ports_.store.seen_ds(mark);
    const auto ds = number(now.ds);
    if (!before || *before == ds || came_late(child, now)) return;
    const Instant at = ports_.clock.now();
    const std::string text =
        ds ? "the DS were changed by another channel; what the child signed before is not acted on"
           : "the DS were removed by another channel: suspended until there is a DS again by that channel";
    bool automated = false;
    const bool ok = disk(ports_.store.together([&]() -> Expected<void> {
        if (auto done = ports_.store.set_seen(mark, ds); !done) return done;
        if (auto done = record(child, ds ? "changed" : "suspended", text); !done) return done;
        return ports_.store.change(child, [&](Memory& m) {
            automated = m.last_change && m.last_change->channel == accept::Channel::in_band;
            m.last_change = accept::Applied{at, accept::Channel::unknown, {}};
            m.delay.reset();
            m.ttl.reset();
            m.suspended = !ds.has_value();
        });
    }));
    if (ok && (automated || !ds)) ports_.tell({Occasion::Kind::manual, at, child, "", text, {}, 59});
}

// A change that the registry, or a person, has not decided yet: the same one is not asked for twice, and another one
// takes its place.
bool Submitter::waits(const Name& child, const accept::Change& change) {
    auto open = ports_.store.open_submissions(child);
    if (!open) return !disk(std::unexpected(open.error()));
    for (auto& s : *open) {
        const auto& c = s.verdict.change;
        if (c.ds_add == change.ds_add && c.ds_remove == change.ds_remove && c.ns_add == change.ns_add &&
            c.ns_remove == change.ns_remove && c.glue_add == change.glue_add && c.glue_remove == change.glue_remove) {
            note(child, "waiting", "the registry has not decided yet on: " + parent::in_words(c),
                 "waiting " + std::to_string(s.id));
            return true;
        }
        drop(s, "superseded", "the child asks for something else now");
    }
    return false;
}

void Submitter::do_submit(const scan::Judgement& accepted) {
    const Name& child = accepted.evidence.child;
    auto there = read(child);
    if (!there) return;
    scan::Judgement now{accepted.evidence, *std::move(there), {}};
    now.verdict = accept::judge(now.evidence, now.registry, settings_.scan.policy, ports_.clock.now());
    if (now.verdict.decision != Decision::accept) return overtaken(now);
    Submission s{
        0, ports_.clock.now(), child, now.verdict, now.registry, keys_of(now.evidence), Submission::State::recorded,
        ""};
    if (settings_.dry_run) return preview(s);
    if (waits(child, now.verdict.change)) return;
    write_down(s, entry_of(now, ports_.clock.now()));
}

// Write-ahead: nothing is sent that is not on disk.
void Submitter::write_down(Submission& submission, const Entry& entry) {
    const bool ok = disk(ports_.store.together([&]() -> Expected<void> {
        if (auto done = ports_.store.note(entry); !done) return done;
        return ports_.store.begin(submission);
    }));
    if (ok) send(submission);
}

// Between the look and now the registry changed.
void Submitter::overtaken(const scan::Judgement& now) {
    const auto& v = now.verdict;
    disk(ports_.store.together([&]() -> Expected<void> {
        return ports_.store.change(now.evidence.child, [&](Memory& m) {
            m.look_at = v.look_again;
            if (now.evidence.subject == accept::Subject::ds) m.delay = v.delay;
        });
    }));
    if (v.look_again) ports_.look_at(now.evidence.child, *v.look_again);
    if (v.decision == Decision::no_change) return;
    auto entry = entry_of(now, ports_.clock.now());
    entry.text = "as the registry is now: " + entry.text;
    disk(ports_.store.note(entry));
}

void Submitter::preview(const Submission& submission) {
    const auto would = ports_.registry.dry_run(submission.change());
    note(submission.child, "would", would ? *would : would.error().text(),
         "would " + parent::in_words(submission.verdict.change));
}

void Submitter::do_restore(const Name& child) {
    const auto there = read(child);
    if (!there) return;
    const auto memory = ports_.store.load(child);
    if (!memory || !memory->ttl || memory->ttl->at > ports_.clock.now()) return;
    if (there->ds.empty() || there->ds_ttl == memory->ttl->ttl) {
        disk(ports_.store.change(child, [](Memory& m) { m.ttl.reset(); }));
        return;
    }
    accept::Verdict verdict;
    verdict.decision = Decision::accept;
    verdict.change.ds_ttl = memory->ttl->ttl;
    verdict.reasons.push_back({accept::Reason::Weight::note, "ttl-restored", "R56", {}, "The old DS TTL comes back"});
    if (waits(child, verdict.change)) return;
    const Instant now = ports_.clock.now();
    Submission s{0, now, child, verdict, *there, {}, Submission::State::recorded, ""};
    if (settings_.dry_run) return preview(s);
    write_down(s, {0, now, now, 1, child, "restore", parent::in_words(verdict.change), "", ""});
}

} // namespace tutti::agent
