#include "agent/desk.hpp"

#include "agent/entries.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::agent {

using accept::Decision;
using accept::Trigger;
using dns::Name;
using scan::ChildId;
using scan::Job;
using scan::Judgement;

namespace {

constexpr std::size_t kMaxHints = 100'000, kMaxDue = 1'000'000;
constexpr const char* kHand = "hand"; // setting: how far it has come, microseconds since 1970

} // namespace

Expected<void> Desk::load() {
    auto ok = ports_.store.each_child([&](const Name& child, bool notifies) {
        remembered_.insert(mark(child));
        if (notifies) rare_.insert(mark(child));
    });
    if (!ok) return ok;
    if (ok = ports_.store.each_told([&](const Name& child) { troubled_.insert(mark(child)); }); !ok) return ok;
    const auto due = ports_.store.to_look_at(kMaxDue);
    if (!due) return std::unexpected(due.error());
    for (const auto& [when, child] : *due) look_at(child, when);
    const auto stored = ports_.store.setting(kHand);
    if (!stored) return std::unexpected(stored.error());
    const Instant now = ports_.clock.now();
    const auto at = *stored ? Instant{Duration{std::strtoll((*stored)->c_str(), nullptr, 10)}} : now;
    hand_.emplace(settings_.interval, at, now);
    return {};
}

void Desk::take(std::shared_ptr<const Generation> generation) {
    const std::scoped_lock lock{mutex_};
    if (generation_ != generation) fresh_ = 0;
    generation_ = std::move(generation);
    under_way_.clear(); // what a stop cut off has its turn again after the restart
    open_ = true;
}

void Desk::close() {
    const std::scoped_lock lock{mutex_};
    open_ = false;
}

Desk::Hint Desk::hint(const Name& child, Trigger trigger) {
    const Mark m = mark(child);
    {
        const std::scoped_lock lock{mutex_};
        if (!generation_) return Hint::not_now; // the delegations are being read
        if (!generation_->dial.find(m)) return Hint::unknown;
        if (hinted_.contains(m)) return Hint::taken;
        if (hints_.size() >= kMaxHints) return Hint::not_now;
    }
    const Instant now = ports_.clock.now();
    const auto kept = ports_.store.change(child, [&](Memory& memory) { memory.look_at = now; });
    if (!kept) {
        ports_.say(true, kept.error().text());
        return Hint::not_now;
    }
    const std::scoped_lock lock{mutex_};
    remembered_.insert(m);
    if (hinted_.emplace(m, trigger).second) hints_.emplace_back(m, trigger);
    return Hint::taken;
}

void Desk::look_at(const Name& child, Instant when, Trigger trigger) {
    const Mark m = mark(child);
    const std::scoped_lock lock{mutex_};
    remembered_.insert(m);
    if (const auto old = due_of_.find(m); old != due_of_.end()) {
        due_.erase({old->second.first, m});
        due_of_.erase(old);
    }
    if (due_.size() >= kMaxDue) return; // its turn comes with all others
    due_.emplace(when, m);
    due_of_.emplace(m, std::pair{when, trigger});
}

// ---- what comes next ----

std::optional<Job> Desk::begin(Mark m, Trigger trigger, bool in_full) {
    const auto child = generation_->dial.find(m);
    if (!child || under_way_.contains(*child)) return std::nullopt;
    int attempt = 0;
    if (remembered_.contains(m))
        if (const auto memory = ports_.store.load(name(*child))) attempt = memory->attempt;
    under_way_.emplace(*child, kNever);
    return Job{.child = *child, .trigger = trigger, .in_full = in_full, .attempt = attempt};
}

// Those that are under way now are looked at once more afterwards: what was told may be newer than what was seen.
std::optional<Job> Desk::next_hint() {
    for (std::size_t left = hints_.size(); left > 0; --left) {
        const auto [m, trigger] = hints_.front();
        hints_.pop_front();
        const auto child = generation_->dial.find(m);
        if (child && under_way_.contains(*child)) {
            hints_.emplace_back(m, trigger);
            continue;
        }
        hinted_.erase(m);
        if (auto job = begin(m, trigger, true)) return job;
    }
    return std::nullopt;
}

