#include "connectors/kafka_stage_topics.h"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/kafka_fetch_watch.h"

namespace vigia {
namespace {

Status create_missing(KafkaClient& client, const StageTopics& topics, const std::vector<std::string>& missing,
                      std::int32_t siblings) {
  for (const auto& name : missing) {
    const Status status = create_topic(client, name, siblings, {}, topics.timeout_ms);
    if (!status.ok()) return status;
  }
  return Status::good();
}

Status find_topics(KafkaClient& client, const StageTopics& topics, KafkaTopics& found) {
  const TimeMs deadline_ms = steady_clock_ms() + topics.timeout_ms;
  bool created = false;
  while (true) {
    Status status = fetch_topics(client, topics.names, topics.timeout_ms, found);
    if (!status.ok()) return status;
    std::vector<std::string> missing;
    std::int32_t siblings = topics.create_partitions;
    for (const auto& name : topics.names) {
      const auto topic = found.topics.find(name);
      if (topic == found.topics.end() || topic->second.empty()) {
        missing.push_back(name);
      } else {
        siblings = static_cast<std::int32_t>(topic->second.size());
      }
    }
    if (missing.empty()) return Status::good();
    if (!topics.create) {
      return Status::of(Fault::missing_topics, missing_topics_text(topics.brokers, missing, siblings, {}));
    }
    if (created && steady_clock_ms() > deadline_ms) return Status::of(Fault::retry, "created topics do not appear");
    if (!created) status = create_missing(client, topics, missing, siblings);
    if (!status.ok()) return status;
    created = true;  // they appear in the metadata a moment later
  }
}

}  // namespace

Status find_stage_topics(KafkaClient& client, const StageTopics& topics, KafkaTopics& found,
                         std::int32_t& partition_count) {
  if (Status status = find_topics(client, topics, found); !status.ok()) return status;
  const auto& [first_name, first] = *found.topics.begin();
  for (const auto& [name, others] : found.topics) {
    if (others.size() == first.size()) continue;
    return Status::of(
        Fault::refused,
        fmt::format("topics of one stage need the same number of partitions, and '{}' has {}, '{}' has {}; give the "
                    "smaller one more with\n  kafka-topics.sh --bootstrap-server {} --alter --topic {} --partitions {}",
                    first_name, first.size(), name, others.size(), topics.brokers,
                    first.size() < others.size() ? first_name : name, std::max(first.size(), others.size())));
  }
  partition_count = static_cast<std::int32_t>(first.size());
  return Status::good();
}

}  // namespace vigia
