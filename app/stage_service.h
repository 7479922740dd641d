// The stages of a pipeline from Kafka to Kafka, with their state directory, until they are told to stop. What `vigia run`
// is, and half of the demo.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "app/epoch_runner.h"
#include "app/stage_loading.h"
#include "connectors/status.h"

namespace vigia {

// All may be empty.
struct ServiceHooks {
  std::function<bool()> stop;               // asked between epochs; any thread
  std::function<void(const Alert&)> alert;  // each revision, once it is delivered; one call at a time
  // Of each first stage by its number, after each epoch and while waiting; one thread each.
  std::function<void(std::size_t, const EpochRunner&)> tick;
  std::function<void(const EpochRunner&)> signal_tick;  // likewise, of the stage of signals
};

struct ServiceResult {
  Status status;  // good: it was told to stop, and everything polled is finished, committed and snapshotted
  Account account;
  UnlistedIds unlisted;  // in what this process has applied
  std::uint64_t revisions = 0;
};

// The second stage: its tasks' names, and what its group and transactional ids have behind the application's name.
inline constexpr const char* signal_stage_name = "signals";
inline constexpr const char* signal_group_suffix = ".signals";
// Likewise triage, which is behind all others.
inline constexpr const char* triage_stage_name = "triage";
inline constexpr const char* triage_group_suffix = ".triage";

// Where things lie below state.directory. The later stages have directories of their own, with their snapshots below them.
[[nodiscard]] std::string snapshot_directory(const std::string& state_directory);
[[nodiscard]] std::string signal_directory(const std::string& state_directory);
[[nodiscard]] std::string triage_directory(const std::string& state_directory);
[[nodiscard]] std::string spill_directory(const std::string& state_directory);

// Faults that pass (brokers away, disk full) are logged and waited out, with growing pauses.
[[nodiscard]] ServiceResult run_service(const LoadedStage& loaded, unsigned threads, const ServiceHooks& hooks);

// What is left in the first partitions of the topics, by the state that was made when they had no more than these.
struct ReadOff {
  std::int32_t partitions = 0;
  // Sees all records before they are applied; a fault ends it.
  std::function<Status(std::span<const InputRecord>)> inspect;
};

// As run_service, of the foremost first stage alone: until everything there is read, or a stop is asked for. It is no member of the
// group, and brings the clocks of all tasks to that of the foremost in the end. `is_read`: everything was.
[[nodiscard]] ServiceResult read_off(const LoadedStage& loaded, unsigned threads, const ReadOff& what, bool& is_read);

}  // namespace vigia
