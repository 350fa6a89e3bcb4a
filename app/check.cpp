#include "app/check.hpp"

#include "app/look.hpp"
#include "app/render_check.hpp"
#include "app/show.hpp"
#include "app/system_clock.hpp"
#include "net/dns_client.hpp"
#include "net/resolver.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <thread>

namespace tutti::app {

namespace {

// A secondary that has not heard of the newest change yet hears of it within this.
constexpr std::chrono::seconds kCatchUp{3};

// Whether this machine has a way there: connect() of a UDP socket sends nothing.
bool routable(const port::Endpoint& server) {
    addrinfo hints{}, *found = nullptr;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_DGRAM;
    if (::getaddrinfo(server.address.c_str(), std::to_string(server.port).c_str(), &hints, &found) != 0) return true;
    const int fd = ::socket(found->ai_family, found->ai_socktype, 0);
    const bool none = fd < 0 ? errno == EAFNOSUPPORT
                             : ::connect(fd, found->ai_addr, found->ai_addrlen) != 0 &&
                                   (errno == ENETUNREACH || errno == EADDRNOTAVAIL || errno == EHOSTUNREACH);
    if (fd >= 0) ::close(fd);
    ::freeaddrinfo(found);
    return !none;
}

Expected<LookRequest> request_of(const CheckOptions& options) {
    auto zone = dns::Name::parse(options.zone);
    if (!zone) return std::unexpected(zone.error());
    LookRequest out{*std::move(zone), {}, {}, routable, {}};
    for (const auto& text : split_list(options.servers)) {
        const auto equals = std::min(text.find('='), text.size());
        const auto server = port::parse_endpoint(text.substr(0, equals));
        if (!server) return std::unexpected(server.error());
        out.servers.emplace_back(*server, equals < text.size() ? text.substr(equals + 1) : "");
    }
    for (const auto& text : split_list(options.parent_servers)) {
        const auto server = port::parse_endpoint(text);
        if (!server) return std::unexpected(server.error());
        out.parents.push_back(*server);
    }
    if (options.no_lookup && out.servers.empty())
        return fail(ErrorKind::invalid, "--no-lookup asks only the servers given, and none is", {},
                    "name them with --server");
    return out;
}

Expected<std::unique_ptr<port::Resolver>> resolver_of(const CheckOptions& options) {
    if (options.no_lookup) return nullptr;
    net::ResolverOptions how;
    if (!options.resolver.empty()) {
        const auto server = port::parse_endpoint(options.resolver);
        if (!server) return std::unexpected(server.error());
        how.forward.push_back(*server);
    }
    return net::make_resolver(how);
}

std::string new_label() {
    std::random_device random;
    return fmt::format("tutti-{:08x}{:08x}", random(), random());
}

// Looks again and again, as often as wanted.
class Looker {
  public:
    static Expected<Looker> make(const CheckOptions& options) {
        auto request = request_of(options);
        if (!request) return std::unexpected(request.error());
        auto resolver = resolver_of(options);
        if (!resolver) return std::unexpected(resolver.error());
        return Looker(*std::move(request), *std::move(resolver));
    }
    Expected<audit::View> look_now() {
        request_.label = new_label();
        SystemClock clock;
        net::DnsClient dns(clock);
        return look(dns, resolver_.get(), clock, request_);
    }

  private:
    Looker(LookRequest request, std::unique_ptr<port::Resolver> resolver)
        : request_(std::move(request)), resolver_(std::move(resolver)) {}
    LookRequest request_;
    std::unique_ptr<port::Resolver> resolver_;
};

struct Seen {
    audit::View view;
    audit::Report report;
};

Expected<Seen> look_and_judge(const CheckOptions& options) {
    auto looker = Looker::make(options);
    if (!looker) return std::unexpected(looker.error());
    for (bool again = false;; again = true) {
        auto view = looker->look_now();
        if (!view) return std::unexpected(view.error());
        auto report = audit::judge(*view);
        const bool changing =
            std::ranges::find(report.findings, "behind", &audit::Finding::code) != report.findings.end();
        if (!changing || again) return Seen{*std::move(view), std::move(report)};
        std::this_thread::sleep_for(kCatchUp);
    }
}

} // namespace

Expected<audit::View> look_once(const CheckOptions& options) {
    auto looker = Looker::make(options);
    if (!looker) return std::unexpected(looker.error());
    return looker->look_now();
}

int check(const CheckOptions& options, const Cli& cli) {
    const auto seen = look_and_judge(options);
    if (!seen) return show_refusal({seen.error(), to_string(seen.error().kind), nullptr}, cli.json());
    show(check_json(seen->view, seen->report), cli, render_check);
    if (seen->report.count(audit::Severity::error) > 0) return kFailed;
    return seen->report.count(audit::Severity::warning) > 0 ? kPending : kOk;
}

} // namespace tutti::app
