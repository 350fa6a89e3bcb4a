#include "plan/alarms.hpp"

#include "plan/reasons.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::plan {

using model::Alarm;
using model::Decision;
using model::KeySet;
using model::Knowledge;
using model::Reason;

namespace {

Alarm alarm(std::string code, Reason::Kind kind, std::string who, std::string what, std::string text,
            std::string remedy) {
    return {{kind, std::move(text), std::move(who), "", std::move(remedy), kNever}, std::move(code), std::move(what)};
}

// A signer that signs with a key before the others publish it is to be told from one that withdraws a key too early.
const char* code_of(const Scene& scene, const Violation& v) {
    if (v.conjunct == Conjunct::chain) return "ds-mismatch";
    if (v.conjunct != Conjunct::signatures) return "unsafe";
    const auto& data = scene.data[static_cast<std::size_t>(v.data)];
    const auto& key = scene.dnskey[static_cast<std::size_t>(v.dnskey)];
    if (data.version < 0 || key.version < 0) return "unsafe";
    const auto& signers = scene.k->signers;
    const auto began =
        signers[static_cast<std::size_t>(data.signer)].data.versions[static_cast<std::size_t>(data.version)].from;
    const auto there =
        signers[static_cast<std::size_t>(key.signer)].dnskey.versions[static_cast<std::size_t>(key.version)].from;
    return began > there ? "signs-too-early" : "unsafe";
}

void silent_servers(std::vector<Alarm>& out, const model::Signer& s) {
    for (const auto& sight : s.dnskey.sights)
        if (sight.silent_since != kNever)
            out.push_back(alarm("server-silent", Reason::Kind::silent, sight.address, "",
                                fmt::format("{} at {} does not answer since {}: {}", s.name, sight.address,
                                            clock_text(sight.silent_since), sight.problem),
                                fmt::format("see to {} at {}", s.name, sight.address)));
}

// ---- what `watch` adds ----

class Watch {
  public:
    explicit Watch(const Watched& w, Decision& decision) : w_(w), k_(w.knowledge), d_(decision) {}

    void run() {
        for (std::size_t i = 0; i < k_.signers.size(); ++i) {
            if (k_.signers[i].declared_dead != kNever) continue;
            const int s = static_cast<int>(i);
            unexpected_keys(s);
            ends(k_.signers[i].dnskey, s, "the DNSKEY RRset");
            ends(k_.signers[i].data, s, "the zone's data");
            unreadable(s);
            shut_out(k_.signers[i].shut, k_.signers[i].name);
        }
        shut_out(k_.parent.shut, k_.parent.name);
        no_ds_any_more();
        if (w_.settled && d_.state != Decision::State::done) drift();
        stuck();
        date();
    }

  private:
    const model::Signer& signer(int s) const { return k_.signers[static_cast<std::size_t>(s)]; }
    void add(Alarm a) { d_.alarms.push_back(std::move(a)); }
    bool was(const std::string& code, const std::string& who, const std::string& what) const {
        return std::ranges::any_of(w_.before.alarms,
                                   [&](const Alarm& a) { return a.code == code && a.who == who && a.what == what; });
    }
    bool member(int s) const { return std::ranges::find(w_.intent.signers, signer(s).name) != w_.intent.signers.end(); }

    // Published, not put there by us, not in use, and its signer's interface does not name it; or nobody's at all.
    void unexpected_keys(int s) {
        const auto* current = signer(s).dnskey.current();
        if (current == nullptr) return;
        for (int i : current->content.keys - signer(s).ledger - signer(s).offered - current->content.signed_by) {
            const auto& key = k_.keys[static_cast<std::size_t>(i)];
            if (key.signs_data || key.signs_keys) continue;
            if (key.owner == s && signer(s).offered.empty()) continue; // all that is known is that it is new
            add(alarm(
                "key-unexpected", Reason::Kind::human, signer(s).name, std::to_string(key.tag),
                fmt::format("{} publishes a DNSKEY with tag {} (algorithm {}) that nobody is known to sign with",
                            signer(s).name, key.tag, key.algorithm),
                fmt::format("find out who put it there; if nobody did on purpose, remove it at {}", signer(s).name)));
        }
    }

