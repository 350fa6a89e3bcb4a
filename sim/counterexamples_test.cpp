// What the list of counterexamples claims is so, and the page in doc/ is made of it.
#include "sim/counterexamples.hpp"

#include "sim/checker/sampled.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace tutti::sim {
namespace {

const auto kFolder = std::filesystem::path(__FILE__).parent_path() / "sequences";

Expected<std::string> read(const std::filesystem::path& path) {
    std::ifstream in(path);
    if (!in) return fail(ErrorKind::not_found, "cannot read the file", path.string());
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

const std::vector<Example>& all() {
    static const auto kAll = play_all(read(kFolder / "counterexamples.json").value(), [](const std::string& path) {
                                 return read(kFolder / path);
                             }).value();
    return kAll;
}

std::string texts(const std::vector<checker::Finding>& findings) {
    std::string out;
    for (const auto& f : findings) out += f.text + '\n';
    return out;
}

TEST(Counterexamples, EachSequenceEndsAsTheListSays) {
    for (const auto& e : all()) {
        SCOPED_TRACE(e.claim.sequence + " " + e.scenario_file);
        EXPECT_EQ(e.run.ended, e.claim.ends) << e.run.waiting;
        auto expected = e.claim.expect, found = e.faults();
        std::ranges::sort(expected);
        std::ranges::sort(found);
        EXPECT_EQ(found, expected) << texts(e.findings);
    }
}

TEST(Counterexamples, ResolversThatArePlayedFindNothingElse) {
    for (const auto& e : all()) {
        SCOPED_TRACE(e.claim.sequence);
        const auto sample = checker::sample(e.run.trace, {}, {.validators = 200, .queries_each = 100, .seed = 1});
        for (const auto& f : sample.failures)
            EXPECT_TRUE(explained(f, e.findings)) << to_string(f.fault) << " at " << seconds_text(f.at);
        if (e.claim.expect.empty()) EXPECT_EQ(sample.failed, 0);
    }
}

TEST(Counterexamples, TheMendedSequencesAreSafe) {
    for (const auto& e : all()) {
        if (!e.mended) continue;
        SCOPED_TRACE(e.claim.mended);
        EXPECT_TRUE(e.mended->ended) << e.mended->waiting;
        EXPECT_EQ(texts(e.mended_findings), "");
    }
}

TEST(Counterexamples, ThePlannerIsSafeInTheSameWorlds) {
    for (const auto& e : all()) {
        SCOPED_TRACE(e.scenario_file);
        EXPECT_EQ(to_string(e.own.end), "done");
        EXPECT_EQ(texts(e.own_findings), "");
    }
}

TEST(Counterexamples, EverySequenceIsInTheList) {
    std::set<std::string> files, used;
    for (const auto& f : std::filesystem::directory_iterator(kFolder))
        if (f.is_regular_file()) files.insert(f.path().filename().string());
    files.erase("counterexamples.json");
    for (const auto& e : all()) {
        used.insert(e.claim.sequence);
        if (e.mended) used.insert(e.claim.mended);
    }
    EXPECT_EQ(used, files);
}

TEST(Counterexamples, ThePageIsUpToDate) {
    const auto file = kFolder.parent_path().parent_path() / "doc" / "counterexamples.md";
    EXPECT_TRUE(read(file).value_or("") == page(all()))
        << "run: build/release/tutti simulate --counterexamples sim/sequences/counterexamples.json >"
           " doc/counterexamples.md";
}

} // namespace
} // namespace tutti::sim
