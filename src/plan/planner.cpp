#include "plan/planner.hpp"

#include "plan/alarms.hpp"
#include "plan/reasons.hpp"
#include "plan/rule.hpp"
#include "plan/target.hpp"
#include "plan/topology.hpp"

#include <algorithm>

namespace tutti::plan {

using model::Action;
using model::Decision;
using model::Intent;
using model::Knowledge;
using model::Reason;

namespace {

// How long to leave a write alone before sending it again, if no address shows it.
Duration patience_of(int tries) {
    return std::min(seconds(2.0 * (1 << std::min(tries, 5))), seconds(60));
}

// One decision in the making.
class Planner {
  public:
    Planner(const Intent& intent, const Knowledge& k, Instant now)
        : intent_(intent), k_(k), now_(now), scene_(look(k, intent.policy, now)), joined_(scene_) {}

    Decision decide() {
        add_alarms(out_.alarms, scene_, intent_);
        if (cannot_start()) return finish();
        target_ =
            target(intent_, scene_, [&](int s, bool prepared, model::KeySet ds) { return may_join(s, prepared, ds); });
        target_.ds = reachable_ds(target_.ds);
        pending_ = target_.troubles;
        for (auto& r : distrusted_in_use(k_, target_)) pending_.push_back(std::move(r));
        signers();
        parent();
        if (!intent_.secure)
            for (auto& r : still_secure(scene_)) pending_.push_back(std::move(r));
        send_again();
        return finish();
    }

  private:
    const model::Signer& signer(int s) const { return k_.signers[static_cast<std::size_t>(s)]; }

    // Preconditions without which nothing may be touched.
    bool cannot_start() {
        for (auto& r : obstacles(intent_, k_)) {
            blocking_ = true;
            out_.because.push_back(std::move(r));
        }
        return blocking_;
    }

    bool may_join(int s, bool prepared, model::KeySet ds) {
        Action a;
        a.kind = Action::Kind::ns_parent;
        a.add_names = signer(s).ns;
        // What the rule does not see: it must answer everywhere before resolvers are sent to it.
        auto unready = not_serving(k_, intent_, s, headline(k_, a));
        if (prepared && only_silent_shortly(signer(s))) unready.clear();
        for (auto& r : takes_back(s, ds, headline(k_, a))) unready.push_back(std::move(r));
        if (unready.empty()) return try_action(joined_, a, true, headline(k_, a)); // beside those that may, too
        for (auto& r : unready) waits_.push_back(std::move(r));
        return false;
    }

    // A parent that asks the children compares those that it delegates to. Once it delegates to this one alone, an old
    // CDS here would take back a DS by then, and a signer that rolls its key has counted from when the DS was there.
    std::vector<Reason> takes_back(int s, model::KeySet ds, const std::string& blocks) const {
        if (!k_.parent.reads_cds) return {};
        model::KeySet needed = ds & may_be_at_parent(scene_);
        for (int key : ds)
            if (!k_.keys[static_cast<std::size_t>(key)].dnskey) needed.drop(key); // no CDNSKEY can be made for it
        auto out = not_yet_seen(k_, intent_, Action{.kind = Action::Kind::cds, .signer = s}, signer(s).cds, now_,
                                [&](const model::CdsSet& cds) { return cds.empty() || cds.named().includes(needed); });
        for (auto& r : out) r.blocks = blocks;
        return out;
    }

    bool only_silent_shortly(const model::Signer& s) const {
        const auto short_of = [&](const auto& track) {
            return std::ranges::all_of(track.sights, [&](const auto& x) {
                return x.version >= 0 && (x.silent_since == kNever || now_ - x.silent_since < intent_.policy.patience);
            });
        };
        return s.declared_dead == kNever && s.problem.empty() && short_of(s.dnskey) && short_of(s.data) &&
               short_of(s.ns_child);
    }

