// records_lost: records that were not in the log any more when their turn came, where `kafka.lost_offsets: accept` has the
// engine go on behind them. One instant alert for each gap, about the source's partition.
#pragma once

#include <string>

#include "connectors/journal.h"
#include "schemas/alert_generated.h"

namespace vigia {

// `clock_ms`: the task's clock at the end of the epoch that found them gone.
[[nodiscard]] schema::AlertT loss_alert(const JournalLoss& loss, PartitionId partition, TimeMs clock_ms,
                                        const std::string& application);

}  // namespace vigia
