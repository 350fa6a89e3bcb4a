#include "epp/client.hpp"

#include "epp/golden_test.hpp"
#include "epp/namespaces.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <thread>

namespace tutti::epp {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Steady = std::chrono::steady_clock;

// A server for many sessions: answers everything with success, unless told otherwise.
struct Server {
    std::mutex mutex;
    std::deque<Error> refuse;    // the next connections end so
    std::atomic<int> losses = 0; // so many replies get lost
    std::atomic<int> open = 0, most = 0, opened = 0;
    std::vector<std::string> verbs; // in order, without logins
};

class Connection : public Transport {
  public:
    explicit Connection(Server& server) : server_(server) {
        ++server_.opened;
        server_.most = std::max(server_.most.load(), ++server_.open);
    }
    ~Connection() override { --server_.open; }
    Expected<void> send(std::string_view xml, Duration) override {
        const auto root = parse_xml(xml).value();
        verb_ = root.children[0].name == "hello" ? "hello" : root.children[0].children[0].name;
        if (verb_ != "hello") id_ = root.children[0].child("clTRID")->text;
        const std::lock_guard lock(server_.mutex);
        if (verb_ != "login") server_.verbs.push_back(verb_);
        return {};
    }
    Expected<std::string> receive(Duration) override {
        if (verb_.empty() || verb_ == "hello") return kGreeting;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        if (verb_ != "login" && server_.losses > 0 && server_.losses-- > 0)
            return fail(ErrorKind::unreachable, "the connection ended");
        return simple(verb_ == "logout" ? 1500 : 1000, "ok", id_);
    }
    bool stale() override { return false; }

  private:
    Server& server_;
    std::string verb_, id_;
};

class ClientTest : public ::testing::Test {
  protected:
    std::unique_ptr<Client> client(ClientLimits limits) {
        limits.first_back_off = seconds(0.05);
        limits.longest_back_off = seconds(0.2);
        return std::make_unique<Client>(
            [this]() -> Expected<std::unique_ptr<Session>> {
                {
                    const std::lock_guard lock(server.mutex);
                    if (!server.refuse.empty()) {
                        auto error = server.refuse.front();
                        server.refuse.pop_front();
                        return std::unexpected(std::move(error));
                    }
                }
                return Session::open(std::make_unique<Connection>(server),
                                     {.client = "ClientX", .password = "hunter22"}, {});
            },
            limits);
    }
    Server server;
    const dns::Name name = dns::Name::parse("child.lab").value();
    const Command info = domain_info(name, false), change = host_delete(name);
};

TEST_F(ClientTest, OneSessionForMany) {
    {
        const auto c = client({});
        for (int i = 0; i < 3; ++i) EXPECT_TRUE(c->run(info).has_value());
        EXPECT_TRUE(c->speaks(kSecDns).value());
        EXPECT_FALSE(c->speaks(kChangePoll).value());
    }
    EXPECT_EQ(server.opened, 1);
    EXPECT_EQ(server.open, 0);
    EXPECT_THAT(server.verbs, ElementsAre("info", "info", "info", "logout"));
}

TEST_F(ClientTest, OnlyQuestionsAreAskedAgain) {
    const auto c = client({});
    server.losses = 1;
    EXPECT_TRUE(c->run(info).has_value());
    EXPECT_EQ(server.opened, 2);
    server.losses = 2;
    EXPECT_EQ(c->run(info).error().kind, ErrorKind::unknown_outcome) << "once is enough";
    server.verbs.clear();
    server.losses = 1;
    EXPECT_EQ(c->run(change).error().kind, ErrorKind::unknown_outcome);
    EXPECT_THAT(server.verbs, ElementsAre("delete"));
}

TEST_F(ClientTest, SessionsAreSharedUpToTheLimit) {
    const auto c = client({.sessions = 2});
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) threads.emplace_back([&] { EXPECT_TRUE(c->run(info).has_value()); });
    }
    EXPECT_EQ(server.most, 2);
    // The registry allows one only: those who find no session wait for it.
    const auto other = client({.sessions = 4});
    EXPECT_TRUE(other->run(info).has_value());
    for (int i = 0; i < 4; ++i) server.refuse.push_back({ErrorKind::throttled, "2502", "", ""});
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back([&] { EXPECT_TRUE(other->run(info).has_value()); });
}

TEST_F(ClientTest, PausesAfterAFailure) {
    const auto c = client({});
    for (int i = 0; i < 2; ++i) server.refuse.push_back({ErrorKind::unreachable, "no connection", "", ""});
    EXPECT_THAT(c->run(info).error().text(), HasSubstr("no connection"));
    EXPECT_THAT(c->run(info).error().text(), HasSubstr("not tried again for another"));
    EXPECT_EQ(server.refuse.size(), 1U) << "nobody was asked";
    const auto start = Steady::now();
    while (!c->run(info)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_GE(Steady::now() - start, std::chrono::milliseconds(100)) << "the second pause is longer";
}

TEST_F(ClientTest, NoMoreCommandsThanAllowed) {
    const auto c = client({.per_minute = 1200}); // one each 50 ms
    const auto start = Steady::now();
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(c->run(info).has_value());
    EXPECT_GE(Steady::now() - start, std::chrono::milliseconds(245)) << "the login counts";
}

TEST_F(ClientTest, KeptAlive) {
    const auto idle = std::chrono::seconds(4);
    const auto c = client({.idle = idle});
    const auto start = Steady::now();
    EXPECT_TRUE(c->run(info).has_value());
    c->keep_alive();
    EXPECT_THAT(server.verbs, ElementsAre("info")) << "it is not quiet yet";
    while (server.verbs.size() < 2 && Steady::now() < start + idle) {
        c->keep_alive();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    std::this_thread::sleep_until(start + idle + std::chrono::milliseconds(50)); // without the hello: idle for too long
    EXPECT_TRUE(c->run(info).has_value());
    EXPECT_EQ(server.opened, 1);
    EXPECT_THAT(server.verbs, ElementsAre("info", "hello", "info"));
}

TEST_F(ClientTest, ASessionThatWasIdleForTooLongIsOpenedAnew) {
    const auto c = client({.idle = seconds(0.05)});
    EXPECT_TRUE(c->run(info).has_value());
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    EXPECT_TRUE(c->run(info).has_value());
    EXPECT_EQ(server.opened, 2);
}

} // namespace
} // namespace tutti::epp
