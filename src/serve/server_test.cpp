// The server as it is used: real sockets, many readers.
#include "serve/server.hpp"

#include "serve/api.hpp"
#include "serve/fakes_test.hpp"
#include "serve/watched_store.hpp"

#include <boost/asio.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>

namespace tutti::serve {

namespace {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;
using testing::HasSubstr;

std::string socket_path() {
    static std::atomic<int> next = 0;
    return (std::filesystem::temp_directory_path() /
            ("tutti-" + std::to_string(::getpid()) + '-' + std::to_string(next++) + ".sock"))
        .string();
}

class Served : public testing::Test {
  protected:
    void SetUp() override {
        auto started = Server::start(gate, hub, {}, {.socket = path});
        ASSERT_TRUE(started) << started.error().text();
        server = *std::move(started);
    }

    Local::socket connect() {
        Local::socket out(io);
        out.connect(Local::endpoint(path));
        return out;
    }
    // Sends as it is, reads until the other side closes.
    std::string exchange(const std::string& request) {
        auto socket = connect();
        boost::system::error_code ec;
        asio::write(socket, asio::buffer(request), ec);
        std::string out;
        asio::read(socket, asio::dynamic_buffer(out), ec);
        return out;
    }
    static std::string request(const std::string& method, const std::string& target, const std::string& body = "") {
        return method + ' ' + target +
               " HTTP/1.1\r\nHost: tutti\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    // Reads until `end` has come.
    static std::string read_until(Local::socket& socket, const std::string& end) {
        std::string out;
        boost::system::error_code ec;
        while (out.find(end) == std::string::npos && !ec) {
            char more[4096];
            out.append(more, socket.read_some(asio::buffer(more), ec));
        }
        return out;
    }
    void happen(const std::string& zone, const std::string& text) {
        const auto name = dns::Name::parse(zone).value();
        auto record = store.load(name).value_or(port::ZoneRecord{.zone = name});
        ASSERT_TRUE(store.save(record, {{0, at_seconds(1), "decision", text, "{}"}}));
    }

    asio::io_context io;
    std::string path = socket_path();
    Bench bench;
    EventHub hub{bench.store};
    WatchedStore store{bench.watched, [this](const auto&, const auto&) { hub.poke(); }};
    Service service{bench.deps()};
    Proposals proposals{bench.store, bench.clock, service, {}};
    Router router{api(service, proposals)};
    Tokens tokens{bench.store, bench.clock};
    Gate gate{router, tokens, bench.ledger, bench.clock, {}};
    std::unique_ptr<Server> server;
};

} // namespace

TEST_F(Served, AnswersOnAPrivateSocket) {
    struct stat info{};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U);
    const auto a = exchange(request("GET", "/v1/health"));
    EXPECT_THAT(a, HasSubstr("HTTP/1.1 200 OK"));
    EXPECT_THAT(a, HasSubstr("Content-Type: application/json"));
    EXPECT_THAT(a, HasSubstr("\"status\":\"ok\""));
}

TEST_F(Served, AddsAZoneOverTheWire) {
    const auto a = exchange(
        request("POST", "/v1/zones", R"({"zone":"example.lab.","parent":"lab","signers":["blue"],"probe":false})"));
    EXPECT_THAT(a, HasSubstr("201 Created"));
    EXPECT_THAT(exchange(request("GET", "/v1/zones/example.lab.")), HasSubstr("\"zone\":\"example.lab.\""));
    const auto no = exchange(request("GET", "/v1/zones/other."));
    EXPECT_THAT(no, HasSubstr("404 Not Found"));
    EXPECT_THAT(no, HasSubstr("application/problem+json"));
}

TEST_F(Served, KeepsAConnectionForSeveralRequests) {
    auto socket = connect();
    for (int i = 0; i < 3; ++i) {
        asio::write(socket, asio::buffer(std::string("GET /v1/health HTTP/1.1\r\nHost: tutti\r\n\r\n")));
        EXPECT_THAT(read_until(socket, "}\n"), HasSubstr("200 OK"));
    }
}

TEST_F(Served, RefusesWhatIsNoHttp) {
    EXPECT_THAT(exchange("nonsense\r\n\r\n"), HasSubstr("400 Bad Request"));
    EXPECT_THAT(exchange("POST /v1/zones HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999\r\n\r\n"),
                AllOf(HasSubstr("413"), HasSubstr("body-too-large")));
    EXPECT_THAT(exchange("GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\n\r\n"),
                AllOf(HasSubstr("431"), HasSubstr("headers-too-large")));
}

// Who asks for something else meanwhile is not behind a thousand readers.
TEST_F(Served, ManyReadersAreWokenAFewAtATime) {
    using Time = std::chrono::steady_clock;
    constexpr std::size_t kReaders = 320;
    std::mutex mutex;
    std::condition_variable all;
    std::vector<Time::time_point> woken;
    std::vector<std::uint64_t> tickets;
    for (std::size_t i = 0; i < kReaders; ++i)
        tickets.push_back(hub.subscribe([&] {
            const std::lock_guard guard(mutex);
            woken.push_back(Time::now());
            if (woken.size() == kReaders) all.notify_one();
        }));
    happen("a.lab.", "news");
    {
        std::unique_lock lock(mutex);
        ASSERT_TRUE(all.wait_for(lock, std::chrono::seconds(30), [&] { return woken.size() == kReaders; }));
    }
    for (const auto t : tickets) hub.unsubscribe(t);
    // 16 at once, and 10,000 a second.
    for (std::size_t i = 16; i < kReaders; ++i)
        EXPECT_GE(woken[i] - woken[i - 16], std::chrono::microseconds(1600)) << i;
}

TEST_F(Served, StreamsEventsAsTheyHappen) {
    auto socket = connect();
    asio::write(socket, asio::buffer(request("GET", "/v1/events?zone=a.lab.")));
    EXPECT_THAT(read_until(socket, "retry: 1000\n\n"), HasSubstr("text/event-stream"));
    happen("b.lab.", "not for us");
    happen("a.lab.", "for us");
    const auto got = read_until(socket, "for us");
    EXPECT_THAT(got, HasSubstr("id: 2\nevent: decision\ndata: {"));
    EXPECT_THAT(got, Not(HasSubstr("not for us")));
}

TEST_F(Served, ResumesAfterTheLastEventSeen) {
    for (int i = 1; i <= 5; ++i) happen("a.lab.", "number " + std::to_string(i) + '.');
    auto socket = connect();
    asio::write(socket, asio::buffer(std::string("GET /v1/events HTTP/1.1\r\nHost: t\r\nLast-Event-ID: 3\r\n\r\n")));
    const auto got = read_until(socket, "number 5.");
    EXPECT_THAT(got, HasSubstr("number 4."));
    EXPECT_THAT(got, Not(HasSubstr("number 3.")));
    EXPECT_THAT(exchange(request("GET", "/v1/events?after=x")), HasSubstr("query-invalid"));
    EXPECT_THAT(exchange(request("GET", "/v1/eventsx")), HasSubstr("path-unknown"));
}

TEST_F(Served, ServesAThousandStreams) {
    constexpr std::size_t kReaders = 1000;
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 2 * kReaders + 100);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ASSERT_GE(limit.rlim_cur, 2 * kReaders + 100) << "too few file descriptors: raise `ulimit -n`";
    std::vector<Local::socket> readers;
    for (std::size_t i = 0; i < kReaders; ++i) {
        readers.push_back(connect());
        asio::write(readers.back(), asio::buffer(request("GET", "/v1/events")));
    }
    for (auto& r : readers) ASSERT_THAT(read_until(r, "retry: 1000\n\n"), HasSubstr("200 OK"));
    EXPECT_THAT(exchange(request("GET", "/v1/health")), HasSubstr("\"ok\"")) << "others are still served";
    happen("a.lab.", "for everybody.");
    for (auto& r : readers) ASSERT_THAT(read_until(r, "for everybody."), HasSubstr("id: 1"));
}

