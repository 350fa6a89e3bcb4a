#include "signer/powerdns_api.hpp"

#include "model/json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace tutti::signer {

namespace json = boost::json;
using dns::Name;
using dns::Type;

namespace {

// PowerDNS escapes what cannot stand in a URL by '=' and two digits.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
        out += plain ? std::string(1, c) : fmt::format("={:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::string text_at(const json::object& o, std::string_view field) {
    const auto* v = o.if_contains(field);
    const auto* s = v == nullptr ? nullptr : v->if_string();
    return s == nullptr ? std::string{} : std::string(*s);
}

std::optional<std::int64_t> number_at(const json::object& o, std::string_view field) {
    const auto* v = o.if_contains(field);
    if (v == nullptr || !v->is_number()) return std::nullopt;
    boost::system::error_code ec;
    const auto n = v->to_number<std::int64_t>(ec);
    return ec ? std::nullopt : std::optional(n);
}

bool flag_at(const json::object& o, std::string_view field, bool absent) {
    const auto* v = o.if_contains(field);
    const auto* b = v == nullptr ? nullptr : v->if_bool();
    return b == nullptr ? absent : *b;
}

const json::array* array_at(const json::object& o, std::string_view field) {
    const auto* v = o.if_contains(field);
    return v == nullptr ? nullptr : v->if_array();
}

std::unexpected<Error> odd(const std::string& what, std::string_view why) {
    return fail(ErrorKind::bad_answer, fmt::format("the answer of the API to {} is not understood: {}", what, why));
}

Expected<PowerdnsApi::Rrset> read_rrset(const json::object& o, const std::string& what) {
    auto owner = Name::parse(text_at(o, "name"));
    // ALIAS and LUA are types of PowerDNS alone: only their TTL counts here.
    const auto type = dns::parse_type(text_at(o, "type")).value_or(dns::Type{0});
    const auto ttl = number_at(o, "ttl");
    const auto* records = array_at(o, "records");
    if (!owner || !ttl || *ttl < 0 || records == nullptr) return odd(what, "an rrset lacks a field");
    PowerdnsApi::Rrset out{{*std::move(owner), type, static_cast<dns::Ttl>(*ttl), {}}, {}, {}};
    for (const auto& item : *records) {
        const auto* record = item.if_object();
        if (record == nullptr) return odd(what, "a record is not an object");
        auto content = text_at(*record, "content");
        if (flag_at(*record, "disabled", false)) {
            out.disabled.push_back(std::move(content));
            continue;
        }
        if (auto rdata = dns::parse_rdata(type, content))
            out.set.rdata.push_back(*std::move(rdata));
        else
            out.unread.push_back(std::move(content));
    }
    std::ranges::sort(out.set.rdata);
    return out;
}

json::object rrset_json(const PowerdnsApi::Rrset& rrset) {
    json::array records;
    for (const auto& rdata : rrset.set.rdata)
        records.push_back({{"content", dns::rdata_text(rrset.set.type, rdata)}, {"disabled", false}});
    for (const auto& content : rrset.unread) records.push_back({{"content", content}, {"disabled", false}});
    for (const auto& content : rrset.disabled) records.push_back({{"content", content}, {"disabled", true}});
    json::object out{{"name", rrset.set.owner.text()}, {"type", dns::to_string(rrset.set.type)}};
    out["changetype"] = records.empty() ? "DELETE" : "REPLACE";
    if (records.empty()) return out;
    out["ttl"] = rrset.set.ttl;
    out["records"] = std::move(records);
    return out;
}

} // namespace

Error PowerdnsApi::explain(const port::HttpResponse& response, const std::string& what) const {
    // What the API says of its own refusal; any other body (an HTML page of a proxy) is not repeated.
    std::string said;
    if (const auto body = model::parse_json(response.body); body && body->is_object())
        said = text_at(body->get_object(), "error");
    const auto error = [&](ErrorKind kind, std::string_view meaning, std::string remedy = {}) {
        return Error{kind,
                     fmt::format("the API answered {} to {}{}{}: {}", response.status, what, said.empty() ? "" : ", ",
                                 said, meaning),
                     fmt::format("{} ({})", settings_.name, settings_.url), std::move(remedy)};
    };
    switch (response.status) {
    case 401:
    case 403:
        return error(ErrorKind::auth, "the API key is refused",
                     "compare " + settings_.api_key->text() +
                         " with api-key in pdns.conf, and look at webserver-allow-from");
    case 404:
        return error(ErrorKind::not_found, "there is no such zone or server",
                     "create the zone in PowerDNS, or correct server_id and url");
    case 400:
    case 422:
        return error(ErrorKind::invalid, "it does not take this");
    case 409:
        return error(ErrorKind::conflict, "somebody else changes it");
    case 429:
        return error(ErrorKind::throttled, "too many requests");
    default:
        break;
    }
    if (response.status >= 500) return error(ErrorKind::transient, "it failed", "read the log of pdns_server");
    return error(ErrorKind::refused, "not what was expected", "is this the API of PowerDNS?");
}

Expected<std::string> PowerdnsApi::call(const std::string& method, const std::string& path, const std::string& body,
                                        const std::string& what) {
    const auto key = ports_.secrets.read(*settings_.api_key);
    if (!key) return std::unexpected(key.error());
    std::string base = settings_.url;
    while (base.ends_with('/')) base.pop_back();
    port::HttpRequest request{.method = method,
                              .url = fmt::format("{}/api/v1/servers/{}{}", base, escaped(settings_.server_id), path),
                              .headers = {{"X-API-Key", *key}, {"Accept", "application/json"}},
                              .body = body};
    if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    auto response = ports_.http.send(request);
    if (!response) {
        auto error = std::move(response.error());
        error.seen = fmt::format("{}: {}", what, error.seen);
        error.where = fmt::format("{} ({})", settings_.name, settings_.url);
        return std::unexpected(std::move(error));
    }
    if (response->status < 200 || response->status > 299) return std::unexpected(explain(*response, what));
    return std::move(response->body);
}

