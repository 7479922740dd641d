// All operators on seals, FlatBuffers bytes to alerts, in memory, on one thread, against the plain loop of plain_loop.h.
//
// Both get the same records, chunk by chunk in turn; times are CPU times of the thread, the ratio is that of the medians.
// Before the clock is started every seal has been on the road for up to an hour, so that histories have their usual length
// and blocks of history come and go as they do for ever after.
#include <benchmark/benchmark.h>

#include "bench/bench_setup.h"
#include "bench/plain_loop.h"

namespace vigia::bench {
namespace {

constexpr std::uint32_t warm_up_rounds = 60;
constexpr std::uint32_t join_spread = 48;  // seals join over this many rounds: a block's worth of pings
constexpr std::size_t chunk_records = 1'000'000;

struct Warm {
  explicit Warm(std::uint32_t seals) : fleet(world().routes, seals), task(make_task()), plain(*world().config.site) {
    fleet.append_trip_starts(list);
    both();
    for (std::uint32_t round = 0; round < warm_up_rounds; ++round) {
      list.clear();
      fleet.append_round(list, [&](std::uint32_t seal) { return seal % join_spread <= round; });
      both();
    }
  }
  void both() {
    feed(*task, list);
    plain.process(list.records());
  }
  void next_chunk() {
    list.clear();
    while (list.size() < chunk_records) fleet.append_round(list);
  }

  Fleet fleet;
  RecordList list;
  std::unique_ptr<Task> task;
  PlainLoop plain;
};

double time_plain(Warm& warm) {
  const auto before = thread_seconds();
  warm.list.for_each_epoch(epoch_records, [&](auto records, auto, TimeMs) { warm.plain.process(records); });
  return thread_seconds() - before;
}

double time_engine(Warm& warm, std::size_t& alerts) {
  const auto before = thread_seconds();
  alerts += feed(*warm.task, warm.list);
  return thread_seconds() - before;
}

void seal_stage(benchmark::State& state) {
  Warm warm(static_cast<std::uint32_t>(state.range(0)));
  std::vector<double> engine_rates, plain_rates;
  std::size_t alerts = 0;
  bool engine_first = true;
  for (auto _ : state) {
    warm.next_chunk();
    const auto events = static_cast<double>(warm.list.size());
    double engine_s = engine_first ? time_engine(warm, alerts) : 0;
    const double plain_s = time_plain(warm);
    if (!engine_first) engine_s = time_engine(warm, alerts);
    engine_first = !engine_first;
    engine_rates.push_back(events / engine_s);
    plain_rates.push_back(events / plain_s);
    state.SetIterationTime(engine_s);
  }
  state.counters["engine_M_per_s"] = median(engine_rates) / 1e6;
  state.counters["plain_M_per_s"] = median(plain_rates) / 1e6;
  state.counters["engine_ns"] = 1e9 / median(engine_rates);
  state.counters["plain_ns"] = 1e9 / median(plain_rates);
  state.counters["ratio"] = median(engine_rates) / median(plain_rates);
  state.counters["alerts"] = static_cast<double>(alerts);
}
BENCHMARK(seal_stage)
    ->Arg(10'000)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(5)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vigia::bench

BENCHMARK_MAIN();
