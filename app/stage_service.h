// A stage from Kafka to Kafka, with its state directory, until it is told to stop. What `vigia run` is, and half of the
// demo.
#pragma once

#include <functional>
#include <string>

#include "app/epoch_runner.h"
#include "app/stage_loading.h"
#include "connectors/status.h"

namespace vigia {

// All may be empty. Called from the thread that runs the service.
struct ServiceHooks {
  std::function<bool()> stop;                    // asked between epochs
  std::function<void(const Alert&)> alert;       // each revision, once it is delivered
  std::function<void(const EpochRunner&)> tick;  // after each epoch, and while waiting
};

struct ServiceResult {
  Status status;  // good: it was told to stop, and everything polled is finished, committed and snapshotted
  Account account;
  std::uint64_t revisions = 0;
};

// Where things lie below state.directory.
[[nodiscard]] std::string snapshot_directory(const std::string& state_directory);
[[nodiscard]] std::string alert_directory(const std::string& state_directory);
[[nodiscard]] std::string spill_directory(const std::string& state_directory);

// Faults that pass (brokers away, disk full) are logged and waited out, with growing pauses.
[[nodiscard]] ServiceResult run_service(const LoadedStage& loaded, unsigned threads, const ServiceHooks& hooks);

}  // namespace vigia
