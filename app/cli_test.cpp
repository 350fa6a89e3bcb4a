// The command line against a daemon with a small fake world behind it.

#include "app/run_test.hpp"
#include "app/text.hpp"
#include "model/json.hpp"
#include "serve/api.hpp"
#include "serve/fakes_test.hpp"
#include "serve/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tutti::app {

namespace {

using testing::HasSubstr;
using testing::Not;

class WithDaemon : public testing::Test {
  protected:
    void SetUp() override {
        auto started = serve::Server::start(gate, hub, {}, {.socket = socket});
        ASSERT_TRUE(started) << started.error().text();
        server = *std::move(started);
        ::setenv("TUTTI_SOCKET", socket.c_str(), 1);
    }
    void TearDown() override { ::unsetenv("TUTTI_SOCKET"); }

    void add_example() {
        const auto o = tutti({"zone", "add", "example.lab.", "--parent", "lab", "--signers", "blue"});
        ASSERT_EQ(o.code, 0) << o.out << o.err;
    }
    void look(const char* zone = "example.lab.") {
        bench.clock.time += seconds(1);
        bench.world.now = bench.clock.time;
        engine::reconcile(dns::Name::parse(zone).value(), {bench.clock, bench.world, bench.store}, {});
    }

    std::string socket =
        (std::filesystem::temp_directory_path() / ("tutti-cli-" + std::to_string(::getpid()) + ".sock")).string();
    serve::Bench bench;
    serve::EventHub hub{bench.store};
    serve::Service service{bench.deps()};
    serve::Proposals proposals{bench.store, bench.clock, service, {}};
    serve::Router router{serve::api(service, proposals)};
    serve::Tokens tokens{bench.store, bench.clock};
    serve::Gate gate{router, tokens, bench.ledger, bench.clock, {}};
    std::unique_ptr<serve::Server> server;
};

} // namespace

TEST(CommandLine, UsageErrorsEndWith64) {
    EXPECT_EQ(tutti({}).code, 64);
    EXPECT_EQ(tutti({"nonsense"}).code, 64);
    EXPECT_EQ(tutti({"explain"}).code, 64);
    EXPECT_EQ(tutti({"explain", "a.", "--nonsense"}).code, 64);
    EXPECT_EQ(tutti({"zone", "list", "-o", "xml"}).code, 64);
    EXPECT_EQ(tutti({"wait", "a.", "--for", "ever"}).code, 64);
    EXPECT_EQ(tutti({"mode", "a.", "auto"}).code, 64);
    EXPECT_EQ(tutti({"apply", "a."}).code, 64);
    EXPECT_EQ(tutti({"wait", "a.", "--timeout", "soon"}).code, 64);
}

TEST(CommandLine, HelpAndVersionGoWell) {
    const auto help = tutti({"--help"});
    EXPECT_EQ(help.code, 0);
    for (const char* word : {"serve", "zone", "signer", "parent", "plan", "apply", "explain", "watch", "wait",
                             "history", "pause", "resume", "step", "mode", "check", "completion", "version"})
        EXPECT_THAT(help.out, HasSubstr(word));
    EXPECT_EQ(tutti({"version"}).out, std::string("tutti ") + kVersion + "\n");
    EXPECT_THAT(tutti({"version", "-o", "json"}).out, HasSubstr("\"version\""));
}

TEST(CommandLine, SaysWhenThereIsNoDaemon) {
    const auto o = tutti({"zone", "list", "--socket", "/no/such.sock"});
    EXPECT_EQ(o.code, 1);
    EXPECT_THAT(o.err, HasSubstr("the daemon does not answer"));
    EXPECT_THAT(o.err, HasSubstr("tutti serve"));
    const auto j = tutti({"zone", "list", "--socket", "/no/such.sock", "-o", "json"});
    EXPECT_EQ(text_at(model::parse_json(j.out).value(), "code"), "daemon-unreachable");
}

TEST(CommandLine, ServeNamesWhatIsWrongInTheConfiguration) {
    const auto path = std::filesystem::temp_directory_path() / ("tutti-cli-" + std::to_string(::getpid()) + ".toml");
    std::ofstream(path) << "[daemon]\nworkers = 0\n[deamon]\n";
    const auto o = tutti({"serve", "--config", path.string()});
    EXPECT_EQ(o.code, 1);
    EXPECT_THAT(o.err, HasSubstr(":2:11: daemon.workers"));
    EXPECT_THAT(o.err, HasSubstr(":3:2: deamon"));
    std::ofstream(path) << "[daemon]\nworkers = 1\n";
    EXPECT_EQ(tutti({"serve", "--check-config", "--config", path.string()}).code, 0);
    std::filesystem::remove(path);
}

