// The real client against the test registry, with everything that can go wrong on the way: no change is lost, none is
// made twice.
#include "test/contract/signer_fixture.hpp"
#include "test/contract/test_registry.hpp"

#include <gmock/gmock.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <thread>

namespace tutti::contract {
namespace {

namespace json = boost::json;
using port::Submission;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

dns::Name name(const std::string& text) {
    return dns::Name::parse(text).value();
}
dnssec::Ds ds(std::uint16_t tag) {
    return {tag, 13, 2, std::string(32, static_cast<char>(tag))};
}

class EppFaults : public ::testing::Test {
  protected:
    // One registry for all of them: starting Python takes a while. Each test has a domain of its own.
    static void SetUpTestSuite() { shared = std::make_unique<TestRegistry>(); }
    static void TearDownTestSuite() { shared.reset(); }
    void SetUp() override {
        static int count = 0;
        text = "d" + std::to_string(++count) + ".lab";
        registry.control("calm");
        registry.add_domain(text);
        registry.control("set", {{"sessions", 4}});
    }
    port::RegistryChange add(std::uint16_t tag) const {
        return {.child = name(text), .change = {.ds_add = {ds(tag)}}, .expected = {.ds = std::vector<dnssec::Ds>{}}};
    }
    port::RegistryChange replace(std::uint16_t from, std::uint16_t to) const {
        return {.child = name(text),
                .change = {.ds_add = {ds(to)}, .ds_remove = {ds(from)}},
                .expected = {.ds = std::vector{ds(from)}}};
    }
    // As the agent does it: asks again until it is done, in a new process each time.
    Submission until_done(const port::RegistryChange& change) {
        for (int attempt = 0; attempt < 10; ++attempt) {
            const auto result = registry.backend()->apply(change);
            if (result) return *result;
            seen.push_back(result.error());
            EXPECT_NE(result.error().kind, ErrorKind::conflict) << result.error().text();
        }
        ADD_FAILURE() << "never done: " << seen.back().text();
        return {};
    }
    // How often a DS with this tag was added to the domain, over all of its history.
    int times_added(std::uint16_t tag) {
        int out = 0;
        for (const auto& entry : registry.journal(text))
            for (const auto& record : entry.at("change").at("sec_add").as_array())
                out += record.at("ds").at(0).as_int64() == tag ? 1 : 0;
        return out;
    }
    // After a change that was sent comes a look, or the end, and never the same again; and every command has a name of
    // its own.
    void expect_never_resent_blindly() {
        std::set<std::string> ids;
        std::string before;
        for (const auto& command : registry.control("commands").as_array()) {
            const std::string verb{command.at(0).as_string()}, id{command.at(1).as_string()};
            EXPECT_TRUE(ids.insert(id).second) << id << " came twice";
            if (verb == "update") EXPECT_EQ(before, "info") << "an update without a look before it";
            if (verb != "login" && verb != "logout") before = verb;
        }
    }
    std::vector<std::int64_t> tags() {
        std::vector<std::int64_t> out;
        for (const auto& record : registry.show(text).at("sec").as_array())
            out.push_back(record.at("ds").at(0).as_int64());
        return out;
    }

