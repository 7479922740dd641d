#include "bench/bench_setup.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>

#include <fmt/format.h>

#include "connectors/pipeline_config.h"
#include "connectors/simulated_site.h"

namespace vigia::bench {
namespace {

[[noreturn]] void stop(const std::string& message) {
  fmt::print(stderr, "{}\n", message);
  std::exit(1);
}

World load_world() {
  auto loaded = load_pipeline(VIGIA_BENCH_DIR "/rules.yaml");
  for (const auto& error : loaded.errors)
    fmt::print(stderr, "{}:{}: {}, expected {}\n", error.file, error.line, error.found, error.expected);
  if (!loaded.ok()) stop("bench/rules.yaml can't be loaded");
  World world;
  const auto& pipeline = loaded.pipeline;
  world.config.application = pipeline.application;
  world.config.horizon_ms = pipeline.horizon_ms;
  world.config.allowed_lateness_ms = pipeline.allowed_lateness_ms;
  world.config.max_clock_skew_ms = pipeline.max_clock_skew_ms;
  for (const auto& source : pipeline.sources)
    world.config.sources.push_back({source.topic, source.stream, PayloadFormat::flatbuffers});
  world.config.rules = pipeline.rules;
  world.config.site = std::make_shared<const SiteModel>(std::move(loaded.site));
  if (const auto status = load_simulated_routes(pipeline.site_files, *world.config.site, world.routes); !status.ok())
    stop("the roads of config/site can't be loaded");
  return world;
}

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace

const World& world() {
  static const World loaded = load_world();
  return loaded;
}

std::unique_ptr<Task> make_task(unsigned threads, const ColdStoreMaker& spill) {
  auto config = world().config;
  config.threads = threads;
  config.spill = spill;
  return make_seal_task(config);
}

std::size_t feed(Task& task, const RecordList& list, std::size_t records_per_epoch) {
  std::size_t alerts = 0;
  list.for_each_epoch(records_per_epoch, [&](auto records, auto clocks, TimeMs clock_ms) {
    const auto result = task.process(records, clocks, clock_ms);
    alerts += result.alerts.size();
    if (!result.rejected.empty()) stop("a benchmark's record was rejected: " + result.rejected.front().reason);
    if (!result.account.adds_up()) stop("the account does not add up");
    if (const auto fault = task.fault(); !fault.empty()) stop(fault);
  });
  return alerts;
}

double thread_seconds() { return seconds_of(CLOCK_THREAD_CPUTIME_ID); }
double process_seconds() { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }
double process_seconds(pid_t process) {
  clockid_t clock{};
  return clock_getcpuclockid(process, &clock) == 0 ? seconds_of(clock) : NAN;
}
double wall_seconds() { return seconds_of(CLOCK_MONOTONIC); }

double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return NAN;
  std::sort(values.begin(), values.end());
  const auto at = std::ceil(share * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(1.0, at)) - 1];
}

}  // namespace vigia::bench
