#include "test/contract/brands.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace tutti::contract {

namespace {

constexpr const char* kSecret = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=";
constexpr const char* kApiKey = "contract-api-key";

std::string zone_name(int number) {
    return fmt::format("z{}.test.", number);
}

std::string zone_text(const std::string& zone) {
    return fmt::format("{0} {1} IN SOA ns1.{0} admin.{0} 1 3600 900 604800 {3}\n"
                       "{0} {2} IN NS ns1.{0}\n"
                       "ns1.{0} {1} IN A 192.0.2.1\n"
                       "*.wild.{0} {1} IN TXT \"wild\"\n",
                       zone, kDataTtl, kNsTtl, kDnskeyTtl);
}

} // namespace

std::ostream& operator<<(std::ostream& out, Brand brand) {
    switch (brand) {
    case Brand::bind:
        return out << "Bind";
    case Brand::bind_inline:
        return out << "BindInline";
    case Brand::knot:
        return out << "Knot";
    case Brand::knot_csk:
        return out << "KnotCsk";
    case Brand::knot_full:
        return out << "KnotFull";
    case Brand::powerdns:
        return out << "Powerdns";
    case Brand::powerdns_indirect:
        return out << "PowerdnsIndirect";
    case Brand::powerdns_ddns:
        return out << "PowerdnsDdns";
    case Brand::powerdns_ddns_indirect:
        break;
    }
    return out << "PowerdnsDdnsIndirect";
}

RealSigner::RealSigner(Brand brand) : port_(free_port()) {
    settings_.name = "blue";
    settings_.driver = "rfc2136";
    settings_.servers = {{"127.0.0.1", port_}};
    settings_.ns = {dns::Name::parse("ns1.blue.test.").value()};
    settings_.tsig =
        port::TsigSettings{dns::Name::parse("ctl.").value(), "hmac-sha256", secret_file("secret", kSecret)};
    settings_.transfer = true;
    switch (brand) {
    case Brand::bind:
        start_bind(false);
        break;
    case Brand::bind_inline:
        start_bind(true);
        break;
    case Brand::knot:
        start_knot("incremental\n    delete-delay: 1d", false);
        break;
    case Brand::knot_csk:
        start_knot("incremental\n    delete-delay: 1d", true);
        break;
    case Brand::knot_full:
        start_knot("full", false);
        break;
    case Brand::powerdns:
        start_powerdns(true, false);
        break;
    case Brand::powerdns_indirect:
        start_powerdns(false, false);
        break;
    case Brand::powerdns_ddns:
        start_powerdns(true, true);
        break;
    case Brand::powerdns_ddns_indirect:
        start_powerdns(false, true);
        break;
    }
}

dns::Name RealSigner::fresh_zone() {
    if (used_ == kZones) throw std::runtime_error("more tests than zones: raise kZones");
    return dns::Name::parse(zone_name(used_++)).value();
}

port::SecretRef RealSigner::secret_file(const std::string& name, const std::string& text) const {
    server_.write(name, text);
    return {port::SecretRef::Kind::file, (server_.folder() / name).string()};
}

// Every zone is served with signatures over all that tests look at.
bool RealSigner::ready() {
    std::vector<port::Query> queries;
    for (int i = 0; i < kZones; ++i)
        for (auto type : {dns::Type::DNSKEY, dns::Type::SOA, dns::Type::NS})
            queries.push_back(
                {settings_.servers.front(), {dns::Name::parse(zone_name(i)).value(), type}, false, false});
    for (const auto& reply : real_.dns.ask(std::span(queries).first(1)))
        if (!reply.message) return false;
    for (const auto& reply : real_.dns.ask(queries))
        if (!reply.message ||
            std::ranges::none_of(reply.message->answer, [](const auto& r) { return r.type == dns::Type::RRSIG; }))
            return false;
    return true;
}

