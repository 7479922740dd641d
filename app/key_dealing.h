// The state of a stage's tasks, dealt out anew: the topics have more partitions than when it was made, and each key goes to
// the task of the partition where its records lie from now on. Whole keys move, as they are; nothing is derived again.
//
//   deal_keys        snapshots of the old tasks  →  snapshots of the new tasks, aside
//   publish_dealing  one bracket: the new snapshots for other instances, a mark in each journal, and the group's progress
//                    last. Before its end the old state counts, afterwards the new one.
//   take_dealing     the new snapshots take the place of the old ones on this disk
//
// Each may be broken off anywhere, and done again. The marks are epochs of their own, one behind the last of each task.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/epoch_transaction.h"
#include "connectors/journal.h"
#include "connectors/snapshot_store.h"
#include "engine/task.h"

namespace vigia {

struct Dealing {
  std::string stage;                   // part of the tasks' names
  std::vector<std::string> topics;     // that the stage reads
  std::int32_t before = 0, after = 0;  // how many partitions they had and have
  // Where a key belongs when there are so many partitions.
  std::function<PartitionId(std::string_view key, std::int32_t partitions)> place;
  // An empty one under a configuration.
  std::function<Status(ConfigurationHash configuration, std::unique_ptr<Task>& out)> make_task;

  [[nodiscard]] std::string task_name(std::int32_t number) const;
};

struct DealtKeys {
  std::vector<SnapshotHead> heads;  // of the new tasks, by number
  std::uint64_t keys = 0, moved = 0;
};

// REQUIRES: `old` has a snapshot of each old task, all at one clock and under one configuration; `dealt` is empty. A key that
// lies where it does not belong (a stray of before the partitioner was known) stays, unless it meets its own there.
[[nodiscard]] Status deal_keys(const Dealing& dealing, const SnapshotStore& old, SnapshotStore& dealt, DealtKeys& out);

// Where the new snapshots go beside the disk, within the transaction. May be empty.
using PublishDealing = std::function<Status()>;

// `snapshots`: the topic that the group notes their epochs for; empty: they are not published.
[[nodiscard]] Status publish_dealing(const Dealing& dealing, const DealtKeys& keys, const std::string& snapshots,
                                     EpochTransaction& transaction, Journal& journal, const PublishDealing& publish);

// Whether these are the snapshots that were published: the journal has a mark of each. `progress`: the group's, of the new
// numbers. What was broken off before it counted may lie there as well, while the same was done elsewhere.
[[nodiscard]] Status check_dealing(const Dealing& dealing, const SnapshotStore& dealt,
                                   std::span<const TaskProgress> progress, Journal& journal, bool& counts);

// Of each task whose snapshot in `store` is older.
[[nodiscard]] Status take_dealing(const SnapshotStore& dealt, SnapshotStore& store);

}  // namespace vigia