    static std::unique_ptr<TestRegistry> shared;
    TestRegistry& registry = *shared;
    std::string text;
    std::vector<Error> seen;
};
std::unique_ptr<TestRegistry> EppFaults::shared;

struct Fault {
    const char* what;
    double value = 0;
    const char* when = "update";
};
void PrintTo(const Fault& f, std::ostream* out) {
    *out << f.when << ' ' << f.what << ' ' << f.value;
}

class EveryFault : public EppFaults, public ::testing::WithParamInterface<Fault> {};

TEST_P(EveryFault, NothingLostNothingTwice) {
    const auto fault = GetParam();
    until_done(add(1));
    registry.fault(fault.when, fault.what, fault.value);
    until_done(replace(1, 2));
    EXPECT_THAT(tags(), ElementsAre(2));
    EXPECT_EQ(times_added(2), 1);
    EXPECT_EQ(registry.control("state").at("faults").as_int64(), 0) << "the fault did not happen";
    expect_never_resent_blindly();
    // And again, twice.
    EXPECT_EQ(until_done(replace(1, 2)).state, Submission::State::already);
    EXPECT_EQ(times_added(2), 1);
}

INSTANTIATE_TEST_SUITE_P(
    All, EveryFault,
    ::testing::Values(Fault{"cut_before"}, Fault{"cut_after"}, Fault{"cut_within"}, Fault{"late", 0.3},
                      Fault{"code", 2400}, Fault{"code", 2500}, Fault{"code", 2502}, Fault{"code", 2103},
                      Fault{"code", 2102}, Fault{"code", 2302}, Fault{"code", 2308}, Fault{"code_after", 2400},
                      Fault{"code_after", 2500}, Fault{"code_after", 2306}, Fault{"garbage"}, Fault{"length", 0},
                      Fault{"length", 4}, Fault{"length", 2147483647}, Fault{"length", 4294967295}, Fault{"bare"},
                      Fault{"other_id"}, Fault{"split"}, Fault{"slow", 0.3}, Fault{"slow", 4},
                      Fault{"cut_before", 0, "info"}, Fault{"cut_after", 0, "info"}, Fault{"garbage", 0, "info"},
                      Fault{"length", 3, "info"}, Fault{"code", 2400, "info"}, Fault{"code", 2500, "info"},
                      Fault{"cut_after", 0, "login"}, Fault{"code", 2502, "login"}, Fault{"code", 2400, "login"},
                      Fault{"garbage", 0, "greeting"}, Fault{"split", 0, "greeting"},
                      Fault{"cut_within", 0, "greeting"}));

// A lost reply is followed by a look, not by the same command again, and both in one call.
TEST_F(EppFaults, LostReplyInOneCall) {
    const auto backend = registry.backend();
    registry.fault("update", "cut_after");
    const auto result = backend->apply(add(1));
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_EQ(result->state, Submission::State::done);
    EXPECT_EQ(times_added(1), 1);
    EXPECT_THAT(registry.journal(text), SizeIs(1));
    std::vector<std::string> verbs;
    for (const auto& command : registry.control("commands").as_array()) verbs.emplace_back(command.at(0).as_string());
    EXPECT_THAT(verbs, ElementsAre("login", "info", "update", "login", "info"));
}

TEST_F(EppFaults, TheServerDiesAfterTheCommit) {
    registry.fault("update", "crash");
    const auto lost = registry.backend()->apply(add(1));
    ASSERT_FALSE(lost.has_value());
    EXPECT_EQ(lost.error().kind, ErrorKind::unknown_outcome) << lost.error().text();
    registry.start();
    EXPECT_EQ(until_done(add(1)).state, Submission::State::already);
    EXPECT_EQ(times_added(1), 1);
}

// SIGKILL of the client while the registry works on its command: before the commit, and after it.
TEST_F(EppFaults, TheClientIsKilledAtAnyTime) {
    for (const double before : {0.02, 0.05, 0.1, 0.2, 0.4}) {
        registry.fault("update", "slow", 0.3);
        const pid_t pid = fork();
        if (pid == 0) {
            static_cast<void>(registry.backend()->apply(add(1)));
            _exit(0);
        }
        std::this_thread::sleep_for(std::chrono::duration<double>{before});
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
        registry.control("calm");
        until_done(add(1));
        EXPECT_THAT(tags(), ElementsAre(1)) << before;
        EXPECT_EQ(times_added(1), 1) << before;
        text = "again" + text;
        registry.add_domain(text);
    }
}

TEST_F(EppFaults, PendingIsNotSentAgain) {
    const auto backend = registry.backend();
    registry.fault("update", "pending");
    const auto first = backend->apply(add(1));
    ASSERT_TRUE(first.has_value()) << first.error().text();
    EXPECT_EQ(first->state, Submission::State::pending);
    EXPECT_THAT(first->id, HasSubstr("REG-"));
    EXPECT_EQ(backend->apply(add(1))->state, Submission::State::pending);
    EXPECT_EQ(backend->apply(add(1))->id, first->id);
    EXPECT_EQ(registry.backend()->apply(add(1))->state, Submission::State::pending) << "after a restart, too";
    registry.control("decide");
    std::vector<port::Notice> notices;
    // Not confirmed: it comes again.
    EXPECT_OK(backend->messages([](const auto&) { return false; }));
    EXPECT_OK(backend->messages([&](const auto& n) { return notices.push_back(n), true; }));
    ASSERT_THAT(notices, SizeIs(1));
    EXPECT_EQ(notices[0].kind, port::Notice::Kind::done);
    EXPECT_EQ(notices[0].transaction, first->id);
    EXPECT_EQ(notices[0].child, name(text));
    EXPECT_EQ(backend->apply(add(1))->state, Submission::State::already);
    EXPECT_EQ(times_added(1), 1);
}

TEST_F(EppFaults, PendingAndRejected) {
    const auto backend = registry.backend();
    registry.fault("update", "pending");
    const auto first = backend->apply(add(1));
    ASSERT_TRUE(first.has_value());
    registry.control("decide", {{"accept", false}, {"other_id", "REG-of-somebody"}});
    std::vector<port::Notice> notices;
    registry.fault("poll", "cut_after", 0, 2); // the first question, and the first confirmation
    for (int i = 0; i < 4; ++i)
        static_cast<void>(backend->messages([&](const auto& n) { return notices.push_back(n), true; }));
    ASSERT_THAT(notices, Not(IsEmpty()));
    EXPECT_EQ(notices[0].kind, port::Notice::Kind::rejected);
    EXPECT_NE(notices[0].transaction, first->id) << "the registry named another one";
    EXPECT_EQ(registry.control("messages", {{"client", "ClientX"}}).as_int64(), 0);
    EXPECT_EQ(times_added(1), 0);
}

TEST_F(EppFaults, LocksHold) {
    for (const char* status : {"serverUpdateProhibited", "clientUpdateProhibited", "pendingTransfer"}) {
        registry.control("lock", {{"name", text}, {"add", json::array{status}}, {"say", true}});
        const auto result = registry.backend()->apply(add(1));
        ASSERT_TRUE(result.has_value());
        EXPECT_EQ(result->state, Submission::State::held);
        EXPECT_THAT(result->text, HasSubstr(status));
        registry.control("lock", {{"name", text}, {"remove", json::array{status}}});
    }
    EXPECT_THAT(registry.journal(text), IsEmpty());
    std::vector<port::Notice> notices;
    EXPECT_OK(registry.backend()->messages([&](const auto& n) { return notices.push_back(n), true; }));
    ASSERT_THAT(notices, SizeIs(3));
    EXPECT_EQ(notices[0].kind, port::Notice::Kind::changed);
    EXPECT_THAT(notices[0].text, HasSubstr("staff"));
    EXPECT_EQ(until_done(add(1)).state, Submission::State::done);
}

// The lock comes between the look and the command.
TEST_F(EppFaults, ALockThatWasNotThereAMomentAgo) {
    registry.fault("update", "code", 2304);
    const auto result = registry.backend()->apply(add(1));
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(result->state, Submission::State::held);
    EXPECT_EQ(times_added(1), 0);
}

TEST_F(EppFaults, WhoIsNotTheSponsorIsTold) {
    auto s = registry.settings();
    s.epp->client = "ClientY";
    std::ofstream{registry.folder() / "other-password"} << "hunter33";
    std::filesystem::permissions(registry.folder() / "other-password", std::filesystem::perms::owner_read);
    s.epp->password.value = (registry.folder() / "other-password").string();
    const auto other = registry.backend(s)->apply(add(1));
    ASSERT_FALSE(other.has_value());
    EXPECT_EQ(other.error().kind, ErrorKind::refused);
    EXPECT_THAT(other.error().text(), HasSubstr("2201"));
    auto nothing = add(1);
    nothing.child = name("no-such.lab");
    EXPECT_EQ(registry.backend()->apply(nothing).error().kind, ErrorKind::not_found);
    for (const int code : {2306, 2004, 2101}) {
        registry.fault("update", "code", code);
        const auto never = registry.backend()->apply(add(1));
        ASSERT_FALSE(never.has_value()) << code;
        EXPECT_THAT(never.error().text(), HasSubstr(std::to_string(code)));
    }
    EXPECT_EQ(times_added(1), 0);
}

TEST_F(EppFaults, CertificatesOfBothSides) {
    const auto error_with = [&](auto change) {
        auto s = registry.settings();
        change(*s.epp);
        const auto result = registry.backend(s)->read(name(text));
        return result ? Error{ErrorKind::internal, "no error", "", ""} : result.error();
    };
    const auto file = [&](const char* f) { return (registry.folder() / f).string(); };
    const auto unknown_ca = error_with([&](auto& e) { e.ca = file("other-ca.pem"); });
    EXPECT_EQ(unknown_ca.kind, ErrorKind::auth) << unknown_ca.text();
    const auto other_name = error_with([](auto& e) { e.server_name = "epp.elsewhere"; });
    EXPECT_EQ(other_name.kind, ErrorKind::auth) << other_name.text();
    EXPECT_EQ(error_with([](auto& e) { e.server_name = "epp.lab"; }).seen, "no error");
    const auto stranger = error_with([&](auto& e) {
        e.certificate = file("stranger.pem");
        e.key->value = file("stranger.key");
    });
    EXPECT_EQ(stranger.kind, ErrorKind::unreachable) << stranger.text();
    const auto none = error_with([](auto& e) {
        e.certificate.clear();
        e.key.reset();
    });
    EXPECT_EQ(none.kind, ErrorKind::unreachable) << none.text();
    const auto mixed = error_with([&](auto& e) { e.key->value = file("stranger.key"); });
    EXPECT_EQ(mixed.kind, ErrorKind::invalid) << mixed.text();
    EXPECT_EQ(error_with([](auto& e) { e.server = "127.0.0.1:1"; }).kind, ErrorKind::unreachable);
}

// A wrong password is tried once; the account is not to be locked.
TEST_F(EppFaults, AWrongPasswordIsTriedOnce) {
    std::ofstream{registry.folder() / "wrong-password"} << "wrong999";
    std::filesystem::permissions(registry.folder() / "wrong-password", std::filesystem::perms::owner_read);
    auto s = registry.settings();
    s.epp->password.value = (registry.folder() / "wrong-password").string();
    registry.limits.longest_back_off = seconds(60);
    const auto backend = registry.backend(s);
    const auto before = registry.control("state").at("frames").as_int64();
    for (int i = 0; i < 5; ++i) EXPECT_EQ(backend->read(name(text)).error().kind, ErrorKind::auth);
    EXPECT_EQ(registry.control("state").at("frames").as_int64() - before, 3) << "greeting, login, reply";
    EXPECT_THAT(backend->read(name(text)).error().text(), HasSubstr("not tried again for another"));
    registry.limits.longest_back_off = seconds(0.2);
}

TEST_F(EppFaults, SessionsAreSharedAndLimited) {
    registry.control("set", {{"sessions", 1}});
    auto s = registry.settings();
    s.epp->sessions = 3;
    auto limits = registry.limits;
    limits.sessions = 3;
    parent::EppRegistry backend{s, {registry.dns, registry.secrets}, limits};
    std::vector<std::string> names;
    for (int i = 0; i < 6; ++i) {
        names.push_back("s" + std::to_string(i) + text);
        registry.add_domain(names.back());
    }
    std::vector<std::jthread> threads;
    std::atomic<int> done = 0;
    for (const auto& n : names)
        threads.emplace_back([&] {
            port::RegistryChange c{.child = name(n), .change = {.ds_add = {ds(7)}}, .expected = {}};
            const auto result = backend.apply(c);
            if (result && result->state == Submission::State::done) ++done;
        });
    threads.clear();
    EXPECT_EQ(done, 6);
    EXPECT_LE(registry.control("state").at("sessions").as_int64(), 1);
}

TEST_F(EppFaults, ASessionThatTheServerClosedIsOpenedAnew) {
    registry.control("set", {{"idle_s", 0.3}});
    const auto backend = registry.backend();
    EXPECT_OK(backend->apply(add(1)));
    while (registry.control("state").at("sessions").as_int64() > 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    registry.control("set", {{"idle_s", 300}});
    const auto result = backend->apply(replace(1, 2));
    ASSERT_TRUE(result.has_value()) << result.error().text();
    EXPECT_EQ(result->state, Submission::State::done);
}

TEST_F(EppFaults, PasswordsAreNeverInTheFrameLog) {
    EXPECT_OK(registry.backend()->apply(add(1)));
    std::ifstream in{registry.folder() / "frames.log"};
    const std::string log{std::istreambuf_iterator<char>{in}, {}};
    EXPECT_THAT(log, HasSubstr("<pw>***</pw>"));
    EXPECT_THAT(log, Not(HasSubstr("hunter22")));
}

} // namespace
} // namespace tutti::contract