void RealSigner::start_bind(bool inline_signing) {
    const auto folder = server_.folder().string();
    std::string text = fmt::format(R"(
key "ctl" {{ algorithm hmac-sha256; secret "{0}"; }};
options {{ directory "{1}"; pid-file "{1}/pid"; session-keyfile "{1}/session.key"; managed-keys-directory "{1}";
  listen-on port {2} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; dnssec-validation no; notify no;
  allow-transfer {{ key "ctl"; }}; minimal-responses yes; }};
controls {{ }};
dnssec-policy "sign" {{ keys {{ ksk lifetime unlimited algorithm ecdsap256sha256;
    zsk lifetime unlimited algorithm ecdsap256sha256; }};
  dnskey-ttl {3}; max-zone-ttl {4}; }};
)",
                                   kSecret, folder, port_, kDnskeyTtl, kDataTtl);
    for (int i = 0; i < kZones; ++i) {
        const auto zone = zone_name(i);
        server_.write(zone + "zone", zone_text(zone));
        text += fmt::format("zone \"{0}\" {{ type primary; file \"{0}zone\"; dnssec-policy sign; inline-signing {1}; "
                            "update-policy {{ grant ctl zonesub ANY; }}; }};\n",
                            zone, inline_signing ? "yes" : "no");
    }
    server_.write("named.conf", text);
    server_.start({"named", "-g", "-n", "1", "-c", folder + "/named.conf"}, [&] { return ready(); });
}

void RealSigner::start_knot(const std::string& management, bool csk) {
    const auto folder = server_.folder().string();
    std::string text = fmt::format(R"(
server:
    listen: 127.0.0.1@{2}
    rundir: {1}
    background-workers: 2
database:
    storage: {1}/db
    journal-db-max-size: 64M
    kasp-db-max-size: 64M
    timer-db-max-size: 16M
log:
  - target: stderr
    any: info
key:
  - id: ctl
    algorithm: hmac-sha256
    secret: {0}
acl:
  - id: ctl
    key: ctl
    action: [update, transfer]
policy:
  - id: sign
    algorithm: ecdsap256sha256
    single-type-signing: {6}
    ksk-lifetime: 0
    zsk-lifetime: 0
    dnskey-ttl: {3}
    zone-max-ttl: {4}
    cds-cdnskey-publish: always
    dnskey-management: {5}
zone:
)",
                                   kSecret, folder, port_, kDnskeyTtl, kDataTtl, management, csk ? "on" : "off");
    for (int i = 0; i < kZones; ++i) {
        const auto zone = zone_name(i);
        server_.write(zone + "zone", zone_text(zone));
        text += fmt::format("  - domain: {0}\n    file: {1}/{0}zone\n    acl: ctl\n    dnssec-signing: on\n"
                            "    dnssec-policy: sign\n    zonefile-load: whole\n    zonefile-sync: -1\n"
                            "    journal-content: changes\n    serial-policy: increment\n",
                            zone, folder);
    }
    server_.write("knot.conf", text);
    std::filesystem::create_directories(server_.folder() / "db");
    server_.start({"knotd", "-c", folder + "/knot.conf"}, [&] { return ready(); });
}

namespace {

void run_sql(const std::filesystem::path& file, const std::string& sql) {
    sqlite3* db = nullptr;
    const bool done = sqlite3_open(file.c_str(), &db) == SQLITE_OK && sqlite3_busy_timeout(db, 5000) == SQLITE_OK &&
                      sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
    sqlite3_close(db);
    if (!done) throw std::runtime_error("the database of PowerDNS cannot be changed");
}

} // namespace