    template <class Track>
    void ends(const Track& track, int s, const char* what) {
        const model::Sight* first = nullptr;
        for (const auto& sight : track.sights)
            if (sight.silent_since == kNever && sight.renew_by <= w_.now &&
                (first == nullptr || sight.expires < first->expires))
                first = &sight;
        if (first == nullptr) return;
        add(alarm("rrsig-expires", Reason::Kind::broken, signer(s).name, what,
                  fmt::format("signatures over {} of {} end at {} (seen at {}) and have not been renewed", what,
                              signer(s).name, to_rfc3339(first->expires), first->address),
                  fmt::format("let {} sign the zone again", signer(s).name)));
    }

    // It answers, and what it says of the zone is of no use.
    void unreadable(int s) {
        for (const auto& sight : signer(s).data.sights) {
            const auto same = std::ranges::find(signer(s).dnskey.sights, sight.address, &model::Sight::address);
            if (sight.silent_since == kNever || same == signer(s).dnskey.sights.end() || same->silent_since != kNever)
                continue;
            add(alarm("zone-unusable", Reason::Kind::broken, sight.address, "", signer(s).name + ": " + sight.problem,
                      fmt::format("see to {} at {}", signer(s).name, sight.address)));
        }
    }

    void shut_out(const model::Shut& shut, const std::string& who) {
        for (const auto& [what, said] : {std::pair("read", shut.read), std::pair("write", shut.write)})
            if (!said.empty())
                add(alarm("provider-auth", Reason::Kind::human, who, what,
                          fmt::format("{} does not let us {}: {}", who, what, said),
                          fmt::format("compare the key or password for {} on both sides", who)));
    }

    void no_ds_any_more() {
        const auto* current = k_.parent.ds.current();
        if (!w_.intent.secure || current == nullptr || !current->content.empty() || current->tries > 0) return;
        const bool had = std::ranges::any_of(
            k_.parent.ds.versions, [](const auto& v) { return !v.unknown && !v.pending && !v.content.empty(); });
        if (!had && !was("ds-mismatch", k_.parent.name, "none")) return;
        add(alarm("ds-mismatch", Reason::Kind::human, k_.parent.name, "none",
                  "the parent has no DS any more, and nobody asked for that here: the zone is insecure",
                  "find out who removed it; Tutti adds it again unless the zone is paused or the parent acts by hand"));
    }

    // What was as wanted and no longer is, although nobody changed the wish.
    void drift() {
        model::NameSet wanted;
        for (std::size_t s = 0; s < k_.signers.size(); ++s)
            if (member(static_cast<int>(s))) wanted |= k_.signers[s].ns;
        names(k_.parent.ns, wanted, k_.parent.name);
        for (std::size_t i = 0; i < k_.signers.size(); ++i) {
            const int s = static_cast<int>(i);
            if (!member(s) || signer(s).declared_dead != kNever) continue;
            names(signer(s).ns_child, wanted, signer(s).name);
            if (const KeySet lost = lost_keys(s); !lost.empty())
                add(alarm(
                    "drift", Reason::Kind::human, signer(s).name, "DNSKEY",
                    fmt::format("{} no longer publishes {}, which was there", signer(s).name, key_labels(k_, lost)),
                    "find out who removed it; Tutti adds it again as soon as that is safe"));
        }
    }
    void names(const model::Track<model::NameSet>& track, model::NameSet wanted, const std::string& who) {
        const auto* current = track.current();
        if (current == nullptr || current->content == wanted) return;
        add(alarm("drift", Reason::Kind::human, who, "NS",
                  fmt::format("{} serves NS {{{}}} where {{{}}} is wanted", who, name_labels(k_, current->content),
                              name_labels(k_, wanted)),
                  "find out who changed it; Tutti changes it back as soon as that is safe"));
    }
    // Foreign keys in use that were published there and were not taken away by us.
    KeySet lost_keys(int s) const {
        const auto* current = signer(s).dnskey.current();
        if (current == nullptr || current->tries > 0) return {};
        KeySet before, in_use;
        for (const auto& v : signer(s).dnskey.versions)
            if (!v.unknown && !v.pending) before |= v.content.keys;
        for (std::size_t r = 0; r < k_.signers.size(); ++r)
            if (const auto* data = k_.signers[r].data.current(); static_cast<int>(r) != s && data != nullptr)
                in_use |= data->content.keys;
        const KeySet missing = in_use - current->content.keys - own_keys(k_, s);
        return was("drift", signer(s).name, "DNSKEY") ? missing : missing & before;
    }

