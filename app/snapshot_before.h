// Where a replay from the log may begin other than at the beginning: at a snapshot that lies before the range.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/stage_task.h"
#include "connectors/snapshot_store.h"

namespace vigia {

// Makes an empty task under a configuration; not known: the one that was loaded.
using MakeStageTask = std::function<Status(ConfigurationHash hash, std::unique_ptr<StageTask>& out)>;

// `out`: a task at the newest of the snapshots below `state_directory` (the current one, the older generations, those of each day) that
// `is_before` takes; an empty task when there is none, or no such directory. The snapshots are only read, and the engine
// may be running. What can't be used is said to `warn` and passed over. `scratch`: a directory of the caller's.
[[nodiscard]] Status task_before(const std::string& state_directory, const std::string& scratch,
                                 const MakeStageTask& make_task,
                                 const std::function<bool(const SnapshotHead&)>& is_before,
                                 const std::function<void(const std::string&)>& warn, std::unique_ptr<StageTask>& out);

}  // namespace vigia
