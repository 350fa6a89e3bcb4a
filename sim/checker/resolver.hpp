#pragma once
// Simulated resolvers of the sampled half.
#include "sim/checker/sampled.hpp"

#include <array>
#include <optional>
#include <random>

namespace tutti::sim::checker {

// std::mt19937_64 is the same everywhere; the standard's distributions are not, so there are own ones.
class Dice {
  public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(engine_() % n); }
    bool chance(double p) { return static_cast<double>(engine_() >> 11) < p * 9007199254740992.0; }
    Duration upto(Duration most) {
        return most.count() <= 0
                   ? Duration{0}
                   : Duration{static_cast<std::int64_t>(engine_() % (static_cast<std::uint64_t>(most.count()) + 1))};
    }

  private:
    std::mt19937_64 engine_;
};

// An RRset in a cache or on its way to one.
struct Copy {
    const TraceVersion* version = nullptr;
    Held held{};
    KeyBits signatures; // data: the keys that sign this RRset
    Instant expires = kLongAgo;
    bool fresh(Instant t) const { return version != nullptr && t < expires; }
};

constexpr std::size_t kRrsets = 3; // data RRsets that are asked for: with the largest TTL, a half and a tenth of it
enum class What { ds, dnskey, data };
struct Question {
    What what;
    std::size_t rrset = 0;
};

// What servers serve, by track.
class Servers {
  public:
    explicit Servers(const Trace& trace);
    // What one of the servers answers at t; nothing if none answers.
    std::optional<Copy> ask(TrackKind kind, int signer, Instant t, Dice& dice) const;
    bool down(int signer, Instant t) const;
    bool known(int signer) const { return find(TrackKind::data, signer) != nullptr; }

  private:
    const TraceTrack* find(TrackKind kind, int signer) const;
    std::size_t slot(TrackKind kind, int signer) const {
        return static_cast<std::size_t>(signer + 1) * 6 + static_cast<std::size_t>(kind);
    }
    std::vector<const TraceTrack*> tracks_;
};

struct Habits {
    bool child_centric = false, prefetch = false, caches = true;
    Duration cap{std::chrono::hours(24 * 7)}; // of TTLs
};

class Recursor {
  public:
    Recursor(const Servers& servers, Habits habits) : servers_(&servers), habits_(habits) {}
    // Nothing: no server could be found, and `failure` says why.
    std::optional<Copy> get(Question q, Instant t, Dice& dice, std::optional<Failure>& failure);

  private:
    std::optional<Copy> fetch(Question q, Instant t, Dice& dice, std::optional<Failure>& failure);
    Copy& slot(Question q);
    void keep(Copy& slot, const Copy& copy, Instant t) const;

    const Servers* servers_;
    Habits habits_;
    Copy ns_, ds_, dnskey_;
    std::array<Copy, kRrsets> data_;
};

class Validator {
  public:
    Validator(std::vector<std::size_t> upstreams, Habits habits) : upstreams_(std::move(upstreams)), habits_(habits) {}
    std::optional<Failure> query(std::size_t rrset, Instant t, const Judge& judge, std::vector<Recursor>& recursors,
                                 Dice& dice);

  private:
    // The copy, and whether it is new here.
    std::pair<const Copy*, bool> have(Copy& slot, Question q, Instant t, std::vector<Recursor>& recursors, Dice& dice,
                                      std::optional<Failure>& failure);
    std::vector<std::size_t> upstreams_;
    Habits habits_;
    Copy ds_, dnskey_;
    std::array<Copy, kRrsets> data_;
};

} // namespace tutti::sim::checker
