// tutti simulate, check-trace and prove, from the command line to the exit code.

#include "app/run_test.hpp"
#include "app/text.hpp"
#include "model/json.hpp"
#include "sim/checker/sample_trace_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace tutti::app {

namespace {

using sim::checker::OperatorChange;
using testing::HasSubstr;
using testing::Not;

class Files : public testing::Test {
  protected:
    void SetUp() override { std::filesystem::create_directories(folder); }
    void TearDown() override { std::filesystem::remove_all(folder); }

    std::string path(const std::string& name) const { return (folder / name).string(); }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path(name)) << text;
        return path(name);
    }
    std::string read(const std::string& name) const {
        std::ostringstream out;
        out << std::ifstream(path(name)).rdbuf();
        return out.str();
    }
    std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("tutti-simulate-" + std::to_string(::getpid()));
};

// A change of operator; `more` is appended to the description of the parent, `event` to the events.
std::string scenario(const std::string& more = "", const std::string& event = "") {
    return R"({"format": "tutti-scenario/1", "zone": "example.", "seed": 1, "until": 4000,
 "parent":  {"ttl": {"ds": 20, "ns": 30})" +
           more + R"(},
 "signers": {
   "blue":  {"ttl": {"dnskey": 30, "ns": 40, "data_max": 60}, "keys": "ksk+zsk"},
   "green": {"ttl": {"dnskey": 35, "ns": 40, "data_max": 60}, "keys": "csk"}},
 "initial": ["blue"], "intent": ["green"],
 "events": [)" +
           event + "]}";
}

const auto kSequences = std::filesystem::path(__FILE__).parent_path().parent_path() / "sim" / "sequences";

Json json_of(const Outcome& o) {
    return model::parse_json(o.out).value();
}

} // namespace

TEST_F(Files, SimulateAChangeOfOperator) {
    const auto o = tutti({"simulate", "--scenario", write("s.json", scenario()), "--trace", path("t.json"), "--svg",
                          path("t.svg"), "--samples", "50"});
    EXPECT_EQ(o.code, 0) << o.out << o.err;
    for (const char* words : {"done", "the minimum of", "no cache can be driven", "DS blue/1", "NS green",
                              "signs green/1", "waits for", "caches may still hold"})
        EXPECT_THAT(o.out, HasSubstr(words));
    EXPECT_THAT(o.out, Not(HasSubstr("\x1b[")));
    EXPECT_LE(longest_line(o.out), 100U);
    EXPECT_THAT(read("t.json"), HasSubstr("tutti-trace/1"));
    EXPECT_THAT(read("t.svg"), HasSubstr("</svg>"));
    EXPECT_EQ(tutti({"check-trace", path("t.json"), "--samples", "50"}).code, 0);
}

TEST_F(Files, TheSameSeedIsTheSameRunAndAnotherIsNot) {
    const auto file = write("s.json", scenario());
    const auto run_with = [&](const std::string& seed) {
        (void)tutti({"simulate", "--scenario", file, "--seed", seed, "--trace", path("t.json"), "--samples", "0"});
        return read("t.json");
    };
    const auto first = run_with("7");
    EXPECT_EQ(run_with("7"), first);
    EXPECT_NE(run_with("8"), first);
}

TEST_F(Files, SimulateTellsWhatItWaitsFor) {
    const auto file = write("s.json", scenario("", R"({"at": 0, "do": "parent-down"})"));
    const auto o = tutti({"simulate", "--scenario", file, "--samples", "0"});
    EXPECT_EQ(o.code, 3) << o.out;
    EXPECT_THAT(o.out, HasSubstr("because"));
    const auto j = json_of(tutti({"simulate", "--scenario", file, "--samples", "0", "-o", "json"}));
    EXPECT_NE(text_at(j, "result"), "done");
    EXPECT_FALSE(array_at(j, "because").empty());
    EXPECT_TRUE(flag_at(j, "clean"));
}

