// An idempotent Kafka producer (acks=all, murmur2_random) that loses nothing in silence: a full queue makes the caller
// wait, and flush() tells of every record that was not acknowledged. One thread calls it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/record_batch.h"
#include "connectors/status.h"

namespace vigia {

struct KafkaProducerOptions {
  std::string brokers;
  std::string client;  // client.id: the application
  std::map<std::string, std::string> properties;
  TimeMs flush_timeout_ms = 30'000;
  std::function<void(int level, const std::string& text)> log;
};

class KafkaProducer {
 public:
  explicit KafkaProducer(KafkaProducerOptions options);
  ~KafkaProducer();

  // Checks the settings. Does not need a broker.
  [[nodiscard]] Status open();

  // Copies everything. A value with data() == nullptr is a tombstone. Waits while the queue is full, at most
  // flush_timeout_ms.
  [[nodiscard]] Status produce(const std::string& topic, std::string_view key, std::string_view value,
                               std::span<const RecordHeader> headers);

  // Waits until all is acknowledged. Fault::retry: not all was, within the time or at all; the text has the first error.
  // What failed is forgotten: produce it again.
  [[nodiscard]] Status flush();

  // Makes sure that the topics exist: with `create` creates what is missing, else Fault::missing_topics.
  [[nodiscard]] Status check_topics(std::span<const std::string> topics, bool create, bool compacted);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vigia
