// What became of a change that was sent, or may have been.
#include "agent/generation.hpp"
#include "agent/submitter.hpp"
#include "parent/delegation.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::agent {

using accept::Kind;
using dns::Name;
using State = Submission::State;

namespace {

constexpr Duration kLockPatience = std::chrono::hours{6};
// How long a registry may decide before the child is looked at anew.
constexpr Duration kPendingPatience = std::chrono::days{14};
// How long a change may be on its way, after we stopped to wait for it.
constexpr Duration kLate = std::chrono::minutes{10};

// TTLs are compared only where nothing else is wanted: not every registry has them.
bool is_there(const Submission& s, const accept::Registry& now) {
    return parent::reached(now, s.verdict.change, s.verdict.change.empty());
}

std::uint16_t qtype(const Submission& s) {
    return static_cast<std::uint16_t>(s.verdict.kind == Kind::csync ? dns::Type::CSYNC : dns::Type::CDS);
}

// What is remembered once the registry has it.
void learn(Memory& m, const Submission& s, Instant now) {
    m.look_at.reset();
    m.attempt = m.tries = 0;
    const auto& v = s.verdict;
    if (v.change.empty()) { // only the TTL
        m.ttl.reset();
        return;
    }
    if (v.csync) m.last_csync = v.csync;
    if (v.kind == Kind::csync) return;
    m.last_change = accept::Applied{now, accept::Channel::in_band, v.inception, v.by_key};
    m.delay.reset();
    m.suspended = false;
    if (v.kind == Kind::remove) m.ttl.reset();
    // A TTL that is lowered already is not the one to come back.
    if (v.change.ds_ttl && v.change.ttl_restore && v.kind != Kind::remove && !s.registry.ds.empty())
        m.ttl = TtlRestore{*v.change.ttl_restore, m.ttl ? m.ttl->ttl : s.registry.ds_ttl};
}

} // namespace

void Submitter::send(Submission submission) {
    const auto reply = ports_.registry.apply(submission.change());
    if (!reply) return failed(submission, reply.error());
    switch (reply->state) {
    case port::Submission::State::done:
    case port::Submission::State::already:
        return succeeded(submission, reply->text);
    case port::Submission::State::pending:
        return pending(submission, reply->id, reply->text);
    case port::Submission::State::held:
        return held(submission, reply->text);
    }
}

void Submitter::succeeded(Submission& s, const std::string& said) {
    s.state = State::closed;
    const Instant now = ports_.clock.now();
    const auto words = parent::in_words(s.verdict.change);
    bool first = false;
    const bool ok = disk(ports_.store.together([&]() -> Expected<void> {
        if (auto done = ports_.store.move(s, said); !done) return done;
        if (auto done = record(s.child, "done", said.empty() ? words : words + " (" + said + ")"); !done) return done;
        if (s.verdict.kind != Kind::csync && !s.verdict.change.empty()) {
            std::vector<dns::Rdata> ds;
            for (const auto& d : parent::after(s.registry, s.verdict.change).ds) ds.push_back(d.rdata());
            const auto number = number_of(std::move(ds));
            if (auto done = ports_.store.set_seen(ports_.mark(s.child), number); !done) return done;
        }
        return ports_.store.change(s.child, [&](Memory& m) {
            first = !m.last_change || m.last_change->channel != accept::Channel::in_band;
            learn(m, s, now);
        });
    }));
    if (!ok) return;
    if (s.verdict.change.empty()) return;
    ports_.tell({Occasion::Kind::over, now, s.child, "", "", {}, qtype(s)});
    const auto kind = s.verdict.kind == Kind::remove           ? Occasion::Kind::removed
                      : first && s.verdict.kind != Kind::csync ? Occasion::Kind::automated
                                                               : Occasion::Kind::changed;
    ports_.tell({kind, now, s.child, "", words, {}, qtype(s)});
}

void Submitter::drop(Submission& s, const std::string& kind, const std::string& said) {
    s.state = State::closed;
    disk(ports_.store.together([&]() -> Expected<void> {
        if (auto done = ports_.store.move(s, said); !done) return done;
        return record(s.child, kind, parent::in_words(s.verdict.change) + ": " + said);
    }));
}

void Submitter::look_later(const Name& child, bool at_once) {
    const auto& waits = settings_.scan.policy.backoff;
    Instant then{};
    disk(ports_.store.change(child, [&](Memory& m) {
        const auto i = static_cast<std::size_t>(m.tries);
        then = ports_.clock.now();
        if (!(at_once && m.tries == 0)) then += i < waits.size() ? waits[i] : settings_.interval;
        ++m.tries;
        m.look_at = then;
        if (m.ttl && m.ttl->at <= then) m.ttl->at = then + std::chrono::hours{1};
    }));
    ports_.look_at(child, then);
}

void Submitter::look_now(const Name& child) {
    const Instant now = ports_.clock.now();
    if (disk(ports_.store.change(child, [&](Memory& m) { m.look_at = now; }))) ports_.look_at(child, now);
}

void Submitter::unreadable(const Name& child, const Error& error) {
    if (error.kind == ErrorKind::not_found) {
        disk(ports_.store.save(child, {}));
        return note(child, "gone", "the registry does not have it (any more): " + error.text(), "gone");
    }
    note(child, "unreachable", "the registry could not be read: " + error.text(), "unreadable");
    look_later(child, false);
}

