#include "net/dns_client.hpp"

#include "net/dns_exchange.hpp"

#include <boost/asio/detached.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace tutti::net {

namespace {

constexpr std::uint8_t kQuery = 0, kNotify = 4;

asio::awaitable<port::Reply> ask_one(asio::io_context& context, const port::Query& query, port::Clock& clock,
                                     const DnsClientOptions& options) {
    const Moment deadline = moment_after(options.deadline);
    const Expectation expected{random_id(), kQuery, query.question};
    const auto wire = dns::compose_query(expected.id, query.question, query.recursion_desired, dns::Edns{});
    // The first try counts as the time of sending: it may be the one that was answered.
    Instant sent = clock.now();
    if (!query.tcp) {
        auto message = co_await exchange_udp(context, query.server, wire, expected, options, deadline);
        if (!message || !message->truncated) co_return port::Reply{std::move(message), sent, clock.now()};
        sent = clock.now();
    }
    auto message = co_await exchange_tcp(context, query.server, wire, expected, deadline);
    // A server that loads a zone anew may close its connections (NSD does): that is no answer yet.
    if (!message && message.error().kind == ErrorKind::unreachable && std::chrono::steady_clock::now() < deadline) {
        co_await pause(context, std::min(moment_after(kAfterRefusal), deadline));
        message = co_await exchange_tcp(context, query.server, wire, expected, deadline);
    }
    co_return port::Reply{std::move(message), sent, clock.now()};
}

struct Batch {
    std::span<const port::Query> queries;
    std::vector<port::Reply> replies;
    std::size_t next = 0;
};

asio::awaitable<void> work(asio::io_context& context, Batch& batch, port::Clock& clock,
                           const DnsClientOptions& options) {
    while (batch.next < batch.queries.size()) {
        const std::size_t i = batch.next++;
        batch.replies[i] = co_await ask_one(context, batch.queries[i], clock, options);
    }
}

} // namespace

std::vector<port::Reply> DnsClient::ask(std::span<const port::Query> queries) {
    asio::io_context context{1};
    Batch batch{queries, {}, 0};
    batch.replies.resize(queries.size(), {fail(ErrorKind::internal, "not asked"), {}, {}});
    std::exception_ptr thrown;
    for (std::size_t i = 0; i < std::min(queries.size(), options_.max_in_flight); ++i)
        asio::co_spawn(context, work(context, batch, clock_, options_), [&](const std::exception_ptr& e) {
            if (e) thrown = e;
        });
    context.run();
    if (thrown) std::rethrow_exception(thrown);
    return std::move(batch.replies);
}

Expected<void> DnsClient::notify(const port::Endpoint& target, const dns::Question& what) {
    asio::io_context context{1};
    const Expectation expected{random_id(), kNotify, what};
    const auto wire = dns::compose_notify(expected.id, what);
    const auto reply =
        run(context, exchange_udp(context, target, wire, expected, options_, moment_after(options_.deadline)));
    if (!reply) return std::unexpected(reply.error());
    const auto refused = [&](ErrorKind kind) {
        return fail(kind,
                    fmt::format("NOTIFY({}) for {} was answered with {}", dns::to_string(what.type), what.name.text(),
                                dns::to_string(reply->rcode)),
                    target.text());
    };
    switch (reply->rcode) {
    case dns::Rcode::noerror:
        return {};
    case dns::Rcode::servfail:
        return refused(ErrorKind::transient);
    case dns::Rcode::notimp:
    case dns::Rcode::formerr:
        return refused(ErrorKind::unsupported);
    default:
        return refused(ErrorKind::refused);
    }
}

} // namespace tutti::net
