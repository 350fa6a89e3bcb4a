#include "scan/host_book.hpp"

#include <algorithm>

namespace tutti::scan {

using accept::Resolution;

Waiters::Waiters(int threads) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this](const std::stop_token& stop) { serve(stop); });
}

Waiters::~Waiters() {
    for (auto& thread : threads_) thread.request_stop();
}

void Waiters::add(std::function<void()> work) {
    {
        const std::scoped_lock lock{mutex_};
        work_.push_back(std::move(work));
    }
    some_.notify_one();
}

void Waiters::serve(const std::stop_token& stop) {
    for (;;) {
        std::unique_lock lock{mutex_};
        if (!some_.wait(lock, stop, [this] { return !work_.empty(); })) return;
        const auto work = std::move(work_.front());
        work_.pop_front();
        lock.unlock();
        if (stop.stop_requested()) return;
        work();
    }
}

accept::Host look_up(port::Resolver& resolver, const dns::Name& name) {
    accept::Host out{name, Resolution::no_address, {}, {}};
    bool failed = false;
    for (const auto type : {dns::Type::A, dns::Type::AAAA}) {
        const auto answer = resolver.resolve({name, type});
        if (!answer) {
            failed = true;
            out.detail = answer.error().text();
            continue;
        }
        if (answer->bogus) {
            out.resolution = Resolution::bogus;
            out.addresses.clear();
            out.detail = "its addresses do not validate";
            return out;
        }
        for (const auto& record : answer->records) out.addresses.push_back(dns::rdata_text(type, record.rdata));
    }
    // All addresses, or it is not known that these are all (R2).
    out.resolution = failed                  ? Resolution::failed
                     : out.addresses.empty() ? Resolution::no_address
                                             : Resolution::resolved;
    return out;
}

HostBook::HostBook(const Delegations& delegations, ServerTable& servers, port::Resolver* resolver, Waiters& waiters,
                   Options options, std::function<void()> ready)
    : delegations_(delegations), servers_(servers), resolver_(resolver), waiters_(waiters),
      options_(std::move(options)), ready_(std::move(ready)), places_(delegations.host_count(), kNone) {}

ServerId HostBook::server(const std::string& address) {
    const auto where = socket_address(address, options_.port);
    const ServerId id = servers_.add(where ? *where : SocketAddress{});
    Server& server = servers_.at(id);
    if (server.why.empty())
        if (const auto may = accept::may_contact(server.ip, options_.allowed); !may) {
            server.forbidden = true;
            server.why = may.error().seen;
        }
    return id;
}

HostState& HostBook::at(HostId host) {
    auto& place = places_[host];
    if (place != kNone) return states_[place];
    place = static_cast<std::uint32_t>(states_.size());
    HostState& state = states_.emplace_back();
    for (const auto& address : delegations_.glue(host)) state.servers.push_back(server(address));
    if (!state.servers.empty()) state.resolution = Resolution::glue;
    state.complete = resolver_ == nullptr;
    return state;
}

void HostBook::complete(HostId host, std::uint32_t who) {
    HostState& state = at(host);
    if (state.complete) return;
    state.waiting.push_back(who);
    if (std::exchange(state.asked, true)) return;
    waiters_.add([this, host, name = dns::Name::from_wire(delegations_.host_name(host)).value()] {
        auto found = look_up(*resolver_, name);
        {
            const std::scoped_lock lock{mutex_};
            found_.emplace_back(host, std::move(found));
        }
        ready_();
    });
}

void HostBook::learn(HostState& state, const accept::Host& found) {
    for (const auto& address : found.addresses) {
        const ServerId id = server(address);
        if (std::ranges::find(state.servers, id) == state.servers.end()) state.servers.push_back(id);
    }
    // Glue makes up for a name that resolves to nothing, e.g. of a child that nobody else can reach yet; not for one
    // that is bogus.
    if (found.resolution != Resolution::no_address || state.resolution != Resolution::glue)
        state.resolution = found.resolution;
    state.detail = found.detail;
    state.complete = true;
}

std::vector<std::uint32_t> HostBook::take_ready() {
    std::vector<std::pair<HostId, accept::Host>> found;
    {
        const std::scoped_lock lock{mutex_};
        found.swap(found_);
    }
    std::vector<std::uint32_t> out;
    for (const auto& [host, what] : found) {
        HostState& state = at(host);
        learn(state, what);
        out.insert(out.end(), state.waiting.begin(), state.waiting.end());
        state.waiting.clear();
        state.waiting.shrink_to_fit();
    }
    return out;
}

} // namespace tutti::scan
