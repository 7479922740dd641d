// Looks at topics without a trace: no consumer group is joined, nothing is committed, created or written. Committed records
// only, up to an end that the caller has asked for before.
#pragma once

#include <librdkafka/rdkafka.h>

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "connectors/kafka_client.h"
#include "connectors/log_source.h"
#include "connectors/offset_gap.h"
#include "connectors/status.h"

namespace vigia {

struct TopicScanOptions {
  std::string brokers;
  std::string group;                              // whose progress may be asked for
  std::map<std::string, std::string> properties;  // handed to librdkafka as they are
  TimeMs patience_ms = 30'000;                    // without progress
  KafkaLog log;                                   // librdkafka's; called from its threads
};

// One thread. Fault::retry: no answer in time; Fault::missing_topics: there is no such topic.
class TopicScan {
 public:
  explicit TopicScan(TopicScanOptions options) : options_(std::move(options)) {}

  [[nodiscard]] Status open();

  // Of each partition, as it is now: `end` is behind what is not committed yet, too.
  [[nodiscard]] Status bounds(const std::string& topic, std::vector<OffsetBounds>& out);

  // Hands over what is committed in these bounds, by partition number. Waits until every transaction in there has been
  // decided. Fault::refused: the beginning is not there any more.
  [[nodiscard]] Status read(const std::string& topic, std::span<const OffsetBounds> bounds,
                            const std::function<void(const rd_kafka_message_t&)>& sink);

  // What the group has noted, as LogSource::committed.
  [[nodiscard]] Status progress(std::span<const std::string> topics, std::span<const PartitionId> numbers,
                                std::vector<TaskProgress>& out);

 private:
  [[nodiscard]] Status connect(KafkaClient& client, const char* isolation) const;

  TopicScanOptions options_;
  KafkaClient reader_;
  KafkaClient asker_;  // sees what is not committed
};

}  // namespace vigia
