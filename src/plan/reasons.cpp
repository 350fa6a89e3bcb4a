#include "plan/reasons.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::plan {

using model::Action;
using model::KeySet;
using model::Knowledge;
using model::Reason;

namespace {

const model::Signer& signer_at(const Knowledge& k, int s) {
    return k.signers[static_cast<std::size_t>(s)];
}
std::string place(const Knowledge& k, int s) {
    return s == model::kNobody ? "the parent" + (k.parent.name.empty() ? "" : " " + k.parent.name)
                               : signer_at(k, s).name;
}

const char* rrset_of(Action::Kind kind) {
    switch (kind) {
    case Action::Kind::dnskey:
        return "DNSKEY";
    case Action::Kind::cds:
        return "CDS/CDNSKEY";
    case Action::Kind::ns_child:
    case Action::Kind::ns_parent:
        return "NS";
    case Action::Kind::csync:
        return "CSYNC";
    case Action::Kind::ds:
        return "DS";
    }
    return "";
}

// Where a version still is, or when it was last served: "still served by blue at 192.0.2.1", "served by blue until
// 10:00".
template <class Track>
std::string evidence(const Knowledge& k, const Track& track, const Entry& e) {
    std::string who = place(k, e.signer);
    if (e.unknown) {
        for (const auto& s : track.sights)
            if (s.version < 0) return fmt::format("{} at {} never answered", who, s.address);
        return "from before the first look";
    }
    if (e.version < 0) return "planned at " + who;
    const auto& v = track.versions[static_cast<std::size_t>(e.version)];
    if (!v.open() && v.supposed())
        return fmt::format("perhaps served by {} between two looks, until {}, TTL {} s", who, clock_text(v.until),
                           v.ttl);
    if (!v.open()) return fmt::format("served by {} until {}, TTL {} s", who, clock_text(v.until), v.ttl);
    if (v.pending) return fmt::format("written to {} at {}, not seen yet", who, clock_text(v.tried));
    std::string at, before;
    for (const auto& s : track.sights) {
        if (s.version >= 0 && s.version < e.version) before += (before.empty() ? "" : ", ") + s.address;
        if (s.version == e.version)
            at += (at.empty() ? "" : ", ") + s.address +
                  (s.silent_since == kNever ? "" : " (silent since " + clock_text(s.silent_since) + ")");
    }
    if (at.empty()) return fmt::format("served by {} before; {} may not have come to it yet", who, before);
    return fmt::format("served by {} at {}, TTL {} s", who, at, v.ttl);
}

std::string text_of(const Scene& s, const DsEntry& e) {
    const Knowledge& k = *s.k;
    std::string what = e.unknown ? "an unknown DS RRset" : "DS {" + key_labels(k, e.keys) + "}";
    if (e.introduced) return what;
    if (e.from_cds)
        return fmt::format("CDS {{{}}} ({})", key_labels(k, e.keys), evidence(k, signer_at(k, e.signer).cds, e));
    return fmt::format("{} ({})", what, evidence(k, k.parent.ds, e));
}
std::string text_of(const Scene& s, const DnskeyEntry& e) {
    const auto& track = signer_at(*s.k, e.signer).dnskey;
    std::string what = e.unknown ? "an unknown DNSKEY RRset of " + place(*s.k, e.signer)
                                 : "the DNSKEY RRset {" + key_labels(*s.k, e.keys) + "}";
    return fmt::format("{} ({})", what, evidence(*s.k, track, e));
}
std::string text_of(const Scene& s, const DataEntry& e) {
    const auto& track = signer_at(*s.k, e.signer).data;
    std::string what = e.unknown        ? "unknown older data of " + place(*s.k, e.signer)
                       : e.keys.empty() ? "unsigned data of " + place(*s.k, e.signer)
                                        : "data signed by {" + key_labels(*s.k, e.keys) + "}";
    return fmt::format("{} ({})", what, evidence(*s.k, track, e));
}

// Nothing for what is in no track: planned, or never seen.
template <class Content>
std::optional<model::VersionName> name_of(const Knowledge& k, const char* track, const model::Track<Content>& all,
                                          const Entry& e, KeySet keys) {
    if (e.version < 0) return std::nullopt;
    model::VersionName out{track, e.signer == model::kNobody ? "parent" : signer_at(k, e.signer).name, {}, kLongAgo};
    for (int key : keys) out.content.push_back(key_label(k, key));
    out.from = all.versions[static_cast<std::size_t>(e.version)].from;
    return out;
}
std::optional<model::VersionName> name_of(const Knowledge& k, const DsEntry& e) {
    if (!e.from_cds) return name_of(k, "ds", k.parent.ds, e, e.keys);
    if (e.version < 0) return std::nullopt;
    const auto& cds = signer_at(k, e.signer).cds;
    return name_of(k, "cds", cds, e, cds.versions[static_cast<std::size_t>(e.version)].content.named());
}
std::optional<model::VersionName> name_of(const Knowledge& k, const DnskeyEntry& e) {
    return name_of(k, "dnskey", signer_at(k, e.signer).dnskey, e, e.keys);
}
std::optional<model::VersionName> name_of(const Knowledge& k, const DataEntry& e) {
    return name_of(k, "data", signer_at(k, e.signer).data, e, e.keys);
}

// The two entries of a violation; first the one that must go, since it dies first.
struct Part {
    const Entry* entry;
    std::string text;
    std::optional<model::VersionName> name;
};
std::vector<Part> parts(const Scene& s, const Violation& v) {
    std::vector<Part> out;
    const auto add = [&](const auto& list, int i) {
        if (i < 0) return;
        const auto& e = list[static_cast<std::size_t>(i)];
        out.push_back({&e, text_of(s, e), name_of(*s.k, e)});
    };
    add(s.data, v.data);
    add(s.dnskey, v.dnskey);
    add(s.ds, v.ds);
    const auto key = [](const Part& p) { return std::pair(p.entry->introduced, p.entry->dies); };
    if (key(out[1]) < key(out[0])) std::swap(out[0], out[1]);
    return out;
}

std::string what_breaks(const Scene& s, const Violation& v) {
    const Knowledge& k = *s.k;
    switch (v.conjunct) {
    case Conjunct::chain:
        return "no key of that DS RRset signs it";
    case Conjunct::signatures: {
        const auto& data = s.data[static_cast<std::size_t>(v.data)];
        const auto& key = s.dnskey[static_cast<std::size_t>(v.dnskey)];
        if (data.unknown || key.unknown) return "it is not known whether they fit";
        return "it lacks " + key_labels(k, data.keys - key.keys);
    }
    case Conjunct::algorithms:
        if ((v.dnskey >= 0 && s.dnskey[static_cast<std::size_t>(v.dnskey)].unknown) ||
            (v.data >= 0 && s.data[static_cast<std::size_t>(v.data)].unknown))
            return "it is not known whether each of its algorithms signs it (RFC 4035 2.2)";
        return "an algorithm of the DS RRset does not sign it (RFC 4035 2.2)";
    case Conjunct::unsigned_data:
        return "it is not signed";
    }
    return {};
}

const std::vector<model::Sight>& sights_of(const Scene& s, const Violation& v, const Entry* e) {
    if (v.data >= 0 && e == &s.data[static_cast<std::size_t>(v.data)]) return signer_at(*s.k, e->signer).data.sights;
    if (v.dnskey >= 0 && e == &s.dnskey[static_cast<std::size_t>(v.dnskey)])
        return signer_at(*s.k, e->signer).dnskey.sights;
    const auto& ds = s.ds[static_cast<std::size_t>(v.ds)];
    return ds.from_cds && e->signer != model::kNobody ? signer_at(*s.k, e->signer).cds.sights : s.k->parent.ds.sights;
}

} // namespace

