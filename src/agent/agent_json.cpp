#include "agent/agent_json.hpp"

#include "accept/json.hpp"

#include <boost/json.hpp>

namespace json = boost::json;

namespace tutti::agent {

Expected<json::value> parse_json(std::string_view text) {
    boost::system::error_code ec;
    auto out = json::parse(text, ec);
    if (ec) return fail(ErrorKind::internal, "the database has JSON that cannot be read: " + ec.message());
    return out;
}

// As a registry whose other members are empty: they have one form in all of the program.
std::string remembered_to_text(const Memory& memory) {
    accept::Registry only;
    only.last_change = memory.last_change;
    only.last_csync = memory.last_csync;
    only.delay = memory.delay;
    return json::serialize(accept::to_json(only));
}

Expected<void> remembered_from_text(std::string_view text, Memory& memory) {
    const auto value = parse_json(text);
    if (!value) return std::unexpected(value.error());
    auto only = accept::registry_from_json(*value);
    if (!only) return std::unexpected(only.error());
    memory.last_change = std::move(only->last_change);
    memory.last_csync = std::move(only->last_csync);
    memory.delay = std::move(only->delay);
    return {};
}

std::string keys_to_text(const std::vector<dnssec::Dnskey>& keys) {
    json::array out;
    for (const auto& k : keys) out.emplace_back(dns::rdata_text(dns::Type::DNSKEY, k.rdata()));
    return json::serialize(out);
}

Expected<std::vector<dnssec::Dnskey>> keys_from_text(std::string_view text) {
    const auto value = parse_json(text);
    if (!value) return std::unexpected(value.error());
    std::vector<dnssec::Dnskey> out;
    if (!value->is_array()) return fail(ErrorKind::internal, "the database has keys that are no list");
    for (const auto& item : value->as_array()) {
        const auto* one = item.if_string();
        if (one == nullptr) return fail(ErrorKind::internal, "the database has a key that is no text");
        const auto rdata = dns::parse_rdata(dns::Type::DNSKEY, {one->data(), one->size()});
        if (!rdata) return std::unexpected(rdata.error());
        auto key = dnssec::parse_dnskey(*rdata);
        if (!key) return std::unexpected(key.error());
        out.push_back(*std::move(key));
    }
    return out;
}

} // namespace tutti::agent
