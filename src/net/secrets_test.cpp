#include "net/secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tutti::net {
namespace {

using port::SecretRef;
using Kind = SecretRef::Kind;
using ::testing::HasSubstr;
using ::testing::Not;

class SecretsTest : public ::testing::Test {
  protected:
    SecretsTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "tutti-secrets-XXXXXX").string();
        folder = mkdtemp(pattern.data());
    }
    ~SecretsTest() override { std::filesystem::remove_all(folder); }
    SecretRef file(const std::string& content, mode_t mode = 0600) const {
        const std::string path = folder / "secret";
        std::ofstream{path} << content;
        chmod(path.c_str(), mode);
        return {Kind::file, path};
    }
    SecretReader secrets{seconds(2)};
    std::filesystem::path folder;
};

TEST_F(SecretsTest, FilesWithoutTheLineBreakAtTheEnd) {
    EXPECT_EQ(secrets.read(file("hunter2 \r\n\n")), "hunter2");
    EXPECT_EQ(secrets.read(file("two words", 0640)), "two words");
}

TEST_F(SecretsTest, FilesThatEverybodyReadsAreRefused) {
    for (const mode_t mode : {0644U, 0604U, 0602U}) {
        const auto result = secrets.read(file("hunter2", mode));
        ASSERT_FALSE(result.has_value());
        EXPECT_EQ(result.error().kind, ErrorKind::invalid);
        EXPECT_THAT(result.error().remedy, HasSubstr("chmod 600 " + (folder / "secret").string()));
        EXPECT_THAT(result.error().text(), Not(HasSubstr("hunter2")));
    }
}

TEST_F(SecretsTest, OnlyRegularFiles) {
    EXPECT_EQ(secrets.read({Kind::file, folder / "none"}).error().kind, ErrorKind::not_found);
    EXPECT_THAT(secrets.read({Kind::file, folder}).error().text(), HasSubstr("not a regular file"));
    const std::string fifo = folder / "fifo";
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    EXPECT_THAT(secrets.read({Kind::file, fifo}).error().text(), HasSubstr("not a regular file")) << "and no waiting";
    EXPECT_THAT(secrets.read({Kind::file, "/dev/zero"}).error().text(), HasSubstr("not a regular file"));
}

TEST_F(SecretsTest, NothingAndTooMuch) {
    EXPECT_THAT(secrets.read(file(" \n")).error().text(), HasSubstr("empty"));
    EXPECT_THAT(secrets.read(file(std::string(70000, 'x'))).error().text(), HasSubstr("longer than 64 kB"));
    EXPECT_EQ(secrets.read(file(std::string(65536, 'x')))->size(), 65536U);
}

TEST_F(SecretsTest, Environment) {
    setenv("TUTTI_TEST_SECRET", "hunter2\n", 1);
    EXPECT_EQ(secrets.read({Kind::env, "TUTTI_TEST_SECRET"}), "hunter2");
    unsetenv("TUTTI_TEST_SECRET");
    EXPECT_EQ(secrets.read({Kind::env, "TUTTI_TEST_SECRET"}).error().kind, ErrorKind::not_found);
}

TEST_F(SecretsTest, Commands) {
    EXPECT_EQ(secrets.read({Kind::command, "echo hunter2 | cat"}), "hunter2");
    EXPECT_EQ(secrets.read({Kind::command, "cat"}).error().kind, ErrorKind::invalid) << "stdin is empty";
    const auto failed = secrets.read({Kind::command, "echo hunter2; exit 3"});
    EXPECT_THAT(failed.error().text(), HasSubstr("status 3"));
    EXPECT_THAT(failed.error().seen, Not(HasSubstr("hunter2")));
    EXPECT_THAT(secrets.read({Kind::command, "kill -9 $$"}).error().text(), HasSubstr("signal 9"));
    EXPECT_THAT(secrets.read({Kind::command, "head -c 100000 /dev/zero"}).error().text(), HasSubstr("more than 64 kB"));
}

TEST_F(SecretsTest, CommandsThatHangAreEnded) {
    SecretReader impatient{seconds(0.2)};
    const auto start = std::chrono::steady_clock::now();
    for (const char* line : {"sleep 60", "exec >&-; sleep 60", "echo x; sleep 60 & wait", "sleep 60 & echo x"}) {
        const auto result = impatient.read({Kind::command, line});
        ASSERT_FALSE(result.has_value()) << line;
        EXPECT_EQ(result.error().kind, ErrorKind::transient);
        EXPECT_THAT(result.error().text(), HasSubstr("did not end within 200 ms"));
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{20});
}

} // namespace
} // namespace tutti::net
