#include "sim/checker/exact.hpp"

#include "sim/checker/judge.hpp"
#include "sim/checker/words.hpp"

#include <optional>

namespace tutti::sim::checker {

namespace {

class Exact {
  public:
    Exact(const Trace& trace, const Rules& rules)
        : trace_(trace), rules_(rules), judge_(trace, rules), caches_(look(trace)),
          window_{trace.start, trace.end + Duration{1}} {}

    std::vector<Finding> run() {
        for (const auto& ds : caches_.ds)
            if (!ds.version->keys.empty()) secure_.add(ds.alive);
        for (const auto& ds : caches_.ds)
            if (ds.version->keys.empty() && !secure_.empty() && !rules_.may_become_insecure)
                note(Fault::insecure, ds.fetched, {&ds});
        for (const auto& key : caches_.dnskey) {
            chains(key);
            for (const auto& data : caches_.data) signatures(key, data);
        }
        for (const auto& ns : caches_.delegation) servers(ns);
        for (std::size_t s = 0; s < trace_.signers.size(); ++s) lame(s);
        // The earliest, and among those the one with the fewest ingredients.
        std::ranges::stable_sort(findings_, {}, [](const Finding& f) { return std::pair(f.at(), f.held.size()); });
        for (auto& f : findings_) f.text = in_words(trace_, caches_, f);
        return std::move(findings_);
    }

  private:
    void chains(const Entry& key) {
        for (const auto& ds : caches_.ds)
            if (auto fault = judge_.chain(*ds.version, *key.version)) report(*fault, {&ds, &key});
    }

    void signatures(const Entry& key, const Entry& data) {
        if (!secure_.meets(key.alive) || !key.alive.meets(data.alive)) return;
        static const std::vector<KeyBits> kUnsigned{KeyBits{}};
        const auto& rrsets = data.version->signatures.empty() ? kUnsigned : data.version->signatures;
        for (const auto& ds : caches_.ds)
            for (KeyBits signers : rrsets)
                if (auto fault = judge_.rrset(*ds.version, *key.version, signers)) report(*fault, {&ds, &key, &data});
    }

    void servers(const Entry& ns) {
        Moments somebody;
        for (int s : ns.version->signers) {
            if (!caches_.known[static_cast<std::size_t>(s)]) return;
            somebody.add(caches_.serving[static_cast<std::size_t>(s)]);
        }
        note(Fault::unresolvable, ns.alive.common(somebody.gaps(window_)), {&ns});
    }

    void lame(std::size_t s) {
        if (!caches_.known[s]) return;
        Moments when = caches_.reach[s].common(caches_.serving[s].gaps(window_)).within(window_);
        if (when.empty()) return;
        for (const auto& ns : caches_.delegation)
            if (ns.version->signers.has(static_cast<int>(s)) && ns.alive.meets(when))
                return note(Fault::lame, ns.alive.common(when), {&ns}, static_cast<int>(s));
    }

    void report(Fault fault, std::initializer_list<const Entry*> entries) {
        Moments when((Span{window_}));
        for (const auto* e : entries) {
            when = when.common(e->alive);
            if (when.empty()) return;
        }
        note(fault, std::move(when), entries);
    }

    void note(Fault fault, Moments when, std::initializer_list<const Entry*> entries, int lame_signer = -1) {
        when = when.within(window_);
        if (when.empty()) return;
        const auto* last = *(entries.end() - 1);
        // The same DNSKEY RRset and data with several DS RRsets are one finding.
        for (auto& f : findings_)
            if (entries.size() == 3 && f.fault == fault && f.held.size() == 3 &&
                same(f.held[1], **(entries.begin() + 1)) && same(f.held[2], *last)) {
                if (when.spans().front().from < f.at()) f.held = held(entries, when.spans().front().from);
                f.when.add(when);
                return;
            }
        Finding f{fault, std::move(when), {}, {}};
        f.held = held(entries, f.at());
        if (lame_signer >= 0) f.held.push_back({TrackKind::down, lame_signer, -1, f.at()});
        findings_.push_back(std::move(f));
    }
    static bool same(const Held& h, const Entry& e) {
        return h.kind == e.kind && h.signer == e.signer && h.index == e.index;
    }
    static std::vector<Held> held(std::initializer_list<const Entry*> entries, Instant t) {
        std::vector<Held> out;
        for (const auto* e : entries) out.push_back({e->kind, e->signer, e->index, e->fetched.latest(t)});
        return out;
    }

    const Trace& trace_;
    Rules rules_;
    Judge judge_;
    Caches caches_;
    Span window_;
    Moments secure_; // when some cache holds a DS
    std::vector<Finding> findings_;
};

constexpr std::array<std::string_view, kFaults> kNames{"no chain",
                                                       "algorithm downgrade of DNSKEY",
                                                       "signing key missing",
                                                       "unsigned",
                                                       "algorithm downgrade of data",
                                                       "no server",
                                                       "lame server",
                                                       "insecure"};

} // namespace

std::string_view to_string(Fault fault) {
    return kNames[static_cast<std::size_t>(fault)];
}

std::vector<Finding> check(const Trace& trace, const Rules& rules) {
    return Exact(trace, rules).run();
}

} // namespace tutti::sim::checker
