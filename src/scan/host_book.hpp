#pragma once
// The addresses of name servers: from the registry's glue at once, and all of them from a validating resolver, whose
// answers are waited for by a few threads of their own. Every host is looked up once.
#include "accept/addresses.hpp"
#include "accept/evidence.hpp"
#include "port/dns.hpp"
#include "scan/delegations.hpp"
#include "scan/server_table.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace tutti::scan {

// Threads that wait for others, so that whoever gives them work need not.
class Waiters {
  public:
    explicit Waiters(int threads);
    ~Waiters(); // what has not begun is not begun
    Waiters(const Waiters&) = delete;
    Waiters& operator=(const Waiters&) = delete;
    void add(std::function<void()> work);

  private:
    void serve(const std::stop_token& stop);
    std::mutex mutex_;
    std::condition_variable_any some_;
    std::deque<std::function<void()>> work_;
    std::vector<std::jthread> threads_;
};

// All addresses that a validating resolver knows of a name.
accept::Host look_up(port::Resolver& resolver, const dns::Name& name);

struct HostState {
    bool complete = false; // the resolver has been asked, or there is none
    bool asked = false;
    accept::Resolution resolution = accept::Resolution::not_tried;
    std::string detail;
    std::vector<ServerId> servers; // glue, and what the resolver said
    std::vector<std::uint32_t> waiting;
};

class HostBook {
  public:
    struct Options {
        std::uint16_t port = 53;
        std::vector<accept::Network> allowed;
    };
    // `resolver`: may be null; then there is only glue. `ready`: called by another thread when take_ready() has
    // something.
    HostBook(const Delegations& delegations, ServerTable& servers, port::Resolver* resolver, Waiters& waiters,
             Options options, std::function<void()> ready);

    HostState& at(HostId host);
    // Asks the resolver, unless that was done; `who` is among those that take_ready() names.
    void complete(HostId host, std::uint32_t who);
    // Those that waited for hosts that are complete now.
    std::vector<std::uint32_t> take_ready();
    ServerId server(const std::string& address);

  private:
    void learn(HostState& state, const accept::Host& found);

    const Delegations& delegations_;
    ServerTable& servers_;
    port::Resolver* resolver_;
    Waiters& waiters_;
    Options options_;
    std::function<void()> ready_;
    std::vector<std::uint32_t> places_; // of each host in states_; kNone: not looked at yet
    std::deque<HostState> states_;
    std::mutex mutex_;
    std::vector<std::pair<HostId, accept::Host>> found_; // by the other threads
};

} // namespace tutti::scan