TEST_F(Files, SimulateFindsWhatASignerBreaks) {
    // Blue comes back with other keys: nothing can help.
    const auto file = write("s.json", scenario("", R"({"at": 5, "do": "new-keys", "signer": "blue"})"));
    const auto o = tutti({"simulate", "--scenario", file, "--samples", "200"});
    EXPECT_EQ(o.code, 1) << o.out;
    EXPECT_THAT(o.out, HasSubstr("unsafe"));
    EXPECT_THAT(o.out, HasSubstr("SERVFAIL"));
    EXPECT_THAT(o.out, HasSubstr("!!"));
    EXPECT_THAT(o.out, HasSubstr("alarm"));
}

TEST_F(Files, ASequenceInThePlaceOfThePlanner) {
    const auto file = (kSequences / "draft-leave.json").string();
    const auto o = tutti({"simulate", "--sequence", file, "--samples", "50", "--trace", path("t.json")});
    EXPECT_EQ(o.code, 1) << o.out << o.err;
    for (const char* words : {"draft-leave", "section 5.4", "SERVFAIL", "NS-Wait-Time = 7200 s", "!!"})
        EXPECT_THAT(o.out, HasSubstr(words));
    EXPECT_LE(longest_line(o.out), 100U);
    EXPECT_EQ(tutti({"check-trace", path("t.json"), "--samples", "50"}).code, 1);
    EXPECT_EQ(tutti({"simulate", "--sequence", (kSequences / "fixed-leave.json").string(), "--samples", "50"}).code, 0);
    // At a parent that compares all servers (RFC 9975) it never ends.
    const auto waiting = tutti({"simulate", "--sequence", file, "--samples", "0", "-o", "json", "--scenario",
                                (kSequences / "scenarios" / "leave-rfc9975.json").string()});
    EXPECT_EQ(waiting.code, 3) << waiting.out;
    EXPECT_THAT(text_at(json_of(waiting), "waiting"), HasSubstr("step 3"));
}

TEST_F(Files, SequencesThatAreWrongAreNamed) {
    const auto file = write("q.json", R"({"format": "tutti-sequence/1", "name": "q", "scenario": "s.json",
        "steps": [{"step": "1", "text": "wait", "wait": "ds"}]})");
    auto o = tutti({"simulate", "--sequence", file});
    EXPECT_EQ(o.code, 1);
    EXPECT_THAT(o.err, HasSubstr("s.json"));
    write("s.json", scenario());
    o = tutti({"simulate", "--sequence", file});
    EXPECT_EQ(o.code, 1);
    EXPECT_THAT(o.err, HasSubstr("CDS"));
    write("s.json", scenario(R"(, "mode": "cds")"));
    EXPECT_EQ(tutti({"simulate", "--sequence", file, "--samples", "0"}).code, 0);
    EXPECT_EQ(tutti({"simulate", "--sequence", file, "--random", "1"}).code, 64);
    o = tutti({"simulate", "--counterexamples", write("c.json", R"({"format": "tutti-counterexamples/1"})")});
    EXPECT_EQ(o.code, 1);
    EXPECT_THAT(o.err, HasSubstr("cases"));
}

TEST_F(Files, WrongFilesAreNamed) {
    auto o = tutti({"simulate", "--scenario", path("none.json")});
    EXPECT_EQ(o.code, 1);
    EXPECT_THAT(o.err, HasSubstr("none.json"));
    o = tutti({"simulate", "--scenario", write("s.json", scenario(R"(, "modd": "cds")"))});
    EXPECT_EQ(o.code, 1);
    EXPECT_THAT(o.err, HasSubstr("modd"));
    o = tutti({"check-trace", write("t.json", "{}")});
    EXPECT_EQ(o.code, 1);
    EXPECT_THAT(o.err, HasSubstr("format"));
    EXPECT_EQ(tutti({"simulate"}).code, 64);
    EXPECT_EQ(tutti({"check-trace"}).code, 64);
    EXPECT_EQ(tutti({"prove"}).code, 64);
    EXPECT_EQ(tutti({"prove", "none"}).code, 64);
    EXPECT_EQ(tutti({"prove", "3", "--exhaustive"}).code, 64);
    EXPECT_EQ(tutti({"prove", "3", "--longest-ttl", "2"}).code, 64);
}