std::string clock_text(Instant t) {
    auto text = to_rfc3339(t);
    return text.size() > 20 ? text.substr(11, 12) + "Z" : text;
}

std::string headline(const Knowledge& k, const Action& a) {
    std::string at = a.signer == model::kNobody ? "at the parent" : "at " + place(k, a.signer);
    if (a.kind == Action::Kind::csync) return fmt::format("{} CSYNC {}", a.csync_on ? "publish" : "withdraw", at);
    if (a.copy_of != model::kNobody) return fmt::format("serve the DNSKEY RRset of {} {}", place(k, a.copy_of), at);
    bool names = a.kind == Action::Kind::ns_child || a.kind == Action::Kind::ns_parent;
    std::string add = names ? name_labels(k, a.add_names) : key_labels(k, a.add_keys);
    std::string remove = names ? name_labels(k, a.remove_names) : key_labels(k, a.remove_keys);
    bool adds = names ? !a.add_names.empty() : !a.add_keys.empty();
    bool removes = names ? !a.remove_names.empty() : !a.remove_keys.empty();
    std::string what = adds ? fmt::format("add {} {}", rrset_of(a.kind), add) : "";
    if (removes) what += adds ? ", remove " + remove : fmt::format("remove {} {}", rrset_of(a.kind), remove);
    if (!adds && !removes) what = fmt::format("set {}", rrset_of(a.kind));
    return what + " " + at;
}