std::optional<Job> Desk::next_due(Instant now) {
    for (auto at = due_.begin(); at != due_.end() && at->first <= now;) {
        const Mark m = at->second;
        const auto child = generation_->dial.find(m);
        if (child && under_way_.contains(*child)) {
            ++at;
            continue;
        }
        const auto trigger = due_of_.at(m).second;
        due_of_.erase(m);
        at = due_.erase(at);
        if (auto job = begin(m, trigger, true)) return job;
    }
    return std::nullopt;
}

std::optional<Job> Desk::next_turn(Instant now) {
    const auto& g = *generation_;
    while (fresh_ < g.fresh.size()) {
        const ChildId child = g.fresh[fresh_++];
        if (auto job = begin(mark_of(ports_.salt, g.delegations.name(child)), Trigger::new_ns, false)) return job;
    }
    if (settings_.once) {
        while (once_ < g.dial.places().size())
            if (auto job = begin(g.dial.places()[once_++].mark, Trigger::scan, false)) return job;
        return std::nullopt;
    }
    while (const auto turn = hand_->next(g.dial, now, [&](Mark m) { return rare_.contains(m); }, settings_.rare_every))
        if (auto job = begin(turn->mark, Trigger::scan, false)) {
            under_way_[job->child] = turn->moment;
            return job;
        }
    return std::nullopt;
}

std::optional<Job> Desk::next() {
    const std::scoped_lock lock{mutex_};
    if (!open_ || !generation_) return std::nullopt;
    const Instant now = ports_.clock.now();
    if (auto job = next_hint()) return job;
    if (auto job = next_due(now)) return job;
    return next_turn(now);
}

Duration Desk::behind(Instant now) {
    const std::scoped_lock lock{mutex_};
    if (!hand_ || !generation_) return Duration{0};
    Hand ahead = *hand_;
    const auto turn =
        ahead.next(generation_->dial, now, [&](Mark m) { return rare_.contains(m); }, settings_.rare_every);
    return turn ? now - turn->moment : Duration{0};
}

bool Desk::ended() {
    const std::scoped_lock lock{mutex_};
    if (!open_) return true;
    const bool due = !due_.empty() && due_.begin()->first <= ports_.clock.now();
    return settings_.once && generation_ && once_ >= generation_->dial.places().size() && hints_.empty() && !due;
}

// ---- what comes back ----

Name Desk::name(ChildId child) const {
    return Name::from_wire(generation_->delegations.name(child)).value();
}

void Desk::finish(ChildId child) {
    const std::scoped_lock lock{mutex_};
    under_way_.erase(child);
}

accept::Registry Desk::registry(ChildId child) {
    std::shared_ptr<const Generation> g;
    {
        const std::scoped_lock lock{mutex_};
        g = generation_;
    }
    auto out = g->delegations.registry(child);
    const auto memory = ports_.store.load(Name::from_wire(g->delegations.name(child)).value());
    if (memory) {
        remember(*memory, out);
    } else { // what is not known is not acted on
        ports_.say(true, memory.error().text());
        out.suspended = true;
    }
    return out;
}

void Desk::unchanged(const Job& job, scan::Unchanged why) {
    const Name child = name(job.child);
    const Mark m = mark(child);
    bool remembered = false, troubled = false;
    {
        const std::scoped_lock lock{mutex_};
        ++counts_.unchanged;
        remembered = remembered_.contains(m);
        troubled = troubled_.erase(m) > 0;
    }
    if (remembered)
        ports_.store.change_soon(child, [&](Memory& memory) {
            memory.attempt = 0;
            memory.look_at.reset();
            if (why == scan::Unchanged::nothing_published) memory.delay.reset(); // any difference starts anew (R38)
        });
    if (troubled) ports_.tell({Occasion::Kind::over, ports_.clock.now(), child, "", "", {}, 59});
    finish(job.child);
}

