// `vigia repartition`: the topics have more partitions than when the state of an application was made. With the engine
// stopped, what is left in the old partitions is read by the old state, and then whole keys are dealt out to the tasks of
// the new partitions (key_dealing.h, docs/repartition.md).
//
// The old partitions are read to their end first, so that what was written before the topics grew is judged by the task
// that knows its key; the new ones are read from their beginning afterwards. Broken off anywhere it may be run again.
#pragma once

#include <cstdint>

#include "app/stage_loading.h"
#include "connectors/status.h"

namespace vigia {

struct RepartitionResult {
  Status status;
  std::int32_t before = 0, after = 0;
  std::uint64_t revisions = 0;        // that what was left to read gave
  std::uint64_t keys = 0, moved = 0;  // 0: an earlier run had dealt them already, and was broken off behind that
};

// Of several first stages each has its own state, and its topics their own number of partitions: it knows that of seals and trips.
[[nodiscard]] bool can_repartition(const LoadedStage& loaded);

// Logs what it does. A stop signal breaks it off while it reads or waits.
[[nodiscard]] RepartitionResult repartition(const LoadedStage& loaded, unsigned threads);

}  // namespace vigia