    // Somebody has to act, and nothing ends by itself; told when it has been so for longer than patience. A write that
    // is sent once more is not yet progress.
    void stuck() {
        const auto old = std::ranges::find(w_.before.alarms, "wait-stuck", &Alarm::code);
        auto reason = std::ranges::find_if(d_.because, needs_somebody);
        if (reason == d_.because.end() && d_.state == Decision::State::blocked) reason = d_.because.begin();
        if (d_.state == Decision::State::done || d_.until != kNever) return;
        if (reason == d_.because.end()) {
            if (d_.state == Decision::State::act && old != w_.before.alarms.end()) add(*old);
            return;
        }
        Alarm a{*reason, "wait-stuck"};
        a.who.clear(); // the zone, whoever has to act
        a.blocks.clear();
        a.text = (reason->blocks.empty() ? "" : reason->blocks + ": ") + reason->text;
        add(std::move(a));
    }

    void date() {
        for (auto& a : d_.alarms) {
            const auto same = std::ranges::find_if(w_.before.alarms, [&](const Alarm& b) { return a.same(b); });
            a.since = same != w_.before.alarms.end() && same->since != kNever ? same->since : w_.now;
            a.told = a.code != "wait-stuck" || w_.now - a.since >= w_.intent.policy.patience;
        }
    }

    const Watched& w_;
    const Knowledge& k_;
    Decision& d_;
};

} // namespace

void add_alarms(std::vector<Alarm>& out, const Scene& scene, const model::Intent& intent) {
    const Knowledge& k = *scene.k;
    // Where no cache can have a DS nobody validates.
    if (std::ranges::any_of(scene.ds, [](const auto& e) { return !e.from_cds && (e.unknown || !e.keys.empty()); }))
        for (const auto& v : broken_now(scene, intent.policy))
            out.push_back({describe(scene, v, {}), code_of(scene, v)});
    for (std::size_t i = 0; i < k.signers.size(); ++i) {
        const auto& s = k.signers[i];
        if (!scene.reachable.has(static_cast<int>(i))) continue;
        silent_servers(out, s);
        if (s.declared_dead != kNever) continue;
        if (const auto* d = s.dnskey.current();
            d != nullptr && d->content.signed_by.empty() && !d->content.keys.empty())
            out.push_back(alarm("signature-invalid", Reason::Kind::broken, s.name, "",
                                s.name + " serves a DNSKEY RRset without a valid signature",
                                "see to the signatures of " + s.name));
    }
    const auto* ds = k.parent.ds.current();
    if (ds == nullptr || intent.policy.drop_unknown_ds) return;
    for (int i : ds->content) {
        const auto& key = k.keys[static_cast<std::size_t>(i)];
        if (key.dnskey) continue;
        out.push_back(alarm("ds-mismatch", Reason::Kind::human, "you", std::to_string(key.tag),
                            fmt::format("the parent has a DS for key tag {} that no signer publishes", key.tag),
                            "set drop_unknown_ds = true if nobody needs it"));
    }
}

void watch(Decision& decision, const Watched& watched) {
    Watch(watched, decision).run();
}

} // namespace tutti::plan