// Into the memory, and onto the list of what is to be looked at again.
void Desk::learn(const Job& job, std::span<const Judgement> all) {
    const Name& child = all.front().evidence.child;
    const Instant now = ports_.clock.now();
    std::optional<Instant> again;
    bool retry = false, accepted = false;
    for (const auto& j : all) {
        const auto& v = j.verdict;
        retry = retry || v.decision == Decision::retry;
        accepted = accepted || v.decision == Decision::accept;
        if (v.look_again && (v.decision == Decision::retry || v.decision == Decision::hold))
            again = again ? std::min(*again, *v.look_again) : *v.look_again;
    }
    const auto change = [&](Memory& m) {
        m.attempt = retry ? job.attempt + 1 : 0;
        // Until it is in the registry: a process that dies before begins with this child.
        m.look_at = accepted && !settings_.dry_run ? std::optional(now) : again;
        for (const auto& j : all)
            if (j.evidence.subject == accept::Subject::ds) m.delay = j.verdict.delay;
        // RFC 9859: who tells is asked less often; a change that nobody told of ends that.
        if (accepted && job.trigger == Trigger::notify) m.notifies = true;
        if (accepted && job.trigger == Trigger::scan) m.notifies = false;
    };
    const auto memory = ports_.store.load(child);
    Memory would = memory ? *memory : Memory{};
    change(would);
    if (!memory || would != *memory) ports_.store.change_soon(child, change);
    {
        const std::scoped_lock lock{mutex_};
        if (!would.empty()) remembered_.insert(mark(child));
        if (would.notifies)
            rare_.insert(mark(child));
        else
            rare_.erase(mark(child));
    }
    if (again) look_at(child, *again, job.trigger);
}

void Desk::tell(const Judgement& j) {
    const auto& v = j.verdict;
    const bool bad = v.decision == Decision::reject || v.decision == Decision::retry || v.decision == Decision::hold;
    const auto kind = bad && !v.report.empty() ? Occasion::Kind::trouble : Occasion::Kind::over;
    {
        const std::scoped_lock lock{mutex_};
        const Mark m = mark(j.evidence.child);
        if (kind == Occasion::Kind::trouble)
            troubled_.insert(m);
        else if (bad || troubled_.erase(m) == 0)
            return;
    }
    const auto type = j.evidence.subject == accept::Subject::csync ? dns::Type::CSYNC : dns::Type::CDS;
    ports_.tell({kind, ports_.clock.now(), j.evidence.child, fingerprint_of(j), v.report, v.ede,
                 static_cast<std::uint16_t>(type), j.registry.ns});
}

void Desk::judged(const Job& job, std::span<const Judgement> all) {
    const Instant now = ports_.clock.now();
    learn(job, all);
    for (const auto& j : all) {
        {
            const std::scoped_lock lock{mutex_};
            ++counts_.decisions.at(static_cast<std::size_t>(j.verdict.decision));
        }
        tell(j);
        if (j.verdict.decision == Decision::accept) {
            ports_.submit(j);
            continue;
        }
        auto entry = entry_of(j, now);
        ports_.say(false, fmt::format("{} {}: {}", j.evidence.child.text(), entry.kind, entry.text));
        ports_.store.note_soon(std::move(entry));
    }
    finish(job.child);
}

// The hand is kept no further than where everything before it is finished: what was under way when the process died has
// its turn again.
Expected<void> Desk::flush() {
    std::string at;
    {
        const std::scoped_lock lock{mutex_};
        Instant until = hand_->at();
        for (const auto& [child, moment] : under_way_) until = std::min(until, moment);
        at = std::to_string(until.time_since_epoch().count());
    }
    return ports_.store.flush({{kHand, at}});
}

DeskCounts Desk::counts() {
    const std::scoped_lock lock{mutex_};
    return counts_;
}

} // namespace tutti::agent
