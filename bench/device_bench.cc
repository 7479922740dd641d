// All operators on doors and on cameras, FlatBuffers bytes to alerts, in memory, on one thread; the rules are those of
// config/guarded-site.yaml, for 100,000 doors or cameras that are all in the site model.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "bench/bench_setup.h"
#include "bench/device_site.h"
#include "operators/first_stages.h"

namespace vigia::bench {
namespace {

constexpr std::uint32_t devices = 100'000;
constexpr TimeMs begin_ms = 1'772'668'800'000;
constexpr TimeMs round_ms = 60'000;
constexpr std::size_t chunk_records = 1'000'000;

// Of each door in turn: a grant, an opening, a closing, now and then a grant that is refused.
SimulatedEvent door_event(std::uint32_t door, std::uint32_t round, TimeMs at_ms) {
  using enum schema::AccessKind;
  constexpr schema::AccessKind story[] = {badge_granted, door_opened, door_closed, badge_denied};
  schema::AccessEventT event;
  event.door_id = door_id(door);
  event.device_time_ms = at_ms;
  event.sequence = round + 1;
  event.kind = story[round % 4];
  event.holder_id = round % 4 == 0 || round % 4 == 3 ? fmt::format("holder-{}", (door + round) % 5000) : "";
  return {at_ms, std::move(event)};
}

// Of each camera in turn: motion, what it was, the end of it, a heartbeat.
SimulatedEvent camera_event(std::uint32_t camera, std::uint32_t round, TimeMs at_ms) {
  using enum schema::CameraKind;
  constexpr schema::CameraKind story[] = {motion_started, object, motion_ended, heartbeat};
  schema::CameraEventT event;
  event.camera_id = camera_id(camera);
  event.device_time_ms = at_ms;
  event.sequence = round + 1;
  event.kind = story[round % 4];
  if (event.kind == object) event.object_class = "person", event.track_id = fmt::format("t{}", round);
  return {at_ms, std::move(event)};
}

void run(benchmark::State& state, StreamId stream, SimulatedEvent (*make)(std::uint32_t, std::uint32_t, TimeMs)) {
  const auto task = make_first_task(device_config(stream, devices));
  DeviceRecords records;
  std::uint64_t next = 0;
  const auto append = [&](std::size_t count) {
    records.clear();
    for (; count > 0; --count, ++next) {
      const auto device = static_cast<std::uint32_t>(next % devices),
                 round = static_cast<std::uint32_t>(next / devices);
      // Of one grant and opening each the second is at most 10 s later.
      const auto at_ms = begin_ms + round / 2 * round_ms + round % 2 * 5'000 + device / 20;
      records.append(make(device, round, at_ms), at_ms);
    }
  };
  for (int round = 0; round < 30; round += 10) {
    append(10 * devices);
    feed(*task, records.list);
  }
  std::vector<double> rates;
  std::size_t alerts = 0;
  for (auto _ : state) {
    append(chunk_records);
    const auto before_s = thread_seconds();
    alerts += feed(*task, records.list);
    const auto seconds = thread_seconds() - before_s;
    rates.push_back(static_cast<double>(records.list.size()) / seconds);
    state.SetIterationTime(seconds);
  }
  state.counters["M_per_s"] = median(rates) / 1e6;
  state.counters["alerts"] = static_cast<double>(alerts);
  state.counters["bytes_per_device"] = static_cast<double>(task->memory_bytes()) / devices;
}
void doors(benchmark::State& state) { run(state, StreamId::access, door_event); }
void cameras(benchmark::State& state) { run(state, StreamId::camera, camera_event); }
BENCHMARK(doors)->Iterations(5)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(cameras)->Iterations(5)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vigia::bench

BENCHMARK_MAIN();