// Not done for sure, but for unknown_outcome: that one stays open, and the next reading tells.
void Submitter::failed(Submission& s, const Error& error) {
    switch (error.kind) {
    case ErrorKind::conflict:
        drop(s, "conflict", error.text());
        return look_later(s.child, true);
    case ErrorKind::unknown_outcome:
        note(s.child, "unknown", "it is not known whether the registry has it: " + error.text());
        return look_later(s.child, false);
    case ErrorKind::throttled:
    case ErrorKind::unreachable:
    case ErrorKind::transient:
        drop(s, "postponed", error.text());
        return look_later(s.child, false);
    default:
        break;
    }
    drop(s, "refused", error.text());
    ports_.tell({Occasion::Kind::registry,
                 ports_.clock.now(),
                 s.child,
                 "refused",
                 fmt::format("{} was refused: {}", parent::in_words(s.verdict.change), error.text()),
                 {},
                 qtype(s)});
    // Nothing gets better by asking often: at the next scan, and then only if the child still wants it.
    disk(ports_.store.change(s.child, [](Memory& m) { m.look_at.reset(); }));
}

void Submitter::pending(Submission& s, const std::string& id, const std::string& said) {
    s.state = State::pending;
    s.transaction = id;
    const auto text = fmt::format("the registry decides later on: {} ({})", parent::in_words(s.verdict.change), said);
    disk(ports_.store.together([&]() -> Expected<void> {
        if (auto done = ports_.store.move(s, said); !done) return done;
        if (auto done = record(s.child, "pending", text, fmt::format("pending {}", s.id)); !done) return done;
        return ports_.store.change(s.child, [](Memory& m) { m.look_at.reset(); });
    }));
}

void Submitter::held(Submission& s, const std::string& said) {
    drop(s, "held", said);
    const Instant then = ports_.clock.now() + std::min(settings_.interval, kLockPatience);
    disk(ports_.store.change(s.child, [&](Memory& m) { m.look_at = then; }));
    ports_.look_at(s.child, then);
    ports_.tell({Occasion::Kind::registry, ports_.clock.now(), s.child, "held", said, {}, qtype(s)});
}

// After a stop, a lost reply, or while the registry decides: what the registry shows is what counts.
void Submitter::settle_open(const Name& child, const accept::Registry& now) {
    auto open = ports_.store.open_submissions(child);
    if (!open) {
        disk(std::unexpected(open.error()));
        return;
    }
    for (auto& s : *open) {
        if (is_there(s, now)) {
            // Lets the back end tidy up behind it; nothing is sent, since it is there.
            if (s.state == State::pending) (void)ports_.registry.apply(s.change());
            succeeded(s, "the registry has it");
        } else if (s.state == State::recorded) {
            drop(s, "interrupted", "it was written down and is not in the registry: the child is looked at again");
            // That the process died says nothing about the registry: no waiting. After a lost reply a look is due
            // anyway.
            if (s.at < started_) look_now(child);
        } else if (ports_.clock.now() - s.at > kPendingPatience) {
            drop(s, "expired", "the registry has not decided for " + human(kPendingPatience));
            look_later(child, true);
        }
    }
}

// A change that was sent, and that the registry did not have yet when it was read afterwards: we were killed, or the
// reply was lost, while it was on its way. It is ours, unless the DS have been changed since it was asked for.
bool Submitter::came_late(const Name& child, const accept::Registry& now) {
    auto sent = ports_.store.submissions_since(child, ports_.clock.now() - kLate);
    const auto memory = ports_.store.load(child);
    if (!sent || !memory) return false;
    for (auto& s : *sent) {
        const bool since = memory->last_change && memory->last_change->at >= s.at;
        if (since || s.verdict.kind == Kind::csync || s.verdict.change.empty() || !is_there(s, now)) continue;
        succeeded(s, "the registry has it, a little later");
        return true;
    }
    return false;
}

bool Submitter::hear(const port::Notice& notice) {
    using Kind = port::Notice::Kind;
    auto open = ports_.store.open_submissions();
    if (!open) return false;
    const auto found = std::ranges::find_if(*open, [&](const Submission& s) {
        if (s.state != State::pending) return false;
        return notice.transaction.empty() ? notice.child == s.child : notice.transaction == s.transaction;
    });
    const Instant now = ports_.clock.now();
    const auto child = notice.child ? notice.child : found == open->end() ? std::nullopt : std::optional(found->child);
    const bool rejected = found != open->end() && notice.kind == Kind::rejected;
    const bool ok = disk(ports_.store.together([&]() -> Expected<void> {
        if (rejected) {
            found->state = State::closed;
            if (auto done = ports_.store.move(*found, notice.text); !done) return done;
        }
        return ports_.store.note({0, now, now, 1, child, "registry", notice.text, "", ""});
    }));
    if (!ok) return false;
    ports_.say(false, fmt::format("{} registry: {}", child ? child->text() : "-", notice.text));
    if (rejected) ports_.tell({Occasion::Kind::registry, now, found->child, "rejected", notice.text, {}, 59});
    // Done, or changed by somebody: the registry itself tells.
    if (child && (notice.kind == Kind::done || notice.kind == Kind::changed)) settle(*child);
    return true;
}

} // namespace tutti::agent
