// From a real broker to alerts, as `vigia run` does it (journal, snapshots, alert store and outputs included), against the
// best bare librdkafka loop that only counts. Both read the same preloaded topics, in turns, in this process, with the same
// allocator and on the same processors; the broker has to share them with both. The bare loop is timed from its first
// record on; vigia from when each seal has its trip and a history as long as it stays, for a topic is longer than a test.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "app/stage_service.h"
#include "bench/bench_broker.h"
#include "bench/bench_setup.h"
#include "bench/kafka_load.h"

namespace vigia::bench {
namespace {

constexpr std::uint32_t seals = 100'000;
constexpr std::uint32_t warm_up_rounds = 24;  // of 30 s: as long as a history is kept, and more
constexpr std::uint32_t timed_rounds = 30;
constexpr std::uint32_t batch_events = 100;

// What a run of the service took, and how many revisions of alerts it wrote.
struct Run {
  Consumption events;
  double revisions = 0;
};

struct Load {
  std::string seal_topic, trip_topic;
  std::uint64_t records = 0, events = 0;  // of the pings
};

// A fleet for each partition, for a seal's events stay in one.
Load make_load(const std::string& name, std::uint32_t batch, std::uint32_t alarm_every) {
  Load load{fmt::format("{}.seal.events", name), fmt::format("{}.trip.events", name)};
  create_topic(load.seal_topic);
  create_topic(load.trip_topic);
  RecordList list;
  for (std::int32_t partition = 0; partition < kafka_partitions; ++partition) {
    constexpr auto share = seals / kafka_partitions;
    Fleet fleet(world().routes, share, static_cast<std::uint32_t>(partition) * share, alarm_every);
    list.clear();
    fleet.append_trip_starts(list);
    preload(load.trip_topic, partition, list);
    for (std::uint32_t round = 0; round < warm_up_rounds + timed_rounds; ++round) {
      list.clear();
      if (batch == 1)
        fleet.append_round(list);
      else
        fleet.append_round_of_batches(list, batch);
      preload(load.seal_topic, partition, list);
      load.records += list.size();
      load.events += fleet.seals();
    }
  }
  return load;
}

// One run of the service from the topics' beginnings until every event is applied.
Run run_vigia(const Load& load, int run, Delivery delivery) {
  auto loaded = load_stage(VIGIA_BENCH_DIR "/rules.yaml");
  if (!loaded) std::exit(1);
  const auto directory = std::filesystem::temp_directory_path() / fmt::format("vigia-bench-{}-{}", getpid(), run);
  loaded->pipeline.brokers = brokers();
  loaded->pipeline.application = fmt::format("bench-{}-{}", load.seal_topic, run);
  loaded->pipeline.outputs.journal = loaded->pipeline.application + ".journal";
  loaded->pipeline.outputs.snapshots = loaded->pipeline.application + ".snapshots";
  loaded->pipeline.outputs.configurations = loaded->pipeline.application + ".configurations";
  loaded->pipeline.delivery = delivery;
  loaded->pipeline.state_directory = directory.string();
  loaded->topics = {load.seal_topic, load.trip_topic};
  loaded->stage.sources[0].topic = load.seal_topic;
  loaded->stage.sources[1].topic = load.trip_topic;
  const auto wanted = load.events + seals;  // with the trips
  const auto warm = wanted - std::uint64_t{seals} * timed_rounds;
  Consumption done;
  double first_wall_s = 0, first_cpu_s = 0, first_events = 0;  // when it was warm
  ServiceHooks hooks;
  hooks.tick = [&](std::size_t, const EpochRunner& runner) {
    const auto applied = runner.account().applied;
    if (applied < warm || done.records != 0) return;
    if (first_wall_s == 0) {
      first_wall_s = wall_seconds();
      first_cpu_s = process_seconds();
      first_events = static_cast<double>(applied);
    }
    if (applied < wanted) return;
    done = {static_cast<double>(applied) - first_events, wall_seconds() - first_wall_s,
            process_seconds() - first_cpu_s};
  };
  hooks.stop = [&] { return done.records != 0; };
  const auto result = run_service(*loaded, 2, hooks);
  std::filesystem::remove_all(directory);
  if (!result.status.ok() || result.account.applied != wanted) {
    fmt::print(stderr, "the run failed: {} ({} of {} events applied)\n", result.status.text, result.account.applied,
               wanted);
    std::exit(1);
  }
  return {done, static_cast<double>(result.revisions)};
}

void kafka_to_alerts(benchmark::State& state) {
  const auto batch = static_cast<std::uint32_t>(state.range(0));
  const auto load = make_load(fmt::format("bench-{}-{}", batch, getpid()), batch, 0);
  std::vector<double> vigia_rates, bare_rates, vigia_cpu, bare_cpu, ratios;
  double revisions_per_event = 0;
  int run = 0;
  for (auto _ : state) {
    const auto bare = count_records(load.seal_topic, load.records);
    const auto [ours, revisions] = run_vigia(load, run++, Delivery::at_least_once);
    revisions_per_event = revisions / static_cast<double>(load.events);
    bare_rates.push_back(bare.records * batch / bare.wall_s);
    bare_cpu.push_back(bare.cpu_s / (bare.records * batch));
    vigia_rates.push_back(ours.records / ours.wall_s);
    vigia_cpu.push_back(ours.cpu_s / ours.records);
    ratios.push_back(vigia_rates.back() / bare_rates.back());
    state.SetIterationTime(ours.wall_s);
  }
  state.counters["vigia_M_per_s"] = median(vigia_rates) / 1e6;
  state.counters["bare_M_per_s"] = median(bare_rates) / 1e6;
  state.counters["ratio"] = median(ratios);
  state.counters["vigia_cpu_s_per_M"] = median(vigia_cpu) * 1e6;
  state.counters["bare_cpu_s_per_M"] = median(bare_cpu) * 1e6;
  state.counters["alert_revisions_per_k"] = revisions_per_event * 1e3;
}
// With transactions and without, in turns: an alert for every hundred events.
void exactly_once_against_at_least_once(benchmark::State& state) {
  constexpr std::uint32_t alarm_every = 100;
  const auto load = make_load(fmt::format("bench-eos-{}", getpid()), 1, alarm_every);
  std::vector<double> once_rates, least_rates, ratios;
  double revisions_per_event = 0;
  int run = 0;
  for (auto _ : state) {
    const auto [least, some] = run_vigia(load, run++, Delivery::at_least_once);
    const auto [once, revisions] = run_vigia(load, run++, Delivery::exactly_once);
    revisions_per_event = revisions / static_cast<double>(load.events);
    once_rates.push_back(once.records / once.wall_s);
    least_rates.push_back(least.records / least.wall_s);
    ratios.push_back(once_rates.back() / least_rates.back());
    state.SetIterationTime(once.wall_s);
  }
  state.counters["exactly_once_M_per_s"] = median(once_rates) / 1e6;
  state.counters["at_least_once_M_per_s"] = median(least_rates) / 1e6;
  state.counters["ratio"] = median(ratios);
  state.counters["alert_revisions_per_k"] = revisions_per_event * 1e3;
}
BENCHMARK(exactly_once_against_at_least_once)->Iterations(5)->UseManualTime()->Unit(benchmark::kSecond);

BENCHMARK(kafka_to_alerts)->Arg(1)->Arg(batch_events)->Iterations(5)->UseManualTime()->Unit(benchmark::kSecond);

}  // namespace
}  // namespace vigia::bench

int main(int argc, char** argv) { return vigia::bench::run_with_broker(argc, argv); }
