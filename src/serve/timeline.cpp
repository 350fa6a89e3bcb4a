// What caches may hold, version by version; and the keys behind it.
#include "dnssec/keys.hpp"
#include "serve/views.hpp"
#include "serve/views_parts.hpp"

namespace tutti::serve {

namespace json = boost::json;

namespace {

struct Timeline {
    const model::Knowledge& k;
    json::array out;

    template <class Content, class Labels>
    void add(const char* name, const std::string& at, const model::Track<Content>& track, Labels labels) {
        const auto* current = track.current();
        for (const auto& v : track.versions) {
            if (!v.refused.empty()) continue; // never served
            json::object one{{"track", name}, {"at", at}};
            labels(one, v.content);
            one["from"] = time_json(v.from);
            one["until"] = time_json(v.until);
            one["alive_until"] = time_json(v.dies());
            one["ttl"] = v.ttl;
            one["current"] = &v == current;
            one["pending"] = v.pending;
            one["unknown"] = v.unknown;
            out.push_back(std::move(one));
        }
    }

    void signer(const model::Signer& s) {
        add("dnskey", s.name, s.dnskey, [&](json::object& to, const model::DnskeySet& c) {
            to["content"] = keys_json(k, c.keys);
            to["signed_by"] = keys_json(k, c.signed_by);
        });
        add("data", s.name, s.data,
            [&](json::object& to, const model::Data& c) { to["content"] = keys_json(k, c.keys); });
        add("ns", s.name, s.ns_child, [&](json::object& to, model::NameSet c) { to["content"] = ns_json(k, c); });
        add("cds", s.name, s.cds, [&](json::object& to, const model::CdsSet& c) {
            to["content"] = c.wants_delete ? json::array{"delete"} : keys_json(k, c.named());
        });
    }
};

json::array holders(const model::Knowledge& k, auto has) {
    json::array out;
    for (const auto& s : k.signers)
        if (has(s)) out.emplace_back(json::string(s.name));
    return out;
}

} // namespace

json::array versions_json(const model::Knowledge& k) {
    Timeline t{k, {}};
    for (const auto& s : k.signers) t.signer(s);
    t.add("ds", "parent", k.parent.ds, [&](json::object& to, model::KeySet c) { to["content"] = keys_json(k, c); });
    t.add("ns", "parent", k.parent.ns, [&](json::object& to, model::NameSet c) { to["content"] = ns_json(k, c); });
    return std::move(t.out);
}

Json timeline_json(const model::Knowledge& k, Instant now) {
    return json::object{{"zone", k.zone.text()}, {"now", time_json(now)}, {"versions", versions_json(k)}};
}

Json all_keys_json(const model::Knowledge& k) {
    json::array out;
    const auto* ds = k.parent.ds.current();
    for (std::size_t i = 0; i < k.keys.size(); ++i) {
        const auto& key = k.keys[i];
        const auto index = static_cast<int>(i);
        json::object one{{"key", model::key_label(k, index)},
                         {"tag", key.tag},
                         {"algorithm", key.algorithm},
                         {"algorithm_name", dnssec::algorithm_name(key.algorithm)},
                         {"role", role(key)},
                         {"first_seen", time_json(key.first_seen)}};
        one["owner"] = key.owner >= 0 ? json::value(json::string(k.signers[static_cast<std::size_t>(key.owner)].name))
                                      : json::value(nullptr);
        one["dnskey"] =
            key.dnskey ? json::value(json::string(dns::to_text({k.zone, dns::Type::DNSKEY, 0, key.dnskey->rdata()})))
                       : json::value(nullptr);
        one["published_by"] = holders(k, [&](const model::Signer& s) {
            const auto* v = s.dnskey.current();
            return v != nullptr && v->content.keys.has(index);
        });
        one["signs_dnskey_at"] = holders(k, [&](const model::Signer& s) {
            const auto* v = s.dnskey.current();
            return v != nullptr && v->content.signed_by.has(index);
        });
        one["signs_data_at"] = holders(k, [&](const model::Signer& s) {
            const auto* v = s.data.current();
            return v != nullptr && v->content.keys.has(index);
        });
        one["cds_at"] = holders(k, [&](const model::Signer& s) {
            const auto* v = s.cds.current();
            return v != nullptr && v->content.named().has(index);
        });
        one["ds"] = ds != nullptr && ds->content.has(index);
        out.push_back(std::move(one));
    }
    return json::object{{"zone", k.zone.text()}, {"keys", std::move(out)}};
}

} // namespace tutti::serve
