// What the agent does by the clock: reads the delegations anew, takes the registry's messages, brings TTLs back, tidies
// the database.
#include "agent/agent.hpp"
#include "base/exposition.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

namespace tutti::agent {

namespace {

constexpr auto kTick = std::chrono::milliseconds{500};
constexpr Duration kPrune = std::chrono::hours{1}, kPace = std::chrono::minutes{1};
constexpr std::size_t kRestoresAtOnce = 1000;

} // namespace

void Agent::keep(const std::stop_token& stop) {
    while (!stop.stop_requested() && !stopped_) {
        const Instant now = ports_.clock.now();
        keep_delegations(now);
        keep_registry(now);
        keep_store(now);
        keep_pace(now);
        std::unique_lock lock{mutex_};
        waiting_.wait_for(lock, stop, kTick, [&] { return stopped_ || reload_; });
    }
}

Expected<void> Agent::adopt(std::shared_ptr<const Generation> generation) {
    const auto changed = changed_ds(*generation, ports_.store);
    if (!changed) return std::unexpected(changed.error());
    for (const auto& child : *changed) submitter_->compare(child);
    ports_.say(false, fmt::format("{} children, version {}{}", generation->delegations.size(), generation->version,
                                  generation->fresh.empty()
                                      ? ""
                                      : fmt::format(", {} new or with other servers", generation->fresh.size())));
    const std::scoped_lock lock{mutex_};
    generation_ = std::move(generation);
    read_ = ports_.clock.now();
    return {};
}

void Agent::keep_delegations(Instant now) {
    if (!reload_.exchange(false) && now - checked_ < settings_.reload) return;
    checked_ = now;
    const auto before = current();
    const auto version = ports_.source.version();
    if (version && *version == before->version) return;
    auto next = version ? read_generation(ports_.source, salt_, before.get()) : std::unexpected(version.error());
    const auto ok = next ? adopt(*std::move(next)) : std::unexpected(next.error());
    if (!ok) ports_.say(true, "the delegations cannot be read anew, those from before are used: " + ok.error().text());
}

void Agent::keep_registry(Instant now) {
    if (now - heard_ < settings_.messages) return;
    heard_ = now;
    const auto heard = ports_.registry.messages([&](const port::Notice& notice) { return submitter_->hear(notice); });
    if (!heard) ports_.say(true, "the registry's messages cannot be taken: " + heard.error().text());
    if (const auto open = ports_.store.open_submissions())
        for (const auto& s : *open) submitter_->settle(s.child);
    if (const auto due = ports_.store.to_restore(now, kRestoresAtOnce))
        for (const auto& child : *due) submitter_->restore(child);
}

void Agent::keep_store(Instant now) {
    if (now - pruned_ < kPrune) return;
    pruned_ = now;
    if (const auto ok = ports_.store.prune(now - settings_.keep, settings_.keep_entries); !ok)
        ports_.say(true, ok.error().text());
}

void Agent::keep_pace(Instant now) {
    if (now - paced_ < kPace) return;
    paced_ = now;
    const Duration behind = desk_->behind(now);
    const bool was = pace_.is_behind();
    if (const auto told = pace_.watch(behind, now)) {
        if (pace_.is_behind() != was) ports_.say(pace_.is_behind(), told->text);
        ports_.tell(*told);
    }
    if (!settings_.metrics.empty()) write_metrics(now, behind);
}

// Whole when it appears: who reads it may come at any moment.
void Agent::write_metrics(Instant now, Duration behind) {
    const auto open = ports_.store.open_submissions();
    const auto generation = current();
    const auto gauge = [](const char* name, const char* help, double value) {
        return Family{name, "gauge", help, {{{}, value}}};
    };
    const auto text = exposition(
        {gauge("tutti_parent_scan_behind_seconds", "How far the turns of children are behind the clock.",
               to_seconds(behind)),
         gauge("tutti_parent_children", "Delegations that are looked after.",
               generation ? static_cast<double>(generation->delegations.size()) : 0),
         gauge("tutti_parent_delegations_read_seconds", "When the delegations were read last.", to_seconds(read_)),
         gauge("tutti_parent_submissions_open", "Changes on their way into the registry.",
               open ? static_cast<double>(open->size()) : 0),
         gauge("tutti_parent_written_seconds", "When this was written.", to_seconds(now))});
    const std::string half = settings_.metrics + ".tmp";
    std::ofstream out(half, std::ios::trunc);
    out << text;
    out.close();
    std::error_code ec;
    if (out) std::filesystem::rename(half, settings_.metrics, ec);
    if (!out || ec) ports_.say(true, "the metrics cannot be written to " + settings_.metrics);
}

} // namespace tutti::agent
