// A late record that makes a day of a busy door be folded again: 5,000 events of grants, openings and closings, and a record
// from before them, which the numbers had announced. What does its epoch cost, which holds nothing else?
//
// to_the_end: a badge refused, which repeated_denials remembers for good: no state of the day is what it was. converging: a
// request to exit, which the next grant overrides: it is enough to fold some events again.
#include <benchmark/benchmark.h>

#include "bench/bench_setup.h"
#include "bench/device_site.h"
#include "operators/first_stages.h"

namespace vigia::bench {
namespace {

using enum schema::AccessKind;

constexpr std::uint32_t doors = 200;
constexpr std::uint32_t day_events = 5'000;
constexpr TimeMs begin_ms = 1'772'668'800'000;
constexpr TimeMs passage_ms = 51'000;  // 23.6 h of them: granted, opened, closed

SimulatedEvent event_of(std::uint32_t door, schema::AccessKind kind, std::uint32_t sequence, TimeMs at_ms) {
  schema::AccessEventT event;
  event.door_id = door_id(door);
  event.device_time_ms = at_ms;
  event.sequence = sequence;
  event.kind = kind;
  if (kind == badge_granted || kind == badge_denied) event.holder_id = "holder-" + std::to_string(door);
  return {at_ms, std::move(event)};
}

void late_record(benchmark::State& state, schema::AccessKind late) {
  for (auto _ : state) {
    const auto task = make_first_task(device_config(StreamId::access, doors));
    DeviceRecords records;
    for (std::uint32_t door = 0; door < doors; ++door)
      records.append(event_of(door, heartbeat, 1, begin_ms), begin_ms + door);
    constexpr schema::AccessKind story[] = {badge_granted, door_opened, door_closed};
    constexpr TimeMs story_ms[] = {0, 3'000, 8'000};
    TimeMs at_ms = begin_ms;
    for (std::uint32_t i = 0; i < day_events; ++i) {
      at_ms = begin_ms + (i / 3 + 1) * passage_ms + story_ms[i % 3];
      for (std::uint32_t door = 0; door < doors; ++door)
        records.append(event_of(door, story[i % 3], i + 3, at_ms), at_ms + door);  // the number 2 is owed
    }
    feed(*task, records.list);
    std::vector<double> seconds;
    for (std::uint32_t door = 0; door < doors; ++door) {
      records.clear();
      records.append(event_of(door, late, 2, begin_ms + 1000), at_ms + 1000);
      const auto before = thread_seconds();
      feed(*task, records.list);
      seconds.push_back(thread_seconds() - before);
    }
    state.counters["median_ms"] = median(seconds) * 1e3;
    state.counters["p99_ms"] = quantile(seconds, 0.99) * 1e3;
    state.SetIterationTime(median(seconds));
  }
}
void to_the_end(benchmark::State& state) { late_record(state, badge_denied); }
void converging(benchmark::State& state) { late_record(state, exit_requested); }
BENCHMARK(to_the_end)->Iterations(3)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(converging)->Iterations(3)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vigia::bench

BENCHMARK_MAIN();
