// Derives the alerts of a range again from the topics and the journal, and holds them against what was published: the
// proof that the log is the truth. It joins no group and writes nothing to Kafka, so an engine beside it is not disturbed.
//
// Both may go on meanwhile. What was on the alert topic when it began must be derived; what the journal had after that
// must be on the topic in the end.
#pragma once

#include <cstdint>
#include <string>

#include "app/replay_range.h"
#include "app/stage_loading.h"
#include "connectors/status.h"

namespace vigia {

struct KafkaReplayOptions {
  ReplayRange range;
  bool compare = true;
  std::string output;  // where the derived alerts of the range go, as JSON lines; empty: nowhere
  unsigned threads = 1;
};

struct KafkaReplayResult {
  Status status;                // of reading and writing; differences are none
  bool is_bad_request = false;  // the range names what is not there
  Account account;              // of all epochs applied, those before the range, too
  UnlistedIds unlisted;         // likewise
  std::uint64_t tasks = 0, epochs = 0, records = 0;
  std::uint64_t alerts = 0;       // revisions derived in the range
  std::uint64_t differences = 0;  // from what was published
  std::string first_difference;   // in words, several lines; empty: none
};

// Warnings go to standard error; so does progress, when that is a terminal.
[[nodiscard]] KafkaReplayResult replay_from_kafka(const LoadedStage& loaded, const KafkaReplayOptions& options);

}  // namespace vigia
