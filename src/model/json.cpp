#include "model/json.hpp"

#include "model/json_io.hpp"

namespace tutti::model {

namespace json_io {

template <>
struct Blank<NsName> {
    static NsName make() { return NsName{dns::Name::root(), kNobody}; }
};
template <>
struct Blank<Knowledge> {
    static Knowledge make() { return Knowledge{dns::Name::root(), {}, {}, {}, {}}; }
};
template <>
struct Blank<Action> {
    static Action make() {
        Action out;
        out.kind = Action::Kind::dnskey;
        return out;
    }
};
template <>
struct Blank<Reason> {
    static Reason make() {
        Reason out;
        out.kind = Reason::Kind::cached;
        return out;
    }
};

template <>
struct Blank<Alarm> {
    static Alarm make() { return Alarm{Blank<Reason>::make()}; }
};

template <>
struct EnumNames<Can> {
    static constexpr std::pair<Can, std::string_view> all[] = {
        {Can::yes, "yes"}, {Can::no, "no"}, {Can::unknown, "unknown"}};
};
template <>
struct EnumNames<ParentMode> {
    static constexpr std::pair<ParentMode, std::string_view> all[] = {
        {ParentMode::direct, "direct"}, {ParentMode::cds, "cds"}, {ParentMode::manual, "manual"}};
};
template <>
struct EnumNames<Action::Kind> {
    using enum Action::Kind;
    static constexpr std::pair<Action::Kind, std::string_view> all[] = {
        {dnskey, "dnskey"}, {cds, "cds"}, {ns_child, "ns-child"},
        {csync, "csync"},   {ds, "ds"},   {ns_parent, "ns-parent"}};
};
template <>
struct EnumNames<Reason::Kind> {
    using enum Reason::Kind;
    static constexpr std::pair<Reason::Kind, std::string_view> all[] = {
        {cached, "cached"},         {unseen, "unseen"}, {silent, "silent"}, {broken, "broken"},
        {capability, "capability"}, {human, "human"},   {parent, "parent"}};
};
template <>
struct EnumNames<Decision::State> {
    using enum Decision::State;
    static constexpr std::pair<Decision::State, std::string_view> all[] = {
        {act, "act"}, {wait, "wait"}, {blocked, "blocked"}, {done, "done"}};
};

} // namespace json_io

namespace {

template <class T, class Of>
concept Is = std::same_as<std::remove_const_t<T>, Of>;

template <class E>
const char* name_of(E value) {
    for (const auto& [v, name] : json_io::EnumNames<E>::all)
        if (v == value) return name.data();
    return "?";
}

} // namespace

const char* to_string(Action::Kind kind) {
    return name_of(kind);
}
const char* to_string(Reason::Kind kind) {
    return name_of(kind);
}
const char* to_string(Decision::State state) {
    return name_of(state);
}

// ---- descriptions; found by argument-dependent lookup from json_io ----

template <class Io, Is<Policy> T>
void describe(Io& io, T& v) {
    const Policy d;
    io.field("digest_types", v.digest_types, d.digest_types);
    io.field("margin_s", v.margin, d.margin);
    io.field("strict_algorithms", v.strict_algorithms, d.strict_algorithms);
    io.field("drop_unknown_ds", v.drop_unknown_ds, d.drop_unknown_ds);
    io.field("trust_past", v.trust_past, d.trust_past);
    io.field("past_ttl", v.past_ttl, d.past_ttl);
    io.field("data_ttl_max", v.data_ttl_max, d.data_ttl_max);
    io.field("ds_ttl", v.ds_ttl, d.ds_ttl);
    io.field("ns_ttl", v.ns_ttl, d.ns_ttl);
    io.field("patience_s", v.patience, d.patience);
}

template <class Io, Is<Intent> T>
void describe(Io& io, T& v) {
    io.field("signers", v.signers);
    io.field("dead", v.dead, {});
    io.field("ksk_holder", v.ksk_holder, "");
    io.field("secure", v.secure, true);
    io.field("algorithms", v.algorithms, {});
    io.field("distrusted", v.distrusted, {});
    io.field("policy", v.policy, {});
}

template <class Io, Is<Key> T>
void describe(Io& io, T& v) {
    io.field("dnskey", v.dnskey, std::nullopt);
    io.field("ds", v.ds, {});
    io.field("tag", v.tag);
    io.field("algorithm", v.algorithm);
    io.field("sep", v.sep, false);
    io.field("owner", v.owner, kNobody);
    io.field("signs_keys", v.signs_keys, false);
    io.field("signs_data", v.signs_data, false);
    io.field("first_seen_us", v.first_seen, kLongAgo);
}

template <class Io, Is<DnskeySet> T>
void describe(Io& io, T& v) {
    io.field("keys", v.keys);
    io.field("signed_by", v.signed_by);
}

template <class Io, Is<CdsSet> T>
void describe(Io& io, T& v) {
    io.field("cds", v.cds);
    io.field("cdnskey", v.cdnskey);
    io.field("wants_delete", v.wants_delete, false);
}

template <class Io, Is<Data> T>
void describe(Io& io, T& v) {
    io.field("keys", v.keys);
    io.field("complete", v.complete, false);
    io.field("together", v.together, {});
}

template <class Io, Is<Capability> T>
void describe(Io& io, T& v) {
    io.field("can", v.can);
    io.field("why", v.why, "");
}

template <class Io, Is<Capabilities> T>
void describe(Io& io, T& v) {
    io.field("foreign_dnskey", v.foreign_dnskey, {});
    io.field("foreign_sep", v.foreign_sep, {});
    io.field("cds", v.cds, {});
    io.field("csync", v.csync, {});
    io.field("apex_ns", v.apex_ns, {});
    io.field("signed_dnskey", v.signed_dnskey, {});
    io.field("publishes_own_cds", v.publishes_own_cds, false);
    io.field("dnskey_ttl_fixed", v.dnskey_ttl_fixed, std::nullopt);
}

template <class Io, class T>
    requires requires(T& v) {
        v.content;
        v.pending;
        v.unknown;
    }
void describe(Io& io, T& v) {
    io.field("content", v.content);
    io.field("ttl", v.ttl);
    io.field("from_us", v.from, kLongAgo);
    io.field("until_us", v.until, kNever);
    io.field("pending", v.pending, false);
    io.field("shown", v.shown, 0U);
    io.field("tries", v.tries, 0);
    io.field("tried_us", v.tried, kLongAgo);
    io.field("refused", v.refused, "");
    io.field("unknown", v.unknown, false);
}

template <class Io, Is<Sight> T>
void describe(Io& io, T& v) {
    io.field("address", v.address);
    io.field("version", v.version, -1);
    io.field("asked_us", v.asked, kLongAgo);
    io.field("at_us", v.at, kLongAgo);
    io.field("silent_since_us", v.silent_since, kNever);
    io.field("problem", v.problem, "");
    io.field("expires_us", v.expires, kNever);
    io.field("renew_by_us", v.renew_by, kNever);
}

template <class Io, class T>
    requires requires(T& v) {
        v.versions;
        v.sights;
    }
void describe(Io& io, T& v) {
    io.field("versions", v.versions);
    io.field("sights", v.sights);
}

template <class Io, Is<Shut> T>
void describe(Io& io, T& v) {
    io.field("read", v.read, "");
    io.field("write", v.write, "");
}

template <class Io, Is<Signer> T>
void describe(Io& io, T& v) {
    io.field("name", v.name);
    io.field("ns", v.ns);
    io.field("can", v.can, {});
    io.field("dnskey", v.dnskey, {});
    io.field("data", v.data, {});
    io.field("ns_child", v.ns_child, {});
    io.field("cds", v.cds, {});
    io.field("csync", v.csync, {});
    io.field("offered", v.offered, {});
    io.field("ledger", v.ledger, {});
    io.field("declared_dead_us", v.declared_dead, kNever);
    io.field("problem", v.problem, "");
    io.field("remedy", v.remedy, "");
    io.field("shut", v.shut, {});
}

template <class Io, Is<Parent> T>
void describe(Io& io, T& v) {
    io.field("name", v.name);
    io.field("mode", v.mode);
    io.field("reads_cds", v.reads_cds, false);
    io.field("ds", v.ds, {});
    io.field("ns", v.ns, {});
    io.field("digest_types", v.digest_types);
    io.field("problem", v.problem, "");
    io.field("remedy", v.remedy, "");
    io.field("shut", v.shut, {});
}

template <class Io, Is<NsName> T>
void describe(Io& io, T& v) {
    io.field("name", v.name);
    io.field("signer", v.signer, kNobody);
}

template <class Io, Is<Knowledge> T>
void describe(Io& io, T& v) {
    io.field("zone", v.zone);
    io.field("keys", v.keys);
    io.field("signers", v.signers);
    io.field("ns_names", v.ns_names);
    io.field("parent", v.parent);
}

template <class Io, Is<Action> T>
void describe(Io& io, T& v) {
    io.field("kind", v.kind);
    io.field("signer", v.signer, kNobody);
    io.field("add_keys", v.add_keys, {});
    io.field("remove_keys", v.remove_keys, {});
    io.field("copy_of", v.copy_of, kNobody);
    io.field("add_names", v.add_names, {});
    io.field("remove_names", v.remove_names, {});
    io.field("csync_on", v.csync_on, false);
    io.field("asks_delete", v.asks_delete, false);
    io.field("because", v.because, "");
}

template <class Io, Is<VersionName> T>
void describe(Io& io, T& v) {
    io.field("track", v.track);
    io.field("at", v.at);
    io.field("content", v.content, {});
    io.field("from_us", v.from, kLongAgo);
}

template <class Io, Is<Reason> T>
void describe(Io& io, T& v) {
    io.field("kind", v.kind);
    io.field("text", v.text);
    io.field("who", v.who, "");
    io.field("blocks", v.blocks, "");
    io.field("remedy", v.remedy, "");
    io.field("until_us", v.until, kNever);
    io.field("awaits", v.awaits, std::nullopt);
}

template <class Io, Is<Alarm> T>
void describe(Io& io, T& v) {
    describe(io, static_cast<std::conditional_t<std::is_const_v<T>, const Reason, Reason>&>(v));
    io.field("code", v.code, "");
    io.field("what", v.what, "");
    io.field("since_us", v.since, kNever);
    io.field("told", v.told, true);
}

template <class Io, Is<Decision> T>
void describe(Io& io, T& v) {
    io.field("state", v.state);
    io.field("actions", v.actions, {});
    io.field("because", v.because, {});
    io.field("alarms", v.alarms, {});
    io.field("until_us", v.until, kNever);
}

// ---- indices must point into the lists: a store that was tampered with must not crash the planner ----

namespace {

class IndexCheck {
  public:
    explicit IndexCheck(const Knowledge& k) : k_(k) {}

