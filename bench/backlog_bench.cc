// A seal that was without coverage for a day comes back: its live ping first, then 2,879 buffered ones, newest first. How
// much dearer is that than the same day in order, and do the others notice?
//
// Epochs are of 32 and of 1024 records; a quarter of each is the one seal's, the rest are pings of 20,000 others. The time
// of the one seal is what its records add to the others' (each epoch is run with and without them on two engines alike).
#include <benchmark/benchmark.h>

#include <algorithm>

#include "bench/bench_setup.h"

namespace vigia::bench {
namespace {

constexpr std::uint32_t others = 20'000;
constexpr std::uint32_t day_pings = 2880;
constexpr int days = 3;  // one after the other, of as many seals

enum class Arrival { in_order, newest_first };

struct Epoch {
  std::vector<InputRecord> records;
  std::vector<TimeMs> clocks;
};

// One engine, its fleet, and the seals that were away.
class Stage {
 public:
  explicit Stage(std::uint32_t first_seal)
      : task_(make_task()),
        fleet_(world().routes, others, first_seal),
        lost_(world().routes, days, first_seal + others) {
    fleet_.append_trip_starts(list_);
    lost_.append_trip_starts(list_);
    feed(*task_, list_);
  }

  // The epochs of one day's backlog; `with_lost` leaves the lost seal's records in.
  std::vector<double> run(std::uint32_t seal, Arrival arrival, std::size_t epoch_size, bool with_lost);

 private:
  void make_others(std::size_t count);
  void make_lost(std::uint32_t seal, Arrival arrival);

  std::unique_ptr<Task> task_;
  Fleet fleet_, lost_;
  RecordList list_, day_, first_;
};

void Stage::make_others(std::size_t count) {
  list_.clear();
  while (list_.size() < count) fleet_.append_round(list_);
}

// All read in the seconds after the last was made: that is what a backlog is.
void Stage::make_lost(std::uint32_t seal, Arrival arrival) {
  day_.clear();
  const auto last = day_pings + 1;
  const auto read_ms = lost_.device_ms(seal, last) + 2000;
  if (arrival == Arrival::newest_first) {
    for (auto round = last; round >= 2; --round) lost_.append_ping(day_, seal, round, round, read_ms, round != last);
  } else {
    for (std::uint32_t round = 2; round <= last; ++round)
      lost_.append_ping(day_, seal, round, round, read_ms, round != last);
  }
}

std::vector<double> Stage::run(std::uint32_t seal, Arrival arrival, std::size_t epoch_size, bool with_lost) {
  const auto quarter = epoch_size / 4;
  first_.clear();
  lost_.append_ping(first_, seal, 1, 1, lost_.device_ms(seal, 1) + 2000, false);
  feed(*task_, first_);
  make_lost(seal, arrival);
  const auto epochs = (day_.size() + quarter - 1) / quarter;
  make_others(epochs * (epoch_size - quarter));
  std::vector<double> seconds;
  Epoch epoch;
  TimeMs clock_ms = 0;
  for (std::size_t i = 0; i < epochs; ++i) {
    epoch.records.clear();
    epoch.clocks.clear();
    const auto take = [&](const RecordList& list, std::size_t count) {
      const auto from = std::min(list.size(), i * count);
      for (std::size_t at = from; at < std::min(list.size(), from + count); ++at) {
        clock_ms = std::max(clock_ms, list.records()[at].broker_ms);
        epoch.records.push_back(list.records()[at]);
        epoch.clocks.push_back(clock_ms);
      }
    };
    if (with_lost) take(day_, quarter);
    take(list_, epoch_size - quarter);
    const auto before = thread_seconds();
    benchmark::DoNotOptimize(task_->process(epoch.records, epoch.clocks, clock_ms));
    seconds.push_back(thread_seconds() - before);
  }
  return seconds;
}

double sum(const std::vector<double>& values) {
  double total = 0;
  for (const auto value : values) total += value;
  return total;
}

void backlog(benchmark::State& state) {
  const auto epoch_size = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    Stage newest_first(0), in_order(0), without(0);
    std::vector<double> late, ordered, alone;
    for (std::uint32_t day = 0; day < days; ++day) {
      const auto append = [](std::vector<double>& to, std::vector<double> from) {
        to.insert(to.end(), from.begin(), from.end());
      };
      append(late, newest_first.run(day, Arrival::newest_first, epoch_size, true));
      append(ordered, in_order.run(day, Arrival::in_order, epoch_size, true));
      append(alone, without.run(day, Arrival::in_order, epoch_size, false));
    }
    const auto late_s = (sum(late) - sum(alone)) / days;
    const auto ordered_s = (sum(ordered) - sum(alone)) / days;
    state.counters["newest_first_ms"] = late_s * 1e3;
    state.counters["in_order_ms"] = ordered_s * 1e3;
    state.counters["ratio"] = late_s / ordered_s;
    state.counters["others_p99_us"] = quantile(alone, 0.99) * 1e6;
    state.counters["others_p99_meanwhile_us"] = quantile(late, 0.99) * 1e6;
    state.counters["p99_ratio"] = quantile(late, 0.99) / quantile(ordered, 0.99);
    state.SetIterationTime(late_s);
  }
}
BENCHMARK(backlog)->Arg(32)->Arg(1024)->Iterations(1)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vigia::bench

BENCHMARK_MAIN();
