// The stores of reports without Kafka: filled from recorded files by a replay in this process.
#pragma once

#include <string>
#include <vector>

#include "connectors/alert_store.h"
#include "connectors/record_store.h"
#include "connectors/status.h"

namespace vigia {

struct ReportInput {
  std::vector<std::string> paths;  // as those of `vigia replay`
  std::optional<TimeMs> until_ms;  // where the clock goes at the end; empty: it stays at the last record
};

// Runs the pipeline over the files. The stores are open and empty. Pipeline errors go to standard error, with
// Fault::refused.
[[nodiscard]] Status fill_stores(const std::string& config, const ReportInput& input, AlertStore& alerts,
                                 RecordStore& records);

}  // namespace vigia