Reason refusal(const Knowledge& k, const Action& a, const std::string& why, int tries) {
    return {
        Reason::Kind::capability,
        fmt::format("{} refused: {}{}", place(k, a.signer), why, tries > 1 ? fmt::format(" ({} tries)", tries) : ""),
        place(k, a.signer),
        headline(k, a),
        "see to it at " + place(k, a.signer) + "; it is tried again by itself",
        kNever};
}

std::vector<Reason> distrusted_in_use(const Knowledge& k, const Target& target) {
    std::vector<Reason> out;
    for (int key : target.distrusted) {
        const int s = k.keys[static_cast<std::size_t>(key)].owner;
        if (s == model::kNobody) continue;
        const auto* dnskey = signer_at(k, s).dnskey.current();
        if (dnskey == nullptr || !dnskey->content.keys.has(key)) continue;
        const auto label = key_labels(k, KeySet::of(key));
        out.push_back({Reason::Kind::human,
                       fmt::format("{} still publishes {}, which is not trusted any more", signer_at(k, s).name, label),
                       signer_at(k, s).name, "done", fmt::format("replace {} at {}", label, signer_at(k, s).name),
                       kNever});
    }
    return out;
}

Reason cannot_be_asked_for(const Knowledge& k, int s, int key) {
    const auto tag = k.keys[static_cast<std::size_t>(key)].tag;
    return {
        Reason::Kind::human,
        fmt::format("{} has a DS for key tag {}, whose DNSKEY nobody publishes: no CDNSKEY can be made for it, and a "
                    "CDS RRset without it would take that DS away",
                    place(k, model::kNobody), tag),
        "you",
        headline(k, Action{.kind = Action::Kind::cds, .signer = s}),
        "set drop_unknown_ds = true if nobody needs it, or publish that DNSKEY",
        kNever};
}

Reason cannot_publish(const Knowledge& k, int s, KeySet keys) {
    const auto& can = signer_at(k, s).can;
    const bool none = can.foreign_dnskey.can == model::Can::no;
    const auto& why = none ? can.foreign_dnskey.why : can.foreign_sep.why;
    Action a{.kind = Action::Kind::dnskey, .signer = s, .add_keys = keys};
    return {Reason::Kind::capability,
            fmt::format("{} cannot publish {}{}{}; data is signed with it", signer_at(k, s).name, key_labels(k, keys),
                        none ? "" : ", which has the SEP flag", why.empty() ? "" : " (" + why + ")"),
            signer_at(k, s).name,
            headline(k, a),
            none ? "let " + signer_at(k, s).name + " publish foreign keys, or leave it out"
                 : "let the other signer use a KSK and a ZSK instead of one key for all, or leave " +
                       signer_at(k, s).name + " out",
            kNever};
}

Reason cannot_copy(const Knowledge& k, int s, int holder) {
    const auto& can = signer_at(k, s).can.signed_dnskey;
    const auto& name = signer_at(k, s).name;
    return {Reason::Kind::capability,
            fmt::format("{} cannot serve the DNSKEY RRset that {} signs ({})", name, signer_at(k, holder).name,
                        can.why.empty() ? "whether it can is not known" : can.why),
            name,
            headline(k, Action{.kind = Action::Kind::dnskey, .signer = s, .copy_of = holder}),
            fmt::format("leave {} out, or let each signer have its own KSK (no KSK holder)", name),
            kNever};
}

std::vector<Reason> still_secure(const Scene& scene) {
    std::vector<Reason> out;
    for (const auto& e : scene.ds) {
        if (e.introduced || e.unknown || e.from_cds || e.keys.empty() || e.dies == kNever) continue;
        out.push_back({Reason::Kind::cached,
                       fmt::format("caches may still hold {}; until it is gone at {} the signers have to go on signing",
                                   text_of(scene, e), clock_text(e.dies)),
                       place(*scene.k, model::kNobody), "stop signing", "", e.dies, name_of(*scene.k, e)});
    }
    return out;
}

