#include "sim/sim_parent.hpp"

#include "sim/sim_signer.hpp"

#include <algorithm>

namespace tutti::sim {

SimParent::SimParent(const ParentSpec& spec, const KeyRing& keys, Instant since, const ParentContent& first,
                     Duration phase)
    : spec_(spec), keys_(keys), served_(spec.server_lag, since, first), decided_(first) {
    if (polls()) next_poll_ = since + phase;
}

void SimParent::decide(Instant at, const ParentContent& content) {
    if (content == decided_) return;
    decided_ = content;
    if (!queue_.empty()) at = std::max(at, queue_.back().at);
    queue_.push_back({at, content});
}

Expected<void> SimParent::apply(Instant t, const Write& w) {
    if (polls()) {
        if (spec_.notify) next_poll_ = std::min(next_poll_, t);
        return {};
    }
    if (w.expect_names && *w.expect_names != decided_.ns)
        return fail(ErrorKind::conflict, "the parent has another NS RRset than expected");
    if (w.strange) return fail(ErrorKind::invalid, "the order holds records that nobody made");
    ParentContent c = decided_;
    c.ds = changed(c.ds, w.add_digests, w.remove_digests);
    if (decided_.ds.empty() && !c.ds.empty() && w.ds_ttl != 0) c.ds_ttl = w.ds_ttl;
    c.ns = changed(c.ns, w.add_names, w.remove_names);
    if (c.ns.empty()) return fail(ErrorKind::refused, "a delegation without name servers is none");
    if (t >= silent_until_) decide(t + spec_.publish_delay, c);
    return {};
}

void SimParent::drop_ds(Instant t, KeyBits keys) {
    ParentContent c = decided_;
    c.ds = changed(c.ds, {}, {keys, keys});
    decide(t, c);
}

void SimParent::set_ttl(Instant t, std::optional<std::uint32_t> ds, std::optional<std::uint32_t> ns) {
    ParentContent c = decided_;
    if (ds) c.ds_ttl = *ds;
    if (ns) c.ns_ttl = *ns;
    decide(t, c);
}

bool SimParent::shows(KeyBits keys, Instant t) const {
    if (!served_.answers(t)) return false;
    for (std::size_t i = 0; i < served_.size(); ++i)
        if (!served_.at(i, t).ds.keys().includes(keys)) return false;
    return true;
}
bool SimParent::free_of(KeyBits keys, Instant t) const {
    if (!served_.answers(t)) return false;
    for (std::size_t i = 0; i < served_.size(); ++i)
        if (served_.at(i, t).ds.keys().meets(keys)) return false;
    return true;
}
Duration SimParent::ds_life(Instant t) const {
    return std::chrono::seconds(served_.longest_ttl(t, &ParentContent::ds_ttl));
}

Instant SimParent::wake() const {
    return queue_.empty() ? next_poll_ : std::min(next_poll_, queue_.front().at);
}

void SimParent::run(Instant t, std::span<const SimSigner> signers) {
    while (!queue_.empty() && queue_.front().at <= t) {
        served_.change(queue_.front().at, queue_.front().content);
        queue_.pop_front();
    }
    if (next_poll_ > t) return;
    next_poll_ = t + spec_.poll_interval;
    if (t >= silent_until_ && served_.answers(t)) poll(t, signers);
}

// One look at every server of every delegated signer.
void SimParent::poll(Instant t, std::span<const SimSigner> signers) {
    unanswered_.resize(signers.size());
    std::vector<const ZoneContent*> answers;
    for (int s : keys_.owners(served_.primary().ns)) {
        const auto& served = signers[static_cast<std::size_t>(s)].served();
        auto& misses = unanswered_[static_cast<std::size_t>(s)];
        misses.resize(served.size());
        for (std::size_t i = 0; i < served.size(); ++i) {
            if (!served.answers(t)) {
                if (++misses[i] < spec_.gives_up_after && spec_.consistency) return;
                continue;
            }
            misses[i] = 0;
            answers.push_back(&served.at(i, t));
        }
    }
    if (answers.empty()) return;
    const auto& first = *answers.front();
    const auto all = [&](auto&& same) {
        return !spec_.consistency || std::ranges::all_of(answers, [&](const auto* a) { return same(*a); });
    };
    ParentContent c = decided_;
    const bool cds_agree = all([&](const auto& a) { return a.cds == first.cds && a.cdnskey == first.cdnskey; });
    if (cds_agree && !first.cds.empty() && first.cds.keys() == first.cdnskey) {
        // RFC 7344 4.1: it must not break the delegation as it is.
        const bool continues =
            std::ranges::all_of(answers, [&](const auto* a) { return first.cds.keys().meets(a->signed_by & a->keys); });
        if (continues) c.ds = first.cds;
    }
    if (cds_agree && first.cds.empty() && first.cdnskey.empty() && all([](const auto& a) { return a.asks_delete; }) &&
        first.asks_delete)
        c.ds = {};
    const bool ns_agree = all([&](const auto& a) { return a.csync == first.csync && a.ns == first.ns; });
    if (spec_.csync && ns_agree && first.csync && !first.ns.empty()) c.ns = first.ns;
    decide(t + spec_.publish_delay, c);
}

} // namespace tutti::sim
