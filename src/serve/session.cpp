#include "serve/session.hpp"

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <charconv>

namespace tutti::serve {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;

using Stream = beast::basic_stream<asio::local::stream_protocol, asio::any_io_executor>;
using HttpRequest = http::request<http::string_body>;
using HttpResponse = http::response<http::string_body>;

constexpr auto kIdle = std::chrono::seconds(60);
constexpr auto kKeepAlive = std::chrono::seconds(15);
constexpr std::size_t kBodyMax = 1024 * 1024;
constexpr std::uint32_t kHeaderMax = 16 * 1024;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

HttpResponse to_http(Response&& from, const HttpRequest& request) {
    HttpResponse out(static_cast<http::status>(from.status), request.version());
    out.set(http::field::server, "tutti");
    out.set(http::field::content_type, from.content_type);
    out.set(http::field::cache_control, "no-store");
    if (!from.allow.empty()) out.set(http::field::allow, from.allow);
    out.keep_alive(request.keep_alive());
    out.body() = std::move(from.body);
    out.prepare_payload();
    if (request.method() == http::verb::head) out.body().clear();
    return out;
}

// The handler may block: on the pool, and back.
asio::awaitable<Response> handle(const HttpRequest& request, Shared& shared) {
    const std::string method = request.method() == http::verb::head ? "GET" : std::string(request.method_string());
    const auto target = request.target();
    const auto& body = request.body();
    auto work = [&]() -> asio::awaitable<Response> {
        co_return shared.router.dispatch(method, {target.data(), target.size()}, body);
    };
    auto running = asio::co_spawn(shared.handlers, work, asio::use_awaitable);
    co_return co_await std::move(running);
}

// ---- event streams ----

bool is_events(std::string_view target) {
    return target.substr(0, target.find('?')) == "/v1/events";
}

struct StreamWish {
    std::int64_t after;
    std::optional<dns::Name> zone;
};

Result<StreamWish> read_wish(const HttpRequest& request, const EventHub& events) {
    auto target = parse_target({request.target().data(), request.target().size()});
    if (!target) return problem("query-invalid", ErrorKind::invalid, "a broken %-escape", "query");
    StreamWish out{events.last(), std::nullopt};
    std::string after(request["Last-Event-ID"]);
    for (const auto& [name, value] : target->query) {
        if (name == "after")
            after = value;
        else if (name == "zone") {
            auto zone = dns::Name::parse(value);
            if (!zone) return std::unexpected(Problem("zone-invalid", zone.error()));
            out.zone = *zone;
        } else {
            return problem("query-invalid", ErrorKind::invalid, "\"" + name + "\" is unknown", "query", "after, zone");
        }
    }
    if (after.empty()) return out;
    const auto [end, ec] = std::from_chars(after.data(), after.data() + after.size(), out.after);
    if (ec != std::errc{} || end != after.data() + after.size() || out.after < 0)
        return problem("query-invalid", ErrorKind::invalid, '"' + after + "\" is not an event id", "after",
                       "use a number");
    return out;
}

// Woken from the hub's thread; the timer lives on the connection's strand.
struct Waker {
    explicit Waker(const asio::any_io_executor& executor) : timer(executor) {}
    asio::steady_timer timer;
};

class Subscription {
  public:
    Subscription(EventHub& events, const std::shared_ptr<Waker>& waker) : events_(events) {
        ticket_ = events.subscribe([weak = std::weak_ptr(waker), executor = waker->timer.get_executor()] {
            asio::post(executor, [weak] {
                if (auto alive = weak.lock()) alive->timer.cancel();
            });
        });
    }
    ~Subscription() { events_.unsubscribe(ticket_); }
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

  private:
    EventHub& events_;
    std::uint64_t ticket_;
};

struct Counted {
    explicit Counted(std::atomic<std::size_t>& n) : count(n) { ++count; }
    ~Counted() { --count; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    std::atomic<std::size_t>& count;
};

asio::awaitable<Frames> next_frames(Shared& shared, std::int64_t after) {
    constexpr std::size_t kBatch = 256;
    if (auto recent = shared.events.after(after, kBatch)) co_return *std::move(recent);
    auto work = [&shared, after]() -> asio::awaitable<Frames> {
        co_return shared.events.from_store(after, kBatch).value_or(Frames{});
    };
    auto running = asio::co_spawn(shared.handlers, work, asio::use_awaitable);
    co_return co_await std::move(running);
}

asio::awaitable<void> stream_events(Stream& stream, Shared& shared, StreamWish wish) {
    const Counted counted(shared.streams);
    auto waker = std::make_shared<Waker>(stream.get_executor());
    const Subscription subscription(shared.events, waker);
    std::string out = "HTTP/1.1 200 OK\r\nServer: tutti\r\nContent-Type: text/event-stream\r\n"
                      "Cache-Control: no-store\r\nConnection: close\r\n\r\nretry: 1000\n\n";
    while (!shared.stopping) {
        const auto frames = co_await next_frames(shared, wish.after);
        for (const auto& f : frames) {
            wish.after = f->id;
            if (!wish.zone || f->zone == *wish.zone) out += f->text;
        }
        if (!out.empty()) {
            stream.expires_after(kIdle); // a reader that does not read is let go
            auto [ec, size] = co_await asio::async_write(stream, asio::buffer(out), as_result);
            if (ec) co_return;
            out.clear();
        }
        if (!frames.empty()) continue;
        waker->timer.expires_after(kKeepAlive);
        auto [woken] = co_await waker->timer.async_wait(as_result);
        if (!woken) out = ": still here\n\n";
    }
}

} // namespace

asio::awaitable<void> serve_connection(asio::local::stream_protocol::socket socket, Shared& shared) {
    Stream stream(std::move(socket));
    beast::flat_buffer buffer;
    while (!shared.stopping) {
        http::request_parser<http::string_body> parser;
        parser.body_limit(kBodyMax);
        parser.header_limit(kHeaderMax);
        stream.expires_after(kIdle);
        auto [read_error, read_size] = co_await http::async_read(stream, buffer, parser, as_result);
        if (read_error == http::error::end_of_stream || read_error == beast::error::timeout) co_return;
        HttpRequest request = parser.is_header_done() || !read_error ? parser.release() : HttpRequest{};
        Response response;
        bool last = false;
        if (read_error) {
            response =
                answer(Problem("request-invalid", Error{ErrorKind::invalid, read_error.message(), "request", ""}));
            last = true;
        } else if (request.method() == http::verb::get && is_events(request.target())) {
            auto wish = read_wish(request, shared.events);
            if (wish && shared.streams < shared.streams_max) {
                co_await stream_events(stream, shared, *std::move(wish));
                co_return;
            }
            response =
                answer(wish ? Problem(Error{ErrorKind::throttled, "too many event streams", "events", "close some"})
                            : wish.error());
        } else {
            stream.expires_never();
            response = co_await handle(request, shared);
        }
        auto reply = to_http(std::move(response), request);
        if (last) reply.keep_alive(false);
        stream.expires_after(kIdle);
        auto [write_error, write_size] = co_await http::async_write(stream, reply, as_result);
        if (write_error || !reply.keep_alive()) co_return;
    }
}

} // namespace tutti::serve
