#include "sim/least.hpp"

#include <algorithm>

namespace tutti::sim {

namespace {

class Least {
  public:
    Least(const Scenario& s, const Trace& trace) : s_(s), way_(s.network.least / 2) {
        for (int i : s.initial) (contains(s.intent, i) ? stay_ : leave_).push_back(i);
        for (int i : s.intent)
            if (!contains(s.initial, i)) join_.push_back(i);
        if (polls()) find_phase(trace);
    }

    Duration time() const {
        Duration end{0}, ns_may_change{0};
        if (!join_.empty()) {
            ns_may_change = std::max({written(join_, Duration{0}), forgotten(Duration{0}, &SignerSpec::dnskey_ttl),
                                      ds_changed(s_.initial, Duration{0}) + std::chrono::seconds(s_.parent.ds_ttl)});
            end = delegation_over(ns_may_change);
        }
        if (leave_.empty()) return end;
        // Those that leave can go at once if somebody stays.
        const auto gone = stay_.empty() ? ns_may_change : Duration{0};
        const auto unasked =
            std::max(delegated(gone) + std::chrono::seconds(s_.parent.ns_ttl), forgotten(gone, &SignerSpec::ns_ttl));
        const auto keys_out = written(s_.intent, unasked + longest(leave_, &SignerSpec::data_max));
        return std::max({end, keys_out, ds_changed(s_.intent, unasked + longest(leave_, &SignerSpec::dnskey_ttl))});
    }

  private:
    static bool contains(const std::vector<int>& list, int i) { return std::ranges::find(list, i) != list.end(); }
    const SignerSpec& at(int i) const { return s_.signers[static_cast<std::size_t>(i)]; }
    bool polls() const { return s_.parent.mode == ParentSpec::Mode::cds; }

    Duration longest(const std::vector<int>& list, std::uint32_t SignerSpec::* ttl) const {
        std::uint32_t most = 0;
        for (int i : list) most = std::max(most, at(i).*ttl);
        return std::chrono::seconds(most);
    }
    // When no cache has any more what the first signers served before they were told at t.
    Duration forgotten(Duration t, std::uint32_t SignerSpec::* ttl) const {
        Duration last{0};
        for (int i : s_.initial) last = std::max(last, written({i}, t) + std::chrono::seconds(at(i).*ttl));
        return last;
    }
    // When all servers of these signers have what was sent at t.
    Duration written(const std::vector<int>& list, Duration t) const {
        Duration most{0};
        for (int i : list) most = std::max(most, at(i).write_delay + std::ranges::max(at(i).server_lag));
        return t + way_ + most;
    }
    // When all servers of the parent have it.
    Duration published(Duration t) const {
        return t + s_.parent.publish_delay + std::ranges::max(s_.parent.server_lag);
    }
    Duration ds_changed(const std::vector<int>& delegated, Duration t) const {
        return published(polls() ? next_poll(written(delegated, t)) : t + way_);
    }
    // All servers of the parent name the new name servers.
    Duration delegated(Duration t) const {
        return published(polls() ? next_poll(written(delegated_before(t), t)) : t + way_);
    }
    // Those that leave may be out of it before others can come in.
    const std::vector<int>& delegated_before(Duration t) const {
        return t > Duration{0} && !stay_.empty() ? stay_ : s_.initial;
    }
    // The signers name them too (those that join can do so before), and what told the parent (CSYNC) is gone.
    Duration delegation_over(Duration t) const {
        const auto seen = delegated(t);
        return std::max(seen, written(delegated_before(t), polls() ? seen : t));
    }

    // Polls come at equal intervals; one that changed something shows when.
    void find_phase(const Trace& trace) {
        for (const auto& track : trace.tracks)
            for (const auto& v : track.versions)
                if (track.signer < 0 && v.from >= trace.start)
                    phase_ = (v.from.time_since_epoch() - s_.parent.publish_delay) % s_.parent.poll_interval;
    }
    Duration next_poll(Duration t) const {
        if (s_.parent.notify) return t; // it looks when it is told to
        const auto interval = s_.parent.poll_interval;
        return t + (phase_ + interval - t % interval) % interval;
    }

    const Scenario& s_;
    Duration way_, phase_{0};
    std::vector<int> stay_, leave_, join_;
};

} // namespace

Duration least_time(const Scenario& scenario, const Trace& trace) {
    return Least(scenario, trace).time();
}

} // namespace tutti::sim
