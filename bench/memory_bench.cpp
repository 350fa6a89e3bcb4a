// Memory per zone at rest: the engine's runner and the store, with as many zones as asked for, after each had its first
// pass. Two signers serve each zone; the world is a fixed one.
#include "bench/zone_history.hpp"
#include "engine/runner.hpp"
#include "store/sqlite_store.hpp"

#include <benchmark/benchmark.h>

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

namespace tutti::bench {
namespace {

class FixedClock : public port::Clock {
  public:
    Instant now() override { return kStart; }
};

class FixedWorld : public port::World {
  public:
    model::Observation observe(const port::ZoneSetup& setup) override { return Group(2, 2, setup.zone).look(kStart); }
    std::vector<Expected<void>> carry_out(const port::ZoneSetup&, std::span<const port::Order> orders) override {
        throw std::runtime_error("a zone at rest was changed: " + orders[0].action.because);
    }
};

double resident_bytes() {
    std::size_t total = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

port::ZoneRecord new_zone(const dns::Name& name) {
    port::ZoneRecord record{.zone = name,
                            .parent = "parent",
                            .intent = {},
                            .knowledge = {},
                            .decision = {},
                            .settled = {},
                            .transition = {}};
    record.intent.signers = record.settled = {"signer0", "signer1"};
    record.intent.policy.trust_past = true;
    return record;
}

void at_rest(benchmark::State& state) {
    // Not on a disk: what is measured is memory, and every save waits for the disk.
    const auto file = std::filesystem::path("/dev/shm") / fmt::format("tutti-memory-bench-{}.db", getpid());
    for (auto _ : state) {
        auto store = store::SqliteStore::open(file.string()).value();
        FixedClock clock;
        FixedWorld world;
        const double before = resident_bytes();
        std::atomic<std::int64_t> passes = 0;
        engine::Runner runner({clock, world, *store}, {}, 2, [&](const dns::Name&) {
            ++passes;
            return kNever;
        });
        for (std::int64_t i = 0; i < state.range(0); ++i) {
            auto record = new_zone(name_of(fmt::format("zone-{:06}.example.test.", i)));
            if (auto saved = store->save(record, {}); !saved) throw std::runtime_error(saved.error().text());
            runner.add(record.zone);
        }
        runner.start();
        while (passes < state.range(0)) std::this_thread::sleep_for(std::chrono::milliseconds(50));
        runner.stop();
        if (store->load(name_of("zone-000000.example.test.")).value().decision.state != model::Decision::State::done)
            throw std::runtime_error("not at rest");
        state.counters["bytes/zone"] = (resident_bytes() - before) / static_cast<double>(state.range(0));
        state.counters["disk bytes/zone"] =
            static_cast<double>(std::filesystem::file_size(file)) / static_cast<double>(state.range(0));
        state.counters["passes/s"] = benchmark::Counter(static_cast<double>(passes), benchmark::Counter::kIsRate);
    }
    for (const auto* suffix : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(file.string() + suffix);
}
BENCHMARK(at_rest)->ArgName("zones")->Arg(10'000)->Arg(100'000)->Iterations(1)->UseRealTime()->Unit(benchmark::kSecond);

} // namespace
} // namespace tutti::bench
