#include "app/scan_input.hpp"

#include "app/show.hpp"
#include "net/dns_client.hpp"
#include "net/secrets.hpp"
#include "scan/zone_changes.hpp"
#include "scan/zone_text.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>
#include <iostream>

namespace tutti::app {

namespace {

using dns::Name;
using dns::Type;

constexpr std::size_t kMaxRecords = 400'000'000; // of a transfer: the largest zone there is has about 160 million names

Expected<void> from_text(const std::string& path, const std::optional<Name>& origin, scan::Delegations& out) {
    const scan::TextOptions options{.file = path == "-" ? "standard input" : path, .origin = origin};
    if (path == "-") return scan::read_text(std::cin, options, out);
    std::ifstream file(path);
    if (!file) return fail(ErrorKind::not_found, "the file cannot be opened", path, "check its name and permissions");
    return scan::read_text(file, options, out);
}

Expected<std::optional<dnssec::TsigKey>> tsig_of(const ScanInput& input) {
    if (input.tsig_name.empty() && input.tsig_secret.empty()) return std::nullopt;
    if (input.tsig_name.empty() || input.tsig_secret.empty())
        return fail(ErrorKind::invalid, "a TSIG key needs a name and a secret", {},
                    "give both --tsig-name and --tsig-secret");
    const auto where = port::parse_secret_ref(input.tsig_secret);
    if (!where) return std::unexpected(where.error());
    net::SecretReader reader;
    const auto secret = reader.read(*where);
    if (!secret) return std::unexpected(secret.error());
    auto key = dnssec::make_tsig_key(input.tsig_name, input.tsig_algorithm, *secret);
    if (!key) return std::unexpected(key.error());
    return *std::move(key);
}

// The server may send the whole zone instead of what has changed.
Expected<void> from_changes(net::DnsClient& client, const port::Endpoint& server, const dnssec::TsigKey* key,
                            const scan::Delegations& before, scan::Delegations& out) {
    using Piece = net::DnsClient::Piece;
    scan::ZoneChanges changes;
    bool whole = false;
    Expected<void> odd;
    auto done = client.changes(server, *before.zone(), key, *before.serial(), [&](Piece piece, const dns::Record& r) {
        whole = whole || piece == Piece::whole;
        if (piece == Piece::removed) changes.removed(r);
        if (piece == Piece::added) changes.added(r);
        if (piece != Piece::whole) return;
        if (auto ok = out.add(r); !ok && odd) odd = std::unexpected(ok.error());
    });
    if (!done || !odd) return done ? odd : done;
    return whole ? Expected<void>{} : changes.apply(before, out);
}

Expected<void> from_transfer(const ScanInput& input, const Name& zone, port::Clock& clock, scan::Delegations& out,
                             const scan::Delegations* before) {
    const auto server = port::parse_endpoint(input.transfer);
    if (!server) return std::unexpected(server.error());
    const auto key = tsig_of(input);
    if (!key) return std::unexpected(key.error());
    net::DnsClientOptions options;
    options.transfer_deadline = std::chrono::hours{2};
    options.max_transfer_records = kMaxRecords;
    options.max_transfer_octets = std::size_t{1} << 38;
    net::DnsClient client(clock, options);
    const auto* tsig = *key ? &**key : nullptr;
    if (before != nullptr && before->zone() == zone && before->serial()) {
        const auto done = from_changes(client, *server, tsig, *before, out);
        if (done) return done;
        spdlog::info("{}: what has changed since serial {} cannot be used, the zone is read as a whole: {}",
                     zone.text(), *before->serial(), done.error().text());
        out = {};
        out.set_zone(zone);
    }
    Expected<void> odd;
    auto done = client.transfer(*server, zone, tsig, [&](const dns::Record& record) {
        if (auto ok = out.add(record); !ok && odd) odd = std::unexpected(ok.error());
    });
    return done ? odd : done;
}

// What the servers of the zone above say of one child.
class Lookup {
  public:
    Lookup(port::Dns& dns, port::Resolver* resolver, const std::vector<port::Endpoint>& servers)
        : dns_(dns), resolver_(resolver), given_(servers) {}

    Expected<void> child(const Name& name, scan::Delegations& out) {
        if (name.is_root()) return fail(ErrorKind::invalid, "the root has no parent", ".");
        auto servers = given_.empty() ? servers_above(name) : Expected<std::vector<port::Endpoint>>{given_};
        if (!servers) return std::unexpected(servers.error());
        Error last{ErrorKind::unreachable, "no server of the zone above answers", name.text(), "try again later"};
        for (const auto& server : *servers) {
            const port::Query queries[] = {{server, {name, Type::NS}}, {server, {name, Type::DS}}};
            const auto replies = dns_.ask(queries);
            if (!replies[0].message || !replies[1].message) {
                last = (!replies[0].message ? replies[0] : replies[1]).message.error();
                continue;
            }
            return take(name, *replies[0].message, *replies[1].message, out);
        }
        return std::unexpected(last);
    }

