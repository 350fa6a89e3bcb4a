#pragma once
// What the servers of one place serve, at any time: a log of contents, and for each server when it took over which.
// Servers trail the primary by their lag, and never go back.
#include "sim/trace.hpp"

#include <array>
#include <utility>
#include <vector>

namespace tutti::sim {

using NameBits = Bits<struct SimNameTagged>;

// DS records by digest type.
struct Digests {
    KeyBits sha256, sha384;
    KeyBits keys() const { return sha256 | sha384; }
    bool empty() const { return keys().empty(); }
    bool operator==(const Digests&) const = default;
};

struct ZoneContent { // at a signer
    KeyBits keys, signed_by;
    // Some RRsets are signed by exactly the keys of the first, some by those of the second; both empty: unsigned.
    std::array<KeyBits, 2> signatures;
    NameBits ns;
    Digests cds;
    KeyBits cdnskey;
    bool csync = false;
    bool asks_delete = false; // CDS and CDNSKEY of RFC 8078 section 4
    std::uint32_t dnskey_ttl = 0, ns_ttl = 0, data_ttl = 0, cds_ttl = 0;
    bool operator==(const ZoneContent&) const = default;
};

struct ParentContent {
    Digests ds;
    NameBits ns;
    std::uint32_t ds_ttl = 0, ns_ttl = 0;
    bool operator==(const ParentContent&) const = default;
};

struct Outage {
    Instant from, until;
    bool on_purpose = false; // somebody decided that these servers stop
};

template <class Content>
class Served {
  public:
    struct Server {
        Duration lag;
        std::vector<std::pair<Instant, std::size_t>> log; // from when it serves which version
    };

    Served(const std::vector<Duration>& lags, Instant since, const Content& first) : versions_{first} {
        versions_.reserve(32);
        for (auto lag : lags) {
            auto& server = servers_.emplace_back(Server{lag, {}});
            server.log.reserve(32);
            server.log.emplace_back(since, 0);
        }
    }

    const Content& primary() const { return versions_.back(); }
    std::size_t size() const { return servers_.size(); }
    const std::vector<Server>& servers() const { return servers_; }
    const std::vector<Outage>& outages() const { return outages_; }
    const std::vector<Content>& versions() const { return versions_; }
    const Content& version(std::size_t i) const { return versions_[i]; }

    void change(Instant t, const Content& content) {
        if (content == versions_.back()) return;
        versions_.push_back(content);
        for (auto& server : servers_) {
            const Instant from = std::max(server.log.back().first, t + server.lag);
            if (from == server.log.back().first)
                server.log.back().second = versions_.size() - 1;
            else
                server.log.emplace_back(from, versions_.size() - 1);
        }
    }
    const Content& at(std::size_t server, Instant t) const {
        const auto& log = servers_[server].log;
        for (std::size_t i = log.size(); i-- > 1;)
            if (log[i].first <= t) return versions_[log[i].second];
        return versions_[log[0].second];
    }
    // The largest TTL of what a cache may hold at t: a lower one takes effect when the higher one has run out.
    std::uint32_t longest_ttl(Instant t, std::uint32_t Content::* ttl) const {
        std::uint32_t most = 0;
        for (const auto& server : servers_)
            for (std::size_t i = 0; i < server.log.size(); ++i) {
                const auto mine = versions_[server.log[i].second].*ttl;
                const bool last = i + 1 == server.log.size() || server.log[i + 1].first > t;
                if (server.log[i].first <= t && (last || server.log[i + 1].first + std::chrono::seconds(mine) > t))
                    most = std::max(most, mine);
            }
        return most;
    }
    // When the last change has reached every server.
    Instant settled() const {
        Instant t = kLongAgo;
        for (const auto& server : servers_) t = std::max(t, server.log.back().first);
        return t;
    }

    void set_lag(std::size_t server, Duration lag) { servers_[server].lag = lag; }
    void go_down(Instant from, Instant until) { outages_.push_back({from, until}); }
    void stop(Instant from) { outages_.push_back({from, kNever, true}); }
    bool answers(Instant t) const {
        for (const auto& o : outages_)
            if (o.from <= t && t < o.until) return false;
        return true;
    }

  private:
    std::vector<Content> versions_;
    std::vector<Server> servers_;
    std::vector<Outage> outages_; // of all servers together
};

} // namespace tutti::sim