    // The DS set nearest to the wanted one that is safe now: all that is new, and what is old as long as it is needed.
    model::KeySet reachable_ds(model::KeySet wanted) {
        const auto* current = k_.parent.ds.current();
        if (current == nullptr) return wanted;
        model::KeySet now = current->content;
        if (intent_.secure && wanted.empty()) return now; // the last DS goes only when none is wanted
        model::KeySet reach = grown(now | may_be_at_parent(scene_), now, wanted);
        // All at once where that is safe (no DS at all is, when it is wanted): one by one may not be.
        Action all{.kind = Action::Kind::ds, .add_keys = wanted - now, .remove_keys = (now | on_the_way()) - wanted};
        if (reach.includes(wanted) && try_action(scene_, all, false, headline(k_, all))) return wanted;
        // What is not there yet goes before what is, and what has begun to go before what has not: where one of two may
        // go, it is the same one at every look.
        const model::KeySet going = now - asked_everywhere(now);
        for (model::KeySet part : {reach - wanted - now, (reach - wanted) & going, (reach - wanted) & (now - going)})
            for (int key : part) {
                model::KeySet without = reach - model::KeySet::of(key);
                if (intent_.secure && (without & now).empty()) continue;
                Action drop{
                    .kind = Action::Kind::ds, .add_keys = without - now, .remove_keys = (now | on_the_way()) - without};
                if (try_action(scene_, drop, false, key_headline(key))) reach = without;
            }
        return reach;
    }
    // Of these DS, those that no write under way leaves out, nor the CDS of anybody that the parent asks.
    model::KeySet asked_everywhere(model::KeySet ds) const {
        for (const auto& v : k_.parent.ds.versions)
            if (v.pending && v.open()) ds = ds & v.content;
        if (!k_.parent.reads_cds) return ds;
        for (int s : scene_.delegated)
            if (const auto* cds = signer(s).cds.current(); cds != nullptr && !cds->content.empty())
                ds = ds & cds->content.named();
        return ds;
    }
    // With all that is wanted and new; or with what is new of one algorithm or another, where the whole is not safe.
    model::KeySet grown(model::KeySet reach, model::KeySet now, model::KeySet wanted) {
        const auto safe = [&](model::KeySet more) {
            Action grow{.kind = Action::Kind::ds, .add_keys = (reach | more) - now};
            return grow.add_keys.empty() || try_action(scene_, grow, false, headline(k_, grow));
        };
        if (safe(wanted)) return reach | wanted;
        for (model::KeySet rest = wanted - reach; !rest.empty();) {
            const auto algorithm = k_.keys[static_cast<std::size_t>(*rest.begin())].algorithm;
            model::KeySet same;
            for (int key : rest)
                if (k_.keys[static_cast<std::size_t>(key)].algorithm == algorithm) same.add(key);
            if (same == wanted - now) break; // that was tried
            if (safe(same)) reach |= same;
            rest = rest - same;
        }
        return reach;
    }
    std::string key_headline(int key) const {
        return headline(k_, Action{.kind = Action::Kind::ds, .remove_keys = model::KeySet::of(key)});
    }

    // True if the action is safe now, together with all that was accepted in this scene before it.
    bool try_action(Scene& scene, const Action& a, bool keep, const std::string& called) {
        Scene next = scene;
        Action judged = a;
        judged.remove_keys = a.remove_keys - target_.distrusted;
        imagine(next, judged);
        auto why_not = caused(next, intent_.policy);
        if (!why_not.empty()) {
            hold_back(next, called, why_not);
            return false;
        }
        if (keep && a.remove_keys.meets(target_.distrusted)) tell_what_breaks(scene, a);
        if (keep) scene = std::move(next);
        return true;
    }

    // The operator's word is above the rule for keys that are not trusted any more. What it costs is said.
    void tell_what_breaks(const Scene& scene, const Action& a) {
        Scene next = scene;
        imagine(next, a);
        for (const auto& v : caused(next, intent_.policy)) {
            model::Alarm r{describe(next, v, {}), "unsafe"};
            r.blocks = headline(k_, a);
            if (std::ranges::find(out_.alarms, r) == out_.alarms.end()) out_.alarms.push_back(std::move(r));
        }
    }

    // Reasons that hold one action back: the one that lasts longest binds.
    void hold_back(const Scene& scene, const std::string& what, const std::vector<Violation>& why_not) {
        Instant ends = kLongAgo;
        const Violation* binding = nullptr;
        for (const auto& v : why_not)
            if (binding == nullptr || v.ends > ends) {
                binding = &v;
                ends = v.ends;
            }
        Reason r = describe(scene, *binding, what);
        if (std::find(waits_.begin(), waits_.end(), r) == waits_.end()) waits_.push_back(std::move(r));
    }

