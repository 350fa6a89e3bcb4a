#include "epp/commands.hpp"

#include "epp/codec.hpp"
#include "epp/namespaces.hpp"

namespace tutti::epp {

namespace {

Element make(std::string_view ns, std::string name, std::string text = {}) {
    return {.ns = std::string{ns}, .name = std::move(name), .text = std::move(text)};
}

Command about(std::string verb, Element object, bool transforms) {
    Element e = make(kEpp, std::move(verb));
    e.children.push_back(std::move(object));
    return {std::move(e), {}, transforms};
}

Element named(std::string_view ns, std::string kind, const dns::Name& name) {
    Element e = make(ns, std::move(kind));
    e.children.push_back(make(ns, "name", epp_name(name)));
    return e;
}

Element address(std::string_view ns, std::string element, const std::string& text) {
    Element e = make(ns, std::move(element), text);
    e.attributes.emplace_back("ip", text.contains(':') ? "v6" : "v4");
    return e;
}

Element ns_list(std::span<const NameServer> servers, bool attributes) {
    Element e = make(kDomain, "ns");
    for (const auto& s : servers) {
        if (!attributes) {
            e.children.push_back(make(kDomain, "hostObj", epp_name(s.name)));
            continue;
        }
        Element& a = e.children.emplace_back(make(kDomain, "hostAttr"));
        a.children.push_back(make(kDomain, "hostName", epp_name(s.name)));
        for (const auto& text : s.addresses) a.children.push_back(address(kDomain, "hostAddr", text));
    }
    return e;
}

Element key_data(const dnssec::Dnskey& key) {
    Element e = make(kSecDns, "keyData");
    e.children = {make(kSecDns, "flags", std::to_string(key.flags)),
                  make(kSecDns, "protocol", std::to_string(key.protocol)),
                  make(kSecDns, "alg", std::to_string(key.algorithm)), make(kSecDns, "pubKey", base64(key.public_key))};
    return e;
}

void put_sec(Element& out, const SecDns& data) {
    for (const auto& d : data.ds) {
        Element& e = out.children.emplace_back(make(kSecDns, "dsData"));
        e.children = {
            make(kSecDns, "keyTag", std::to_string(d.ds.tag)), make(kSecDns, "alg", std::to_string(d.ds.algorithm)),
            make(kSecDns, "digestType", std::to_string(d.ds.digest_type)), make(kSecDns, "digest", hex(d.ds.digest))};
        if (d.key) e.children.push_back(key_data(*d.key));
    }
    for (const auto& key : data.keys) out.children.push_back(key_data(key));
}

bool holds(const SecDns& data) {
    return !data.ds.empty() || !data.keys.empty();
}

// RFC 5910 5.2.5: removals first, then additions; the server does both or neither.
Element sec_update(const DomainUpdate& u) {
    Element out = make(kSecDns, "update");
    if (u.urgent) out.attributes.emplace_back("urgent", "true");
    if (u.sec_remove_all || holds(u.sec_remove)) {
        Element& rem = out.children.emplace_back(make(kSecDns, "rem"));
        if (u.sec_remove_all)
            rem.children.push_back(make(kSecDns, "all", "true"));
        else
            put_sec(rem, u.sec_remove);
    }
    if (holds(u.sec_add)) {
        Element& add = out.children.emplace_back(make(kSecDns, "add"));
        if (u.sec_add.max_sig_life)
            add.children.push_back(make(kSecDns, "maxSigLife", std::to_string(*u.sec_add.max_sig_life)));
        put_sec(add, u.sec_add);
    }
    return out;
}

Element ttl_update(const DomainUpdate& u) {
    Element out = make(kTtl, "update");
    for (const auto& [type, ttl] : u.ttls) {
        Element& e = out.children.emplace_back(make(kTtl, "ttl", ttl ? std::to_string(*ttl) : ""));
        e.attributes.emplace_back("for", type);
    }
    return out;
}

Element epp_frame(Element body) {
    Element root = make(kEpp, "epp");
    root.children.push_back(std::move(body));
    return root;
}

} // namespace

Expected<std::string> compose(const Command& command, std::string_view client_id) {
    Element e = make(kEpp, "command");
    e.children.push_back(command.verb);
    if (!command.extensions.empty()) e.children.emplace_back(make(kEpp, "extension")).children = command.extensions;
    e.children.push_back(make(kEpp, "clTRID", std::string{client_id}));
    return to_xml(epp_frame(std::move(e)));
}

Expected<std::string> compose_hello() {
    return to_xml(epp_frame(make(kEpp, "hello")));
}

Command login(const Login& l) {
    Element e = make(kEpp, "login");
    Element options = make(kEpp, "options");
    options.children = {make(kEpp, "version", "1.0"), make(kEpp, "lang", l.language)};
    Element services = make(kEpp, "svcs");
    for (const auto& uri : l.objects) services.children.push_back(make(kEpp, "objURI", uri));
    if (!l.extensions.empty()) {
        Element& extension = services.children.emplace_back(make(kEpp, "svcExtension"));
        for (const auto& uri : l.extensions) extension.children.push_back(make(kEpp, "extURI", uri));
    }
    e.children = {make(kEpp, "clID", l.client), make(kEpp, "pw", l.password), std::move(options), std::move(services)};
    return {std::move(e)};
}

Command logout() {
    return {make(kEpp, "logout")};
}

Command poll_request() {
    Element e = make(kEpp, "poll");
    e.attributes.emplace_back("op", "req");
    return {std::move(e)};
}

Command poll_ack(std::string_view message_id) {
    Element e = make(kEpp, "poll");
    e.attributes = {{"op", "ack"}, {"msgID", std::string{message_id}}};
    return {std::move(e), {}, true};
}

Command domain_info(const dns::Name& name, bool ttl) {
    Command out = about("info", named(kDomain, "info", name), false);
    if (ttl) {
        Element e = make(kTtl, "info");
        e.attributes.emplace_back("policy", "true");
        out.extensions.push_back(std::move(e));
    }
    return out;
}

Command host_check(std::span<const dns::Name> names) {
    Element e = make(kHost, "check");
    for (const auto& n : names) e.children.push_back(make(kHost, "name", epp_name(n)));
    return about("check", std::move(e), false);
}

Command host_info(const dns::Name& name) {
    return about("info", named(kHost, "info", name), false);
}

Command host_create(const dns::Name& name, std::span<const std::string> addresses) {
    Element e = named(kHost, "create", name);
    for (const auto& a : addresses) e.children.push_back(address(kHost, "addr", a));
    return about("create", std::move(e), true);
}

Command host_update(const dns::Name& name, std::span<const std::string> add, std::span<const std::string> remove) {
    Element e = named(kHost, "update", name);
    const auto put = [&](const char* what, std::span<const std::string> addresses) {
        if (addresses.empty()) return;
        Element& part = e.children.emplace_back(make(kHost, what));
        for (const auto& a : addresses) part.children.push_back(address(kHost, "addr", a));
    };
    put("add", add);
    put("rem", remove);
    return about("update", std::move(e), true);
}

Command host_delete(const dns::Name& name) {
    return about("delete", named(kHost, "delete", name), true);
}

bool DomainUpdate::empty() const {
    return ns_add.empty() && ns_remove.empty() && !holds(sec_add) && !holds(sec_remove) && !sec_remove_all &&
           ttls.empty();
}

Command domain_update(const DomainUpdate& u) {
    Element e = named(kDomain, "update", u.name);
    const auto put = [&](const char* what, std::span<const NameServer> servers) {
        if (servers.empty()) return;
        e.children.emplace_back(make(kDomain, what)).children.push_back(ns_list(servers, u.host_attributes));
    };
    put("add", u.ns_add);
    put("rem", u.ns_remove);
    Command out = about("update", std::move(e), true);
    if (holds(u.sec_add) || holds(u.sec_remove) || u.sec_remove_all) out.extensions.push_back(sec_update(u));
    if (!u.ttls.empty()) out.extensions.push_back(ttl_update(u));
    return out;
}

std::string masked(std::string_view xml) {
    std::string out;
    while (!xml.empty()) {
        const auto open = xml.find('<');
        if (open == std::string_view::npos) break;
        const auto end = xml.find_first_of(" \t\r\n/>", open + 1);
        const auto close = xml.find('>', open);
        if (end == std::string_view::npos || close == std::string_view::npos) break;
        const auto tag = xml.substr(open + 1, end - open - 1);
        const auto local = tag.substr(tag.find(':') + 1); // npos + 1 is 0
        out += xml.substr(0, close + 1);
        xml.remove_prefix(close + 1);
        if ((local != "pw" && local != "newPW") || out.ends_with("/>")) continue;
        out += "***";
        const auto last = xml.find("</" + std::string{tag});
        xml.remove_prefix(last == std::string_view::npos ? xml.size() : last);
    }
    return out += xml;
}

} // namespace tutti::epp
