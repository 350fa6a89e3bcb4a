#include "serve/session.hpp"

#include "serve/event_stream.hpp"

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace tutti::serve {

namespace {

namespace beast = boost::beast;
namespace http = beast::http;

using HttpRequest = http::request<http::string_body>;
using HttpResponse = http::response<http::string_body>;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

// Of a connection that is closed while its client still sends: so much is read, so that it can read why.
constexpr std::size_t kDrainMost = 64 * 1024 * 1024;
constexpr auto kDrainTime = std::chrono::seconds(5);

// Ends what the connection waits for when the time is over. The connection stays usable, to say so.
template <class Stream>
class Deadline {
  public:
    explicit Deadline(Stream& stream) : state_(std::make_shared<State>(stream)) {}
    ~Deadline() { end(); }
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

    void start(std::chrono::milliseconds after) {
        const auto round = ++state_->round;
        state_->expired = false;
        state_->timer.expires_after(after);
        state_->timer.async_wait([state = state_, round](const boost::system::error_code& ec) {
            if (ec || state->round != round) return;
            state->expired = true;
            boost::system::error_code ignored;
            state->stream->lowest_layer().cancel(ignored);
        });
    }
    void end() {
        ++state_->round;
        state_->timer.cancel();
    }
    bool expired() const { return state_->expired; }

  private:
    struct State {
        explicit State(Stream& s) : stream(&s), timer(s.get_executor()) {}
        Stream* stream;
        asio::steady_timer timer;
        std::uint64_t round = 0; // a wait that had ended before it was stopped means nothing
        bool expired = false;
    };
    std::shared_ptr<State> state_;
};

Incoming to_incoming(const HttpRequest& from, const Peer& peer) {
    const auto field = [&](auto name) {
        const auto value = from[name];
        return std::string(value.data(), value.size());
    };
    Incoming out;
    out.method = from.method() == http::verb::head ? "GET" : std::string(from.method_string());
    out.target = std::string(from.target());
    out.body = from.body();
    out.authorization = field(http::field::authorization);
    out.if_match = field(http::field::if_match);
    out.idempotency_key = field("Idempotency-Key");
    out.content_type = field(http::field::content_type);
    out.last_event_id = field("Last-Event-ID");
    out.address = peer.address;
    out.local = peer.local;
    return out;
}

Problem wrong_request(std::string code, int status, std::string seen, std::string remedy = {}) {
    Problem out(std::move(code), Error{ErrorKind::invalid, std::move(seen), "request", std::move(remedy)});
    out.http = status;
    return out;
}

template <class Stream>
class Connection {
  public:
    Connection(Stream stream, Peer peer, Shared& shared)
        : stream_(std::move(stream)), peer_(std::move(peer)), shared_(shared), deadline_(stream_) {}

    asio::awaitable<void> run() {
        if constexpr (std::is_same_v<Stream, Tls>) {
            deadline_.start(shared_.limits.handshake);
            auto [ec] = co_await stream_.async_handshake(asio::ssl::stream_base::server, as_result);
            if (ec) co_return;
        }
        while (!shared_.stopping && co_await begins()) {
            http::request_parser<http::string_body> parser;
            parser.body_limit(shared_.limits.body);
            parser.header_limit(shared_.limits.header);
            deadline_.start(shared_.limits.request);
            auto [ec, size] = co_await http::async_read(stream_, buffer_, parser, as_result);
            const bool late = deadline_.expired();
            deadline_.end();
            if (ec) {
                co_await refuse(ec, late);
                co_return;
            }
            if (!co_await serve(parser.release())) co_return;
        }
    }

  private:
    // The first octets of a request are there.
    asio::awaitable<bool> begins() {
        if (buffer_.size() > 0) co_return true;
        deadline_.start(shared_.limits.idle);
        auto [ec, size] = co_await stream_.async_read_some(buffer_.prepare(4096), as_result);
        deadline_.end();
        buffer_.commit(size);
        co_return !ec && size > 0;
    }

    // False: it was the last one.
    asio::awaitable<bool> serve(HttpRequest request) {
        const auto in = to_incoming(request, peer_);
        if (request.count(http::field::authorization) > 1)
            co_return co_await write(answer(wrong_request("request-invalid", 400, "two Authorization fields")),
                                     request);
        if (auto page = page_for(request, in)) co_return co_await write(*std::move(page), request);
        auto admitted = shared_.gate.admit(in);
        if (!admitted) {
            if (Gate::is_noteworthy(admitted.error())) co_await note(in, admitted.error());
            co_return co_await write(std::move(admitted.error()), request);
        }
        if (admitted->route->pattern == "/v1/events" && request.method() == http::verb::get)
            co_return co_await stream_events(admitted->request, in, request);
        co_return co_await write(co_await run_route(*std::move(admitted), in), request);
    }

    std::optional<Response> page_for(const HttpRequest& request, const Incoming& in) {
        if (!shared_.pages || in.method != "GET" || in.target.starts_with("/v1/")) return std::nullopt;
        auto page = shared_.pages(in.target.substr(0, in.target.find('?')));
        if (!page) return page;
        const auto* tag = page->header("ETag");
        if (tag != nullptr && request[http::field::if_none_match] == *tag) {
            page->status = 304;
            page->body.clear();
        }
        return page;
    }

    // The handler may block: on the pool, and back.
    asio::awaitable<Response> run_route(Router::Found admitted, const Incoming& in) {
        auto work = [&]() -> asio::awaitable<Response> { co_return shared_.gate.run(std::move(admitted), in); };
        auto running = asio::co_spawn(shared_.handlers, work, asio::use_awaitable);
        co_return co_await std::move(running);
    }

    asio::awaitable<void> note(const Incoming& in, const Response& refusal) {
        auto work = [&]() -> asio::awaitable<void> {
            shared_.gate.note(in, refusal);
            co_return;
        };
        auto running = asio::co_spawn(shared_.handlers, work, asio::use_awaitable);
        co_await std::move(running);
    }

    HttpResponse to_http(Response&& from, const HttpRequest& request) const {
        HttpResponse out(static_cast<http::status>(from.status), request.version());
        out.set(http::field::server, "tutti");
        if (!from.content_type.empty()) out.set(http::field::content_type, from.content_type);
        out.set(http::field::cache_control, "no-store");
        out.set("X-Content-Type-Options", "nosniff");
        out.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
        out.set("Referrer-Policy", "no-referrer");
        if constexpr (std::is_same_v<Stream, Tls>) out.set("Strict-Transport-Security", "max-age=31536000");
        for (const auto& [name, value] : from.headers) out.set(name, value);
        out.keep_alive(request.keep_alive());
        out.body() = std::move(from.body);
        out.prepare_payload();
        if (request.method() == http::verb::head) out.body().clear();
        return out;
    }

    asio::awaitable<bool> write(Response response, const HttpRequest& request) {
        auto reply = to_http(std::move(response), request);
        http::response_serializer<http::string_body> serializer(reply);
        deadline_.start(shared_.limits.write);
        auto [ec, size] = request.method() == http::verb::head
                              ? co_await http::async_write_header(stream_, serializer, as_result)
                              : co_await http::async_write(stream_, serializer, as_result);
        deadline_.end();
        co_return !ec && reply.keep_alive();
    }

    // What could not be read whole.
    asio::awaitable<void> refuse(const boost::system::error_code& ec, bool late) {
        Problem why = wrong_request("request-invalid", 400, ec.message());
        if (late)
            why = wrong_request("request-timeout", 408, "the request did not come in time", "send it in one go");
        else if (ec == http::error::body_limit)
            why = wrong_request("body-too-large", 413, "the body is too large",
                                "at most " + std::to_string(shared_.limits.body) + " octets");
        else if (ec == http::error::header_limit)
            why = wrong_request("headers-too-large", 431, "the header is too large",
                                "at most " + std::to_string(shared_.limits.header) + " octets");
        else if (ec.category() != beast::error_code(http::error::bad_method).category() ||
                 ec == http::error::end_of_stream || ec == http::error::partial_message)
            co_return; // the other side has gone
        HttpRequest none;
        none.keep_alive(false);
        co_await write(answer(why), none);
        co_await drain();
    }

    // Closing while octets arrive would reset the connection, and take the answer away from its reader.
    asio::awaitable<void> drain() {
        boost::system::error_code ignored;
        stream_.lowest_layer().shutdown(asio::socket_base::shutdown_send, ignored);
        deadline_.start(kDrainTime);
        for (std::size_t total = 0; total < kDrainMost;) {
            buffer_.clear();
            auto [ec, size] = co_await stream_.async_read_some(buffer_.prepare(64 * 1024), as_result);
            if (ec) break;
            total += size;
        }
        deadline_.end();
    }

    asio::awaitable<bool> stream_events(const Request& wished, const Incoming& in, const HttpRequest& request) {
        auto wish = read_wish(wished, in.last_event_id, shared_.events);
        if (!wish) co_return co_await write(answer(wish.error()), request);
        if (shared_.streams >= shared_.streams_max)
            co_return co_await write(
                answer(Problem("too-many-streams",
                               Error{ErrorKind::throttled, "too many event streams", "events", "close some"})),
                request);
        ++shared_.streams;
        co_await send_events(*std::move(wish));
        --shared_.streams;
        co_return false;
    }

    asio::awaitable<void> send_events(StreamWish wish) {
        Alarm alarm(shared_.events, stream_.get_executor());
        std::string out = "HTTP/1.1 200 OK\r\nServer: tutti\r\nContent-Type: text/event-stream\r\n"
                          "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
                          "retry: 1000\n\n";
        while (!shared_.stopping) {
            const auto frames = co_await next_frames(shared_, wish.after);
            for (const auto& f : frames) {
                wish.after = f->id;
                if (wish.wants(*f)) out += f->text;
            }
            if (!out.empty()) {
                deadline_.start(shared_.limits.write);
                auto [ec, size] = co_await asio::async_write(stream_, asio::buffer(out), as_result);
                deadline_.end();
                if (ec) co_return;
                out.clear();
            }
            if (!frames.empty()) continue;
            if (!co_await alarm.wait(shared_.limits.beat)) out = ": still here\n\n";
        }
    }

    Stream stream_;
    Peer peer_;
    Shared& shared_;
    Deadline<Stream> deadline_;
    beast::flat_buffer buffer_;
};

template <class Stream>
asio::awaitable<void> serve_one(Stream stream, Peer peer, Shared& shared) {
    Connection<Stream> connection(std::move(stream), std::move(peer), shared);
    co_await connection.run();
}

} // namespace

asio::awaitable<void> serve_connection(asio::local::stream_protocol::socket socket, Peer peer, Shared& shared) {
    return serve_one(std::move(socket), std::move(peer), shared);
}
asio::awaitable<void> serve_connection(asio::ip::tcp::socket socket, Peer peer, Shared& shared) {
    return serve_one(std::move(socket), std::move(peer), shared);
}
asio::awaitable<void> serve_connection(Tls socket, Peer peer, Shared& shared) {
    return serve_one(std::move(socket), std::move(peer), shared);
}

} // namespace tutti::serve
