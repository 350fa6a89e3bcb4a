#include "sim/checker/sampled.hpp"

#include "sim/checker/sample_trace_test.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tutti::sim::checker {
namespace {

TEST(Sampled, AnOperatorChangeAtTheBoundIsSafe) {
    const auto s = sample(OperatorChange{}.trace());
    EXPECT_EQ(s.queries, 100'000);
    EXPECT_EQ(s.failed, 0);
}

TEST(Sampled, SeesWhatGoesWrong) {
    const auto failed = [](auto&& spoil) {
        OperatorChange c;
        spoil(c);
        return sample(c.trace()).failed;
    };
    EXPECT_GT(failed([](auto& c) { c.ns_at = at_seconds(3); }), 0);
    EXPECT_GT(failed([](auto& c) { c.ds_out = at_seconds(71); }), 0);
    EXPECT_GT(failed([](auto& c) { c.keys_out = at_seconds(71); }), 0);
    EXPECT_GT(failed([](auto& c) { c.leaver_ns_at = kNever; }), 0);
    EXPECT_GT(failed([](auto& c) { c.leaver_stops = at_seconds(40); }), 0);
}

TEST(Sampled, TheSameSeedIsTheSameRun) {
    OperatorChange c;
    c.ns_at = at_seconds(3);
    EXPECT_EQ(sample(c.trace()).failed, sample(c.trace()).failed);
    EXPECT_NE(sample(c.trace()).failed,
              sample(c.trace(), {}, {.validators = 1000, .queries_each = 100, .seed = 2}).failed);
}

// Timelines without rhyme or reason: what the samples find, the exact half must find, and for the same reason.
Trace random_trace(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t n) { return static_cast<int>(random() % n); };
    const int signers = 1 + below(3);
    Make m(100);
    m.trace.signers = {"blue", "green", "red"};
    m.trace.signers.resize(static_cast<std::size_t>(signers));
    for (int i = 0; i < 5; ++i) m.key(below(static_cast<std::uint64_t>(signers)), below(5) == 0 ? 15 : 13);
    const auto some_keys = [&] { return KeyBits::from_raw(random() & random() & 31) | KeyBits::of(below(5)); };
    const auto some_signers = [&] {
        return SignerBits::from_raw(random() & ((1U << signers) - 1)) |
               SignerBits::of(below(static_cast<std::uint64_t>(signers)));
    };
    const auto versions = [&](auto&& add) {
        Instant from = at_seconds(-1000);
        for (int i = below(4); i >= 0; --i) {
            Instant until = i == 0 ? kNever : at_seconds(below(100));
            if (until <= from) continue;
            add(from, until, static_cast<std::uint32_t>(below(40)));
            from = until - seconds(below(3));                     // servers overlap a little
            if (below(6) == 0) from = until + seconds(below(10)); // or nobody serves for a while
        }
    };
    versions([&](Instant from, Instant until, auto ttl) {
        m.ds(from, until, ttl, {}).keys = below(8) == 0 ? KeyBits{} : some_keys();
    });
    versions([&](Instant from, Instant until, auto ttl) { m.ns(-1, from, until, ttl, {}).signers = some_signers(); });
    for (int s = 0; s < signers; ++s) {
        versions(
            [&](Instant from, Instant until, auto ttl) { m.ns(s, from, until, ttl, {}).signers = some_signers(); });
        versions([&](Instant from, Instant until, auto ttl) {
            auto& v = m.dnskey(s, from, until, ttl, {}, {});
            v.keys = some_keys() | some_keys();
            v.signed_by = v.keys & (some_keys() | some_keys());
        });
        versions([&](Instant from, Instant until, auto ttl) {
            std::vector<KeyBits> signatures;
            for (int i = below(8) == 0 ? 0 : 1 + below(2); i > 0; --i) signatures.push_back(some_keys());
            m.data(s, from, until, ttl, signatures);
        });
        if (below(4) == 0) m.down(s, at_seconds(below(50)), at_seconds(50 + below(50)));
    }
    return m.trace;
}

TEST(Sampled, WhatSamplesFindTheExactHalfFinds) {
    std::int64_t failures = 0, found = 0, both = 0;
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        const auto trace = random_trace(seed);
        const auto findings = check(trace);
        const auto s = sample(trace, {}, {.validators = 60, .queries_each = 50, .seed = seed});
        failures += s.failed;
        found += findings.empty() ? 0 : 1;
        both += s.failed > 0 ? 1 : 0;
        for (const auto& f : s.failures)
            ASSERT_TRUE(explained(f, findings))
                << "seed " << seed << ": " << to_string(f.fault) << " at " << seconds_text(f.at) << "\n"
                << compose(trace);
    }
    // Not vacuous: there are clean ones and bad ones, and the samples see most of the bad ones.
    EXPECT_GT(failures, 10'000);
    EXPECT_LT(found, 400);
    EXPECT_GT(static_cast<double>(both), 0.8 * static_cast<double>(found));
}

} // namespace
} // namespace tutti::sim::checker
