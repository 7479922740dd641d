#include "app/triage_stage.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "connectors/partitioner.h"
#include "operators/triage_task.h"

namespace vigia {

std::vector<std::string> triage_topics(const LoadedStage& loaded) {
  std::vector<std::string> topics = {loaded.pipeline.outputs.triage};
  topics.insert(topics.end(), loaded.command_topics.begin(), loaded.command_topics.end());
  return topics;
}

std::unique_ptr<Task> make_triage_task(const StageConfig& config, std::vector<std::string> topics,
                                       std::int32_t partitions, std::uint64_t bytes_max) {
  TriageOptions options;
  options.allowed_lateness_ms = config.allowed_lateness_ms;
  options.bytes_max = bytes_max / static_cast<std::uint64_t>(std::max(1, partitions));
  options.topics = std::move(topics);
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
