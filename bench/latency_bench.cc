// From an event to its committed alert, with a real broker on the same machine: how long after the time at which the event
// was to be sent a read_committed reader has the alert. Sending keeps to its schedule, so an event that had to wait
// because the engine or the broker was slow counts from when it should have gone (no coordinated omission). All samples are
// kept, so the quantiles are exact.
//
// One event in a hundred is an alarm. Arguments: 1: exactly_once, 0: at_least_once; events a second.
#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <flatbuffers/flatbuffers.h>
#include <fmt/format.h>
#include <unistd.h>

#include "app/stage_service.h"
#include "bench/alert_reader.h"
#include "bench/bench_broker.h"
#include "bench/bench_setup.h"
#include "bench/kafka_load.h"
#include "bench/scheduled_sender.h"
#include "schemas/seal_event_generated.h"

namespace vigia::bench {
namespace {

constexpr int seconds = 20;
constexpr int warm_up_s = 30;  // the broker is Java: what runs rarely is compiled late
constexpr int alarm_every = 100;
constexpr int seals = 1000;

// Each event's device time is the time at which it is to be sent: that of its alert is the same.
class Pings {
 public:
  explicit Pings(std::string topic) : topic_(std::move(topic)), sequence_(seals, 0) {}

  OutgoingRecord make(std::uint64_t n, double due_ms) {
    const auto seal = static_cast<int>(n % seals);
    seal_id_ = fmt::format("S-{:05}", seal);
    // Every seal's n-th event is an alarm, at another n for each.
    const bool alarm = (n / seals + static_cast<std::uint64_t>(seal)) % alarm_every == 0;
    builder_.Clear();
    const auto name = builder_.CreateString(seal_id_);
    schema::SealEventBuilder event(builder_);
    event.add_seal_id(name);
    event.add_device_time_ms(static_cast<TimeMs>(due_ms));
    event.add_sequence(++sequence_[static_cast<std::size_t>(seal)]);
    event.add_lock(alarm ? schema::Lock::tampered : schema::Lock::closed);
    builder_.Finish(event.Finish(), schema::SealEventIdentifier());
    const auto* bytes = reinterpret_cast<const char*>(builder_.GetBufferPointer());
    return {topic_, -1, 0, seal_id_, {bytes, builder_.GetSize()}};
  }

 private:
  std::string topic_, seal_id_;
  std::vector<std::uint32_t> sequence_;
  flatbuffers::FlatBufferBuilder builder_;
};

// Milliseconds from the time of each event from `from_ms` on to its alert's arrival.
std::vector<double> waits_ms(const AlertReader& reader, double from_ms) {
  std::vector<double> waits;
  for (const auto& alert : reader.arrivals()) {
    const auto start_ms = static_cast<double>(alert.start_ms);
    if (start_ms >= from_ms) waits.push_back(alert.arrived_ms - start_ms);
  }
  return waits;
}

void event_to_committed_alert(benchmark::State& state) {
  const auto delivery = state.range(0) == 1 ? Delivery::exactly_once : Delivery::at_least_once;
  const auto per_s = static_cast<double>(state.range(1));
  const std::string name = fmt::format("latency-{}-{}-{}", state.range(0), state.range(1), getpid());
  create_topic(name + ".seal");
  create_topic(name + ".trip");
  auto loaded = load_stage(VIGIA_BENCH_DIR "/rules.yaml");
  if (!loaded) std::exit(1);
  const auto directory = std::filesystem::temp_directory_path() / name;
  loaded->pipeline.brokers = brokers();
  loaded->pipeline.application = name;
  loaded->pipeline.delivery = delivery;
  loaded->pipeline.clock = ClockMode::wall;
  loaded->pipeline.state_directory = directory.string();
  loaded->pipeline.outputs.alerts = name + ".alerts";
  loaded->pipeline.outputs.journal = name + ".journal";
  loaded->pipeline.outputs.snapshots = name + ".snapshots";
  loaded->pipeline.outputs.configurations = name + ".configurations";
  loaded->topics = {name + ".seal", name + ".trip"};
  loaded->stage.sources[0].topic = loaded->topics[0];
  loaded->stage.sources[1].topic = loaded->topics[1];
  for (auto& rule : loaded->stage.rules) {
    if (rule.kind == "seal_tampered") rule.scope = Scope::always;
  }
  for (auto _ : state) {
    std::atomic<bool> stop = false;
    std::thread engine([&] {
      ServiceHooks hooks;
      hooks.stop = [&] { return stop.load(); };
      require(run_service(*loaded, 2, hooks).status);
    });
    const AlertReader reader(name + ".alerts");
    const double from_ms = now_ms() + warm_up_s * 1000.0;
    {
      Pings pings(loaded->topics[0]);
      const ScheduledSender sender(per_s, [&](std::uint64_t n, double due_ms) { return pings.make(n, due_ms); });
      std::this_thread::sleep_for(std::chrono::seconds(warm_up_s + seconds));
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));
    stop = true;
    engine.join();
    const auto waits = waits_ms(reader, from_ms);
    state.SetIterationTime(seconds);
    state.counters["alerts"] = static_cast<double>(waits.size());
    state.counters["p50_ms"] = quantile(waits, 0.5);
    state.counters["p99_ms"] = quantile(waits, 0.99);
    state.counters["max_ms"] = quantile(waits, 1);
  }
  std::filesystem::remove_all(directory);
}
BENCHMARK(event_to_committed_alert)
    ->Args({1, 5'000})
    ->Args({1, 50'000})
    ->Args({0, 50'000})
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kSecond);

}  // namespace
}  // namespace vigia::bench

int main(int argc, char** argv) { return vigia::bench::run_with_broker(argc, argv); }
