// EpochRunner and its configuration: each task changes to the one that holds, at an epoch of its own (docs/reload.md).
#include <memory>
#include <utility>

#include <spdlog/spdlog.h>

#include "app/epoch_runner.h"
#include "engine/parallel.h"

namespace vigia {

// The change is in the journal before anything that is judged by it, like every epoch.
Status EpochRunner::follow_configuration() {
  if (parts_.configurations == nullptr) return Status::good();
  const ConfigurationHash wanted = parts_.configurations->current();
  struct Change {
    StageTask* task;
    std::unique_ptr<Task> next;
    EpochResult result = {};
  };
  std::vector<Change> changes;
  for (const auto& task : tasks_) {
    if (task->configuration == wanted) continue;
    changes.push_back({task.get(), nullptr});
    if (Status status = parts_.configurations->make_task(wanted, changes.back().next); !status.ok()) return status;
  }
  for_each_index(changes.size(), [&](std::size_t i) {
    Change& change = changes[i];
    change.result = change.next->take_over(*change.task->task);
  });
  auto epoch = std::make_unique<AppliedEpoch>();
  for (Change& change : changes) {
    StageTask& task = *change.task;
    task.adopt(std::move(change.next), wanted);
    if (Status status = check(task); !status.ok()) return status;
    if (task.epoch == 0) continue;  // it has read nothing yet
    epoch->entries.push_back(entry_of_change(task));
    epoch->progress.push_back(task.progress());
    epoch->progress.back().partitions = parts_.source.partition_count();
    spdlog::info("{}: judged by configuration {} from epoch {} on; {} alert revisions follow from it", task.name,
                 wanted.text(), task.epoch, change.result.alerts.size());
    epoch->results.push_back(std::move(change.result));
  }
  if (!epoch->entries.empty()) publisher_.add(std::move(epoch));
  return Status::good();
}

JournalEntry EpochRunner::entry_of_change(StageTask& task) {
  JournalEntry entry;
  entry.task = task.name;
  entry.partition = task.partition;
  entry.epoch = ++task.epoch;
  entry.term = task.term;
  entry.clock_ms = task.clock.clock_ms();
  entry.configuration = task.configuration;
  return entry;
}

}  // namespace vigia
