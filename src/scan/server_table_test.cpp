#include "scan/server_table.hpp"

#include "scan/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <map>

namespace tutti::scan {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

SocketAddress address(const char* ip = "192.0.2.1") {
    return socket_address(ip, 53).value();
}

// How many go within `seconds`, if everybody asks whenever he may.
int admitted(ServerTable& table, Server& server, int seconds, std::int64_t from) {
    int count = 0;
    for (std::int64_t now = from; now < from + seconds * kSecond; now += kSecond / 1000)
        while (table.admit(server, now) == 0) {
            ++count;
            --server.in_flight;
        }
    return count;
}

TEST(ServerTable, OneAddressIsOneServer) {
    ServerTable table{{}};
    EXPECT_EQ(table.add(address()), table.add(address()));
    EXPECT_NE(table.add(address()), table.add(address("192.0.2.2")));
    EXPECT_NE(table.add(address()), table.add(address("2001:db8::1")));
}

// R58
TEST(ServerTable, KeepsTheRate) {
    ServerTable table{{.per_second = 50, .in_flight = 0}};
    Server& server = table.at(table.add(address()));
    const int count = admitted(table, server, 10, kSecond);
    EXPECT_NEAR(count, 500, 5);
}

TEST(ServerTable, KeepsTheRateOfAllTogether) {
    ServerTable table{{.per_second = 0, .in_flight = 0, .total_per_second = 100}};
    Server& one = table.at(table.add(address()));
    Server& other = table.at(table.add(address("192.0.2.2")));
    EXPECT_NEAR(admitted(table, one, 10, kSecond) + admitted(table, other, 10, 11 * kSecond), 2000, 10);
}

TEST(ServerTable, KeepsWhatIsInFlight) {
    ServerTable table{{.per_second = 0, .in_flight = 3}};
    Server& server = table.at(table.add(address()));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(table.admit(server, kSecond), 0);
    EXPECT_EQ(table.admit(server, kSecond), INT64_MAX);
    --server.in_flight;
    EXPECT_EQ(table.admit(server, kSecond), 0);
}

TEST(ServerTable, SlowsDownWhereThereIsTroubleAndComesBack) {
    ServerTable table{{.per_second = 50, .in_flight = 0}};
    Server& server = table.at(table.add(address()));
    table.trouble(server, kSecond);
    table.trouble(server, kSecond + 1); // the same one
    EXPECT_EQ(server.pace, 0.5);
    EXPECT_NEAR(admitted(table, server, 10, kSecond), 250, 5);
    for (int i = 0; i < 20; ++i) table.trouble(server, (20 + 2 * i) * kSecond);
    EXPECT_GT(server.pace, 0);
    for (int i = 0; i < 200; ++i) table.answered(server, kSecond);
    EXPECT_EQ(server.pace, 1);
}

TEST(ServerTable, SilenceIsRespected) {
    ServerTable table{{.silent_after = 3, .silence = 10 * kSecond}};
    Server& server = table.at(table.add(address()));
    table.unanswered(server, kSecond);
    table.unanswered(server, kSecond);
    table.answered(server, kSecond);
    for (int i = 0; i < 100; ++i) table.unanswered(server, 2 * kSecond);
    EXPECT_EQ(server.silent_until, 0) << "a burst got lost just after an answer";
    table.unanswered(server, 11 * kSecond);
    EXPECT_EQ(server.silent_until, 21 * kSecond);
    Server& never = table.at(table.add(address("192.0.2.2")));
    for (int i = 0; i < 3; ++i) table.unanswered(never, kSecond);
    EXPECT_EQ(never.silent_until, 11 * kSecond);
}

TEST(TimerWheel, EachOnceAndNotBeforeItsTime) {
    TimerWheel wheel(1000, 0);
    std::map<std::uint32_t, std::int64_t> due;
    for (std::uint32_t i = 0; i < 1000; ++i) {
        due[i] = (i * 7919LL % 20'000) * 1'000'000;
        wheel.set(i, due[i]);
    }
    for (std::uint32_t i = 0; i < 1000; i += 3) {
        wheel.clear(i);
        due.erase(i);
    }
    for (std::int64_t now = 0; now < 21 * kSecond; now += 3'000'000)
        wheel.advance(now, [&](std::uint32_t i) {
            ASSERT_TRUE(due.contains(i));
            EXPECT_GE(now, due[i]);
            EXPECT_LE(now - due[i], 3 * TimerWheel::kTick);
            due.erase(i);
        });
    EXPECT_TRUE(due.empty());
}

TEST(TimerWheel, TellsWhenTheNextIsDue) {
    TimerWheel wheel(3, 0);
    EXPECT_EQ(wheel.next(), TimerWheel::kNever);
    wheel.set(1, 5 * kSecond);
    wheel.set(2, 90 * kSecond);
    const auto is_due = [&](std::int64_t now) {
        bool out = false;
        wheel.advance(now, [&](std::uint32_t) { out = true; });
        return out;
    };
    const auto first = wheel.next();
    EXPECT_GE(first, 5 * kSecond);
    EXPECT_LE(first, 5 * kSecond + TimerWheel::kTick);
    EXPECT_FALSE(is_due(first - 1));
    EXPECT_TRUE(is_due(first));
    EXPECT_GT(wheel.next(), first) << "the later one, after a turn at most";
    EXPECT_LE(wheel.next(), first + static_cast<std::int64_t>(TimerWheel::kBuckets) * TimerWheel::kTick);
}

} // namespace

} // namespace tutti::scan
