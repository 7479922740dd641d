// Runs a task over a source from beginning to end without Kafka, journal or wall clock: the same input gives the same
// alerts, byte for byte.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "connectors/alert_sink.h"
#include "connectors/dead_letters.h"
#include "connectors/record_source.h"
#include "engine/task.h"

namespace vigia {

struct ReplayOptions {
  std::size_t batch = 1024;        // records of an epoch
  std::optional<TimeMs> until_ms;  // where the clock goes at the end; empty: it stays at the last record
  std::size_t restart_every = 0;   // epochs after which a new task goes on from the old one's snapshot; 0: never
  std::function<void(const Account&)> progress;  // after each epoch; may be empty
  AlertSink* states = nullptr;                   // where it goes how alerts stand; null: nowhere
};

struct ReplayResult {
  Status status;
  Account account;
  UnlistedIds unlisted;
  std::uint64_t alerts = 0;  // revisions written
};

// `source` is open. One clock, the largest broker time read, serves everything. `letters` may be null: what can't be
// applied is then only counted. Alerts are flushed at the end.
[[nodiscard]] ReplayResult replay(RecordSource& source, const std::function<std::unique_ptr<Task>()>& make_task,
                                  AlertSink& alerts, DeadLetters* letters, std::span<const std::string> topics,
                                  const ReplayOptions& options);

}  // namespace vigia
