#include "scan/server_table.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace tutti::scan {

namespace {

constexpr double kSlowest = 1.0 / 64, kRecovery = 1.0 / 128; // of the full pace; regained with each answer
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr double kBurst = 0.05; // seconds of questions that may go at once after a pause

// A token bucket: how long until one may go (0: now).
std::int64_t refill(double& tokens, std::int64_t& refilled, double rate, std::int64_t now) {
    const double burst = std::max(1.0, rate * kBurst);
    tokens = std::min(burst, tokens + rate * static_cast<double>(now - refilled) / kSecond);
    refilled = now;
    return tokens >= 1 ? 0 : static_cast<std::int64_t>((1 - tokens) / rate * kSecond) + 1;
}

} // namespace

std::size_t ServerTable::Hash::operator()(const SocketAddress& a) const {
    if (!a.is_v6()) return std::hash<std::uint64_t>{}(std::uint64_t{a.v4.sin_addr.s_addr} << 16 | a.v4.sin_port);
    const std::string_view octets{reinterpret_cast<const char*>(&a.v6.sin6_addr), sizeof a.v6.sin6_addr};
    return std::hash<std::string_view>{}(octets) ^ a.v6.sin6_port;
}

ServerId ServerTable::add(const SocketAddress& address) {
    const auto [it, is_new] = ids_.try_emplace(address, static_cast<ServerId>(servers_.size()));
    if (is_new) {
        servers_.emplace_back();
        servers_.back().address = address;
        servers_.back().ip = address.ip();
    }
    return it->second;
}

std::int64_t ServerTable::admit(Server& s, std::int64_t now) {
    const auto most = std::max(1.0, static_cast<double>(limits_.in_flight) * s.pace);
    if (limits_.in_flight != 0 && s.in_flight >= most) return INT64_MAX;
    if (limits_.per_second > 0)
        if (const auto wait = refill(s.tokens, s.refilled, limits_.per_second * s.pace, now); wait != 0)
            return now + wait;
    if (limits_.total_per_second > 0) {
        if (const auto wait = refill(total_tokens_, total_refilled_, limits_.total_per_second, now); wait != 0)
            return now + wait;
        total_tokens_ -= 1;
    }
    if (limits_.per_second > 0) s.tokens -= 1;
    ++s.in_flight;
    return 0;
}

void ServerTable::answered(Server& s, std::int64_t now) {
    s.unanswered = 0;
    s.answered = now;
    s.pace = std::min(1.0, s.pace + kRecovery);
}

void ServerTable::trouble(Server& s, std::int64_t now) {
    if (now - s.slowed < kSecond && s.slowed != 0) return; // all that was under way meets the same trouble
    s.slowed = now;
    s.pace = std::max(kSlowest, s.pace / 2);
}

void ServerTable::unanswered(Server& s, std::int64_t now) {
    trouble(s, now);
    if (++s.unanswered >= limits_.silent_after && now - s.answered >= limits_.patience)
        s.silent_until = now + limits_.silence;
}

} // namespace tutti::scan