// The checker's negative controls: one step too early, and both halves must say so.
TEST_F(Files, CheckTraceFindsEachStepThatIsTooEarly) {
    const auto code = [&](auto&& spoil) {
        OperatorChange change;
        spoil(change);
        return tutti({"check-trace", write("t.json", compose(change.trace())), "--samples", "300"}).code;
    };
    EXPECT_EQ(code([](auto&) {}), 0);
    EXPECT_EQ(code([](auto& c) { c.ns_at -= seconds(5); }), 1);
    EXPECT_EQ(code([](auto& c) { c.ds_at += seconds(15); }), 1);
    EXPECT_EQ(code([](auto& c) { c.ds_out -= seconds(5); }), 1);
    EXPECT_EQ(code([](auto& c) { c.keys_out -= seconds(5); }), 1);
    EXPECT_EQ(code([](auto& c) { c.leaver_ns_at = kNever; }), 1);
}

TEST_F(Files, CheckTraceTellsBothHalvesApart) {
    OperatorChange change;
    change.keys_out -= seconds(40);
    const auto file = write("t.json", compose(change.trace()));
    const auto v = at(json_of(tutti({"check-trace", file, "--samples", "2000", "-o", "json"})), "violations");
    EXPECT_FALSE(array_at(v, "exact").empty());
    EXPECT_GT(number_at(at(v, "sampled"), "failed"), 0);
    EXPECT_EQ(number_at(at(v, "sampled"), "unexplained"), 0);
}

// What no controller can beat is not beaten, and calm weather is safe.
TEST(Prove, NobodyIsFasterThanTheWorldAllows) {
    const auto o = tutti({"prove", "40", "--weather", "calm", "--samples", "0", "-o", "json"});
    EXPECT_EQ(o.code, 0) << o.out;
    const auto own = at(json_of(o), "own_ratio");
    EXPECT_EQ(number_at(own, "runs"), 40);
    EXPECT_GE(number_at(own, "least"), 0.999); // the clock starts after the first look
    EXPECT_LE(number_at(own, "median"), 1.02);
}

TEST_F(Files, ARandomScenarioCanBeLookedAt) {
    const auto first =
        tutti({"simulate", "--random", "4", "--samples", "0", "--write-scenario", path("s.json"), "-o", "json"});
    EXPECT_EQ(first.code, 0) << first.out << first.err;
    EXPECT_EQ(tutti({"simulate", "--scenario", path("s.json"), "--samples", "0", "-o", "json"}).out, first.out);
    EXPECT_EQ(tutti({"simulate", "--scenario", path("s.json"), "--random", "4"}).code, 64);
}

TEST(Prove, AllOfASmallWorld) {
    const auto o = tutti({"prove", "--exhaustive", "--longest-ttl", "1", "-o", "json"});
    EXPECT_EQ(o.code, 0) << o.out;
    const auto j = json_of(o);
    EXPECT_EQ(number_at(j, "parts"), 60);
    EXPECT_GT(number_at(j, "crashes"), 0);
    EXPECT_GT(number_at(j, "states"), 100);
    EXPECT_EQ(number_at(j, "violations"), 0);
}

TEST(Prove, CountsAndIsTheSameForAnyNumberOfThreads) {
    const auto counted = [](const char* jobs) {
        const auto o =
            tutti({"prove", "12", "--seed", "100", "--samples", "5", "--jobs", jobs, "--shrink", "0", "-o", "json"});
        auto j = json_of(o).as_object();
        EXPECT_EQ(o.code, array_at(j, "failed").empty() ? 0 : 1);
        j.erase("seconds");
        j.erase("runs_per_second");
        return j;
    };
    const auto one = counted("1");
    EXPECT_EQ(number_at(one, "runs"), 12);
    EXPECT_EQ(number_at(at(one, "ratio"), "runs"), 6);
    EXPECT_GE(number_at(at(one, "ratio"), "least"), 1);
    EXPECT_EQ(counted("3"), one);
}

} // namespace tutti::app
