// One camera without sequence numbers says 10,000 things a second, beside 10,000 quiet ones. Once a second one of them is late,
// by up to allowed_lateness. How much longer do everybody else's epochs take, and does the memory stay within the budget?
//
// An epoch is what comes in 50 ms. Each is run on two engines alike, one of which does not get the flood.
//
// by_day: the rules find nothing in the flood; eleven minutes, as long as it is kept, the last of which is timed. after_hours: each
// motion of it is an alert, 5,000 a second; five seconds, the last of which is timed.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>

#include "bench/bench_setup.h"
#include "bench/device_site.h"
#include "connectors/spill_file.h"
#include "operators/first_stages.h"

namespace vigia::bench {
namespace {

using enum schema::CameraKind;

constexpr std::uint32_t quiet = 10'000;
constexpr std::uint32_t flooding = quiet;  // the camera behind them
constexpr TimeMs epoch_ms = 50;
constexpr TimeMs quiet_every_ms = 10'000;
constexpr std::uint32_t flood_per_s = 10'000;
constexpr std::uint64_t budget_bytes = std::uint64_t{512} << 20;
constexpr TimeMs by_day_ms = 1'772'726'400'000;    // 10:00 at the site, where the cargo zone's hours are 06:00 to 20:00
constexpr TimeMs by_night_ms = 1'772'776'800'000;  // 00:00

SimulatedEvent event_of(std::uint32_t camera, schema::CameraKind kind, std::uint32_t sequence, TimeMs at_ms,
                        std::uint32_t count = 1) {
  schema::CameraEventT event;
  event.camera_id = camera_id(camera);
  event.device_time_ms = at_ms;
  event.sequence = sequence;
  event.kind = kind;
  event.count = count;  // without numbers events of one time are told apart by their content
  return {at_ms, std::move(event)};
}

// Counts what it costs, epoch by epoch.
struct Stage {
  explicit Stage(const StageConfig& config) : task(make_first_task(config)) { task->keep_within(budget_bytes); }

  double run(const RecordList& list) {
    const auto before = thread_seconds();
    alerts += feed(*task, list, SIZE_MAX);
    const auto seconds = thread_seconds() - before;
    memory_bytes = std::max(memory_bytes, task->memory_bytes());
    return seconds;
  }

  std::unique_ptr<Task> task;
  std::size_t alerts = 0;
  std::uint64_t memory_bytes = 0;
};

// What comes in one epoch: of every camera in its turn, and the flood.
class Input {
 public:
  explicit Input(TimeMs begin_ms) : now_ms_(begin_ms) {}

  void make_next(bool with_late) {
    all.clear();
    others.clear();
    for (TimeMs i = 0; i < epoch_ms; ++i, ++now_ms_) {
      append_flood();
      const auto turn = static_cast<std::uint32_t>(now_ms_ % quiet_every_ms);
      const auto event = event_of(turn, heartbeat, sequence_of(), now_ms_);
      all.append(event, now_ms_);
      others.append(event, now_ms_);
    }
    if (!with_late) return;
    const auto late_ms = std::uniform_int_distribution<TimeMs>(1'000, 590'000)(random_);
    all.append(event_of(flooding, motion_started, 0, now_ms_ - late_ms, 1'000), now_ms_);
  }

  DeviceRecords all, others;

 private:
  void append_flood() {
    for (std::uint32_t i = 0; i < flood_per_s / 1000; ++i)
      all.append(event_of(flooding, i % 2 == 0 ? motion_started : motion_ended, 0, now_ms_, i), now_ms_);
  }
  [[nodiscard]] std::uint32_t sequence_of() const { return static_cast<std::uint32_t>(now_ms_ / quiet_every_ms); }

  TimeMs now_ms_;
  std::mt19937_64 random_{1};
};

void flood(benchmark::State& state, TimeMs begin_ms, TimeMs whole_ms, TimeMs timed_ms) {
  for (auto _ : state) {
    auto config = device_config(StreamId::camera, quiet + 1, "cargo-north");
    config.spill = spill_files("/var/tmp/vigia-flood-bench");
    Stage flooded(config), alone(config);
    Input input(begin_ms);
    std::vector<double> with_s, without_s;
    for (TimeMs at_ms = 0; at_ms < whole_ms; at_ms += epoch_ms) {
      input.make_next(at_ms % 1000 == 0);
      const auto with = flooded.run(input.all.list), without = alone.run(input.others.list);
      if (at_ms < whole_ms - timed_ms) continue;
      with_s.push_back(with);
      without_s.push_back(without);
    }
    state.counters["p99_ms"] = quantile(with_s, 0.99) * 1e3;
    state.counters["median_ms"] = median(with_s) * 1e3;
    state.counters["p99_without_ms"] = quantile(without_s, 0.99) * 1e3;
    state.counters["alerts"] = static_cast<double>(flooded.alerts);
    state.counters["memory_MiB"] = static_cast<double>(flooded.memory_bytes >> 20);
    state.counters["disk_MiB"] = static_cast<double>(flooded.task->spilled().disk_bytes >> 20);
    state.SetIterationTime(quantile(with_s, 0.99));
  }
}
void by_day(benchmark::State& state) { flood(state, by_day_ms, 660'000, 60'000); }
void after_hours(benchmark::State& state) { flood(state, by_night_ms, 5'000, 1'000); }
BENCHMARK(by_day)->Iterations(1)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(after_hours)->Iterations(1)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vigia::bench

BENCHMARK_MAIN();