    Expected<void> run() {
        if (k_.keys.size() > 64 || k_.signers.size() > 64 || k_.ns_names.size() > 64)
            return fail(ErrorKind::invalid, "more than 64 keys, signers or name servers", "knowledge");
        for (const auto& key : k_.keys) signer(key.owner, "keys.owner");
        for (const auto& name : k_.ns_names) signer(name.signer, "ns_names.signer");
        for (const auto& s : k_.signers) check(s);
        track(k_.parent.ds, "parent.ds", [&](KeySet v) { keys(v, "parent.ds"); });
        track(k_.parent.ns, "parent.ns", [&](NameSet v) { names(v, "parent.ns"); });
        if (bad_.empty()) return {};
        return fail(ErrorKind::invalid, "a number points outside its list", "knowledge." + bad_);
    }

  private:
    void check(const Signer& s) {
        names(s.ns, "signers.ns");
        keys(s.offered | s.ledger, "signers.ledger");
        track(s.dnskey, "signers.dnskey", [&](const DnskeySet& v) { keys(v.keys | v.signed_by, "signers.dnskey"); });
        track(s.data, "signers.data", [&](const Data& v) {
            keys(v.keys, "signers.data");
            for (const auto& set : v.together) keys(set, "signers.data");
        });
        track(s.ns_child, "signers.ns_child", [&](NameSet v) { names(v, "signers.ns_child"); });
        track(s.cds, "signers.cds", [&](const CdsSet& v) { keys(v.named(), "signers.cds"); });
        track(s.csync, "signers.csync", [](bool) {});
    }
    template <class C, class Each>
    void track(const Track<C>& t, const char* where, Each each) {
        for (const auto& v : t.versions) each(v.content);
        for (const auto& s : t.sights)
            if (s.version < -1 || s.version >= static_cast<int>(t.versions.size())) bad_ = where;
    }
    void keys(KeySet set, const char* where) { in_range(set.raw(), k_.keys.size(), where); }
    void names(NameSet set, const char* where) { in_range(set.raw(), k_.ns_names.size(), where); }
    void in_range(std::uint64_t raw, std::size_t size, const char* where) {
        if (size < 64 && (raw >> size) != 0) bad_ = where;
    }
    void signer(int index, const char* where) {
        if (index < kNobody || index >= static_cast<int>(k_.signers.size())) bad_ = where;
    }

