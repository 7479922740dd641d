// An idempotent Kafka producer (acks=all, murmur2_random) that loses nothing in silence: a full queue makes the caller
// wait, and flush() tells of every record that was not acknowledged. With a transactional id its records count when their
// transaction is committed (kafka_transaction.h). One thread at a time calls it, but for acknowledged().
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/kafka_client.h"
#include "connectors/record_batch.h"
#include "connectors/status.h"

namespace vigia {

struct KafkaProducerOptions {
  std::string brokers;
  std::string client;  // client.id: the application
  std::map<std::string, std::string> properties;
  std::string transactional_id;  // empty: without transactions
  TimeMs flush_timeout_ms = 30'000;
  std::function<void(int level, const std::string& text)> log;
};

// One librdkafka producer, and what became of its records. Shared with transactional calls that do not come back.
struct ProducerSession {
  ~ProducerSession();  // what was not acknowledged is given up

  KafkaClient client;
  std::mutex mutex;  // of what follows
  std::uint64_t failed = 0;
  std::string first_failure;
  // Of records that were given their partition: the offset behind the last one acknowledged.
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> acknowledged;
};

class KafkaProducer {
 public:
  explicit KafkaProducer(KafkaProducerOptions options);
  ~KafkaProducer();

  // Checks the settings. Does not need a broker.
  [[nodiscard]] Status open();
  // Begins anew with another librdkafka producer; what was not acknowledged is given up.
  [[nodiscard]] Status renew();

  // Copies everything. A value with data() == nullptr is a tombstone. Waits while the queue is full, at most
  // flush_timeout_ms. `partition` -1: by the key's hash. `timestamp_ms` 0: now.
  [[nodiscard]] Status produce(const std::string& topic, std::string_view key, std::string_view value,
                               std::span<const RecordHeader> headers, std::int32_t partition = -1,
                               TimeMs timestamp_ms = 0);

  // Waits until all is acknowledged. Fault::retry: not all was, within the time or at all; the text has the first error.
  // What failed is forgotten: produce it again. In a transaction it does nothing: the commit waits for all.
  [[nodiscard]] Status flush();

  // The offset behind the last acknowledged record that was given this partition; -1: none yet. Any thread.
  [[nodiscard]] std::int64_t acknowledged(const std::string& topic, std::int32_t partition) const;

  // Makes sure that the topics exist: with `create` creates what is missing, else Fault::missing_topics. `partitions` -1:
  // as many as the broker gives.
  [[nodiscard]] Status check_topics(std::span<const std::string> topics, bool create,
                                    const TopicSettings& settings = {}, std::int32_t partitions = -1);

  // Fault::retry: no answer. `out` stays when the broker does not say (fetch_topic_setting).
  [[nodiscard]] Status topic_setting(const std::string& topic, std::string_view setting, std::int64_t& out);

  // The largest record that a topic takes, key, value and headers together. Without an answer limit_bytes stays.
  [[nodiscard]] Status record_limit(const std::string& topic, std::size_t& limit_bytes);

  [[nodiscard]] std::shared_ptr<ProducerSession> session() const;
  [[nodiscard]] TimeMs transaction_timeout_ms() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vigia
