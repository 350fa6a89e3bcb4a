#pragma once
// Every address that is asked, and how it bears it: how many questions a second, how many at once, and less of both as
// soon as it does not answer or refuses (R58).
#include "scan/address.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace tutti::scan {

using ServerId = std::uint32_t;
inline constexpr std::uint32_t kNone = UINT32_MAX;

struct Politeness {
    double per_second = 50;       // to one address; 0: no limit
    std::uint32_t in_flight = 50; // at one address
    double total_per_second = 0;  // to all together; 0: no limit
    std::uint32_t total_in_flight = 256;
    // Questions in a row without an answer, and how long after the last answer at the least (many may get lost at
    // once): then it is left alone for a while (ns).
    int silent_after = 6;
    std::int64_t patience = 10'000'000'000;
    std::int64_t silence = 30'000'000'000; // ns
};

struct Server {
    SocketAddress address;
    std::string ip;
    bool forbidden = false; // must not be contacted (R72); `why` says so
    std::string why;
    bool no_edns = false; // answers FORMERR to EDNS
    // CDNSKEY without CDS: asked for at first, now and then, and always where it was seen.
    std::uint32_t nodata_seen = 0;
    bool cdnskey_only = false;

    std::uint32_t in_flight = 0;
    std::uint32_t first_waiting = kNone, last_waiting = kNone; // slots
    bool queued = false;                                       // among those that may send

    double tokens = 1;
    std::int64_t refilled = 0;
    double pace = 1;                       // of what the limits allow: halved by trouble, grows with answers
    std::int64_t slowed = 0;               // when it was last halved
    int unanswered = 0;                    // in a row
    std::int64_t answered = INT64_MIN / 2; // when it last was
    std::int64_t silent_until = 0;
};

class ServerTable {
  public:
    explicit ServerTable(Politeness limits) : limits_(limits) {}

    ServerId add(const SocketAddress& address);
    Server& at(ServerId id) { return servers_[id]; }
    const Politeness& limits() const { return limits_; }
    std::size_t size() const { return servers_.size(); }

    // 0: a question may go now (and is counted as sent); otherwise when to look again (ns); INT64_MAX: after an answer.
    std::int64_t admit(Server& server, std::int64_t now);
    void answered(Server& server, std::int64_t now);
    // A timeout, REFUSED, or an empty answer with TC: what servers do that find us too fast.
    void trouble(Server& server, std::int64_t now);
    void unanswered(Server& server, std::int64_t now);

  private:
    struct Hash {
        std::size_t operator()(const SocketAddress& a) const;
    };
    Politeness limits_;
    std::deque<Server> servers_; // references stay valid
    std::unordered_map<SocketAddress, ServerId, Hash> ids_;
    double total_tokens_ = 1;
    std::int64_t total_refilled_ = 0;
};

} // namespace tutti::scan
