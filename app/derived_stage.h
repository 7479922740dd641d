// What a proof needs to know of each stage of a pipeline to derive its tasks again.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/stage_loading.h"
#include "app/stage_task.h"
#include "app/versioned_tasks.h"
#include "connectors/key_placement.h"

namespace vigia {

struct DerivedStage {
  std::string name;                 // of its tasks
  std::string group;                // whose offsets say what is public
  std::string directory;            // of its snapshots, if they are here
  std::vector<std::string> topics;  // that it reads
  TimeMs source_silence_ms = 0;
  std::unique_ptr<VersionedTasks> tasks;
  std::unique_ptr<KeyPlacements> placements;  // null: the stage behind the first ones

  // Under a configuration; not known: the one that was loaded.
  [[nodiscard]] Status empty_task(const Pipeline& pipeline, PartitionId number, ConfigurationHash hash,
                                  std::unique_ptr<StageTask>& out) const;
};

// The stages in their order; the second, where there is one, is the last, and reads what the first ones have written to the
// topic of signals. `topic` has the configurations that the journal names, is read, and outlives them.
[[nodiscard]] std::vector<DerivedStage> derived_stages(const LoadedStage& loaded, unsigned threads,
                                                       ConfigurationTopic& topic);

}  // namespace vigia