    const Knowledge& k_;
    std::string bad_;
};

} // namespace

boost::json::value to_json(const Policy& v) {
    return json_io::write(v);
}
boost::json::value to_json(const Intent& v) {
    return json_io::write(v);
}
boost::json::value to_json(const Knowledge& v) {
    return json_io::write(v);
}
boost::json::value to_json(const Decision& v) {
    return json_io::write(v);
}

Expected<Intent> intent_from_json(const boost::json::value& v) {
    return json_io::parse<Intent>(v, "intent");
}
Expected<Decision> decision_from_json(const boost::json::value& v) {
    return json_io::parse<Decision>(v, "decision");
}

Expected<Policy> policy_from_json(const boost::json::value& v, const Policy& base) {
    const auto* given = v.if_object();
    if (given == nullptr) return json_io::parse<Policy>(v, "policy");
    // Defaults of the format first, then those of `base`, then what is given.
    boost::json::object merged = json_io::write(base).as_object();
    for (const auto& field : *given) merged[field.key()] = field.value();
    return json_io::parse<Policy>(merged, "policy");
}

Expected<Knowledge> knowledge_from_json(const boost::json::value& v) {
    auto out = json_io::parse<Knowledge>(v, "knowledge");
    if (!out) return out;
    if (auto ok = IndexCheck(*out).run(); !ok) return std::unexpected(ok.error());
    return out;
}

} // namespace tutti::model
