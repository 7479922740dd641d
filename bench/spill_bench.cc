// State beyond memory. Each way runs in a process of its own, so that its resident memory can be told.
//
// all_speak: every seal pings each round, in another order each time, with memory for half of what that takes, against the
// same with all in memory. The same records must give the same account and the same alerts.
// few_speak: ten million seals are on trips and have spoken once; one in a hundred goes on speaking.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <fstream>
#include <limits>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include <xxhash.h>

#include "bench/bench_setup.h"
#include "connectors/spill_file.h"

namespace vigia::bench {
namespace {

constexpr std::uint32_t join_spread = 48;  // as in memory_bench.cc
constexpr std::uint32_t warm_up_rounds = 60;
constexpr std::uint32_t timed_rounds = 4;
constexpr std::uint32_t fleet_seals = 100'000;
constexpr std::uint32_t piece_seals = 20'000;
constexpr std::size_t epoch_of_many = 4'096;

std::string spill_directory() {
  const char* set = std::getenv("VIGIA_STATE");
  return std::string(set != nullptr ? set : "/var/tmp") + "/vigia-spill-bench";
}

double status_bytes(const std::string& name) {  // of this process
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1)) * 1024;
  return 0;
}

struct Outcome {
  double events = 0, seconds = 0, cpu_seconds = 0;
  double accounted_bytes = 0, resident_bytes = 0, peak_resident_bytes = 0;
  double spilled_keys = 0, disk_bytes = 0, brought_back = 0, blocks_read = 0;  // the last two while the time was taken
  std::uint64_t applied = 0, alerts = 0, alert_hash = 0;
};

// Alerts of all epochs, whatever their order within an epoch was: the engine fixes it.
void feed_timed(Task& task, const RecordList& list, Outcome& outcome) {
  const auto spilled_before = task.spilled();
  const auto before = wall_seconds(), cpu_before = process_seconds();
  list.for_each_epoch(epoch_of_many, [&](auto records, auto clocks, TimeMs clock_ms) {
    const auto result = task.process(records, clocks, clock_ms);
    for (const auto& alert : result.alerts) {
      outcome.alert_hash =
          XXH3_64bits_withSeed(alert.alert_id.data(), alert.alert_id.size(), outcome.alert_hash + alert.revision);
      ++outcome.alerts;
    }
  });
  outcome.seconds += wall_seconds() - before;
  outcome.cpu_seconds += process_seconds() - cpu_before;
  outcome.events += static_cast<double>(list.size());
  const auto spilled = task.spilled();
  outcome.brought_back += static_cast<double>(spilled.brought_back - spilled_before.brought_back);
  outcome.blocks_read += static_cast<double>(spilled.blocks_read - spilled_before.blocks_read);
}

void close_account(const Task& task, Outcome& outcome) {
  const auto account = task.total_account();
  if (!account.adds_up() || !task.fault().empty()) std::exit(1);
  outcome.applied = account.applied;
  outcome.accounted_bytes = static_cast<double>(task.memory_bytes());
  outcome.resident_bytes = status_bytes("VmRSS");
  outcome.peak_resident_bytes = status_bytes("VmHWM");
  outcome.spilled_keys = static_cast<double>(task.spilled().keys);
  outcome.disk_bytes = static_cast<double>(task.spilled().disk_bytes);
}

// Pings of a round, in pieces: the records themselves shall not be what takes the memory.
template <class Each>
void for_each_piece_of_round(Fleet& fleet, RecordList& list, std::uint32_t round, std::uint32_t joined_of,
                             Each&& each) {
  const auto seals = fleet.seals();
  // Another prime a round: each order meets each seal once.
  constexpr std::uint32_t strides[] = {1'000'003, 1'500'007, 2'000'003, 2'500'009, 3'000'017, 3'500'017, 4'000'037};
  const std::uint64_t stride = strides[round % std::size(strides)];
  std::uint64_t seal = stride * round % seals;
  for (std::uint32_t i = 0; i < seals; ++i, seal = (seal + stride) % seals) {
    const auto number = static_cast<std::uint32_t>(seal);
    const auto joined = number % join_spread;
    if (joined > joined_of) continue;
    const auto read_ms = fleet_begin_ms + round * ping_every_ms + 1000 +
                         static_cast<TimeMs>(std::uint64_t{i} * (ping_every_ms - 1) / seals);
    fleet.append_ping(list, number, round, round - std::min(round - 1, joined), read_ms, false);
    if (list.size() == 4 * epoch_of_many || i + 1 == seals) {
      each();
      list.clear();
    }
  }
  if (list.size() > 0) each();
  list.clear();
}

Outcome all_speak(std::uint32_t seals, std::uint64_t budget_bytes) {
  Outcome outcome, untimed;
  auto task = make_task(1, spill_files(spill_directory()));
  task->keep_within(budget_bytes);
  RecordList list;
  for (std::uint32_t first = 0; first < seals; first += piece_seals) {
    Fleet(world().routes, std::min(piece_seals, seals - first), first).append_trip_starts(list);
    feed_timed(*task, list, untimed);
    list.clear();
  }
  Fleet fleet(world().routes, seals);
  for (std::uint32_t round = 1; round <= warm_up_rounds + timed_rounds; ++round)
    for_each_piece_of_round(fleet, list, round, round - 1,
                            [&] { feed_timed(*task, list, round > warm_up_rounds ? outcome : untimed); });
  outcome.alerts += untimed.alerts;
  outcome.alert_hash ^= untimed.alert_hash;
  close_account(*task, outcome);
  return outcome;
}

