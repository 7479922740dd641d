// What the Kafka source and the producer share: settings, the handle, what it has to complain about, and topics.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "connectors/status.h"
#include "engine/identity.h"

namespace vigia {

using KafkaProperties = std::vector<std::pair<std::string, std::string>>;
using KafkaLog = std::function<void(int level, const std::string& text)>;

struct KafkaClientOptions {
  std::string brokers;
  std::map<std::string, std::string> user;  // the pipeline's kafka.properties
  KafkaProperties defaults;                 // the user's win over these,
  KafkaProperties fixed;                    // and these over the user's: without them data would be lost
  KafkaLog log;                             // called from librdkafka's threads; may be empty
  // A consumer's group has decided; called from its own polls. Must answer with rd_kafka_assign, now or later.
  std::function<void(rd_kafka_resp_err_t, const rd_kafka_topic_partition_list_t&)> rebalance = {};
};

// Of a consumer that reads committed records of partitions that it is given, and is no member of a group.
[[nodiscard]] KafkaClientOptions reader_options(const std::string& brokers, const std::string& client,
                                                const std::map<std::string, std::string>& properties, KafkaLog log);

struct KafkaConfFree {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
using KafkaConf = std::unique_ptr<rd_kafka_conf_t, KafkaConfFree>;

class KafkaClient {
 public:
  KafkaClient() = default;
  ~KafkaClient() { close(); }
  KafkaClient(const KafkaClient&) = delete;
  KafkaClient& operator=(const KafkaClient&) = delete;

  // `prepare` may add callbacks to the configuration. Fault::refused names a setting that librdkafka does not take.
  [[nodiscard]] Status open(rd_kafka_type_t type, const KafkaClientOptions& options,
                            const std::function<void(rd_kafka_conf_t*)>& prepare = {});
  void close();

  [[nodiscard]] rd_kafka_t* handle() const { return handle_; }
  [[nodiscard]] const std::string& brokers() const { return brokers_; }

  // The last complaint of the client about its brokers since forget_trouble(); empty: none. It stays, because librdkafka
  // does not repeat itself.
  [[nodiscard]] std::string trouble();
  void forget_trouble();

 private:
  static void on_error(rd_kafka_t*, int error, const char* reason, void* self);
  static void on_log(const rd_kafka_t* handle, int level, const char* facility, const char* text);
  static void on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* list, void* self);

  rd_kafka_t* handle_ = nullptr;
  std::string brokers_;
  KafkaLog log_;
  std::function<void(rd_kafka_resp_err_t, const rd_kafka_topic_partition_list_t&)> rebalance_;
  std::mutex mutex_;
  std::string trouble_;
};

// What the cluster knows of topics.
struct KafkaTopics {
  struct Partition {
    std::int32_t leader = -1;  // broker id; -1: none at the moment
  };
  std::map<std::string, std::vector<Partition>> topics;  // those asked for that exist
};

// Never creates anything. Fault::retry when no broker answers within timeout_ms; gives up early when it is clear why.
[[nodiscard]] Status fetch_topics(KafkaClient& client, std::span<const std::string> names, TimeMs timeout_ms,
                                  KafkaTopics& out);

// Of a topic, under the brokers' names.
using TopicSettings = std::map<std::string, std::string>;
[[nodiscard]] inline TopicSettings compacted() { return {{"cleanup.policy", "compact"}}; }

// `partitions` -1: the broker's default. An existing topic is good. Fault::retry: no answer, or too few brokers alive.
[[nodiscard]] Status create_topic(KafkaClient& client, const std::string& name, std::int32_t partitions,
                                  const TopicSettings& settings, TimeMs timeout_ms);

// Gives it so many partitions. Fault::retry: no answer.
[[nodiscard]] Status enlarge_topic(KafkaClient& client, const std::string& name, std::int32_t partitions,
                                   TimeMs timeout_ms);

// A setting whose value is a number: max.message.bytes, what its broker takes as one batch; retention.ms, -1 for ever.
// `out` stays as it is when the broker does not say.
[[nodiscard]] Status fetch_topic_setting(KafkaClient& client, const std::string& topic, std::string_view setting,
                                         TimeMs timeout_ms, std::int64_t& out);

// "topic 'x' does not exist; create it with:\n  kafka-topics.sh ..." for each.
[[nodiscard]] std::string missing_topics_text(const std::string& brokers, std::span<const std::string> names,
                                              std::int32_t partitions, const TopicSettings& settings);

}  // namespace vigia
