#include "epp/session.hpp"

#include "epp/golden_test.hpp"
#include "epp/namespaces.hpp"
#include "epp/schema_test.hpp"

#include <gmock/gmock.h>

#include <deque>

namespace tutti::epp {
namespace {

using namespace testing;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Plays the server from a list. CLTRID in an answer becomes that of the command.
struct Script {
    std::deque<Expected<std::string>> answers;
    std::vector<std::string> sent;
    std::optional<Error> send_error;
    bool stale = false;
};

class ScriptedTransport : public Transport {
  public:
    explicit ScriptedTransport(Script& script) : script_(script) {}
    Expected<void> send(std::string_view xml, Duration) override {
        if (script_.send_error) return std::unexpected(*script_.send_error);
        script_.sent.emplace_back(xml);
        expect_valid(std::string{xml});
        return {};
    }
    Expected<std::string> receive(Duration) override {
        if (script_.answers.empty()) return fail(ErrorKind::unreachable, "the connection ended");
        auto out = script_.answers.front();
        script_.answers.pop_front();
        if (!out || script_.sent.empty()) return out;
        const auto root = parse_xml(script_.sent.back()).value();
        const Element* command = root.child("command");
        if (const auto at = out->find("CLTRID"); at != std::string::npos && command != nullptr)
            out->replace(at, 6, command->child("clTRID")->text);
        return out;
    }
    bool stale() override { return script_.stale; }

  private:
    Script& script_;
};

const std::string kOk = simple(1000, "Command completed successfully", "CLTRID");

class SessionTest : public ::testing::Test {
  protected:
    Expected<std::unique_ptr<Session>> open(std::string password = "hunter22") {
        return Session::open(std::make_unique<ScriptedTransport>(script),
                             {.client = "ClientX", .password = std::move(password)},
                             [this](bool, std::string_view xml) { log.emplace_back(xml); });
    }
    std::unique_ptr<Session> opened() {
        script.answers = {kGreeting, kOk};
        auto session = open();
        if (!session) throw std::runtime_error(session.error().text());
        return *std::move(session);
    }
    Script script;
    std::vector<std::string> log;
    const Command info = domain_info(dns::Name::parse("child.lab").value(), false);
};

TEST_F(SessionTest, LogsInWithWhatIsOfferedAndUsed) {
    const auto session = opened();
    EXPECT_TRUE(session->speaks(kDomain) && session->speaks(kHost) && session->speaks(kSecDns) &&
                session->speaks(kTtl));
    EXPECT_FALSE(session->speaks(kChangePoll)) << "not offered";
    ASSERT_EQ(script.sent.size(), 1U);
    EXPECT_THAT(script.sent[0], HasSubstr("hunter22"));
    EXPECT_THAT(script.sent[0], Not(HasSubstr("custom.example")));
    EXPECT_THAT(log, Each(Not(HasSubstr("hunter22"))));
    EXPECT_EQ(log.size(), 3U);
}

TEST_F(SessionTest, LoginsThatFail) {
    script.answers = {kGreeting, simple(2200, "Authentication error", "CLTRID")};
    EXPECT_EQ(open().error().kind, ErrorKind::auth);
    EXPECT_EQ(script.sent.size(), 1U) << "once: attempts are counted";
    script.answers = {kGreeting, simple(2502, "Session limit exceeded", "CLTRID")};
    EXPECT_EQ(open().error().kind, ErrorKind::throttled);
    script.answers = {simple(2502, "Session limit exceeded", "none")};
    EXPECT_EQ(open().error().kind, ErrorKind::throttled) << "in place of the greeting";
    script.answers = {kGreeting};
    EXPECT_EQ(open().error().kind, ErrorKind::unreachable);
    script.sent.clear();
    EXPECT_EQ(open("short").error().kind, ErrorKind::invalid);
    EXPECT_EQ(open("longer than sixteen").error().kind, ErrorKind::invalid);
    EXPECT_TRUE(script.sent.empty());
}

TEST_F(SessionTest, AnExtensionThatIsOfferedAndNotTaken) {
    script.answers = {kGreeting, simple(2103, "Unimplemented extension", "CLTRID"), kOk};
    const auto session = open().value();
    EXPECT_TRUE(session->speaks(kSecDns));
    EXPECT_FALSE(session->speaks(kTtl));
}

TEST_F(SessionTest, GreetingsThatAreOfNoUse) {
    auto other = kGreeting;
    other.replace(other.find("domain-1.0"), 10, "doggie-1.0");
    script.answers = {other};
    EXPECT_EQ(open().error().kind, ErrorKind::unsupported);
    script.answers = {"HTTP/1.1 400 Bad Request"};
    EXPECT_EQ(open().error().kind, ErrorKind::bad_answer);
}

TEST_F(SessionTest, Commands) {
    const auto session = opened();
    auto frame = kDomainInfo;
    frame.replace(frame.find("ABC-1"), 5, "CLTRID");
    script.answers = {frame, kOk};
    EXPECT_EQ(session->run(info)->domain->sponsor, "ClientX");
    EXPECT_TRUE(session->run(info).has_value());
    EXPECT_NE(script.sent[1], script.sent[2]) << "each command has an identifier of its own";
    script.answers = {kGreeting};
    EXPECT_TRUE(session->hello().has_value());
    EXPECT_TRUE(session->usable());
    script.answers = {simple(1500, "bye", "CLTRID")};
    session->logout();
    EXPECT_FALSE(session->usable());
    EXPECT_EQ(session->run(info).error().kind, ErrorKind::unreachable);
}

// Whatever comes in place of the reply, the command may have been done.
TEST_F(SessionTest, LostReplies) {
    const std::vector<Expected<std::string>> losses{fail(ErrorKind::unreachable, "closed"),
                                                    fail(ErrorKind::bad_answer, "a length"),
                                                    "garbage",
                                                    kGreeting,
                                                    simple(1000, "ok", "somebody else's"),
                                                    simple(1000, "ok", "")};
    for (const auto& lost : losses) {
        const auto session = opened();
        script.answers = {lost};
        const auto reply = session->run(info);
        ASSERT_FALSE(reply.has_value());
        EXPECT_EQ(reply.error().kind, ErrorKind::unknown_outcome) << reply.error().text();
        EXPECT_FALSE(session->usable());
    }
}

TEST_F(SessionTest, NotSentIsNotLost) {
    const auto session = opened();
    script.send_error = Error{ErrorKind::unreachable, "broken", "", ""};
    EXPECT_EQ(session->run(info).error().kind, ErrorKind::unreachable);
    EXPECT_FALSE(session->usable());
}

TEST_F(SessionTest, CodesThatClose) {
    const auto session = opened();
    script.answers = {simple(2400, "Command failed", "CLTRID"), simple(2500, "Command failed; closing", "CLTRID")};
    EXPECT_EQ(session->run(info)->code(), 2400);
    EXPECT_TRUE(session->usable());
    EXPECT_EQ(session->run(info)->code(), 2500);
    EXPECT_FALSE(session->usable());
    script.stale = false;
    const auto other = opened();
    script.stale = true;
    EXPECT_FALSE(other->usable()) << "closed by the server";
}

} // namespace
} // namespace tutti::epp
