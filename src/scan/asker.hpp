#pragma once
// Puts questions to servers, very many at once, from one thread: UDP with retries, TCP after truncation or where
// wanted, without EDNS where it is not understood. What counts as an answer is decided here; what it means is not.
#include "accept/evidence.hpp"
#include "scan/server_table.hpp"
#include "scan/tcp_pool.hpp"
#include "scan/timer_wheel.hpp"
#include "scan/udp_pool.hpp"

#include <atomic>
#include <queue>

namespace tutti::scan {

struct AskerOptions {
    std::vector<std::string> sources{""}; // vantage points: addresses of this machine; empty: any
    int sockets_per_family = 16;
    std::vector<Duration> waits{seconds(1), seconds(2), seconds(3)}; // for an answer over UDP, one try each
    Duration tcp_deadline = seconds(5);                              // of a whole conversation
    std::size_t max_tcp = 256;                                       // connections at once
    std::size_t max_questions = 16384;                               // waiting and under way
    Politeness politeness{};
};

struct Reply {
    accept::Outcome outcome = accept::Outcome::not_asked; // `records`: a NOERROR answer, still to be read
    Octets message;                                       // valid during the call; empty if there is none
    const WireView* view = nullptr;                       // of the message, if there is one
    accept::Transport transport = accept::Transport::none;
    Duration rtt{0};
    std::string_view detail; // why there is none
};

struct Question {
    ServerId server = 0;
    std::uint8_t source = 0;
    std::string_view name; // wire form, lower case; must stay until the reply
    dns::Type type = dns::Type::CDS;
    bool tcp = false;
    std::uint64_t cookie = 0; // comes back with the reply
};

class Asker {
  public:
    class Listener {
      public:
        virtual ~Listener() = default;
        virtual void replied(std::uint64_t cookie, const Reply& reply) = 0; // may ask again
    };

    static Expected<std::unique_ptr<Asker>> open(AskerOptions options, Listener& listener);
    ~Asker();
    Asker(const Asker&) = delete;
    Asker& operator=(const Asker&) = delete;

    ServerTable& servers() { return servers_; }
    std::size_t room() const { return free_.size(); }
    std::size_t waiting_or_under_way() const { return slots_.size() - free_.size() + overflow_.size(); }
    std::size_t under_way() const { return in_flight_; }
    // Without room it waits for some. The reply never comes from inside of this call.
    void ask(const Question& question);
    // One round: sends what may go, waits at most this long for something to happen, hands out replies.
    void turn(Duration longest_wait);
    // From any thread: turn() comes back at once.
    void wake();

    std::int64_t now() const { return now_; } // ns, steady, of this round
    std::uint64_t sent() const { return sent_; }
    Randomness& randomness() { return random_; }

  private:
    struct Slot {
        QueryWire wire;
        Question question;
        std::int64_t sent_at = 0;
        std::uint32_t next_waiting = kNone;
        std::uint16_t id = 0;
        std::uint8_t attempt = 0;
        enum class State : std::uint8_t { free, waiting, udp, tcp, ended } state = State::free;
        bool edns = true, tcp = false;
        accept::Outcome heard = accept::Outcome::timeout; // what to say if nothing fitting comes
    };
    explicit Asker(AskerOptions options, Listener& listener);
    Expected<void> set_up();
    void tick();
    void line_up(std::uint32_t slot);
    void make_runnable(ServerId server);
    void pump();
    void unpark();
    bool send_next(Server& server, ServerId id);
    void send_udp(std::uint32_t slot, const Server& server);
    void send_tcp(std::uint32_t slot, const Server& server);
    void flush();
    int wait_time(Duration longest) const;
    void received(std::size_t source, const SocketAddress& from, Octets message);
    void received_tcp(std::uint32_t slot, Octets message, const char* problem);
    void take(std::uint32_t slot, Octets message, const WireView& view);
    bool falls_back(std::uint32_t slot, const WireView& view);
    void timed_out(std::uint32_t slot);
    void leave(std::uint32_t slot); // no longer under way
    void finish(std::uint32_t slot, Reply reply);
    void give_up(std::uint32_t slot, accept::Outcome outcome, std::string_view detail);

    AskerOptions options_;
    Listener& listener_;
    ServerTable servers_;
    Randomness random_;
    int epoll_ = -1, wake_ = -1;
    std::atomic<bool> woken_ = false;
    std::vector<UdpPool> udp_;
    std::unique_ptr<TcpPool> tcp_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    std::deque<Question> overflow_;    // for which there is no slot yet
    std::vector<std::uint32_t> by_id_; // slot under way over UDP with this ID
    std::unique_ptr<TimerWheel> wheel_;
    std::deque<ServerId> runnable_;
    using Parked = std::pair<std::int64_t, ServerId>;
    std::priority_queue<Parked, std::vector<Parked>, std::greater<>> parked_;
    std::vector<std::uint32_t> ended_; // to be told of in the next round
    std::size_t in_flight_ = 0;
    std::int64_t now_ = 0;
    std::uint64_t sent_ = 0;
};

} // namespace tutti::scan
