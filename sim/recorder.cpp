#include "sim/recorder.hpp"

#include <algorithm>

namespace tutti::sim {

namespace {

bool same_content(const TraceVersion& a, const TraceVersion& b) {
    return a.ttl == b.ttl && a.keys == b.keys && a.signed_by == b.signed_by && a.signers == b.signers &&
           a.signatures == b.signatures;
}

// Gathers what several servers served into versions of one track.
class TrackMaker {
  public:
    TrackMaker(TrackKind kind, int signer, Instant end) : track_{kind, signer, {}}, end_(end) {}

    void add(Instant from, Instant until, TraceVersion v) {
        if (from >= until || from > end_) return;
        v.from = from;
        v.until = until > end_ ? kNever : until;
        track_.versions.push_back(std::move(v));
    }

    TraceTrack take() {
        auto& all = track_.versions;
        std::ranges::stable_sort(all, {}, &TraceVersion::from);
        std::vector<TraceVersion> merged;
        for (auto& v : all) {
            auto same =
                std::ranges::find_if(merged, [&](const auto& m) { return same_content(m, v) && m.until >= v.from; });
            if (same != merged.end())
                same->until = std::max(same->until, v.until);
            else
                merged.push_back(std::move(v));
        }
        all = std::move(merged);
        return std::move(track_);
    }

  private:
    TraceTrack track_;
    Instant end_;
};

// Calls emit(from, until, content) for each stretch of time in which a server answered with one content.
template <class Content>
void each_stretch(const Served<Content>& served, auto&& emit) {
    for (const auto& server : served.servers())
        for (std::size_t i = 0; i < server.log.size(); ++i) {
            Instant from = server.log[i].first;
            const Instant until = i + 1 < server.log.size() ? server.log[i + 1].first : kNever;
            const auto& content = served.version(server.log[i].second);
            for (const auto& o : served.outages()) { // in the order of their beginning
                if (o.until <= from || o.from >= until) continue;
                emit(from, std::max(from, o.from), content);
                from = std::max(from, o.until);
            }
            emit(from, until, content);
        }
}

void record_parent(Trace& trace, const SimWorld& world) {
    TrackMaker ds(TrackKind::ds, -1, trace.end), ns(TrackKind::ns_parent, -1, trace.end);
    each_stretch(world.parent().served(), [&](Instant from, Instant until, const ParentContent& c) {
        ds.add(from, until,
               {.from = {}, .ttl = c.ds_ttl, .keys = c.ds.keys(), .signed_by = {}, .signers = {}, .signatures = {}});
        ns.add(from, until,
               {.from = {},
                .ttl = c.ns_ttl,
                .keys = {},
                .signed_by = {},
                .signers = world.keys().owners(c.ns),
                .signatures = {}});
    });
    trace.tracks.push_back(ds.take());
    trace.tracks.push_back(ns.take());
}

void record_signer(Trace& trace, const SimWorld& world, int s) {
    const auto& served = world.signers()[static_cast<std::size_t>(s)].served();
    TrackMaker ns(TrackKind::ns_child, s, trace.end), dnskey(TrackKind::dnskey, s, trace.end),
        data(TrackKind::data, s, trace.end);
    each_stretch(served, [&](Instant from, Instant until, const ZoneContent& c) {
        ns.add(from, until,
               {.from = {},
                .ttl = c.ns_ttl,
                .keys = {},
                .signed_by = {},
                .signers = world.keys().owners(c.ns),
                .signatures = {}});
        dnskey.add(from, until,
                   {.from = {},
                    .ttl = c.dnskey_ttl,
                    .keys = c.keys,
                    .signed_by = c.signed_by,
                    .signers = {},
                    .signatures = {}});
        TraceVersion v{.from = {}, .ttl = c.data_ttl, .keys = {}, .signed_by = {}, .signers = {}, .signatures = {}};
        if (!c.signatures[0].empty()) v.signatures.push_back(c.signatures[0]);
        if (c.signatures[1] != c.signatures[0]) v.signatures.push_back(c.signatures[1]);
        data.add(from, until, std::move(v));
    });
    trace.tracks.push_back(ns.take());
    trace.tracks.push_back(dnskey.take());
    trace.tracks.push_back(data.take());
    if (served.outages().empty()) return;
    TrackMaker down(TrackKind::down, s, trace.end);
    for (const auto& o : served.outages())
        if (!o.on_purpose)
            down.add(o.from, o.until, {.from = {}, .keys = {}, .signed_by = {}, .signers = {}, .signatures = {}});
    if (auto track = down.take(); !track.versions.empty()) trace.tracks.push_back(std::move(track));
}

} // namespace

Trace record(const SimWorld& world, Instant start, Instant end) {
    Trace trace;
    trace.zone = world.keys().zone().text();
    trace.start = start;
    trace.end = end;
    for (const auto& s : world.signers()) trace.signers.push_back(s.spec().name);
    for (const auto& k : world.keys().keys())
        trace.keys.push_back({k.label, k.owner, k.dnskey.flags, k.dnskey.algorithm, k.dnskey.tag()});
    record_parent(trace, world);
    for (std::size_t s = 0; s < world.signers().size(); ++s) record_signer(trace, world, static_cast<int>(s));
    trace.actions = world.actions();
    return trace;
}

} // namespace tutti::sim