Outcome few_speak(std::uint32_t seals, std::uint64_t budget_bytes) {
  Outcome outcome, untimed;
  auto task = make_task(1, spill_files(spill_directory()));
  task->keep_within(budget_bytes);
  RecordList list;
  for (std::uint32_t first = fleet_seals; first < seals; first += piece_seals) {
    Fleet silent(world().routes, piece_seals, first);
    silent.append_trip_starts(list);
    silent.append_round(list);
    feed_timed(*task, list, untimed);
    list.clear();
  }
  Fleet speaking(world().routes, fleet_seals);
  speaking.append_trip_starts(list);
  for (std::uint32_t round = 1; round <= 24; ++round) {
    speaking.append_round(list);
    feed_timed(*task, list, round > 4 ? outcome : untimed);
    list.clear();
  }
  close_account(*task, outcome);
  return outcome;
}

template <class Work>
Outcome in_a_process(Work&& work) {
  int ends[2];
  if (pipe(ends) != 0) std::exit(1);
  const auto child = fork();
  if (child == 0) {
    const Outcome outcome = work();
    _exit(write(ends[1], &outcome, sizeof outcome) == sizeof outcome ? 0 : 1);
  }
  close(ends[1]);
  Outcome outcome;
  if (read(ends[0], &outcome, sizeof outcome) != sizeof outcome) {
    std::fprintf(stderr, "a run has failed\n");
    std::exit(1);
  }
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return outcome;
}

constexpr double mebibyte = 1024.0 * 1024;

void half_in_memory(benchmark::State& state) {
  const auto seals = static_cast<std::uint32_t>(state.range(0));
  for (auto _ : state) {
    const auto all = in_a_process([&] { return all_speak(seals, std::numeric_limits<std::uint64_t>::max()); });
    const auto half =
        in_a_process([&] { return all_speak(seals, static_cast<std::uint64_t>(all.accounted_bytes / 2)); });
    if (half.applied != all.applied || half.alerts != all.alerts || half.alert_hash != all.alert_hash)
      state.SkipWithError("the results differ");
    state.SetIterationTime(half.seconds);
    state.counters["all_M_per_s"] = all.events / all.seconds / 1e6;
    state.counters["half_M_per_s"] = half.events / half.seconds / 1e6;
    state.counters["ratio"] = (half.events / half.seconds) / (all.events / all.seconds);
    state.counters["all_cpu_ns"] = all.cpu_seconds / all.events * 1e9;
    state.counters["half_cpu_ns"] = half.cpu_seconds / half.events * 1e9;
    state.counters["all_MiB"] = all.accounted_bytes / mebibyte;
    state.counters["half_MiB"] = half.accounted_bytes / mebibyte;
    state.counters["all_resident_MiB"] = all.resident_bytes / mebibyte;
    state.counters["half_resident_MiB"] = half.resident_bytes / mebibyte;
    state.counters["spilled_keys"] = half.spilled_keys;
    state.counters["disk_MiB"] = half.disk_bytes / mebibyte;
    state.counters["alerts"] = static_cast<double>(half.alerts);
    state.counters["back_per_event"] = half.brought_back / half.events;
    state.counters["blocks_per_event"] = half.blocks_read / half.events;
  }
}
BENCHMARK(half_in_memory)->Arg(200'000)->Arg(2'000'000)->Iterations(1)->UseManualTime()->Unit(benchmark::kSecond);

void one_in_a_hundred(benchmark::State& state) {
  const auto seals = static_cast<std::uint32_t>(state.range(0));
  for (auto _ : state) {
    const auto alone = in_a_process([&] { return few_speak(fleet_seals, std::numeric_limits<std::uint64_t>::max()); });
    const auto all = in_a_process([&] { return few_speak(seals, std::uint64_t{480} << 20); });
    state.SetIterationTime(all.seconds);
    state.counters["M_per_s"] = all.events / all.seconds / 1e6;
    state.counters["alone_M_per_s"] = alone.events / alone.seconds / 1e6;
    state.counters["peak_resident_MiB"] = all.peak_resident_bytes / mebibyte;
    state.counters["accounted_MiB"] = all.accounted_bytes / mebibyte;
    state.counters["spilled_keys"] = all.spilled_keys;
    state.counters["disk_MiB"] = all.disk_bytes / mebibyte;
  }
}
BENCHMARK(one_in_a_hundred)->Arg(1'000'000)->Arg(10'000'000)->Iterations(1)->UseManualTime()->Unit(benchmark::kSecond);

}  // namespace
}  // namespace vigia::bench

int main(int argc, char** argv) {
  static_cast<void>(vigia::bench::world());
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
