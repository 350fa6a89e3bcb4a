#include "parent/process.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace tutti::parent {
namespace {

TEST(Process, InputOutputAndStatus) {
    const std::string much(300'000, 'x');
    const auto echoed = run_command("cat; exit 3", much, seconds(20));
    ASSERT_TRUE(echoed.has_value());
    EXPECT_EQ(echoed->output, much);
    EXPECT_EQ(echoed->status, 3);
    EXPECT_EQ(run_command("echo deaf", much, seconds(20))->output, "deaf\n") << "does not read its input";
    EXPECT_EQ(run_command("kill -9 $$", "", seconds(20))->status, 137);
}

TEST(Process, Bounds) {
    const auto start = std::chrono::steady_clock::now();
    for (const char* line : {"sleep 60", "exec >&- <&-; sleep 60", "sleep 60 & echo x", "cat /dev/zero"}) {
        const auto result = run_command(line, "", seconds(0.3));
        ASSERT_FALSE(result.has_value()) << line;
        EXPECT_EQ(result.error().kind, ErrorKind::transient);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

} // namespace
} // namespace tutti::parent
