// Sending, and the round. Replies: asker_replies.cpp.
#include "scan/asker.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace tutti::scan {

namespace {

// What an epoll event belongs to.
constexpr std::uint64_t kWake = 0, kTcp = std::uint64_t{1} << 32, kUdp = std::uint64_t{1} << 33;
constexpr int kRoundsOfReceiving = 4; // of a socket's full batches before others have their turn
constexpr std::int64_t kTcpIsFull = 20'000'000;

std::int64_t steady_ns() {
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds{1};
}

std::int64_t ns(Duration d) {
    return d / std::chrono::nanoseconds{1};
}

} // namespace

Asker::Asker(AskerOptions options, Listener& listener)
    : options_(std::move(options)), listener_(listener), servers_(options_.politeness), slots_(options_.max_questions),
      by_id_(65536, kNone) {
    tick();
    wheel_ = std::make_unique<TimerWheel>(slots_.size(), now_);
    for (std::size_t i = slots_.size(); i-- > 0;) free_.push_back(static_cast<std::uint32_t>(i));
    // IDs are found by trying: most must be free.
    options_.politeness.total_in_flight = std::min<std::uint32_t>(options_.politeness.total_in_flight, 16384);
}

Asker::~Asker() {
    if (epoll_ >= 0) close(epoll_);
    if (wake_ >= 0) close(wake_);
}

Expected<std::unique_ptr<Asker>> Asker::open(AskerOptions options, Listener& listener) {
    std::unique_ptr<Asker> out{new Asker(std::move(options), listener)};
    if (auto ok = out->set_up(); !ok) return std::unexpected(ok.error());
    return out;
}

Expected<void> Asker::set_up() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (epoll_ < 0 || wake_ < 0)
        return fail(ErrorKind::internal, fmt::format("no descriptor: {}", std::strerror(errno)), {},
                    "raise the limit on open files (ulimit -n)");
    const auto watch = [&](int fd, std::uint64_t what) {
        epoll_event event{EPOLLIN, {}};
        event.data.u64 = what;
        epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    };
    watch(wake_, kWake);
    for (const auto& source : options_.sources) {
        auto pool = UdpPool::open(source, options_.sockets_per_family);
        if (!pool) return std::unexpected(pool.error());
        for (std::size_t i = 0; i < pool->sockets().size(); ++i)
            watch(pool->sockets()[i], kUdp | udp_.size() << 16 | i);
        udp_.push_back(std::move(*pool));
    }
    tcp_ = std::make_unique<TcpPool>(epoll_, kTcp);
    return {};
}

void Asker::tick() {
    now_ = steady_ns();
}

void Asker::wake() {
    if (woken_.exchange(true)) return; // a call into the kernel for each verdict would be dear
    const std::uint64_t one = 1;
    (void)!write(wake_, &one, sizeof one);
}

void Asker::ask(const Question& question) {
    if (free_.empty()) { // children that are looked at in full ask much at once: the rest waits for a place
        overflow_.push_back(question);
        return;
    }
    const std::uint32_t i = free_.back();
    free_.pop_back();
    Slot& slot = slots_[i];
    const Server& server = servers_.at(question.server);
    slot.question = question;
    slot.attempt = 0;
    slot.edns = !server.no_edns;
    slot.tcp = question.tcp;
    slot.heard = accept::Outcome::timeout;
    if (server.forbidden || server.silent_until > now_) {
        slot.state = Slot::State::ended;
        slot.heard = server.forbidden ? accept::Outcome::forbidden : accept::Outcome::timeout;
        ended_.push_back(i);
        return;
    }
    line_up(i);
}

// Behind the others that wait for this server.
void Asker::line_up(std::uint32_t i) {
    Slot& slot = slots_[i];
    Server& server = servers_.at(slot.question.server);
    slot.state = Slot::State::waiting;
    slot.next_waiting = kNone;
    (server.first_waiting == kNone ? server.first_waiting : slots_[server.last_waiting].next_waiting) = i;
    server.last_waiting = i;
    make_runnable(slot.question.server);
}

void Asker::make_runnable(ServerId id) {
    Server& server = servers_.at(id);
    if (server.queued || server.first_waiting == kNone) return;
    server.queued = true;
    runnable_.push_back(id);
}

void Asker::unpark() {
    while (!parked_.empty() && parked_.top().first <= now_) {
        const ServerId id = parked_.top().second;
        parked_.pop();
        servers_.at(id).queued = false;
        make_runnable(id);
    }
}

// Everything that may go now goes, each server's questions in turn.
void Asker::pump() {
    unpark();
    while (!runnable_.empty() && in_flight_ < options_.politeness.total_in_flight) {
        const ServerId id = runnable_.front();
        runnable_.pop_front();
        Server& server = servers_.at(id);
        server.queued = false;
        if (send_next(server, id)) make_runnable(id);
    }
    flush();
}

