// Where alerts go: Kafka topics, a file, the alert store, memory. One thread calls a sink.
#pragma once

#include <span>
#include <vector>

#include "connectors/status.h"
#include "engine/task.h"

namespace vigia {

class AlertSink {
 public:
  virtual ~AlertSink() = default;

  // Takes the revisions of one epoch, in their order. Nothing of `alerts` is kept. Writing the same (alert_id, revision)
  // again is harmless. After Fault::retry or storage the whole epoch may be written again.
  [[nodiscard]] virtual Status write(std::span<const Alert> alerts) = 0;

  // Good: everything written before is where it belongs (acknowledged by the brokers, on disk). Otherwise the fault of
  // the first that is not; write the epochs since the last good flush again.
  [[nodiscard]] virtual Status flush() = 0;
};

// Keeps everything, in order. For tests.
class MemoryAlertSink : public AlertSink {
 public:
  [[nodiscard]] Status write(std::span<const Alert> alerts) override {
    if (!fail_with.ok()) return fail_with;
    written.insert(written.end(), alerts.begin(), alerts.end());
    return Status::good();
  }
  [[nodiscard]] Status flush() override { return fail_with; }

  std::vector<Alert> written;
  Status fail_with;  // while it is not good, everything fails with it
};

}  // namespace vigia