TEST_F(Served, LimitsStreamsAndConnectionsAndTime) {
    namespace ip = asio::ip;
    ip::tcp::acceptor free(io, ip::tcp::endpoint(ip::make_address("127.0.0.1"), 0));
    const auto port = free.local_endpoint().port();
    free.close();
    ServerOptions options{.socket = socket_path(), .listen = {{"127.0.0.1", port}}};
    options.streams_max = 1;
    options.connections_per_address = 1;
    options.limits.request = std::chrono::milliseconds(50);
    const auto other = Server::start(gate, hub, {}, options);
    ASSERT_TRUE(other) << other.error().text();

    Local::socket first(io), second(io), slow(io);
    for (auto* s : {&first, &second, &slow}) s->connect(Local::endpoint(options.socket));
    asio::write(first, asio::buffer(request("GET", "/v1/events")));
    read_until(first, "retry: 1000\n\n");
    asio::write(second, asio::buffer(request("GET", "/v1/events")));
    EXPECT_THAT(read_until(second, "}\n"), AllOf(HasSubstr("429"), HasSubstr("too-many-streams")));
    asio::write(slow, asio::buffer(std::string("GET /v1/health HTTP/1.1\r\nX-Slow: ")));
    EXPECT_THAT(read_until(slow, "}\n"), AllOf(HasSubstr("408"), HasSubstr("request-timeout")));

    ip::tcp::socket one(io), two(io);
    one.connect({ip::make_address("127.0.0.1"), port});
    asio::write(one, asio::buffer(std::string("GET /v1/health HTTP/1.1\r\n\r\n")));
    char octet = 0;
    asio::read(one, asio::buffer(&octet, 1));
    two.connect({ip::make_address("127.0.0.1"), port});
    boost::system::error_code ec;
    two.read_some(asio::buffer(&octet, 1), ec);
    EXPECT_TRUE(ec) << "a second connection from there is closed";

    options.socket = socket_path();
    options.listen = {{"192.0.2.1", 8080}};
    EXPECT_THAT(Server::start(gate, hub, {}, options).error().seen, HasSubstr("without TLS only loopback"));
}

TEST_F(Served, TakesOverALeftoverSocketButNotALiveOne) {
    auto second = Server::start(gate, hub, {}, {.socket = path});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().kind, ErrorKind::conflict);
    EXPECT_THAT(second.error().seen, HasSubstr("another daemon"));

    // As a killed process leaves it behind: bound, and nobody listens.
    const auto left = socket_path();
    {
        Local::acceptor gone(io, Local::endpoint(left));
    }
    ASSERT_TRUE(std::filesystem::exists(left));
    EXPECT_TRUE(Server::start(gate, hub, {}, {.socket = left}));

    const auto file = socket_path();
    std::ofstream(file) << "precious";
    EXPECT_THAT(Server::start(gate, hub, {}, {.socket = file}).error().seen, HasSubstr("no socket"));
    EXPECT_TRUE(std::filesystem::exists(file));
    std::filesystem::remove(file);
}

TEST_F(Served, EndsWithStreamsOpen) {
    auto socket = connect();
    asio::write(socket, asio::buffer(request("GET", "/v1/events")));
    read_until(socket, "retry: 1000\n\n");
    server.reset();
    EXPECT_FALSE(std::filesystem::exists(path));
    char more[16];
    boost::system::error_code ec;
    socket.read_some(asio::buffer(more), ec);
    EXPECT_TRUE(ec) << "the stream is closed";
}

} // namespace tutti::serve
