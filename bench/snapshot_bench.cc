// How long the input pauses for a snapshot of a million seals of which a tenth has changed: the time of the call on the
// task's own thread.
#include <benchmark/benchmark.h>

#include "bench/bench_setup.h"

namespace vigia::bench {
namespace {

constexpr std::uint32_t seals = 1'000'000;
constexpr std::uint32_t warm_up_rounds = 40;

void snapshot_pause(benchmark::State& state) {
  Fleet fleet(world().routes, seals);
  RecordList list;
  auto task = make_task();
  fleet.append_trip_starts(list);
  feed(*task, list);
  for (std::uint32_t round = 0; round < warm_up_rounds; ++round) {
    list.clear();
    fleet.append_round(list, [&](std::uint32_t seal) { return seal % warm_up_rounds <= round; });
    feed(*task, list);
  }
  std::string meta;
  task->snapshot(true, [](KeyImage&&) {}, meta);
  std::vector<double> pauses_s;
  double bytes = 0;
  std::uint32_t tenth = 0;
  for (auto _ : state) {
    list.clear();
    fleet.append_round(list, [&](std::uint32_t seal) { return seal % 10 == tenth; });
    tenth = (tenth + 1) % 10;
    feed(*task, list);
    std::vector<KeyImage> images;
    const auto before = thread_seconds();
    task->snapshot(false, [&](KeyImage&& image) { images.push_back(std::move(image)); }, meta);
    pauses_s.push_back(thread_seconds() - before);
    state.SetIterationTime(pauses_s.back());
    bytes = 0;
    for (const auto& image : images) bytes += static_cast<double>(image.bytes.size());
  }
  state.counters["pause_p50_ms"] = quantile(pauses_s, 0.5) * 1e3;
  state.counters["pause_p99_ms"] = quantile(pauses_s, 0.99) * 1e3;
  state.counters["MiB"] = bytes / 0x1p20;
}
BENCHMARK(snapshot_pause)->Iterations(20)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vigia::bench

BENCHMARK_MAIN();