    // A write like this one that was sent before: under way, or refused.
    template <class Track>
    static auto tried_before(const Track& track, const auto& wanted) -> decltype(track.current()) {
        for (const auto& v : track.versions)
            if (v.pending && v.content == wanted && (v.open() || !v.refused.empty())) return &v;
        return nullptr;
    }
    bool due(const auto* tried, int place) const {
        if (tried == nullptr) return true;
        if (place == model::kNobody && k_.parent.mode == model::ParentMode::manual && tried->open()) return false;
        return now_ >= tried->tried + patience_of(tried->tries);
    }

    // Either the difference is written now, or somebody is waited for.
    template <class Track, class Content>
    void settle(const Track& track, const Content& wanted, Action a, bool ready = true) {
        bool there = track.current() != nullptr && track.current()->content == wanted;
        const auto* tried = tried_before(track, wanted);
        if (!there && comes_back(track, wanted)) return unseen(a, track, track.current()->content);
        if (!there && ready && due(tried, a.signer) && try_action(scene_, a, true, headline(k_, a))) {
            a.because = purpose(k_, a, target_, intent_.secure);
            if (tried != nullptr && !tried->refused.empty())
                again_.emplace_back(tried->tried, a);
            else
                out_.actions.push_back(a);
        }
        if (!there && tried != nullptr && !tried->refused.empty())
            pending_.push_back(refusal(k_, a, tried->refused, tried->tries));
        else if (there ? !track.everywhere(wanted) : tried != nullptr)
            unseen(a, track, wanted);
    }

    // An address still shows what is wanted from before it was changed. Only when it has been seen to leave that can it
    // be told from the same content once more, and what lies between be known to be over.
    template <class Track, class Content>
    static bool comes_back(const Track& track, const Content& wanted) {
        return track.current() != nullptr && std::ranges::any_of(track.sights, [&](const auto& s) {
                   return s.version >= 0 && track.version(s).content == wanted;
               });
    }

    template <class Track, class Content>
    void unseen(const Action& a, const Track& track, const Content& wanted) {
        const auto as_wanted = [&](const Content& seen) { return seen == wanted; };
        for (auto& r : not_yet_seen(k_, intent_, a, track, now_, as_wanted)) pending_.push_back(std::move(r));
    }

    // What was refused is sent alone: a server takes or refuses a message as a whole, and nothing that it would take is
    // to be refused along with it. The one that has waited longest.
    void send_again() {
        std::ranges::stable_sort(again_, {}, [](const auto& a) { return a.first; });
        for (auto& [tried, action] : again_)
            if (std::ranges::none_of(out_.actions, [&](const Action& a) { return a.signer == action.signer; }))
                out_.actions.push_back(std::move(action));
    }

    void signers() {
        for (int s : target_.group) {
            const auto& t = target_.signers[static_cast<std::size_t>(s)];
            settle_dnskey(s, t);
            if (k_.parent.reads_cds && signer(s).dnskey.current() != nullptr) settle_cds(s);
        }
        for (int s : target_.group) {
            const auto& t = target_.signers[static_cast<std::size_t>(s)];
            settle_ns(s, t.ns);
            settle_csync(s, t);
        }
    }