void RealSigner::start_powerdns(bool direct, bool ddns) {
    const auto folder = server_.folder().string();
    const auto api_port = free_port();
    std::stringstream schema;
    schema << std::ifstream("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql").rdbuf();
    run_sql(server_.folder() / "pdns.sqlite", schema.str());
    server_.write("pdns.conf",
                  fmt::format("daemon=no\nguardian=no\ndisable-syslog=yes\nsocket-dir={0}\n"
                              "local-address=127.0.0.1\nlocal-port={1}\nlaunch=gsqlite3\n"
                              "gsqlite3-database={0}/pdns.sqlite\ngsqlite3-dnssec=yes\n"
                              "gsqlite3-pragma-synchronous=0\nprimary=yes\ndirect-dnskey={2}\n"
                              "api=yes\napi-key={3}\nwebserver=yes\nwebserver-address=127.0.0.1\n"
                              "webserver-port={4}\nwebserver-loglevel=none\ndnsupdate={5}\n"
                              "allow-dnsupdate-from=127.0.0.0/8\ndefault-ksk-algorithm=ecdsa256\n"
                              "default-zsk-algorithm=ecdsa256\n",
                              folder, port_, direct ? "yes" : "no", kApiKey, api_port, ddns ? "yes" : "no"));
    settings_.url = fmt::format("http://127.0.0.1:{}", api_port);
    server_.start({"pdns_server", "--config-dir=" + folder}, [&] {
        return real_.http.send({.url = settings_.url + "/api/v1/servers", .headers = {{"X-API-Key", kApiKey}}})
            .has_value();
    });
    add_powerdns_zones(ddns);
    if (!ready()) throw std::runtime_error("PowerDNS does not sign its zones");
    if (ddns) {
        settings_.url.clear();
    } else {
        settings_.driver = "powerdns";
        settings_.api_key = secret_file("api-key", kApiKey);
        settings_.tsig.reset();
        settings_.transfer = false;
    }
}

void RealSigner::add_powerdns_zones(bool ddns) {
    const auto post = [&](const std::string& path, const std::string& body) {
        const auto done = real_.http.send({.method = "POST",
                                           .url = settings_.url + "/api/v1/servers/localhost" + path,
                                           .headers = {{"X-API-Key", kApiKey}, {"Content-Type", "application/json"}},
                                           .body = body});
        if (!done || done->status >= 300)
            throw std::runtime_error("PowerDNS: " + path + ": " + (done ? done->body : done.error().text()));
    };
    if (ddns) post("/tsigkeys", fmt::format(R"({{"name":"ctl","algorithm":"hmac-sha256","key":"{}"}})", kSecret));
    const auto rrset = [](const std::string& name, const char* type, dns::Ttl ttl, const std::string& content) {
        return fmt::format(R"({{"name":"{}","type":"{}","ttl":{},"records":[{{"content":"{}","disabled":false}}]}})",
                           name, type, ttl, content);
    };
    for (int i = 0; i < kZones; ++i) {
        const auto zone = zone_name(i);
        post("/zones",
             fmt::format(
                 R"({{"name":"{0}","kind":"Master","dnssec":true,"nameservers":[],"rrsets":[{1},{2},{3},{4}]}})", zone,
                 rrset(zone, "SOA", kDataTtl, fmt::format("ns1.{0} admin.{0} 1 3600 900 604800 {1}", zone, kDnskeyTtl)),
                 rrset(zone, "NS", kNsTtl, "ns1." + zone), rrset("ns1." + zone, "A", kDataTtl, "192.0.2.1"),
                 rrset("*.wild." + zone, "TXT", kDataTtl, R"(\"wild\")")));
    }
    // The API does not take these two kinds of metadata.
    if (ddns)
        for (const char* kind : {"TSIG-ALLOW-DNSUPDATE", "TSIG-ALLOW-AXFR"})
            run_sql(server_.folder() / "pdns.sqlite",
                    fmt::format(
                        "INSERT INTO domainmetadata (domain_id, kind, content) SELECT id, '{}', 'ctl' FROM domains;",
                        kind));
}

RealSigner& shared(Brand brand) {
    static std::map<Brand, std::unique_ptr<RealSigner>> all;
    auto& signer = all[brand];
    if (!signer) signer = std::make_unique<RealSigner>(brand);
    return *signer;
}

} // namespace tutti::contract
