#include "sim/checker/held.hpp"

namespace tutti::sim::checker {

namespace {

Duration life(const TraceVersion& v) {
    return std::chrono::seconds(v.ttl);
}
Span served(const TraceVersion& v) {
    return {v.from, v.until};
}

// One NS set that a signer serves.
struct ChildNs {
    int signer;
    const TraceVersion* version;
};

// A signer can be asked as long as some cache holds an NS set that names it; such a set comes from the parent, or from
// a signer while it could be asked itself. The least fixed point.
class ReachFinder {
  public:
    ReachFinder(const Trace& trace, std::vector<Moments>& reach) : reach_(reach) {
        for (const auto& track : trace.tracks)
            for (const auto& v : track.versions) {
                if (track.kind == TrackKind::ns_parent) name_all(v.signers, Moments(served(v)).kept_for(life(v)));
                if (track.kind == TrackKind::ns_child) child_.push_back({track.signer, &v});
            }
        // Past the end nothing new is served and nothing is judged.
        horizon_ = trace.end + Duration{1};
    }

    void run() {
        for (bool more = true; more;) {
            more = false;
            for (const auto& c : child_) more |= follow(c);
        }
    }

  private:
    bool name_all(SignerBits signers, const Moments& when) {
        bool more = false;
        for (int s : signers)
            for (const auto& span : when.spans()) more |= reach_[static_cast<std::size_t>(s)].add(span);
        return more;
    }

    bool follow(const ChildNs& c) {
        auto& own = reach_[static_cast<std::size_t>(c.signer)];
        Moments asked = own.within(served(*c.version));
        // A signer that names itself is asked again before its NS set runs out, for as long as it serves that set.
        if (c.version->signers.has(c.signer) && c.version->ttl > 0 && !asked.empty())
            asked.add({asked.spans().front().from, c.version->until});
        Moments kept = asked.kept_for(life(*c.version));
        Moments judged;
        for (const auto& s : kept.spans()) judged.add({s.from, s.from < horizon_ ? s.until : s.from});
        return !all_there(c.version->signers, judged) && name_all(c.version->signers, judged);
    }
    // Whether there is nothing new before the horizon: then the loop ends, however long chains of caches could go on.
    bool all_there(SignerBits signers, const Moments& when) const {
        for (int s : signers)
            for (const auto& span : when.spans()) {
                Moments missing = reach_[static_cast<std::size_t>(s)].gaps({span.from, std::min(span.until, horizon_)});
                if (!missing.empty()) return false;
            }
        return true;
    }

    std::vector<Moments>& reach_;
    std::vector<ChildNs> child_;
    Instant horizon_;
};

} // namespace

Caches look(const Trace& trace) {
    Caches c;
    const auto n = trace.signers.size();
    c.reach.resize(n);
    c.serving.resize(n);
    c.known.resize(n);
    ReachFinder(trace, c.reach).run();
    std::vector<Moments> keys(n), down(n); // when a signer serves a DNSKEY RRset; when it is down by accident
    std::vector<bool> keys_known(n);
    for (const auto& track : trace.tracks) {
        const auto s = static_cast<std::size_t>(std::max(track.signer, 0));
        for (std::size_t i = 0; i < track.versions.size(); ++i) {
            const auto& v = track.versions[i];
            Entry e{track.kind, track.signer, static_cast<int>(i), &v, {}, {}};
            e.fetched = track.signer < 0 ? Moments(served(v)) : c.reach[s].within(served(v));
            e.alive = e.fetched.kept_for(life(v));
            switch (track.kind) {
            case TrackKind::ds:
                c.ds.push_back(std::move(e));
                break;
            case TrackKind::ns_parent:
            case TrackKind::ns_child:
                c.delegation.push_back(std::move(e));
                break;
            case TrackKind::dnskey:
                keys[s].add(served(v));
                c.dnskey.push_back(std::move(e));
                break;
            case TrackKind::data:
                c.serving[s].add(served(v));
                c.data.push_back(std::move(e));
                break;
            case TrackKind::down:
                down[s].add(served(v));
                break;
            }
        }
        if (track.kind == TrackKind::data) c.known[s] = true;
        if (track.kind == TrackKind::dnskey) keys_known[s] = true;
    }
    for (std::size_t s = 0; s < n; ++s) {
        if (keys_known[s]) c.serving[s] = c.serving[s].common(keys[s]);
        c.serving[s].add(down[s]);
    }
    return c;
}

} // namespace tutti::sim::checker
