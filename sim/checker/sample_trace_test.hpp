#pragma once
// Hand-made traces for the tests of the checker.
#include "sim/trace.hpp"

namespace tutti::sim::checker {

inline constexpr double kForever = -1; // as the end of a version

class Make {
  public:
    Trace trace;

    explicit Make(double end_s, std::vector<std::string> signers = {"blue", "green"}) {
        trace.start = at_seconds(0);
        trace.end = at_seconds(end_s);
        trace.signers = std::move(signers);
    }
    int key(int owner, std::uint8_t algorithm = 13) {
        trace.keys.push_back({"k" + std::to_string(trace.keys.size()), owner, 257, algorithm, 0});
        return static_cast<int>(trace.keys.size()) - 1;
    }
    static KeyBits keys(std::initializer_list<int> list) {
        KeyBits out;
        for (int i : list) out.add(i);
        return out;
    }
    TraceVersion& ds(Instant from, Instant until, std::uint32_t ttl, std::initializer_list<int> list) {
        auto& v = version(TrackKind::ds, -1, from, until, ttl);
        v.keys = keys(list);
        return v;
    }
    TraceVersion& dnskey(int s, Instant from, Instant until, std::uint32_t ttl, std::initializer_list<int> list,
                         std::initializer_list<int> signed_by) {
        auto& v = version(TrackKind::dnskey, s, from, until, ttl);
        v.keys = keys(list);
        v.signed_by = keys(signed_by);
        return v;
    }
    TraceVersion& data(int s, Instant from, Instant until, std::uint32_t ttl, std::vector<KeyBits> signatures) {
        auto& v = version(TrackKind::data, s, from, until, ttl);
        v.signatures = std::move(signatures);
        return v;
    }
    TraceVersion& ns(int s, Instant from, Instant until, std::uint32_t ttl, std::initializer_list<int> list) {
        auto& v = version(s < 0 ? TrackKind::ns_parent : TrackKind::ns_child, s, from, until, ttl);
        for (int i : list) v.signers.add(i);
        return v;
    }
    TraceVersion& down(int s, Instant from, Instant until) { return version(TrackKind::down, s, from, until, 0); }

  private:
    TraceVersion& version(TrackKind kind, int signer, Instant from, Instant until, std::uint32_t ttl) {
        TraceTrack* track = nullptr;
        for (auto& t : trace.tracks)
            if (t.kind == kind && t.signer == signer) track = &t;
        if (track == nullptr) track = &trace.tracks.emplace_back(TraceTrack{kind, signer, {}});
        auto& v = track->versions.emplace_back();
        v.from = from;
        v.until = until;
        v.ttl = ttl;
        return v;
    }
};

// A change of operator from blue (KSK k0, ZSK k1) to green (CSK k2), each step at a time that can be moved.
// TTLs: DS 20, parent NS 30, child NS 40, DNSKEY 30 (blue) and 35 (green), data 60.
struct OperatorChange {
    Instant keys_at = at_seconds(1), ds_at = at_seconds(2);
    Instant ns_at = at_seconds(31);        // keys_at + 30
    Instant leaver_ns_at = at_seconds(31); // kNever: the leaver goes on naming itself
    Instant ds_out = at_seconds(101);      // ns_at + 40 + 30
    Instant keys_out = at_seconds(131);    // ns_at + 40 + 60
    Instant leaver_stops = kNever;

    Trace trace() const {
        constexpr int kBlue = 0, kGreen = 1, kParent = -1;
        const Instant past = at_seconds(-1000);
        Make m(150);
        const int ksk = m.key(kBlue), zsk = m.key(kBlue), csk = m.key(kGreen);
        m.ds(past, ds_at, 20, {ksk});
        m.ds(ds_at, ds_out, 20, {ksk, csk});
        m.ds(ds_out, kNever, 20, {csk});
        m.ns(kParent, past, ns_at, 30, {kBlue});
        m.ns(kParent, ns_at, kNever, 30, {kGreen});
        m.ns(kBlue, past, std::min(leaver_ns_at, leaver_stops), 40, {kBlue});
        if (leaver_ns_at != kNever) m.ns(kBlue, leaver_ns_at, leaver_stops, 40, {kGreen});
        m.ns(kGreen, past, kNever, 40, {kGreen});
        m.dnskey(kBlue, past, keys_at, 30, {ksk, zsk}, {ksk});
        m.dnskey(kBlue, keys_at, leaver_stops, 30, {ksk, zsk, csk}, {ksk});
        m.dnskey(kGreen, past, keys_at, 35, {csk}, {csk});
        m.dnskey(kGreen, keys_at, keys_out, 35, {csk, zsk}, {csk});
        m.dnskey(kGreen, keys_out, kNever, 35, {csk}, {csk});
        m.data(kBlue, past, leaver_stops, 60, {Make::keys({zsk})});
        m.data(kGreen, past, kNever, 60, {Make::keys({csk})});
        return m.trace;
    }
};

} // namespace tutti::sim::checker
