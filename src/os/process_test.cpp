#include "os/process.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fcntl.h>
#include <unistd.h>

namespace tutti::os {
namespace {

TEST(Process, InputOutputAndStatus) {
    const std::string much(300'000, 'x');
    const auto echoed = run_command("cat; exit 3", much, seconds(20));
    ASSERT_TRUE(echoed.has_value());
    EXPECT_EQ(echoed->output, much);
    EXPECT_EQ(echoed->status, 3);
    EXPECT_EQ(run_command("echo deaf", much, seconds(20))->output, "deaf\n") << "does not read its input";
    EXPECT_EQ(run_command("kill -9 $$", "", seconds(20))->status, 137);
    EXPECT_EQ(run_command("cat /dev/stdin > /dev/stdout", "again", seconds(20))->output, "again");
    EXPECT_EQ(run_command("cat", "", seconds(20))->output, "") << "an empty input ends, too";
}

TEST(Process, Bounds) {
    const auto start = std::chrono::steady_clock::now();
    for (const char* line : {"sleep 60", "exec >&- <&-; sleep 60", "sleep 60 & echo x"}) {
        const auto result = run_command(line, "", seconds(0.3));
        ASSERT_FALSE(result.has_value()) << line;
        EXPECT_EQ(result.error().kind, ErrorKind::transient);
    }
    EXPECT_EQ(run_command("cat /dev/zero", "", seconds(20)).error().kind, ErrorKind::bad_answer);
    EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(20));
}

TEST(Process, TheBoundIsTheLastThatIsTaken) {
    EXPECT_EQ(run_command("head -c 1000 /dev/zero", "", seconds(20), 1000)->output.size(), 1000U);
    EXPECT_FALSE(run_command("head -c 1001 /dev/zero", "", seconds(20), 1000).has_value());
}

TEST(Process, FailuresInWords) {
    EXPECT_EQ(failure(3), "failed with status 3");
    EXPECT_EQ(failure(137), "was killed by signal 9");
    EXPECT_EQ(failure(255), "failed with status 255");
}

TEST(Process, GetsNoneOfOurFiles) {
    const int ours = ::fcntl(STDERR_FILENO, F_DUPFD, 77);
    ASSERT_GE(ours, 77);
    const auto result = run_command("test -e /proc/self/fd/" + std::to_string(ours), "", seconds(20));
    ::close(ours);
    ASSERT_TRUE(result) << result.error().text();
    EXPECT_EQ(result->status, 1);
}

} // namespace
} // namespace tutti::os
