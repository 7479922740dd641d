#include "app/triage_stage.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "connectors/partitioner.h"
#include "operators/triage_task.h"

namespace vigia {

std::vector<std::string> triage_topics(const LoadedStage& loaded) {
  std::vector<std::string> topics = {loaded.pipeline.outputs.triage};
  topics.insert(topics.end(), loaded.command_topics.begin(), loaded.command_topics.end());
  return topics;
}

// Alerts of one subject are keyed by their ids, so they meet for sure only where there is one task.
std::int32_t triage_partitions(const Pipeline& pipeline, std::int32_t partitions) {
  return pipeline.reactivate_within_ms > 0 ? 1 : partitions;
}

Status check_triage_partitions(const LoadedStage& loaded, std::int32_t partitions) {
  if (triage_partitions(loaded.pipeline, partitions) == partitions) return Status::good();
  return Status::of(
      Fault::refused,
      fmt::format("triage.reactivate_within: expected topics of commands, and outputs.triage, with one partition each, "
                  "for only so do all alerts of a subject meet; {} have {}. Leave it out, or name topics that have "
                  "one; an application that has run before takes another name for that",
                  fmt::join(triage_topics(loaded), ", "), partitions));
}

std::unique_ptr<Task> make_triage_task(const StageConfig& config, const LoadedStage& loaded, std::int32_t partitions,
                                       std::uint64_t bytes_max) {
  TriageOptions options;
  options.allowed_lateness_ms = config.allowed_lateness_ms;
  options.bytes_max = bytes_max / static_cast<std::uint64_t>(std::max(1, partitions));
  options.reactivate_within_ms = loaded.pipeline.reactivate_within_ms;
  options.topics = triage_topics(loaded);
  options.misplaced = [partitions](std::string_view alert_id, PartitionId partition) -> std::string {
    const std::int32_t place = partitions > 1 ? murmur2_partition(alert_id, partitions) : partition.value;
    if (place == partition.value) return {};
    return fmt::format(
        "the command lies in partition {}, expected {} of {}: the record's key must be its alert_id, and its "
        "producer's "
        "partitioner murmur2 (Java's default; murmur2_random in librdkafka)",
        partition.value, place, partitions);
  };
  return std::make_unique<TriageTask>(config, std::move(options));
}

}  // namespace vigia