    // Additions and removals apart: an addition is never held up by a removal that must wait; and each key leaves as
    // soon as it can.
    void settle_dnskey(int s, const SignerTarget& t) {
        const auto& track = signer(s).dnskey;
        const auto* current = track.current();
        if (current == nullptr) return;
        if (t.copy_of != model::kNobody && settle_copy(s, t.copy_of)) return;
        if (!t.dnskey_impossible.empty()) pending_.push_back(cannot_publish(k_, s, t.dnskey_impossible));
        Action a{.kind = Action::Kind::dnskey, .signer = s, .add_keys = t.dnskey_add};
        // What is not trusted goes at once; the rest when nothing has to be added any more.
        a.remove_keys = t.dnskey_add.empty() ? removable(s, t.dnskey_remove) : t.dnskey_remove & target_.distrusted;
        model::DnskeySet wanted = current->content;
        wanted.keys = (wanted.keys | a.add_keys) - a.remove_keys;
        settle(track, wanted, std::move(a));
    }
    // The RRset of the KSK holder, as it is. False: the signer signs one of its own, and still has to.
    bool settle_copy(int s, int holder) {
        const bool reachable = scene_.reachable.has(s), over = signs_for(k_, s) != model::kNobody || !reachable;
        const auto& track = signer(s).dnskey;
        const auto* source = signer(holder).dnskey.current();
        if (signer(s).can.signed_dnskey.can != model::Can::yes) {
            pending_.push_back(cannot_copy(k_, s, holder));
            return over;
        }
        if (source == nullptr)
            unseen({.kind = Action::Kind::dnskey, .signer = holder}, signer(holder).dnskey, model::DnskeySet{});
        if (source == nullptr || source->content.signed_by.empty()) return over;
        const auto now = track.current()->content, wanted = source->content;
        const auto* data = signer(s).data.current();
        // While nobody asks it, it waits until its own keys are among them: its zone stays what it is, a valid one.
        if (!reachable && data != nullptr && !wanted.keys.includes(data->content.keys)) return over;
        const Action a{.kind = Action::Kind::dnskey,
                       .signer = s,
                       .add_keys = wanted.keys - now.keys,
                       .remove_keys = now.keys - wanted.keys,
                       .copy_of = holder};
        // Nothing is taken away that the holder is about to add, unless something else is needed at once.
        const auto& t = target_.signers[static_cast<std::size_t>(s)];
        if (a.remove_keys.meets(target_.signers[static_cast<std::size_t>(holder)].dnskey_add) &&
            !a.add_keys.meets(t.dnskey_add))
            return over;
        const auto before = out_.actions.size() + again_.size();
        settle(track, wanted, a);
        const auto* tried = tried_before(track, wanted);
        const bool under_way = out_.actions.size() + again_.size() != before || (tried != nullptr && tried->open());
        return over || now == wanted || under_way;
    }
    model::KeySet removable(int s, model::KeySet keys) {
        Action a{.kind = Action::Kind::dnskey, .signer = s};
        for (int key : keys) {
            Action with = a;
            with.remove_keys.add(key);
            Action alone{.kind = Action::Kind::dnskey, .signer = s, .remove_keys = model::KeySet::of(key)};
            if (try_action(scene_, with, false, headline(k_, alone))) a = with;
        }
        return a.remove_keys;
    }

    // A parent that takes the CDS of whoever answers must not find an old one at somebody who was silent.
    bool waits_for_cds(int s) {
        bool silent = false;
        for (int other : scene_.delegated) {
            const auto& track = signer(other).cds;
            if (signer(other).declared_dead != kNever) continue;
            for (const auto& sight : track.sights)
                if (other != s && sight.silent_since != kNever) {
                    pending_.push_back(lagging(k_, intent_, Action{.kind = Action::Kind::cds, .signer = other}, sight,
                                               kNever, 0, now_));
                    silent = true;
                }
        }
        return silent;
    }

    // A DS whose DNSKEY nobody has seen cannot be asked for: there is no CDNSKEY for it. It stays where it is named.
    model::CdsSet published() const {
        model::KeySet keys = target_.ds;
        for (int i : target_.ds - asked_everywhere(target_.ds))
            if (!k_.keys[static_cast<std::size_t>(i)].dnskey) keys.drop(i);
        return {keys, keys, target_.ask_delete};
    }
    void settle_cds(int s) {
        const auto& track = signer(s).cds;
        if (track.current() == nullptr) return;
        const auto& now = track.current()->content;
        model::CdsSet wanted = published();
        if (!scene_.delegated.has(s) && signer(s).can.publishes_own_cds) {
            // Nobody reads it there, and what it says of its own keys it would only say again.
            wanted.cds |= now.cds & own_keys(k_, s);
            wanted.cdnskey |= now.cdnskey & own_keys(k_, s);
        }
        for (int key : wanted.named() - now.named())
            if (!k_.keys[static_cast<std::size_t>(key)].dnskey)
                return pending_.push_back(cannot_be_asked_for(k_, s, key));
        if (now != wanted && waits_for_cds(s)) return;
        // What is only added may keep the parent from taking it away, where it has not begun to.
        const bool adds = wanted.named().includes(now.named());
        if (called_back({.kind = Action::Kind::ds}, k_.parent.ds, target_.ds, adds)) return;
        Action a{.kind = Action::Kind::cds,
                 .signer = s,
                 .add_keys = target_.ds - (now.cds & now.cdnskey),
                 .remove_keys = now.named() - wanted.named(),
                 .asks_delete = target_.ask_delete};
        settle(track, wanted, std::move(a));
    }