// False: it has to wait, and is woken.
bool Asker::send_next(Server& server, ServerId id) {
    const std::uint32_t i = server.first_waiting;
    if (i == kNone) return false;
    Slot& slot = slots_[i];
    const auto park = [&](std::int64_t until) {
        if (until == INT64_MAX) return; // woken by an answer: leave()
        server.queued = true;
        parked_.emplace(until, id);
    };
    if (slot.tcp && tcp_->open() >= options_.max_tcp) {
        park(now_ + kTcpIsFull);
        return false;
    }
    if (const std::int64_t until = servers_.admit(server, now_); until != 0) {
        park(until);
        return false;
    }
    server.first_waiting = slot.next_waiting;
    ++in_flight_;
    if (slot.tcp)
        send_tcp(i, server);
    else
        send_udp(i, server);
    return true;
}

void Asker::send_udp(std::uint32_t i, const Server& server) {
    Slot& slot = slots_[i];
    auto& pool = udp_[slot.question.source];
    slot.state = Slot::State::udp;
    do {
        slot.id = random_.u16();
    } while (by_id_[slot.id] != kNone);
    by_id_[slot.id] = i;
    slot.sent_at = now_;
    const Duration wait = options_.waits[std::min<std::size_t>(slot.attempt, options_.waits.size() - 1)];
    wheel_->set(i, now_ + ns(wait));
    write_query(slot.wire, slot.question.name, slot.question.type, slot.edns, random_, slot.id);
    ++sent_;
    if (pool.outgoing(server.address.is_v6()) < 0) {
        slot.heard = accept::Outcome::unreachable;
        slot.state = Slot::State::ended;
        leave(i);
        wheel_->clear(i);
        by_id_[slot.id] = kNone;
        ended_.push_back(i);
        return;
    }
    pool.send(server.address, slot.wire.message(), i);
    if (pool.full()) flush();
}

void Asker::send_tcp(std::uint32_t i, const Server& server) {
    Slot& slot = slots_[i];
    slot.state = Slot::State::tcp;
    slot.id = random_.u16();
    slot.sent_at = now_;
    write_query(slot.wire, slot.question.name, slot.question.type, slot.edns, random_, slot.id);
    ++sent_;
    wheel_->set(i, now_ + ns(options_.tcp_deadline));
    if (tcp_->start(server.address, options_.sources[slot.question.source], slot.wire.message(), i) == 0) return;
    slot.heard = accept::Outcome::unreachable;
    slot.state = Slot::State::ended;
    wheel_->clear(i);
    leave(i);
    ended_.push_back(i);
}

void Asker::flush() {
    for (auto& pool : udp_)
        pool.flush(random_, [this](std::uint32_t i, int) {
            Slot& slot = slots_[i];
            if (slot.state != Slot::State::udp) return;
            wheel_->clear(i);
            by_id_[slot.id] = kNone;
            leave(i);
            slot.heard = accept::Outcome::unreachable;
            slot.state = Slot::State::ended;
            ended_.push_back(i);
        });
}

int Asker::wait_time(Duration longest) const {
    if (!ended_.empty() || (!overflow_.empty() && !free_.empty())) return 0;
    std::int64_t until = now_ + ns(longest);
    if (in_flight_ > 0) until = std::min(until, wheel_->next());
    if (!parked_.empty()) until = std::min(until, parked_.top().first);
    return static_cast<int>(std::clamp<std::int64_t>((until - now_ + 999'999) / 1'000'000, 0, 1000));
}

void Asker::turn(Duration longest_wait) {
    tick();
    while (!overflow_.empty() && !free_.empty()) {
        const Question question = overflow_.front();
        overflow_.pop_front();
        ask(question);
    }
    pump();
    std::array<epoll_event, 64> events;
    const int n = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_time(longest_wait));
    tick();
    for (int k = 0; k < n; ++k) {
        const std::uint64_t what = events[static_cast<std::size_t>(k)].data.u64;
        if ((what & kUdp) != 0) {
            const std::size_t source = what >> 16 & 0xffff;
            for (int round = 0; round < kRoundsOfReceiving; ++round)
                if (udp_[source].receive(what & 0xffff, [&](const SocketAddress& from, Octets message) {
                        received(source, from, message);
                    }) < UdpPool::kBatch)
                    break;
        } else if ((what & kTcp) != 0) {
            tcp_->handle(static_cast<int>(what & 0xffffffff),
                         [this](std::uint32_t slot, Octets message, const char* problem) {
                             received_tcp(slot, message, problem);
                         });
        } else {
            std::uint64_t count = 0;
            (void)!read(wake_, &count, sizeof count);
            woken_ = false; // before anybody looks at what there is to do
        }
    }
    wheel_->advance(now_, [this](std::uint32_t slot) { timed_out(slot); });
    const auto ended = std::exchange(ended_, {});
    for (const std::uint32_t i : ended) {
        const Server& server = servers_.at(slots_[i].question.server);
        const auto outcome = slots_[i].heard;
        give_up(i, outcome,
                outcome == accept::Outcome::forbidden     ? std::string_view{server.why}
                : outcome == accept::Outcome::unreachable ? "no way to send there"
                                                          : "not asked: it left the last questions without an answer");
    }
}

} // namespace tutti::scan
