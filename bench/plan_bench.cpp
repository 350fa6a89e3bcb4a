// Decisions per second on one core: plan() at every moment of a change where one signer joins and another leaves.
#include "bench/zone_history.hpp"
#include "plan/planner.hpp"

#include <benchmark/benchmark.h>

namespace tutti::bench {
namespace {

void decide(benchmark::State& state) {
    const History history(static_cast<int>(state.range(0)));
    std::size_t i = 0;
    for (auto _ : state) {
        const auto& moment = history.moments[i++ % history.moments.size()];
        benchmark::DoNotOptimize(plan::plan(history.intent, moment.knowledge, moment.now));
    }
    state.counters["moments"] = static_cast<double>(history.moments.size());
    state.counters["decisions/s"] =
        benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(decide)->ArgName("signers")->Arg(2)->Arg(5);

} // namespace
} // namespace tutti::bench