Expected<json::value> PowerdnsApi::get(const std::string& path, const std::string& what) {
    auto body = call("GET", path, {}, what);
    if (!body) return std::unexpected(std::move(body.error()));
    auto value = model::parse_json(*body);
    if (!value) return odd(what, value.error().seen);
    return value;
}

std::string PowerdnsApi::zone_path(const Name& zone) const {
    return "/zones/" + escaped(zone.text());
}

Expected<std::string> PowerdnsApi::version() {
    const auto value = get("", "the question for its version");
    if (!value) return std::unexpected(value.error());
    return value->is_object() ? text_at(value->get_object(), "version") : std::string{};
}

Expected<PowerdnsApi::Zone> PowerdnsApi::zone(const Name& zone) {
    return read_zone(zone_path(zone), "the reading of " + zone.text());
}

// A version without these filters sends the whole zone, which does as well.
Expected<PowerdnsApi::Zone> PowerdnsApi::zone(const Name& zone, const Name& owner, Type type) {
    const auto filter = fmt::format("?rrset_name={}&rrset_type={}", owner.text(), dns::to_string(type));
    return read_zone(zone_path(zone) + filter, fmt::format("the reading of {} {}", owner.text(), dns::to_string(type)));
}

Expected<PowerdnsApi::Zone> PowerdnsApi::read_zone(const std::string& path, const std::string& what) {
    const auto value = get(path, what);
    if (!value) return std::unexpected(value.error());
    const auto* o = value->if_object();
    const auto* rrsets = o == nullptr ? nullptr : array_at(*o, "rrsets");
    if (rrsets == nullptr) return odd(what, "there is no list \"rrsets\"");
    Zone out{.kind = text_at(*o, "kind"),
             .dnssec = flag_at(*o, "dnssec", false),
             .serial = {},
             .soa_edit_api = text_at(*o, "soa_edit_api"),
             .rrsets = {}};
    auto serial = number_at(*o, "edited_serial");
    if (!serial) serial = number_at(*o, "serial");
    if (serial) out.serial = static_cast<std::uint32_t>(*serial);
    for (const auto& item : *rrsets) {
        if (!item.is_object()) return odd(what, "an rrset is not an object");
        auto rrset = read_rrset(item.get_object(), what);
        if (!rrset) return std::unexpected(std::move(rrset.error()));
        out.rrsets.push_back(*std::move(rrset));
    }
    return out;
}

Expected<std::vector<PowerdnsApi::Key>> PowerdnsApi::keys(const Name& zone) {
    const auto what = "the question for the keys of " + zone.text();
    const auto value = get(zone_path(zone) + "/cryptokeys", what);
    if (!value) return std::unexpected(value.error());
    if (!value->is_array()) return odd(what, "it is not a list");
    std::vector<Key> out;
    for (const auto& item : value->get_array()) {
        const auto* o = item.if_object();
        if (o == nullptr) return odd(what, "a key is not an object");
        const auto rdata = dns::parse_rdata(Type::DNSKEY, text_at(*o, "dnskey"));
        const auto key = rdata ? dnssec::parse_dnskey(*rdata) : std::unexpected(rdata.error());
        if (!key) return odd(what, "a key has no DNSKEY");
        out.push_back({*key, flag_at(*o, "active", false), flag_at(*o, "published", true)});
    }
    return out;
}

Expected<std::vector<std::string>> PowerdnsApi::metadata(const Name& zone, std::string_view kind) {
    const auto what = fmt::format("the question for {} of {}", kind, zone.text());
    const auto value = get(fmt::format("{}/metadata/{}", zone_path(zone), kind), what);
    if (!value) {
        if (value.error().kind == ErrorKind::not_found) return std::vector<std::string>{};
        return std::unexpected(value.error());
    }
    std::vector<std::string> out;
    if (const auto* list = value->is_object() ? array_at(value->get_object(), "metadata") : nullptr)
        for (const auto& item : *list)
            if (item.is_string()) out.emplace_back(item.get_string());
    return out;
}

Expected<std::optional<std::string>> PowerdnsApi::setting(std::string_view name) {
    const std::string what = "the question for its settings";
    const auto value = get("/config", what);
    if (!value) return std::unexpected(value.error());
    if (!value->is_array()) return odd(what, "it is not a list");
    for (const auto& item : value->get_array())
        if (item.is_object() && text_at(item.get_object(), "name") == name) return text_at(item.get_object(), "value");
    return std::nullopt;
}

Expected<void> PowerdnsApi::replace(const Name& zone, std::span<const Rrset> rrsets) {
    json::array list;
    for (const auto& rrset : rrsets) list.push_back(rrset_json(rrset));
    const auto body = json::serialize(json::object{{"rrsets", std::move(list)}});
    const auto done = call("PATCH", zone_path(zone), body, "the change of " + zone.text());
    if (!done) return std::unexpected(done.error());
    return {};
}

Expected<void> PowerdnsApi::notify(const Name& zone) {
    const auto done =
        call("PUT", zone_path(zone) + "/notify", {}, "the request to notify the secondaries of " + zone.text());
    if (!done) return std::unexpected(done.error());
    return {};
}

} // namespace tutti::signer
