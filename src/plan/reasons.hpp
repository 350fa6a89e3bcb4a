#pragma once
// Decisions in words: why something waits, until when, on which evidence, and who must act.
#include "model/decision.hpp"
#include "plan/rule.hpp"
#include "plan/target.hpp"

namespace tutti::plan {

// The time of the day: "10:00:00.000Z"
std::string clock_text(Instant t);
// "add DNSKEY blue/4711 at green"
std::string headline(const model::Knowledge& k, const model::Action& a);
// Why the action is wanted, in one sentence.
std::string purpose(const model::Knowledge& k, const model::Action& a, const Target& target, bool secure);
// The action was sent and refused for certain.
model::Reason refusal(const model::Knowledge& k, const model::Action& a, const std::string& why, int tries);

// Distrusted keys that their signers go on using: only they can end that.
std::vector<model::Reason> distrusted_in_use(const model::Knowledge& k, const Target& target);
// Where no DS is wanted: DS that caches may still hold, for which the signers have to go on signing.
std::vector<model::Reason> still_secure(const Scene& scene);
// A DS of which no DNSKEY is known, where the parent does what CDS and CDNSKEY say.
model::Reason cannot_be_asked_for(const model::Knowledge& k, int signer, int key);
// Keys that a signer would have to publish and cannot.
model::Reason cannot_publish(const model::Knowledge& k, int signer, model::KeySet keys);

// The KSK holder's DNSKEY RRset cannot be served there.
model::Reason cannot_copy(const model::Knowledge& k, int signer, int holder);

// A pair that breaks the rule: what meets what, where it was last served, until when. `blocks`: what it holds back
// (empty for an alarm: it is broken now).
model::Reason describe(const Scene& scene, const Violation& v, std::string blocks);

// What keeps everything from starting: the parent unseen, the delegation names somebody unknown.
std::vector<model::Reason> obstacles(const model::Intent& intent, const model::Knowledge& k);
// Why resolvers must not be sent to this signer yet, whatever the caches hold.
std::vector<model::Reason> not_serving(const model::Knowledge& k, const model::Intent& intent, int signer,
                                       const std::string& blocks);
// True if waiting alone will not end it.
bool needs_somebody(const model::Reason& r);

// One address that does not show what was written, and what is known of it.
model::Reason lagging(const model::Knowledge& k, const model::Intent& intent, const model::Action& a,
                      const model::Sight& sight, Instant tried, int tries, Instant now);

// Which addresses do not show yet what `will_do`.
template <class Track>
std::vector<model::Reason> not_yet_seen(const model::Knowledge& k, const model::Intent& intent, const model::Action& a,
                                        const Track& track, Instant now, auto&& will_do) {
    std::vector<model::Reason> out;
    const auto* write = track.in_flight();
    for (const auto& sight : track.sights)
        if (sight.version < 0 || !will_do(track.version(sight).content))
            out.push_back(lagging(k, intent, a, sight, write == nullptr ? kNever : write->tried,
                                  write == nullptr ? 0 : write->tries, now));
    return out;
}

} // namespace tutti::plan
