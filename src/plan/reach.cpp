#include "plan/reach.hpp"

#include <algorithm>

namespace tutti::plan {

using model::Knowledge;
using model::NameSet;
using model::SignerSet;

SignerSet owners(const Knowledge& k, NameSet names) {
    SignerSet out;
    for (int n : names)
        if (int s = k.ns_names[static_cast<std::size_t>(n)].signer; s != model::kNobody) out.add(s);
    return out;
}

namespace {

// One NS set that somebody serves for a while: the parent (node 0) or signer i (node i + 1).
struct Edge {
    int node;
    SignerSet to;
    Duration ttl;
    Instant from, until;
};

Instant plus(Instant t, Duration d) {
    return t == kNever ? kNever : t + d;
}

void add_edges(std::vector<Edge>& edges, const Knowledge& k, const model::Track<NameSet>& track, int node,
               Instant dead_since, const model::Policy& policy, bool pessimistic) {
    for (const auto& v : track.versions) {
        if ((v.unknown || v.pending) && !pessimistic) continue;
        SignerSet to = owners(k, v.content);
        Instant until = std::min(v.until, dead_since);
        if (v.from < until) edges.push_back({node, to, std::chrono::seconds(v.ttl) + policy.margin, v.from, until});
    }
}

std::vector<Edge> all_edges(const Knowledge& k, const model::Policy& policy, bool pessimistic) {
    std::vector<Edge> edges;
    edges.reserve(8);
    add_edges(edges, k, k.parent.ns, 0, kNever, policy, pessimistic);
    for (std::size_t s = 0; s < k.signers.size(); ++s)
        add_edges(edges, k, k.signers[s].ns_child, static_cast<int>(s) + 1, k.signers[s].declared_dead, policy,
                  pessimistic);
    return edges;
}

// Between two events nothing changes in what is served; only caches run out.
class Segment {
  public:
    Segment(const std::vector<Edge>& edges, Instant a, Instant b, std::vector<Instant>& expiry)
        : a_(a), b_(b), expiry_(expiry) {
        for (const auto& e : edges)
            if (e.from <= a && e.until >= b) live_.push_back(&e);
    }

    // Signers that can be asked during the whole segment, refreshed again and again.
    SignerSet lasting() const {
        SignerSet seed;
        for (const auto* e : live_)
            if (e->node == 0) seed = seed | e->to;
        for (std::size_t s = 0; s < expiry_.size(); ++s)
            if (expiry_[s] > a_ && closure(next(SignerSet::of(static_cast<int>(s)))).has(static_cast<int>(s)))
                seed.add(static_cast<int>(s));
        return closure(seed);
    }

    // Caches that are not refreshed run out within the segment, each handing on what it got from the one before.
    void run_out(SignerSet lasting) {
        for (std::size_t round = 0; round < expiry_.size(); ++round)
            for (const auto* e : live_) {
                Instant last = e->node == 0 || lasting.has(e->node - 1)
                                   ? b_
                                   : std::min(b_, expiry_[static_cast<std::size_t>(e->node - 1)]);
                if (last <= a_) continue;
                for (int s : e->to) {
                    auto& x = expiry_[static_cast<std::size_t>(s)];
                    x = std::max(x, plus(last, e->ttl));
                }
            }
    }

  private:
    SignerSet next(SignerSet from) const {
        SignerSet out;
        for (const auto* e : live_)
            if (e->node != 0 && from.has(e->node - 1)) out = out | e->to;
        return out;
    }
    SignerSet closure(SignerSet seed) const {
        for (;;) {
            SignerSet more = seed | next(seed);
            if (more == seed) return seed;
            seed = more;
        }
    }

    Instant a_, b_;
    std::vector<Instant>& expiry_;
    std::vector<const Edge*> live_;
};

void add_span(std::vector<Span>& spans, Instant from, Instant until) {
    if (from >= until) return;
    if (!spans.empty() && spans.back().until >= from)
        spans.back().until = std::max(spans.back().until, until);
    else
        spans.push_back({from, until});
}

} // namespace

Reach::Reach(const Knowledge& k, const model::Policy& policy, bool pessimistic) : spans_(k.signers.size()) {
    auto edges = all_edges(k, policy, pessimistic);
    std::vector<Instant> events{kLongAgo, kNever};
    for (const auto& e : edges) {
        events.push_back(e.from);
        events.push_back(e.until);
    }
    std::sort(events.begin(), events.end());
    events.erase(std::unique(events.begin(), events.end()), events.end());

    std::vector<Instant> expiry(k.signers.size(), kLongAgo);
    for (std::size_t i = 0; i + 1 < events.size(); ++i) {
        Segment segment(edges, events[i], events[i + 1], expiry);
        SignerSet lasting = segment.lasting();
        segment.run_out(lasting);
        for (std::size_t s = 0; s < spans_.size(); ++s)
            add_span(spans_[s], events[i],
                     lasting.has(static_cast<int>(s)) ? events[i + 1] : std::min(expiry[s], events[i + 1]));
    }
}

bool Reach::at(int signer, Instant t) const {
    return std::any_of(spans(signer).begin(), spans(signer).end(),
                       [&](const Span& s) { return s.from <= t && (t < s.until || s.until == kNever); });
}

SignerSet Reach::all_at(Instant t) const {
    SignerSet out;
    for (std::size_t s = 0; s < spans_.size(); ++s)
        if (at(static_cast<int>(s), t)) out.add(static_cast<int>(s));
    return out;
}

Instant Reach::last_in(int signer, Instant from, Instant until) const {
    Instant last = kNoTime;
    for (const auto& s : spans(signer))
        if (std::max(s.from, from) < std::min(s.until, until)) last = std::max(last, std::min(s.until, until));
    return last;
}

} // namespace tutti::plan
