// Signers and parents: shown, added, removed, probed.
#include "serve/checks.hpp"
#include "serve/service.hpp"
#include "serve/views.hpp"

#include <algorithm>

namespace tutti::serve {

namespace json = boost::json;

namespace {

template <class Entry>
json::object entry_json(const Entry& entry) {
    json::object out = port::to_json(entry.settings).as_object();
    out["from"] = entry.from_file ? "file" : "api";
    return out;
}

template <class Shelf>
json::array all_json(const Shelf& shelf) {
    json::array out;
    for (const auto& entry : shelf.all()) out.push_back(entry_json(entry));
    return out;
}

// `probe` is a wish of the request, not a setting.
json::object without_probe(json::object body) {
    body.erase("probe");
    return body;
}

} // namespace

Result<void> Service::check_secret(const std::optional<port::SecretRef>& ref, const std::string& field) {
    if (!ref) return {};
    if (ref->kind == port::SecretRef::Kind::file && !ref->value.starts_with('/'))
        return problem("secret-unreadable", ErrorKind::invalid, '"' + ref->value + "\" is not an absolute path", field,
                       "the daemon reads it: give the whole path");
    auto secret = d_.secrets.read(*ref);
    if (secret && secret->empty())
        return problem("secret-unreadable", ErrorKind::invalid, "the secret is empty", ref->text(), "put it there");
    if (secret) return {};
    Error e = secret.error();
    e.kind = ErrorKind::invalid;
    if (e.where.empty()) e.where = ref->text();
    return std::unexpected(Problem("secret-unreadable", std::move(e)));
}

// What zones still use must stay.
template <class List>
Result<void> Service::check_unused(const List& names_of, const std::string& kind, const std::string& name) {
    auto zones = d_.store.zones();
    if (!zones) return problem(zones.error());
    for (const auto& zone : *zones) {
        auto record = d_.store.load(zone);
        if (!record) continue;
        const auto used = names_of(*record);
        if (std::ranges::find(used, name) != used.end())
            return problem(kind + "-in-use", ErrorKind::conflict, name + " has a part in " + zone.text(), name,
                           "take it out of that zone first");
    }
    return {};
}

Result<Json> Service::signers() {
    return json::object{{"signers", all_json(d_.signers)}};
}
Result<Json> Service::parents() {
    return json::object{{"parents", all_json(d_.parents)}};
}

Result<Json> Service::signer(const std::string& name) {
    auto entry = d_.signers.find(name);
    if (!entry) return std::unexpected(entry.error());
    return entry_json(*entry);
}

Result<Json> Service::parent(const std::string& name) {
    auto entry = d_.parents.find(name);
    if (!entry) return std::unexpected(entry.error());
    return entry_json(*entry);
}

Result<Json> Service::add_signer(const json::object& body) {
    auto settings = port::signer_settings_from_json(without_probe(body));
    if (!settings) return std::unexpected(Problem("settings-invalid", settings.error()));
    if (settings->tsig)
        if (auto ok = check_secret(settings->tsig->secret, "tsig.secret"); !ok) return std::unexpected(ok.error());
    if (auto ok = check_secret(settings->api_key, "api_key"); !ok) return std::unexpected(ok.error());
    auto entry = d_.signers.make(*settings);
    if (!entry) return std::unexpected(Problem("settings-invalid", entry.error()));
    if (auto ok = d_.signers.add(*entry); !ok) return std::unexpected(ok.error());
    return entry_json(*entry);
}

Result<Json> Service::add_parent(const json::object& body) {
    auto settings = port::parent_settings_from_json(without_probe(body));
    if (!settings) return std::unexpected(Problem("settings-invalid", settings.error()));
    if (settings->tsig)
        if (auto ok = check_secret(settings->tsig->secret, "tsig.secret"); !ok) return std::unexpected(ok.error());
    if (settings->epp) {
        if (auto ok = check_secret(settings->epp->password, "epp.password"); !ok) return std::unexpected(ok.error());
        if (auto ok = check_secret(settings->epp->key, "epp.key"); !ok) return std::unexpected(ok.error());
    }
    auto entry = d_.parents.make(*settings);
    if (!entry) return std::unexpected(Problem("settings-invalid", entry.error()));
    if (auto ok = d_.parents.add(*entry); !ok) return std::unexpected(ok.error());
    return entry_json(*entry);
}

Result<Json> Service::remove_signer(const std::string& name) {
    const auto users = [](const port::ZoneRecord& r) { return engine::setup_of(r, r.intent).signers; };
    if (auto entry = d_.signers.find(name); !entry) return std::unexpected(entry.error());
    if (auto ok = check_unused(users, "signer", name); !ok) return std::unexpected(ok.error());
    if (auto ok = d_.signers.remove(name); !ok) return std::unexpected(ok.error());
    return json::object{{"name", name}, {"removed", true}};
}

Result<Json> Service::remove_parent(const std::string& name) {
    const auto users = [](const port::ZoneRecord& r) { return std::vector{r.parent}; };
    if (auto entry = d_.parents.find(name); !entry) return std::unexpected(entry.error());
    if (auto ok = check_unused(users, "parent", name); !ok) return std::unexpected(ok.error());
    if (auto ok = d_.parents.remove(name); !ok) return std::unexpected(ok.error());
    return json::object{{"name", name}, {"removed", true}};
}

Result<Json> Service::probe_signer(const std::string& name, const std::string& text) {
    auto entry = d_.signers.find(name);
    if (!entry) return std::unexpected(entry.error());
    auto zone = parse_zone(text.ends_with('.') ? text : text + '.');
    if (!zone) return std::unexpected(zone.error());
    auto report = entry->driver->probe(*zone);
    if (!report) return std::unexpected(Problem("probe-failed", report.error()));
    return probe_json(name, *report);
}

Result<Json> Service::probe_parent(const std::string& name, const std::string& text) {
    auto entry = d_.parents.find(name);
    if (!entry) return std::unexpected(entry.error());
    auto zone = parse_zone(text.ends_with('.') ? text : text + '.');
    if (!zone) return std::unexpected(zone.error());
    auto report = entry->driver->probe(*zone);
    if (!report) return std::unexpected(Problem("probe-failed", report.error()));
    return probe_json(name, *report);
}

} // namespace tutti::serve
