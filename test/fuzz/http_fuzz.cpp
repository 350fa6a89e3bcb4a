// What somebody may send to the API: any octets, over a real connection, to all routes. It must be answered or cut off,
// and nothing of it may be an error of ours. The first octet says who sends.
#include "serve/api.hpp"
#include "serve/fakes_test.hpp"
#include "serve/session.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using namespace tutti;
using namespace tutti::serve;
using Local = asio::local::stream_protocol;

constexpr int kRunsOfAWorld = 2000; // then a fresh one: zones that were added would slow it down

struct World {
    World() {
        service.add_zone({{"zone", "a.lab."}, {"parent", "lab"}, {"signers", {"blue"}}, {"probe", false}}).value();
        for (const char* scope : {"read", "apply"}) {
            auto made = tokens.add({{"name", scope}, {"scopes", {scope}}}, local_caller()).value();
            secrets.emplace_back(made.as_object().at("token").as_string());
        }
    }
    std::vector<Route> routes() {
        auto out = api(service, proposals);
        for (auto& more : {token_routes(tokens), proposal_routes(proposals), audit_routes(bench.ledger)})
            out.insert(out.end(), more.begin(), more.end());
        out.push_back(index_route(out));
        return out;
    }

    Bench bench;
    Service service{bench.deps()};
    Tokens tokens{bench.store, bench.clock};
    Proposals proposals{
        bench.store, bench.clock, service, {.always = false, .zones = {dns::Name::parse("b.").value()}}};
    Router router{routes()};
    Gate gate{router,
              tokens,
              bench.ledger,
              bench.clock,
              {.public_read = true, .per_second = 1e9, .burst = 1e9, .failures_per_minute = 1e9}};
    EventHub hub{bench.store};
    asio::thread_pool handlers{1};
    // No streams: they last.
    Shared shared{gate, hub, {}, handlers, 0, {.body = 16 * 1024, .header = 4096}};
    std::vector<std::string> secrets;
};

// A "$" stands for the secret of a token that exists.
std::string with_secret(std::string_view octets, const std::string& secret) {
    std::string out;
    for (const char c : octets) c == '$' ? out += secret : out += c;
    return out;
}

std::string exchange(World& world, const std::string& octets, bool local) {
    asio::io_context io;
    Local::socket ours(io), theirs(io);
    asio::local::connect_pair(ours, theirs);
    asio::co_spawn(io, serve_connection(std::move(theirs), Peer{local ? "" : "192.0.2.1", local}, world.shared),
                   asio::detached);
    boost::system::error_code ec;
    asio::write(ours, asio::buffer(octets), ec);
    ours.shutdown(Local::socket::shutdown_send, ec);
    io.run();
    std::string out;
    asio::read(ours, asio::dynamic_buffer(out), ec);
    return out;
}

void require(bool good, const std::string& answer) {
    if (good) return;
    std::fprintf(stderr, "%s\n", answer.c_str());
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size); // as libFuzzer calls it

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // Made before its end is arranged for: so it ends before OpenSSL clears up, which would forget its thread's state.
    static auto world = std::make_unique<World>();
    static int runs = 0;
    if (++runs % kRunsOfAWorld == 0) world = std::make_unique<World>();
    if (size == 0) return 0;
    const std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
    const bool local = (data[0] & 1U) != 0;
    const auto answer = exchange(*world, with_secret(octets, world->secrets[(data[0] >> 1U) & 1U]), local);
    require(answer.empty() || answer.starts_with("HTTP/1."), answer);
    require(answer.find("\"code\":\"internal\"") == std::string::npos, answer);
    return 0;
}