  private:
    static Expected<void> take(const Name& name, const dns::Message& ns, const dns::Message& ds,
                               scan::Delegations& out) {
        bool delegated = false;
        // A referral has them in the authority section; a server of both zones has them in the answer.
        for (const auto* section : {&ns.authority, &ns.answer, &ns.additional})
            for (const auto& record : *section) {
                const bool wanted = record.type == Type::A || record.type == Type::AAAA ||
                                    (record.type == Type::NS && record.owner == name);
                if (!wanted) continue;
                delegated = delegated || record.type == Type::NS;
                if (auto ok = out.add(record); !ok) return ok;
            }
        for (const auto& record : ds.answer)
            if (record.type == Type::DS && record.owner == name)
                if (auto ok = out.add(record); !ok) return ok;
        if (delegated) return {};
        return fail(ErrorKind::not_found, "the zone above does not delegate this name", name.text(),
                    "give the name of a zone, as its parent delegates it");
    }

    Expected<std::vector<port::Endpoint>> servers_above(const Name& name) {
        std::vector<port::Endpoint> out;
        for (Name above = name.parent(); out.empty(); above = above.parent()) {
            const auto ns = resolver_->resolve({above, Type::NS});
            if (!ns) return std::unexpected(ns.error());
            for (const auto& record : ns->records)
                if (const auto target = dns::ns_target(record.rdata); record.owner == above && target)
                    for (const Type type : {Type::A, Type::AAAA})
                        if (const auto found = resolver_->resolve({*target, type}))
                            for (const auto& a : found->records) out.push_back({dns::rdata_text(type, a.rdata), 53});
            if (above.is_root()) break;
        }
        if (!out.empty()) return out;
        return fail(ErrorKind::not_found, "no server of the zone above was found", name.text(),
                    "name one with --parent-server, or another resolver with --resolver");
    }

    port::Dns& dns_;
    port::Resolver* resolver_;
    const std::vector<port::Endpoint>& given_;
};

Expected<void> from_names(const ScanInput& input, port::Resolver* resolver, port::Clock& clock,
                          scan::Delegations& out) {
    std::vector<port::Endpoint> servers;
    for (const auto& text : split_list(input.parent_servers)) {
        const auto server = port::parse_endpoint(text);
        if (!server) return std::unexpected(server.error());
        servers.push_back(*server);
    }
    if (servers.empty() && resolver == nullptr)
        return fail(ErrorKind::invalid, "names are looked up at their parent, and there is no resolver to find it with",
                    {}, "name a server of the parent with --parent-server, or leave out --no-lookup");
    net::DnsClient client(clock);
    Lookup lookup(client, resolver, servers);
    for (const auto& text : input.names) {
        const auto name = Name::parse(text);
        if (!name) return std::unexpected(name.error());
        if (auto ok = lookup.child(*name, out); !ok) return ok;
    }
    return {};
}

} // namespace

Expected<void> read_input(const ScanInput& input, port::Resolver* resolver, port::Clock& clock, scan::Delegations& out,
                          const scan::Delegations* before) {
    std::optional<Name> zone;
    if (!input.zone.empty()) {
        auto name = Name::parse(input.zone);
        if (!name) return std::unexpected(name.error());
        zone = std::move(*name);
        out.set_zone(*zone);
    }
    if (!zone && (!input.file.empty() || !input.transfer.empty()))
        return fail(ErrorKind::invalid, "which zone is it?", {}, "name the parent zone with --zone");
    const auto read = !input.file.empty()       ? from_text(input.file, zone, out)
                      : !input.transfer.empty() ? from_transfer(input, *zone, clock, out, before)
                      : !input.list.empty()     ? from_text(input.list, std::nullopt, out)
                                                : from_names(input, resolver, clock, out);
    if (!read) return read;
    out.seal();
    if (out.size() > 0) return {};
    return fail(ErrorKind::not_found, "there are no delegations in it", to_string(input),
                "check that it is the parent's zone, and --zone");
}

std::string to_string(const ScanInput& input) {
    if (!input.file.empty()) return fmt::format("{} from {}", input.zone, input.file);
    if (!input.transfer.empty()) return fmt::format("{} from {}", input.zone, input.transfer);
    if (!input.list.empty()) return input.list;
    return fmt::format("{}", fmt::join(input.names, ", "));
}

} // namespace tutti::app
