#include "epp/parse_objects.hpp"

#include "epp/namespaces.hpp"

namespace tutti::epp {

namespace {

std::vector<std::string> statuses(Reading& r, const Element& e) {
    std::vector<std::string> out;
    for (const Element* s : e.all("status")) out.push_back(r.attribute(*s, "s"));
    return out;
}

std::vector<NameServer> name_servers(Reading& r, const Element& e, bool& attributes) {
    std::vector<NameServer> out;
    for (const auto& c : e.children) {
        if (c.is(kDomain, "hostObj")) {
            if (auto name = r.name(c.text)) out.push_back({*std::move(name)});
        } else if (c.is(kDomain, "hostAttr")) {
            attributes = true;
            auto name = r.name(r.text(c, "hostName"));
            if (!name) continue;
            NameServer server{*std::move(name)};
            for (const Element* a : c.all("hostAddr")) server.addresses.push_back(a->text);
            out.push_back(std::move(server));
        } else {
            r.wrong(fmt::format("<ns> has an unknown <{}>", c.name));
        }
    }
    return out;
}

void read_domain(Reading& r, const Element& e, Response& out) {
    auto name = r.name(r.text(e, "name"));
    if (!name) return;
    DomainInfo d{.name = *std::move(name)};
    d.roid = r.text(e, "roid");
    d.sponsor = r.text(e, "clID");
    d.updated = r.optional_text(e, "upDate");
    d.statuses = statuses(r, e);
    if (const Element* ns = e.child("ns")) d.ns = name_servers(r, *ns, d.host_attributes);
    out.domain = std::move(d);
}

void read_host(Reading& r, const Element& e, Response& out) {
    auto name = r.name(r.text(e, "name"));
    if (!name) return;
    HostInfo h{.name = *std::move(name), .sponsor = r.text(e, "clID"), .statuses = statuses(r, e), .addresses = {}};
    for (const Element* a : e.all("addr")) h.addresses.push_back(a->text);
    out.host = std::move(h);
}

void read_checks(Reading& r, const Element& e, Response& out) {
    for (const Element* cd : e.all("cd")) {
        const Element* name = r.need(*cd, "name");
        if (name == nullptr) return;
        auto parsed = r.name(name->text);
        if (!parsed) return;
        out.checked.push_back(
            {*std::move(parsed), r.boolean(r.attribute(*name, "avail")), r.optional_text(*cd, "reason")});
    }
}

void read_pending(Reading& r, const Element& e, Response& out) {
    const Element* name = r.need(e, "name");
    const Element* ids = r.need(e, "paTRID");
    if (name == nullptr || ids == nullptr) return;
    auto parsed = r.name(name->text);
    // The children of <paTRID> are in the namespace of EPP itself.
    std::string client, server;
    for (const auto& c : ids->children) {
        if (c.is(kEpp, "clTRID")) client = c.text;
        if (c.is(kEpp, "svTRID")) server = c.text;
    }
    if (server.empty()) r.wrong("<paTRID> has no <svTRID>");
    if (parsed) out.pending = {*std::move(parsed), r.boolean(r.attribute(*name, "paResult")), client, server};
}

dnssec::Dnskey read_key(Reading& r, const Element& e) {
    return {.flags = r.num(r.text(e, "flags"), std::uint16_t{65535}, "flags"),
            .protocol = r.num(r.text(e, "protocol"), std::uint8_t{255}, "protocol"),
            .algorithm = r.num(r.text(e, "alg"), std::uint8_t{255}, "alg"),
            .public_key = r.take(unbase64(r.text(e, "pubKey")))};
}

SecDns read_sec_dns(Reading& r, const Element& e) {
    SecDns out;
    for (const auto& c : e.children) {
        if (c.is(kSecDns, "maxSigLife")) {
            out.max_sig_life = r.num(c.text, std::uint32_t{0x7fffffff}, "maxSigLife");
        } else if (c.is(kSecDns, "dsData")) {
            DsData d{{.tag = r.num(r.text(c, "keyTag"), std::uint16_t{65535}, "keyTag"),
                      .algorithm = r.num(r.text(c, "alg"), std::uint8_t{255}, "alg"),
                      .digest_type = r.num(r.text(c, "digestType"), std::uint8_t{255}, "digestType"),
                      .digest = r.take(unhex(r.text(c, "digest")))}};
            if (const Element* key = c.child("keyData")) d.key = read_key(r, *key);
            out.ds.push_back(std::move(d));
        } else if (c.is(kSecDns, "keyData")) {
            out.keys.push_back(read_key(r, c));
        } else {
            r.wrong(fmt::format("secDNS has an unknown <{}>", c.name));
        }
    }
    if (!out.ds.empty() && !out.keys.empty()) r.wrong("secDNS has records and keys side by side (RFC 5910 4)");
    return out;
}

void read_ttls(Reading& r, const Element& e, DomainInfo& domain) {
    for (const Element* t : e.all("ttl")) {
        std::string type = r.attribute(*t, "for");
        if (type == "custom") type = r.attribute(*t, "custom");
        std::optional<dns::Ttl> ttl;
        if (!t->text.empty()) ttl = r.num(t->text, dns::Ttl{0x7fffffff}, "a TTL");
        domain.ttls[type] = ttl;
    }
}

ChangeNotice read_change(Reading& r, const Element& e) {
    const std::string* state = e.attribute("state"); // RFC 8590: "after" when absent
    return {.before = state != nullptr && *state == "before",
            .operation = r.text(e, "operation"),
            .date = r.text(e, "date"),
            .server_id = r.text(e, "svTRID"),
            .who = r.text(e, "who"),
            .reason = r.optional_text(e, "reason")};
}

} // namespace

void read_object(Reading& r, const Element& e, Response& out) {
    if (e.is(kDomain, "infData")) read_domain(r, e, out);
    if (e.is(kHost, "infData")) read_host(r, e, out);
    if (e.is(kHost, "chkData") || e.is(kDomain, "chkData")) read_checks(r, e, out);
    if (e.is(kHost, "panData") || e.is(kDomain, "panData")) read_pending(r, e, out);
}

void read_extension(Reading& r, const Element& e, Response& out) {
    if (e.is(kSecDns, "infData")) {
        if (!out.domain) return r.wrong("secDNS without a domain");
        out.domain->sec_dns = read_sec_dns(r, e);
    }
    if (e.is(kTtl, "infData") && out.domain) read_ttls(r, e, *out.domain);
    if (e.is(kChangePoll, "changeData")) out.change = read_change(r, e);
}

} // namespace tutti::epp
