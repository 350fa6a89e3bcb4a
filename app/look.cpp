#include "app/look.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tutti::app {

using dns::Name;
using dns::Type;
using port::Endpoint;

namespace {

class Look {
  public:
    Look(port::Dns& dns, port::Resolver* resolver, port::Clock& clock, const LookRequest& request)
        : dns_(dns), resolver_(resolver), clock_(clock), request_(request), view_{.zone = request.zone,
                                                                                  .parent = {},
                                                                                  .now = clock.now(),
                                                                                  .hosts = {},
                                                                                  .servers = {},
                                                                                  .parents = {},
                                                                                  .no_route = {}} {}

    Expected<audit::View> run() {
        auto parents = request_.parents;
        if (parents.empty() && resolver_ != nullptr && !request_.zone.is_root()) {
            if (auto found = find_parents(parents); !found) return std::unexpected(found.error());
        }
        ask_parents(parents);
        std::map<Endpoint, std::string> servers(request_.servers.begin(), request_.servers.end());
        if (auto found = from_parents(servers); !found) return std::unexpected(found.error());
        ask_servers(servers);
        // What the zone says of itself may lead further.
        servers.clear();
        for (const auto& server : view_.servers)
            for (const auto& name : server.ns.names) follow(name, servers);
        ask_servers(servers);
        if (view_.servers.empty() && view_.parents.empty())
            return fail(ErrorKind::not_found, "no server was found to be asked", request_.zone.text(),
                        "check the name of the zone; with --server and --parent-server, say whom to ask");
        give_names();
        view_.now = clock_.now();
        return std::move(view_);
    }

  private:
    // The zone above: the nearest name with NS records.
    Expected<void> find_parents(std::vector<Endpoint>& out) {
        for (Name name = request_.zone.parent();; name = name.parent()) {
            const auto answer = resolver_->resolve({name, Type::NS});
            if (!answer) return std::unexpected(answer.error());
            for (const auto& record : answer->records) {
                const auto target = dns::ns_target(record.rdata);
                if (record.owner != name || !target) continue;
                view_.parent = name;
                for (const auto& address : addresses(*target).addresses) add(address, out);
            }
            if (view_.parent || name.is_root()) break;
        }
        std::ranges::sort(out);
        if (!out.empty()) return {};
        return fail(ErrorKind::not_found, "the resolver knows no server of the zone above", request_.zone.text(),
                    "name another one with --resolver, or the servers with --parent-server");
    }

    void add(const std::string& address, std::vector<Endpoint>& to) const {
        if (const auto endpoint = port::parse_endpoint(address);
            endpoint && std::ranges::find(to, *endpoint) == to.end())
            to.push_back(*endpoint);
    }

    audit::Host addresses(const Name& name) {
        audit::Host out{name, {}, {}};
        for (Type type : {Type::A, Type::AAAA}) {
            const auto answer = resolver_->resolve({name, type});
            if (!answer) out.problem = answer.error().text();
            if (answer && answer->nxdomain) out.problem = "the name does not exist";
            if (!answer) continue;
            for (const auto& record : answer->records) out.addresses.push_back(dns::rdata_text(type, record.rdata));
        }
        return out;
    }

    bool reachable(const Endpoint& server) {
        if (request_.routable(server)) return true;
        if (std::ranges::find(view_.no_route, server.text()) == view_.no_route.end())
            view_.no_route.push_back(server.text());
        return false;
    }

    void ask_parents(const std::vector<Endpoint>& servers) {
        ask(servers, audit::parent_questions(request_.zone),
            [&](const Endpoint&, auto heard) { view_.parents.push_back(audit::digest_parent(request_.zone, heard)); });
    }