std::string purpose(const Knowledge& k, const Action& a, const Target& target, bool secure) {
    // What goes against the rule, or is beyond it, goes by the operator's word and not because caches are empty.
    if (a.remove_keys.meets(target.distrusted)) return "these keys are not trusted any more, whatever caches hold";
    if (!secure && (a.kind == Action::Kind::ds || a.kind == Action::Kind::cds))
        return a.asks_delete ? "the parent is asked for no DS at all (RFC 8078 4)" : "no DS is wanted";
    switch (a.kind) {
    case Action::Kind::dnskey:
        if (a.copy_of != model::kNobody)
            return fmt::format("only {} has a KSK: {} serves the DNSKEY RRset that it signs (RFC 8901 model 1)",
                               place(k, a.copy_of), place(k, a.signer));
        if (!a.add_keys.empty())
            return "a validator may meet data signed by these keys together with the DNSKEY RRset of " +
                   place(k, a.signer);
        return "no cache can hold anything signed by these keys any more";
    case Action::Kind::cds:
        return "CDS and CDNSKEY name the same keys at every signer, so that the parent sees one will";
    case Action::Kind::ds:
        if (!a.add_keys.empty())
            return "the DNSKEY RRsets that these keys sign must be validated before resolvers meet them";
        return "no cache can hold a DNSKEY RRset that needs these keys any more";
    case Action::Kind::csync:
        return a.csync_on ? "the parent is asked to take over the NS RRset (RFC 7477)"
                          : "the parent has taken over the NS RRset";
    case Action::Kind::ns_child:
    case Action::Kind::ns_parent:
        if (!a.add_names.empty()) return "whatever caches hold, what these servers say will validate";
        return "these servers should not be asked any more";
    }
    return {};
}

Reason describe(const Scene& scene, const Violation& v, std::string blocks) {
    const auto both = parts(scene, v);
    const Entry& goes = *both[0].entry;
    Reason r{};
    r.kind = blocks.empty() ? Reason::Kind::broken : Reason::Kind::cached;
    r.until = v.ends;
    r.blocks = std::move(blocks);
    r.who = place(*scene.k, goes.signer);
    r.awaits = both[0].name;
    const char* verb = r.blocks.empty() ? "caches may hold" : "caches may still hold";
    r.text = fmt::format("{} {}; with {} {}", verb, both[0].text, both[1].text, what_breaks(scene, v));
    if (v.ends != kNever) {
        r.text += fmt::format("; gone at {}", clock_text(v.ends));
        return r;
    }
    for (const auto& s : sights_of(scene, v, &goes))
        if (s.version == goes.version && s.silent_since != kNever) {
            r.kind = Reason::Kind::silent;
            r.who = s.address;
            r.remedy = fmt::format("bring {} at {} back, or declare {} dead", place(*scene.k, goes.signer), s.address,
                                   place(*scene.k, goes.signer));
            return r;
        }
    if (!r.blocks.empty())
        r.kind = v.conjunct == Conjunct::algorithms ? Reason::Kind::capability : Reason::Kind::unseen;
    if (v.conjunct == Conjunct::algorithms)
        r.remedy = "let all signers sign with the same algorithms, or set strict_algorithms = false";
    return r;
}

Reason lagging(const Knowledge& k, const model::Intent& intent, const Action& a, const model::Sight& sight,
               Instant tried, int tries, Instant now) {
    Reason r{};
    std::string who = place(k, a.signer);
    r.blocks = headline(k, a);
    bool late = tried != kNever && now - tried + seconds(60.0 * std::max(0, tries - 1)) > intent.policy.patience;
    if (sight.silent_since != kNever || sight.version < 0) {
        r.kind = Reason::Kind::silent;
        r.who = sight.address;
        r.text = fmt::format("{} at {} does not answer{}: {}; it may still serve the old {} RRset", who, sight.address,
                             sight.silent_since == kNever ? "" : " since " + clock_text(sight.silent_since),
                             sight.problem.empty() ? "no reply" : sight.problem, rrset_of(a.kind));
        r.remedy = fmt::format("bring {} back, or take it out of the servers of {}", sight.address, who);
        return r;
    }
    bool parents_turn = a.signer == model::kNobody && k.parent.mode != model::ParentMode::direct;
    if (parents_turn && k.parent.mode == model::ParentMode::manual) {
        r.kind = Reason::Kind::human;
        r.who = "you";
        r.text = fmt::format("the parent still serves the old {} RRset at {}", rrset_of(a.kind), sight.address);
        r.remedy = "submit the records shown by `tutti explain` at the registrar";
        return r;
    }
    r.kind = parents_turn ? Reason::Kind::parent : Reason::Kind::unseen;
    r.who = parents_turn ? place(k, model::kNobody) : sight.address;
    r.text = fmt::format("{} at {} still serves the old {} RRset (asked {}{})", who, sight.address, rrset_of(a.kind),
                         clock_text(sight.at), tried == kNever ? "" : ", written " + clock_text(tried));
    if (late) {
        r.kind = parents_turn ? Reason::Kind::parent : Reason::Kind::capability;
        r.remedy =
            parents_turn
                ? "ask the parent whether it acts on CDS and CSYNC, or submit the change by hand"
                : fmt::format("{} accepted the change {} times and does not serve it: see `tutti signer probe {}`", who,
                              tries, who);
    }
    return r;
}

