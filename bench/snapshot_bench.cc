// How long the input pauses for a snapshot of a million seals of which a tenth has changed: the times of the calls on the
// task's own thread, a slice of the keys between two epochs as the running engine takes them.
#include <benchmark/benchmark.h>

#include "bench/bench_setup.h"

namespace vigia::bench {
namespace {

constexpr std::uint32_t seals = 1'000'000;
constexpr std::uint32_t warm_up_rounds = 40;
constexpr std::size_t slice_keys = 2'000;  // as app/epoch_runner.cc

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
  task->snapshot(
      true, [](KeyImage&&) {}, meta);
  std::vector<double> pauses_s;
  double bytes = 0;
  std::uint32_t tenth = 0;
  for (auto _ : state) {
    list.clear();
    fleet.append_round(list, [&](std::uint32_t seal) { return seal % 10 == tenth; });
    tenth = (tenth + 1) % 10;
    feed(*task, list);
    std::vector<KeyImage> images;
    auto before = thread_seconds();
    const auto begun = before;
    task->begin_snapshot(false, meta);
    for (bool complete = false; !complete; before = thread_seconds()) {
      complete = task->continue_snapshot(slice_keys, [&](KeyImage&& image) { images.push_back(std::move(image)); });
      pauses_s.push_back(thread_seconds() - before);
    }
    state.SetIterationTime(before - begun);
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
