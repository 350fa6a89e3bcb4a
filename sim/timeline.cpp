#include "sim/timeline.hpp"

#include <algorithm>
#include <functional>

namespace tutti::sim {

namespace {

using checker::Moments;
using checker::Span;

class Maker {
  public:
    Maker(const Trace& trace, const std::vector<checker::Finding>& findings) : t_(trace), findings_(findings) {}

    Timeline make() {
        out_.from = t_.start;
        out_.until = last_change();
        parent();
        for (std::size_t s = 0; s < t_.signers.size(); ++s) signer(static_cast<int>(s));
        happenings();
        return std::move(out_);
    }

  private:
    // After that nothing is to be seen; a little room behind it.
    Instant last_change() const {
        Instant last = t_.start;
        const auto see = [&](Instant t) {
            if (t <= t_.end) last = std::max(last, t);
        };
        for (const auto& track : t_.tracks)
            for (const auto& v : track.versions) {
                see(v.from);
                if (v.until < t_.end) see(std::min(t_.end, v.until + std::chrono::seconds(v.ttl)));
            }
        for (const auto* notes : {&t_.events, &t_.waits})
            for (const auto& n : *notes) {
                see(n.from);
                see(n.until);
            }
        for (const auto& f : findings_)
            for (const auto& s : f.when.spans()) see(s.until);
        return std::min(t_.end, last + std::max((last - t_.start) / 50, Duration{1})) + Duration{1};
    }

    const TraceTrack* track(TrackKind kind, int signer) const {
        auto it = std::ranges::find_if(t_.tracks, [&](const auto& t) { return t.kind == kind && t.signer == signer; });
        return it == t_.tracks.end() ? nullptr : &*it;
    }

    // A row of what is in the versions of a track for which `has` holds.
    Row row(std::string label, const TraceTrack& track, const std::function<bool(const TraceVersion&)>& has) const {
        Moments with, without, cached;
        for (const auto& v : track.versions) {
            (has(v) ? with : without).add(Span{v.from, v.until});
            if (has(v) && v.until != kNever) cached.add(Span{v.from, v.until + std::chrono::seconds(v.ttl)});
        }
        const Span window{out_.from, out_.until};
        Row r{std::move(label), {}};
        const auto add = [&](Bar::What what, const Moments& when) {
            for (const auto& s : when.within(window).spans()) r.bars.push_back({what, s.from, s.until});
        };
        Moments alone;
        for (const auto& s : with.spans()) alone.add(without.gaps(s));
        add(Bar::What::everywhere, alone);
        add(Bar::What::somewhere, with.common(without));
        Moments gone;
        for (const auto& s : cached.spans()) gone.add(with.gaps(s));
        add(Bar::What::cached, gone);
        std::ranges::sort(r.bars, {}, &Bar::from);
        return r;
    }
    static void keep(Section& section, Row row) {
        if (!row.bars.empty()) section.rows.push_back(std::move(row));
    }

    void names(Section& section, const TraceTrack* track) const {
        if (track == nullptr) return;
        for (std::size_t i = 0; i < t_.signers.size(); ++i)
            keep(section,
                 row("NS " + t_.signers[i], *track, [i](const auto& v) { return v.signers.has(static_cast<int>(i)); }));
    }
    void keys(Section& section, std::string_view what, const TraceTrack* track,
              const std::function<bool(const TraceVersion&, int)>& has) const {
        if (track == nullptr) return;
        for (std::size_t i = 0; i < t_.keys.size(); ++i)
            keep(section, row(std::string(what) + t_.keys[i].label, *track,
                              [&](const auto& v) { return has(v, static_cast<int>(i)); }));
    }

    void parent() {
        Section section{"parent", {}};
        keys(section, "DS ", track(TrackKind::ds, -1), [](const auto& v, int i) { return v.keys.has(i); });
        names(section, track(TrackKind::ns_parent, -1));
        out_.sections.push_back(std::move(section));
    }

    void signer(int s) {
        Section section{t_.signers[static_cast<std::size_t>(s)], {}};
        keys(section, "key ", track(TrackKind::dnskey, s), [](const auto& v, int i) { return v.keys.has(i); });
        keys(section, "signs ", track(TrackKind::data, s), [](const auto& v, int i) {
            return std::ranges::any_of(v.signatures, [i](KeyBits b) { return b.has(i); });
        });
        names(section, track(TrackKind::ns_child, s));
        if (const auto* down = track(TrackKind::down, s))
            keep(section, row("does not answer", *down, [](const auto&) { return true; }));
        out_.sections.push_back(std::move(section));
    }

    void happenings() {
        Section section{"", {}};
        Row events{"events", {}}, waits{"waits for", {}}, unsafe{"unsafe", {}};
        char letter = 'a';
        for (const auto& n : t_.events) {
            out_.events.push_back({letter, n.from, n.until, n.text});
            if (n.from >= out_.from && n.from < out_.until)
                events.bars.push_back({Bar::What::event, n.from, n.from + Duration{1}, letter});
            letter = letter == 'z' ? 'a' : static_cast<char>(letter + 1);
        }
        letter = 'A';
        for (const auto& n : joined_waits()) {
            out_.waits.push_back({letter, n.from, n.until, n.text});
            waits.bars.push_back({Bar::What::wait, n.from, std::min(n.until, out_.until), letter});
            letter = letter == 'Z' ? 'A' : static_cast<char>(letter + 1);
        }
        Moments when;
        for (const auto& f : findings_) when.add(f.when);
        for (const auto& s : when.within({out_.from, out_.until}).spans())
            unsafe.bars.push_back({Bar::What::unsafe, s.from, s.until});
        for (auto* r : {&events, &waits, &unsafe}) keep(section, std::move(*r));
        out_.sections.push_back(std::move(section));
    }

    // Short ones are no news: something was on its way. The same one again, with little in between, is one.
    std::vector<TraceNote> joined_waits() const {
        std::vector<TraceNote> out;
        const auto little = (out_.until - out_.from) / 50;
        for (auto n : t_.waits) {
            n.from = std::max(n.from, out_.from);
            n.until = std::min(n.until, out_.until);
            if (n.until <= n.from) continue;
            const auto head = [](const std::string& text) { return std::string_view(text).substr(0, 60); };
            if (!out.empty() && head(out.back().text) == head(n.text) && n.from - out.back().until < little)
                out.back().until = n.until;
            else
                out.push_back(std::move(n));
        }
        std::erase_if(out, [&](const auto& n) { return n.until - n.from < little; });
        return out;
    }

    const Trace& t_;
    const std::vector<checker::Finding>& findings_;
    Timeline out_;
};

} // namespace

Timeline timeline(const Trace& trace, const std::vector<checker::Finding>& findings) {
    return Maker(trace, findings).make();
}

} // namespace tutti::sim