    // A parent that does what the children say may still be on its way from what is wanted now to something else. It is
    // not called back before all of its servers were seen there: who is late could not be told from who is back.
    // `begun`: only from where a server was seen to be.
    bool called_back(const Action& a, const auto& track, const auto& wanted, bool begun = false) {
        if (!k_.parent.reads_cds) return false;
        int oldest = -1; // of what is wanted and still seen
        for (const auto& sight : track.sights)
            if (sight.version >= 0 && track.version(sight).content == wanted && (oldest < 0 || sight.version < oldest))
                oldest = sight.version;
        for (std::size_t i = static_cast<std::size_t>(oldest + 1); oldest >= 0 && i < track.versions.size(); ++i)
            if (const auto& v = track.versions[i];
                v.open() && !v.unknown && !(begun && v.pending) && !(v.content == wanted)) {
                unseen(a, track, v.content);
                return true;
            }
        return false;
    }

    void settle_ns(int s, model::NameSet wanted) {
        const auto& track = signer(s).ns_child;
        if (track.current() == nullptr) return;
        auto now = track.current()->content;
        if (now != wanted && scene_.delegated.has(s) &&
            called_back({.kind = Action::Kind::ns_parent}, k_.parent.ns, wanted))
            return;
        settle(
            track, wanted,
            Action{
                .kind = Action::Kind::ns_child, .signer = s, .add_names = wanted - now, .remove_names = now - wanted});
    }

    void settle_csync(int s, const SignerTarget& t) {
        const auto& track = signer(s).csync;
        if (track.current() == nullptr) return;
        settle(track, t.csync, Action{.kind = Action::Kind::csync, .signer = s, .csync_on = t.csync});
    }

    void parent() {
        const auto& p = k_.parent;
        if (p.ds.current() == nullptr || p.ns.current() == nullptr) return;
        bool by_children = p.mode == model::ParentMode::cds;
        auto ds = p.ds.current()->content;
        settle(p.ds, target_.ds,
               Action{.kind = Action::Kind::ds,
                      .add_keys = target_.ds - ds,
                      .remove_keys = (ds | on_the_way()) - target_.ds},
               !by_children || published_by_all([&](const model::Signer& s) { return s.cds.everywhere(published()); }));
        auto ns = p.ns.current()->content;
        settle(p.ns, target_.ns,
               Action{.kind = Action::Kind::ns_parent, .add_names = target_.ns - ns, .remove_names = ns - target_.ns},
               !by_children || published_by_all([&](const model::Signer& s) {
                   return s.ns_child.everywhere(target_.ns) && s.csync.everywhere(true);
               }));
    }

    // Keys that a DS write under way may yet bring.
    model::KeySet on_the_way() const {
        model::KeySet out;
        for (const auto& v : k_.parent.ds.versions)
            if (v.pending && v.open()) out |= v.content;
        return out;
    }

    bool published_by_all(auto&& says_so) const {
        for (int s : scene_.delegated)
            if (signer(s).declared_dead == kNever && !says_so(signer(s))) return false;
        return true;
    }

    Decision finish() {
        using State = Decision::State;
        for (auto* list : {&waits_, &pending_})
            for (auto& r : *list) out_.because.push_back(std::move(r));
        // What ends first; among those that end by nobody's clock, where somebody must act.
        const auto rank = [](const Reason& r) { return std::pair(r.until, !needs_somebody(r)); };
        std::stable_sort(out_.because.begin(), out_.because.end(),
                         [&](const Reason& a, const Reason& b) { return rank(a) < rank(b); });
        for (const auto& r : out_.because) out_.until = std::min(out_.until, r.until);
        bool stuck = blocking_ || std::any_of(out_.because.begin(), out_.because.end(),
                                              [&](const Reason& r) { return needs_somebody(r); });
        if (!out_.actions.empty())
            out_.state = State::act;
        else if (blocking_ || (stuck && out_.until == kNever))
            out_.state = State::blocked;
        else if (!out_.because.empty())
            out_.state = State::wait;
        else
            out_.state = State::done;
        return std::move(out_);
    }

    const Intent& intent_;
    const Knowledge& k_;
    Instant now_;
    Scene scene_;  // with all that was accepted so far
    Scene joined_; // with all those that may join
    Target target_;
    Decision out_;
    std::vector<Reason> waits_, pending_;
    std::vector<std::pair<Instant, Action>> again_; // refused before: when it was tried last
    bool blocking_ = false;
};

} // namespace

Decision plan(const Intent& intent, const Knowledge& knowledge, Instant now) {
    return Planner(intent, knowledge, now).decide();
}

} // namespace tutti::plan
