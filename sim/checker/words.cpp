#include "sim/checker/words.hpp"

#include <fmt/format.h>

namespace tutti::sim::checker {

namespace {

// "just before 66" for the last microsecond before it, else "at 65.9".
std::string moment_text(Instant t) {
    const Instant whole = std::chrono::ceil<std::chrono::milliseconds>(t);
    if (whole - t == Duration{1}) return "just before " + seconds_text(whole);
    return "at " + seconds_text(t);
}

class Words {
  public:
    Words(const Trace& trace, const Caches& caches) : t_(trace), c_(caches) {}

    std::string sentence(const Finding& f) {
        const Instant at = f.at();
        std::string out = fmt::format("{} a resolver", moment_text(at));
        std::string how; // it could ask those signers
        bool first = true;
        for (const auto& h : f.held) {
            if (h.kind == TrackKind::down) continue;
            const Entry& e = entry(h);
            out += fmt::format("{} {}", first ? " that holds" : " and", thing(e));
            out += fmt::format(" fetched{} {}", e.signer < 0 ? " from the parent" : " from " + name(e.signer),
                               moment_text(h.fetched));
            if (h.fetched < at) out += fmt::format(" (TTL {} s)", e.version->ttl);
            if (e.signer >= 0) how += why_asked(e.signer, h.fetched, 0);
            first = false;
        }
        out += ' ' + verdict(f);
        if (Instant until = f.when.spans().front().until; until <= t_.end)
            out += fmt::format("; possible until {}", seconds_text(until));
        else
            out += "; and still so at the end";
        return out + '.' + how;
    }

  private:
    const std::string& name(int signer) const { return t_.signers[static_cast<std::size_t>(signer)]; }
    std::string labels(KeyBits keys) const {
        std::string out;
        for (int i : keys) out += (out.empty() ? "" : " ") + t_.keys[static_cast<std::size_t>(i)].label;
        return out.empty() ? "nothing" : out;
    }
    std::string names(SignerBits signers) const {
        std::string out;
        for (int i : signers) out += (out.empty() ? "" : " ") + name(i);
        return out.empty() ? "nobody" : out;
    }

    const Entry& entry(const Held& h) const {
        const auto& list = h.kind == TrackKind::ds       ? c_.ds
                           : h.kind == TrackKind::dnskey ? c_.dnskey
                           : h.kind == TrackKind::data   ? c_.data
                                                         : c_.delegation;
        return *std::ranges::find_if(
            list, [&](const Entry& e) { return e.kind == h.kind && e.signer == h.signer && e.index == h.index; });
    }

    std::string thing(const Entry& e) const {
        const auto& v = *e.version;
        switch (e.kind) {
        case TrackKind::ds:
            return fmt::format("DS {{{}}}", labels(v.keys));
        case TrackKind::dnskey:
            return fmt::format("DNSKEY {{{}}} signed by {{{}}}", labels(v.keys), labels(v.signed_by));
        case TrackKind::data: {
            std::string out;
            for (KeyBits together : v.signatures) out += (out.empty() ? "" : ", or by ") + labels(together);
            return out.empty() ? "unsigned data" : "data signed by " + out;
        }
        default:
            return fmt::format("NS {{{}}}", names(v.signers));
        }
    }

    std::string verdict(const Finding& f) const {
        const auto keys = [&](std::size_t i) { return entry(f.held[i]).version->keys; };
        switch (f.fault) {
        case Fault::chain:
            return "finds no key in the DNSKEY RRset that the DS names and that signs it: SERVFAIL";
        case Fault::downgrade:
            return "finds an algorithm of the DS that does not sign the DNSKEY RRset: SERVFAIL if strict";
        case Fault::no_key: {
            KeyBits missing;
            for (KeyBits together : entry(f.held[2]).version->signatures)
                if (!together.meets(keys(1))) missing |= together;
            return fmt::format("finds a signature by {}, which is not in the DNSKEY RRset: SERVFAIL", labels(missing));
        }
        case Fault::unsigned_data:
            return "finds no signature where the DS asks for one: SERVFAIL";
        case Fault::weak_data:
            return "finds an algorithm of the DS that does not sign the data: SERVFAIL if strict";
        case Fault::unresolvable:
            return "finds nobody among them who serves the zone: SERVFAIL";
        case Fault::insecure:
            return "believes that the zone is not signed: nothing protects it";
        case Fault::lame:
            return fmt::format("is sent to {}, which does not serve the zone", name(f.held.back().signer));
        }
        return {};
    }

    // Why a resolver asked `signer` at t, where that needs saying: the parent did not name it at that moment.
    std::string why_asked(int signer, Instant t, int depth) const {
        const Entry* from = nullptr;
        Instant got = kNever;
        for (const auto& e : c_.delegation) {
            if (!e.version->signers.has(signer) || !e.alive.has(t)) continue;
            if (e.kind == TrackKind::ns_parent && e.fetched.has(t)) return {};
            // The earliest fetch that still lives at t: chains of them go back to the parent.
            for (const auto& s : e.fetched.spans()) {
                Instant f = std::max(s.from, t - std::chrono::seconds(e.version->ttl));
                if (f < s.until && f <= t && (from == nullptr || f < got || (f == got && e.signer < 0))) {
                    from = &e;
                    got = f;
                }
            }
        }
        if (from == nullptr) return {};
        auto out =
            fmt::format(" {} could be asked {}: it is in the NS {{{}}} served by {} {} (TTL {} s).", name(signer),
                        moment_text(t), names(from->version->signers),
                        from->signer < 0 ? "the parent" : name(from->signer), moment_text(got), from->version->ttl);
        constexpr int kDeepest = 3;
        if (from->signer >= 0 && depth < kDeepest && got < t) out += why_asked(from->signer, got, depth + 1);
        return out;
    }

    const Trace& t_;
    const Caches& c_;
};

} // namespace

std::string in_words(const Trace& trace, const Caches& caches, const Finding& finding) {
    return Words(trace, caches).sentence(finding);
}

} // namespace tutti::sim::checker
