#include "serve/tokens.hpp"

#include "dnssec/hash.hpp"
#include "dnssec/random.hpp"
#include "model/json.hpp"
#include "serve/body.hpp"
#include "serve/views.hpp"
#include "serve/views_parts.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <mutex>

namespace tutti::serve {

namespace json = boost::json;

namespace {

constexpr std::size_t kNameMax = 64;
constexpr std::size_t kSecretOctets = 32;
constexpr std::string_view kPrefix = "tutti_"; // so that scanners for leaked secrets know it

Expected<std::string> fresh_secret() {
    auto random = dnssec::random_hex(kSecretOctets);
    if (random) random->insert(0, kPrefix);
    return random;
}

bool good_name(std::string_view name) {
    return !name.empty() && name.size() <= kNameMax && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '@';
    });
}

// What is shown, and stored with the hash.
json::object to_json(const Token& t) {
    json::array scopes, zones, from;
    for (const auto scope : t.scopes) scopes.emplace_back(to_string(scope));
    for (const auto& zone : t.zones) zones.emplace_back(json::string(zone.text()));
    for (const auto& network : t.from) from.emplace_back(json::string(to_string(network)));
    return {{"name", t.name},
            {"scopes", std::move(scopes)},
            {"zones", std::move(zones)},
            {"from", std::move(from)},
            {"created", time_json(t.created)},
            {"created_by", t.created_by},
            {"expires", time_json(t.expires)}};
}

Problem wrong(std::string seen, std::string where, std::string remedy = {}) {
    return {"token-settings-invalid", Error{ErrorKind::invalid, std::move(seen), std::move(where), std::move(remedy)}};
}

Result<void> read_lists(Body& body, Token& out) {
    for (const auto& text : body.texts("scopes").value_or(std::vector<std::string>{})) {
        const auto scope = parse_scope(text);
        if (!scope)
            return std::unexpected(
                wrong('"' + text + "\" is no scope", "scopes", "read, plan, apply, admin or approve"));
        out.scopes.push_back(*scope);
    }
    for (const auto& text : body.texts("zones").value_or(std::vector<std::string>{})) {
        auto zone = dns::Name::parse(text);
        if (!zone) return std::unexpected(wrong(zone.error().text(), "zones"));
        out.zones.push_back(*std::move(zone));
    }
    for (const auto& text : body.texts("from").value_or(std::vector<std::string>{})) {
        auto network = accept::parse_network(text);
        if (!network) return std::unexpected(wrong(network.error().text(), "from", "like 192.0.2.0/24"));
        out.from.push_back(*std::move(network));
    }
    return {};
}

Result<Token> read_token(const json::object& fields, Instant now) {
    Body body(fields);
    Token out;
    out.name = body.required_text("name");
    const auto expires = body.text("expires");
    const auto lists = read_lists(body, out);
    if (auto ok = body.finish(); !ok) return std::unexpected(ok.error());
    if (!lists) return std::unexpected(lists.error());
    if (!good_name(out.name))
        return std::unexpected(wrong("this is no name for a token", "name", "at most 64 of a-z 0-9 - _ . @"));
    if (out.scopes.empty())
        return std::unexpected(wrong("it would allow nothing", "scopes", "read, plan, apply, admin or approve"));
    if (!expires.empty()) {
        const auto at = parse_rfc3339(expires);
        if (!at) return std::unexpected(wrong(at.error().text(), "expires", "like 2027-01-31T12:00:00Z"));
        if (*at <= now) return std::unexpected(wrong("that is in the past", "expires"));
        out.expires = *at;
    }
    return out;
}

// What this program wrote itself.
Expected<Token> from_text(const std::string& text) {
    auto value = model::parse_json(text);
    if (!value) return std::unexpected(value.error());
    auto fields = value->as_object();
    const auto take = [&](const char* name) {
        const auto* v = fields.if_contains(name);
        std::string out = v != nullptr && v->is_string() ? std::string(v->get_string()) : "";
        fields.erase(name);
        return out;
    };
    const auto hash = take("hash"), created = take("created"), by = take("created_by");
    if (const auto* v = fields.if_contains("expires"); v != nullptr && v->is_null()) fields.erase("expires");
    auto out = read_token(fields, kLongAgo);
    if (!out) return std::unexpected(out.error().error);
    const auto at = parse_rfc3339(created);
    if (!at) return std::unexpected(at.error());
    if (hash.size() != 64) return fail(ErrorKind::internal, "a stored token has no hash", out->name, "remove it");
    out->hash = hash;
    out->created = *at;
    out->created_by = by;
    return *std::move(out);
}

