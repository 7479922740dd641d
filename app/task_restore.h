// A task as its newest snapshot has it: from the disk, or from the topic of snapshots when what others have published is
// newer.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/snapshot_sharing.h"
#include "app/stage_task.h"
#include "connectors/snapshot_store.h"

namespace vigia {

// What it refers to outlives it. One thread at a time, but for load().
class TaskRestore {
 public:
  // An empty task under a configuration; not known: the one that holds.
  using MakeTask = std::function<Status(PartitionId, ConfigurationHash, std::unique_ptr<StageTask>& out)>;

  TaskRestore(MakeTask make_task, SnapshotStore& snapshots, SnapshotSharing* sharing)
      : make_task_(std::move(make_task)), snapshots_(snapshots), sharing_(sharing) {}

  // An empty task, and on the disk its newest snapshot; under the configuration of that one, or the one that holds.
  [[nodiscard]] Status bring(PartitionId number, std::uint64_t budget_bytes, std::unique_ptr<StageTask>& out);
  // Fills it; it stays empty when there is no snapshot. Several tasks at a time. Fault::damaged: the store is, and should
  // fall back.
  [[nodiscard]] Status load(StageTask& task) const;
  // Both.
  [[nodiscard]] Status restore(PartitionId number, std::uint64_t budget_bytes, std::unique_ptr<StageTask>& out);

 private:
  MakeTask make_task_;
  SnapshotStore& snapshots_;
  SnapshotSharing* sharing_;
};

}  // namespace vigia