TEST(CommandLine, CompletionIsValidAndComplete) {
    const auto path = std::filesystem::temp_directory_path() / ("tutti-completion-" + std::to_string(::getpid()));
    const auto o = tutti({"completion", "bash"});
    EXPECT_EQ(o.code, 0);
    std::ofstream(path) << o.out
                        << "COMP_WORDS=(tutti zone add example. --pa); COMP_CWORD=4; _tutti; echo \"${COMPREPLY[@]}\"\n"
                        << "COMP_WORDS=(tutti exp); COMP_CWORD=1; _tutti; echo \"${COMPREPLY[@]}\"\n";
    auto* pipe = ::popen(("bash " + path.string()).c_str(), "r");
    char text[256] = {};
    const auto size = std::fread(text, 1, sizeof text - 1, pipe);
    EXPECT_EQ(::pclose(pipe), 0);
    EXPECT_EQ(std::string(text, size), "--parent\nexplain\n");
    std::filesystem::remove(path);
    EXPECT_THAT(tutti({"completion", "zsh"}).out, HasSubstr("#compdef tutti"));
    EXPECT_THAT(tutti({"completion", "fish"}).out, HasSubstr("complete -c tutti"));
}

// Only references to secrets go over the command line, and all that is relative starts from the caller's folder.
TEST_F(WithDaemon, AddsAParentThatIsARegistry) {
    const auto here = std::filesystem::current_path().string();
    const auto o = tutti({"parent",      "add",
                          "tld",         "--driver",
                          "epp",         "--server",
                          "192.0.2.1",   "--epp-server",
                          "epp.example", "--epp-client",
                          "ClientX",     "--epp-password",
                          "file:/good",  "--epp-interface",
                          "key",         "--epp-sessions",
                          "2",           "--epp-log",
                          "frames.log",  "-o",
                          "json"});
    EXPECT_EQ(o.code, 0) << o.err << o.out;
    EXPECT_THAT(o.out, HasSubstr("\"password\": \"file:/good\""));
    EXPECT_THAT(o.out, HasSubstr("\"interface\": \"key\""));
    EXPECT_THAT(o.out, HasSubstr(here + "/frames.log"));
    const auto unreadable = tutti({"parent", "add", "two", "--driver", "epp", "--server", "192.0.2.1", "--epp-server",
                                   "epp.example", "--epp-client", "ClientX", "--epp-password", "file:/bad"});
    EXPECT_NE(unreadable.code, 0);
    EXPECT_THAT(unreadable.err + unreadable.out, HasSubstr("file:/bad: the file cannot be read"));
    EXPECT_NE(tutti({"parent", "add", "three", "--driver", "exec", "--server", "192.0.2.1"}).code, 0);
}

TEST_F(WithDaemon, AddsShowsAndRemoves) {
    add_example();
    EXPECT_THAT(tutti({"zone", "list"}).out, HasSubstr("example.lab.  blue  new"));
    const auto shown = tutti({"zone", "show", "example.lab"});
    EXPECT_EQ(shown.code, 0);
    EXPECT_THAT(shown.out, HasSubstr("parent     lab"));
    EXPECT_THAT(tutti({"history", "example.lab."}).out, HasSubstr("added, signed by blue, parent lab"));
    EXPECT_THAT(tutti({"signer", "list"}).out, HasSubstr("blue   rfc2136"));
    EXPECT_THAT(tutti({"signer", "show", "blue"}).out, HasSubstr("secret file:/good"));
    EXPECT_THAT(tutti({"parent", "list"}).out, HasSubstr("lab  cds"));
    EXPECT_EQ(tutti({"signer", "probe", "blue", "example.lab."}).code, 0);
    bench.signer("blue")->report->checks.push_back(
        {"it is signed", port::Check::Verdict::failed, "it is not", "sign it"});
    const auto probed = tutti({"signer", "probe", "blue", "example.lab."});
    EXPECT_EQ(probed.code, 1);
    EXPECT_THAT(probed.out, HasSubstr("remedy: sign it"));
    EXPECT_EQ(tutti({"zone", "remove", "example.lab."}).code, 0);
    EXPECT_THAT(tutti({"zone", "list"}).out, HasSubstr("No zones."));
}

TEST_F(WithDaemon, AddsASignerWithItsSecretByReference) {
    const auto o = tutti({"signer", "add", "red", "--server", "127.0.3.1", "--ns", "ns.red.lab.", "--tsig-name", "ctl.",
                          "--tsig-secret", "file:/good"});
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_THAT(tutti({"signer", "list"}).out, HasSubstr("red"));
    EXPECT_EQ(tutti({"signer", "remove", "red"}).code, 0);
    const auto bad = tutti({"signer", "add", "red", "--server", "127.0.3.1", "--ns", "ns.red.lab.", "--tsig-name",
                            "ctl.", "--tsig-secret", "file:/no/such"});
    EXPECT_EQ(bad.code, 1);
    EXPECT_THAT(bad.err, HasSubstr("file:/no/such"));
    EXPECT_THAT(bad.err, HasSubstr("remedy"));
}