std::unexpected<Problem> refused(std::string code, int status, std::string seen, std::string remedy) {
    Problem out(std::move(code), Error{ErrorKind::auth, std::move(seen), "Authorization", std::move(remedy)});
    out.http = status;
    if (status == 401) out.headers = {{"WWW-Authenticate", "Bearer realm=\"tutti\""}};
    return std::unexpected(std::move(out));
}

std::unexpected<Problem> unknown(const std::string& name) {
    return problem("token-unknown", ErrorKind::not_found, "there is no token of this name", name,
                   "`tutti token list` shows all");
}

} // namespace

Expected<void> Tokens::load() {
    auto stored = store_.configs("token");
    if (!stored) return std::unexpected(stored.error());
    std::map<std::string, Token> all;
    for (const auto& [name, text] : *stored) {
        auto token = from_text(text);
        if (!token) return std::unexpected(token.error());
        all.emplace(name, *std::move(token));
    }
    const std::unique_lock guard(mutex_);
    tokens_ = std::move(all);
    return {};
}

Result<Caller> Tokens::check(std::string_view secret, const std::string& address) const {
    const auto hash = dnssec::sha256_hex(secret);
    const Token* found = nullptr;
    const std::shared_lock guard(mutex_);
    // All of them, and each in constant time: how long it takes says nothing.
    for (const auto& [name, token] : tokens_)
        if (CRYPTO_memcmp(token.hash.data(), hash.data(), hash.size()) == 0) found = &token;
    if (found == nullptr)
        return refused("token-invalid", 401, "this token is not known", "`tutti token add` makes one");
    if (found->expires <= clock_.now())
        return refused("token-expired", 401, "the token " + found->name + " expired at " + to_rfc3339(found->expires),
                       "`tutti token add` makes another");
    const auto inside = [&](const accept::Network& n) { return accept::contains(n, address); };
    if (!found->from.empty() && std::ranges::none_of(found->from, inside))
        return refused("source-forbidden", 403, "the token " + found->name + " is not for requests from here",
                       "use it from its networks");
    return Caller{"token:" + found->name, found->scopes, found->zones, found->created_by};
}

Result<Json> Tokens::add(const json::object& body, const Caller& by) {
    auto token = read_token(body, clock_.now());
    if (!token) return std::unexpected(token.error());
    auto secret = fresh_secret();
    if (!secret) return problem(secret.error());
    token->created = clock_.now();
    token->created_by = by.name;
    token->hash = dnssec::sha256_hex(*secret);
    auto stored = to_json(*token);
    auto shown = stored;
    stored["hash"] = token->hash;
    shown["token"] = *secret;
    const std::unique_lock guard(mutex_);
    if (tokens_.contains(token->name))
        return problem("token-exists", ErrorKind::conflict, "there is a token of this name", token->name,
                       "remove it first, or use another name");
    if (auto ok = store_.put_config("token", token->name, serialize(stored)); !ok) return problem(ok.error());
    const auto name = token->name;
    tokens_.emplace(name, *std::move(token));
    return shown;
}

Result<Json> Tokens::list() const {
    const std::shared_lock guard(mutex_);
    return json::object{{"tokens", list_json(tokens_, [](const auto& t) { return to_json(t.second); })}};
}

Result<Json> Tokens::one(const std::string& name) const {
    const std::shared_lock guard(mutex_);
    const auto found = tokens_.find(name);
    if (found == tokens_.end()) return unknown(name);
    return to_json(found->second);
}

Result<Json> Tokens::remove(const std::string& name) {
    const std::unique_lock guard(mutex_);
    const auto found = tokens_.find(name);
    if (found == tokens_.end()) return unknown(name);
    if (auto ok = store_.drop_config("token", name); !ok) return problem(ok.error());
    tokens_.erase(found);
    return json::object{{"name", name}, {"removed", true}};
}

} // namespace tutti::serve