std::vector<Reason> obstacles(const model::Intent& intent, const Knowledge& k) {
    std::vector<Reason> out;
    const auto add = [&](Reason::Kind kind, std::string text, std::string who, std::string remedy) {
        out.push_back({kind, std::move(text), std::move(who), "everything", std::move(remedy), kNever});
    };
    if (intent.signers.empty())
        add(Reason::Kind::human, "no signer is intended: a zone without signers is no zone", "you",
            "name at least one signer");
    if (k.parent.ds.current() == nullptr || k.parent.ns.current() == nullptr)
        add(Reason::Kind::silent,
            fmt::format("{} has not been read yet{}", place(k, model::kNobody),
                        k.parent.problem.empty() ? "" : ": " + k.parent.problem),
            place(k, model::kNobody), k.parent.remedy);
    if (const auto* ns = k.parent.ns.current())
        for (int n : ns->content)
            if (const auto& name = k.ns_names[static_cast<std::size_t>(n)]; name.signer == model::kNobody)
                add(Reason::Kind::human,
                    fmt::format("{} delegates to {}, which is no name server of any signer known here",
                                place(k, model::kNobody), name.name.text()),
                    "you", fmt::format("add {} to the `ns` of its signer, or add that signer", name.name.text()));
    return out;
}

std::vector<Reason> not_serving(const Knowledge& k, const model::Intent& intent, int s, const std::string& blocks) {
    std::vector<Reason> out;
    const auto& signer = signer_at(k, s);
    const auto add = [&](Reason::Kind kind, std::string text, std::string remedy) {
        out.push_back({kind, std::move(text), signer.name, blocks, std::move(remedy), kNever});
    };
    if (signer.declared_dead != kNever)
        add(Reason::Kind::human, signer.name + " was declared dead", "take it out of the intent, or out of the dead");
    if (!signer.problem.empty()) add(Reason::Kind::capability, signer.name + ": " + signer.problem, signer.remedy);
    if (signer.ns.empty()) add(Reason::Kind::human, signer.name + " has no NS names", "give it `ns` names");
    const auto answers = [&](const auto& track, const char* what) {
        if (track.sights.empty())
            add(Reason::Kind::silent, fmt::format("{} was never asked for {}", signer.name, what), "");
        for (const auto& sight : track.sights)
            if (sight.version < 0 || sight.silent_since != kNever) {
                add(Reason::Kind::silent,
                    fmt::format("{} at {} gives no usable answer for {}: {}", signer.name, sight.address, what,
                                sight.problem.empty() ? "no reply" : sight.problem),
                    fmt::format("see to {} at {}", signer.name, sight.address));
                return;
            }
    };
    answers(signer.dnskey, "DNSKEY");
    if (out.empty()) answers(signer.data, "the zone");
    if (out.empty()) answers(signer.ns_child, "NS");
    const auto* dnskey = signer.dnskey.current();
    if (out.empty() && intent.secure && dnskey != nullptr && dnskey->content.signed_by.empty())
        add(Reason::Kind::capability, signer.name + " serves no DNSKEY RRset with a valid signature",
            "let " + signer.name + " sign the zone");
    return out;
}

bool needs_somebody(const Reason& r) {
    switch (r.kind) {
    case Reason::Kind::human:
    case Reason::Kind::capability:
        return true;
    case Reason::Kind::parent:
    case Reason::Kind::silent:
        return !r.remedy.empty();
    default:
        return false;
    }
}

} // namespace tutti::plan