    // Each server once.
    void ask_servers(const std::map<Endpoint, std::string>& wanted) {
        std::vector<Endpoint> servers;
        for (const auto& [server, signer] : wanted)
            if (asked_.insert(server).second) servers.push_back(server);
        ask(servers, audit::questions(request_.zone, request_.label), [&](const Endpoint& server, auto heard) {
            view_.servers.push_back(audit::digest_server(request_.zone, heard));
            view_.servers.back().signer = wanted.at(server);
        });
    }

    template <class Each>
    void ask(std::vector<Endpoint> servers, const std::vector<audit::Ask>& questions, Each each) {
        std::erase_if(servers, [&](const auto& s) { return !reachable(s); });
        std::vector<port::Query> queries;
        for (const auto& server : servers)
            for (const auto& q : questions) queries.push_back({server, q.question, false, q.tcp});
        auto replies = dns_.ask(queries);
        for (std::size_t s = 0; s < servers.size(); ++s) {
            std::vector<model::Heard> heard;
            for (std::size_t i = s * questions.size(); i < (s + 1) * questions.size(); ++i)
                heard.push_back({servers[s].text(), queries[i].question, replies[i].sent, replies[i].received,
                                 std::move(replies[i].message)});
            each(servers[s], heard);
        }
    }

    // The servers that the delegation names; where it is not to be had, those that the resolver knows.
    Expected<void> from_parents(std::map<Endpoint, std::string>& servers) {
        if (resolver_ == nullptr) return {};
        auto& names = known_;
        for (const auto& p : view_.parents) names.insert(p.ns.names.begin(), p.ns.names.end());
        if (names.empty()) {
            const auto answer = resolver_->resolve({request_.zone, Type::NS});
            if (!answer) return std::unexpected(answer.error());
            for (const auto& record : answer->records)
                if (const auto target = dns::ns_target(record.rdata)) names.insert(*target);
        }
        for (const auto& name : known_) follow(name, servers);
        return {};
    }

    // Every address of a name: its own records, and the glue. Each name once.
    void follow(const Name& name, std::map<Endpoint, std::string>& to) {
        if (resolver_ == nullptr || std::ranges::find(view_.hosts, name, &audit::Host::name) != view_.hosts.end())
            return;
        auto host = addresses(name);
        std::set<std::string> glue;
        for (const auto& p : view_.parents)
            if (const auto at = p.glue.find(name); at != p.glue.end())
                glue.insert(at->second.begin(), at->second.end());
        // A zone that is broken cannot tell its own servers' addresses: the glue then has to do.
        if (host.addresses.empty()) host.addresses.assign(glue.begin(), glue.end());
        glue.insert(host.addresses.begin(), host.addresses.end());
        for (const auto& address : glue)
            if (const auto endpoint = port::parse_endpoint(address)) to.try_emplace(*endpoint);
        view_.hosts.push_back(std::move(host));
    }

    // Which names lead to each server, and whether resolvers come to know any of them: from the delegation, and from
    // the NS records at servers that they know.
    void give_names() {
        for (auto& server : view_.servers) {
            for (const auto& host : view_.hosts)
                if (std::ranges::find(host.addresses, server.address) != host.addresses.end())
                    server.names.push_back(host.name);
            server.hidden = !view_.hosts.empty();
        }
        for (bool more = true; more;) {
            more = false;
            for (auto& server : view_.servers) {
                if (!server.hidden ||
                    std::ranges::none_of(server.names, [&](const auto& n) { return known_.contains(n); }))
                    continue;
                server.hidden = false;
                known_.insert(server.ns.names.begin(), server.ns.names.end());
                more = true;
            }
        }
    }

    port::Dns& dns_;
    port::Resolver* resolver_;
    port::Clock& clock_;
    const LookRequest& request_;
    audit::View view_;
    std::set<Endpoint> asked_;
    std::set<Name> known_; // names of servers that resolvers come to know
};

} // namespace

Expected<audit::View> look(port::Dns& dns, port::Resolver* resolver, port::Clock& clock, const LookRequest& request) {
    return Look(dns, resolver, clock, request).run();
}

} // namespace tutti::app
