// Correlations: signals as they come off the topic, to incidents, in memory, on one thread. A hundred rules, of which a signal
// is of one; a million groups, each of which has been heard before the clock is started.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <fstream>
#include <random>
#include <stdexcept>

#include <unistd.h>

#include "bench/bench_setup.h"
#include "connectors/sigma_files.h"
#include "engine/signal_record.h"
#include "operators/correlation_task.h"
#include "operators/sigma_findings.h"

namespace vigia::bench {
namespace {

constexpr int rules = 100;
constexpr TimeMs begin_ms = 1'772'668'800'000;

std::shared_ptr<const SigmaPlan> plan() {
  std::string text;
  for (int i = 0; i < rules; ++i)
    text += fmt::format(
        "---\nname: d{0}\nlogsource: {{product: test}}\ndetection: {{s: {{event.action: a{0}}}, condition: s}}\n"
        "---\nname: j{0}\ncorrelation: {{type: event_count, rules: [d{0}], group-by: [user.name], timespan: 10m, "
        "condition: {{gte: 5}}}}\n",
        i);
  Diagnostics diagnostics;
  auto made = plan_sigma_files({{"rules.yml", text}}, {}, diagnostics);
  if (!made) throw std::runtime_error(format_errors(diagnostics.errors));
  return made;
}

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

class Signals {
 public:
  explicit Signals(std::size_t groups) : groups_(groups) {}

  // A signal of the group, a little later than the last one.
  void append(std::size_t group, RecordList& list) {
    Signal signal;
    signal.signal_id = fmt::format("{:032x}", random_());
    std::swap_ranges(signal.signal_id.begin(), signal.signal_id.begin() + 16, signal.signal_id.begin() + 16);
    signal.revision = 1;
    signal.rule_id = fmt::format("j{}", group % rules);
    signal.group = {fmt::format("user-{}", group)};
    signal.start_ms = signal.end_ms = signal.broker_ms = begin_ms + static_cast<TimeMs>(count_++ / 1000);
    set_correlation_event(signal, 1, 0);
    list.add({TopicIndex{0}, PartitionId{0}, Offset{static_cast<std::int64_t>(count_)}, signal.broker_ms},
             record_key(signal), record_value(signal));
  }
  void append_some(std::size_t count, RecordList& list) {
    while (count-- > 0) append(random_() % groups_, list);
  }

 private:
  std::size_t groups_;
  std::mt19937_64 random_{1};
  std::uint64_t count_ = 0;
};

void correlation(benchmark::State& state) {
  const auto groups = static_cast<std::size_t>(state.range(0));
  CorrelationOptions options;
  options.application = "bench";
  options.keep_ms = 24 * 3'600'000;
  Signals signals(groups);
  RecordList list;
  for (std::size_t i = 0; i < 100'000; ++i) signals.append(0, list);  // whose memory is there before it is measured
  list.clear();
  const auto before_bytes = resident_bytes();
  CorrelationTask task(plan(), options);
  for (std::size_t group = 0; group < groups; ++group) {
    signals.append(group, list);
    if (list.size() < 100'000 && group + 1 < groups) continue;
    feed(task, list);
    list.clear();
  }
  const auto grown_bytes = resident_bytes() - before_bytes;
  std::vector<double> rates;
  std::size_t alerts = 0;
  for (auto _ : state) {
    list.clear();
    signals.append_some(400'000, list);
    const auto before_s = thread_seconds();
    alerts += feed(task, list);
    const auto seconds = thread_seconds() - before_s;
    rates.push_back(static_cast<double>(list.size()) / seconds);
    state.SetIterationTime(seconds);
  }
  state.counters["M_per_s"] = median(rates) / 1e6;
  state.counters["alerts"] = static_cast<double>(alerts);
  state.counters["groups"] = static_cast<double>(task.key_count());
  state.counters["resident_B_per_group"] = grown_bytes / static_cast<double>(groups);  // with the one time kept
}
// One group that has so many events in its window, and hears the next ones one by one, each an epoch of its own.
void hot_group(benchmark::State& state) {
  CorrelationOptions options;
  options.application = "bench";
  options.keep_ms = 24 * 3'600'000;
  CorrelationTask task(plan(), options);
  Signals signals(1);
  RecordList list;
  for (std::int64_t i = 0; i < state.range(0); ++i) signals.append(0, list);
  feed(task, list);
  std::vector<double> costs;
  for (auto _ : state) {
    list.clear();
    signals.append_some(1'000, list);
    const auto before_s = thread_seconds();
    feed(task, list, 1);
    const auto seconds = thread_seconds() - before_s;
    costs.push_back(seconds / static_cast<double>(list.size()));
    state.SetIterationTime(seconds);
  }
  state.counters["us_per_signal"] = median(costs) * 1e6;
}
BENCHMARK(hot_group)->Arg(1'000)->Arg(10'000)->Arg(100'000)->Iterations(5)->UseManualTime()->Unit(
    benchmark::kMillisecond);
BENCHMARK(correlation)->Arg(1'000'000)->Iterations(5)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vigia::bench

BENCHMARK_MAIN();
