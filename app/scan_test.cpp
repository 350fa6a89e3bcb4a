// tutti scan as a whole: input, output, exit codes, and what is left after a crash.
#include "app/run_test.hpp"
#include "test/scan/world.hpp"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tutti::app {

namespace {

using net::Bytes;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ScanCommand : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (std::filesystem::temp_directory_path() / "tutti-scan-XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder = pattern;
        server.on_udp = [](const Bytes& query) { return std::vector<Bytes>{scan::testing::empty_reply(query).wire}; };
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    std::string file(const std::string& name, const std::string& text) const {
        std::ofstream(folder / name) << text;
        return (folder / name).string();
    }
    std::vector<std::string> words(const std::string& list, std::vector<std::string> more = {}) const {
        std::vector<std::string> out{"scan",
                                     "--list",
                                     list,
                                     "--no-lookup",
                                     "--allow-address",
                                     "127.0.0.0/8",
                                     "--port",
                                     std::to_string(server.endpoint().port),
                                     "--retries",
                                     "0"};
        out.insert(out.end(), more.begin(), more.end());
        return out;
    }

    std::filesystem::path folder;
    net::testing::FakeServer server;
};

TEST_F(ScanCommand, ChildrenThatStayAsTheyAreAreCountedOnly) {
    const auto o = tutti(words(file("l", "a.example NS ns1.x 127.0.0.1\nb.example NS ns1.x\n")));
    EXPECT_EQ(o.code, kOk) << o.err;
    EXPECT_THAT(o.out, StartsWith("scanned    2 of 2 children"));
    EXPECT_THAT(o.out, HasSubstr("no change 2"));
    EXPECT_LE(longest_line(o.out), 100U);
}

TEST_F(ScanCommand, JsonIsALineForEachChildAndASummary) {
    const auto o = tutti(words(file("l", "a.example NS ns1.x 127.0.0.1\na\\\"b.example NS ns1.x\n"), {"-o", "json"}));
    EXPECT_EQ(o.code, kOk) << o.err;
    std::istringstream lines{o.out};
    int children = 0, summaries = 0;
    for (std::string line; std::getline(lines, line);) {
        const auto v = boost::json::parse(line).as_object();
        children += v.contains("child") ? 1 : 0;
        summaries += v.contains("summary") ? 1 : 0;
    }
    EXPECT_EQ(children, 2);
    EXPECT_EQ(summaries, 1);
}

TEST_F(ScanCommand, AVerdictIsTold) {
    server.on_udp = [](const Bytes&) { return std::vector<Bytes>{}; };
    const auto o = tutti(words(file("l", "a.example NS ns1.x 127.0.0.1\n"), {"--waits", "20s", "--waits", "1s"}));
    EXPECT_EQ(o.code, kUsage); // --waits twice
    const auto told = tutti(words(file("l", "a.example NS ns1.x 127.0.0.1\n"), {"--waits", "1s"}));
    EXPECT_EQ(told.code, kOk) << told.err;
    EXPECT_THAT(told.out, HasSubstr("retry"));
    EXPECT_THAT(told.out, HasSubstr("a.example."));
    EXPECT_LE(longest_line(told.out), 100U);
}

TEST_F(ScanCommand, ALoopbackAddressIsNotContactedUnlessItIsAllowed) {
    const auto o = tutti({"scan", "--list", file("l", "a.example NS ns1.x 127.0.0.1\n"), "--no-lookup", "--port",
                          std::to_string(server.endpoint().port), "--retries", "0"});
    EXPECT_EQ(o.code, kOk) << o.err;
    EXPECT_EQ(server.datagrams, 0);
    EXPECT_THAT(o.out, HasSubstr("accept 0, no change 0"));
}

TEST_F(ScanCommand, WhatIsWrongIsSaid) {
    EXPECT_EQ(tutti({"scan"}).code, kUsage);
    EXPECT_EQ(tutti({"scan", "a.example", "--list", "x"}).code, kUsage);
    const std::pair<std::vector<std::string>, const char*> cases[] = {
        {words("/no/such"), "cannot be opened"},
        {words(file("bad", "a.example NS ns1.x\nb.example NSS y\n")), ":2: \"NSS\" is no type"},
        {words(file("empty", "\n")), "there are no delegations"},
        {words(file("l", "a.example NS ns1.x\n"), {"--policy", "lax"}), "strict"},
        {words(file("l", "a.example NS ns1.x\n"), {"--set", "max_ds=x"}), "max_ds"},
        {words(file("l", "a.example NS ns1.x\n"), {"--source", "192.0.2.77"}), "cannot send from there"},
        {{"scan", "--file", file("z", ""), "--no-lookup"}, "--zone"},
        {{"scan", "a.example", "--no-lookup"}, "--parent-server"},
    };
    for (const auto& [command, wanted] : cases) {
        const auto o = tutti(command);
        EXPECT_EQ(o.code, kFailed) << wanted;
        EXPECT_THAT(o.err, HasSubstr(wanted));
        EXPECT_LE(longest_line(o.err), 100U);
    }
}

TEST_F(ScanCommand, WhatWasFinishedIsNotAskedAgainAfterACrash) {
    const auto first_letter = [](const Bytes& query) { return static_cast<char>(query[13] | 0x20); };
    server.on_udp = [&](const Bytes& query) {
        if (first_letter(query) != 'a') return std::vector<Bytes>{};
        return std::vector<Bytes>{scan::testing::empty_reply(query).wire};
    };
    const auto list = file("l", "a.example NS ns1.x 127.0.0.1\nb.example NS ns1.x\n"),
               state = (folder / "state").string();
    const auto command = words(list, {"--state", state, "--waits", "1h"});
    const pid_t scanning = fork();
    ASSERT_GE(scanning, 0);
    if (scanning == 0) {
        tutti(command);
        _exit(0);
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    std::error_code ignored;
    constexpr std::uintmax_t kHead = 13 + 16 + 32;
    while (std::filesystem::file_size(state, ignored) + 1 <= kHead + 1 && std::chrono::steady_clock::now() < end) {
        ASSERT_EQ(waitpid(scanning, nullptr, WNOHANG), 0) << "it ended by itself";
        std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    kill(scanning, SIGKILL);
    waitpid(scanning, nullptr, 0);
    ASSERT_EQ(std::filesystem::file_size(state), kHead + 8);

    std::string asked;
    server.on_udp = [&](const Bytes& query) {
        asked += first_letter(query);
        return std::vector<Bytes>{scan::testing::empty_reply(query).wire};
    };
    const auto o = tutti(command);
    server.settle();
    EXPECT_EQ(o.code, kOk) << o.err;
    EXPECT_EQ(asked.find('a'), std::string::npos) << asked;
    EXPECT_NE(asked.find('b'), std::string::npos);
    EXPECT_THAT(o.out, HasSubstr("1 were finished before"));
    EXPECT_FALSE(std::filesystem::exists(state)) << "the scan is complete";
}

} // namespace

} // namespace tutti::app