TEST_F(WithDaemon, RefusalsAreOneErrorWithARemedy) {
    const auto o = tutti({"zone", "add", "example.lab.", "--parent", "lab", "--signers", "bleu"});
    EXPECT_EQ(o.code, 1);
    EXPECT_EQ(o.out, "");
    EXPECT_THAT(o.err, HasSubstr("there is no signer \"bleu\""));
    EXPECT_THAT(o.err, HasSubstr("did you mean \"blue\"?"));
    const auto j = tutti({"zone", "show", "example.lab.", "-o", "json"});
    EXPECT_EQ(j.code, 1);
    EXPECT_EQ(text_at(model::parse_json(j.out).value(), "code"), "zone-unknown");
}

TEST_F(WithDaemon, PlanShowsActionsWaitsAndTheEnd) {
    add_example();
    const auto o = tutti({"plan", "example.lab.", "--signers", "blue,green"});
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_THAT(o.out, HasSubstr("example.lab.  blue -> blue + green"));
    EXPECT_THAT(o.out, HasSubstr("T+0"));
    EXPECT_THAT(o.out, HasSubstr("+ DNSKEY green/"));
    EXPECT_THAT(o.out, HasSubstr("+ NS ns.green.lab."));
    EXPECT_THAT(o.out, HasSubstr("done at T+"));
    EXPECT_THAT(o.out, Not(HasSubstr("\x1b"))) << "no colour when it is no terminal";
    EXPECT_LE(longest_line(o.out), kColumns);
    EXPECT_EQ(tutti({"plan", "example.lab.", "--signers", "blue,green", "--detailed-exitcode"}).code, 2);
    const auto j = model::parse_json(tutti({"plan", "example.lab.", "--signers", "green", "-o", "json"}).out).value();
    EXPECT_EQ(text_at(j, "end"), "done");
    EXPECT_GT(number_at(j, "minimum_s"), 0);
}

TEST_F(WithDaemon, ApplyExplainWait) {
    add_example();
    EXPECT_EQ(tutti({"wait", "example.lab.", "--for", "done", "--timeout", "0"}).code, 124);
    look();
    const auto applied = tutti({"apply", "example.lab.", "--signers", "blue,green"});
    EXPECT_EQ(applied.code, 0) << applied.err;
    EXPECT_THAT(applied.out, HasSubstr("goes to blue + green"));
    EXPECT_EQ(tutti({"explain", "example.lab.", "--detailed-exitcode"}).code, 2);
    look(); // acts; the fake world stays as it is
    look();
    const auto o = tutti({"explain", "example.lab."});
    EXPECT_EQ(o.code, 0);
    EXPECT_THAT(o.out, HasSubstr("BECAUSE"));
    EXPECT_THAT(o.out, HasSubstr("signer blue"));
    EXPECT_THAT(o.out, HasSubstr("parent lab"));
    EXPECT_LE(longest_line(o.out), kColumns);
    const auto j = model::parse_json(tutti({"explain", "example.lab.", "-o", "json"}).out).value();
    EXPECT_EQ(text_at(j, "zone"), "example.lab.");
    EXPECT_EQ(joined_at(j, "members"), "blue green");
    EXPECT_TRUE(at(j, "transition").is_object());
    EXPECT_TRUE(at(at(j, "view"), "signers").is_array());
    EXPECT_EQ(tutti({"wait", "example.lab.", "--for", text_at(j, "state"), "--timeout", "5"}).code, 0);
}

TEST_F(WithDaemon, ManualMode) {
    add_example();
    EXPECT_EQ(tutti({"step", "example.lab."}).code, 1);
    EXPECT_THAT(tutti({"mode", "example.lab.", "manual"}).out, HasSubstr("manual"));
    EXPECT_EQ(tutti({"step", "example.lab."}).code, 0);
    EXPECT_THAT(tutti({"pause", "example.lab."}).out, HasSubstr("paused"));
    EXPECT_EQ(tutti({"resume", "example.lab."}).code, 0);
}

TEST(Text, WrapsAndIndents) {
    Page page(false);
    page.entry("LABEL", std::string(95, 'a') + " b " + std::string(60, 'c'));
    EXPECT_EQ(page.text(), "LABEL      " + std::string(95, 'a') + "\n           b " + std::string(60, 'c') + "\n");
    Page table(false);
    table.table({{"a", "bb"}, {"aaa", "b"}}, "  ");
    EXPECT_EQ(table.text(), "  a    bb\n  aaa  b\n");
}

TEST(Text, JsonIsPlain) {
    EXPECT_EQ(pretty({{"a", 1.5}, {"b", {1, 2}}, {"c", boost::json::array{}}, {"d", 30.0}}),
              "{\n  \"a\": 1.5,\n  \"b\": [1, 2],\n  \"c\": [],\n  \"d\": 30.0\n}\n");
}

} // namespace tutti::app
