#include "app/task_restore.h"

#include <optional>

#include <spdlog/spdlog.h>

namespace vigia {

Status TaskRestore::bring(PartitionId number, std::uint64_t budget_bytes, std::unique_ptr<StageTask>& out) {
  if (Status status = make_task_(number, {}, out); !status.ok()) return status;
  if (sharing_ != nullptr) {
    if (Status status = sharing_->bring({out->name, number}); !status.ok()) return status;
  }
  std::optional<SnapshotHead> head;
  if (Status status = snapshots_.head(out->name, head); !status.ok()) return status;
  if (head && head->configuration.is_known() && head->configuration != out->configuration) {
    if (Status status = make_task_(number, head->configuration, out); !status.ok()) return status;
  }
  out->task->keep_within(budget_bytes);
  return Status::good();
}

Status TaskRestore::load(StageTask& task) const {
  std::optional<SnapshotHead> head;
  if (Status status = snapshots_.restore(task.name, *task.task, head); !status.ok()) return status;
  if (!head) return Status::good();
  task.go_on_from(*head);
  spdlog::info("{}: {} keys from the snapshot of epoch {}", task.name, task.task->key_count(), head->epoch);
  return Status::good();
}

Status TaskRestore::restore(PartitionId number, std::uint64_t budget_bytes, std::unique_ptr<StageTask>& out) {
  if (Status status = bring(number, budget_bytes, out); !status.ok()) return status;
  return load(*out);
}

}  // namespace vigia
