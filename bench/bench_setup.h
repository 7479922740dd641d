// What every benchmark begins with: the fixed rules, the site and its roads, loaded once, and an engine over them.
#pragma once

#include <sys/types.h>

#include <memory>
#include <vector>

#include "bench/fleet.h"
#include "engine/task.h"
#include "operators/seal_stage.h"

namespace vigia::bench {

struct World {
  StageConfig config;
  std::vector<SimulatedRoute> routes;
};

// Ends the process with a message when bench/rules.yaml or the site can't be loaded.
[[nodiscard]] const World& world();

[[nodiscard]] std::unique_ptr<Task> make_task(unsigned threads = 1, const ColdStoreMaker& spill = {});

// The records of an epoch in the benchmarks.
inline constexpr std::size_t epoch_records = 4096;

// Hands all records to the task in epochs; returns the number of alerts. Ends the process when the account does not add up
// or something was rejected: a benchmark of rejections would be quick.
std::size_t feed(Task& task, const RecordList& list, std::size_t records_per_epoch = epoch_records);

// CPU seconds of the calling thread: what it cost, whoever else is using the machine.
[[nodiscard]] double thread_seconds();
[[nodiscard]] double process_seconds();
[[nodiscard]] double process_seconds(pid_t process);  // of another one
[[nodiscard]] double wall_seconds();

[[nodiscard]] double median(std::vector<double> values);
// The smallest value that at least `share` of the values do not exceed.
[[nodiscard]] double quantile(std::vector<double> values, double share);

}  // namespace vigia::bench
