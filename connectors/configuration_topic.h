// The configurations of an application on a compacted topic of one partition, outputs.configurations: all that there ever
// were, and which of them holds now. All instances read it, and follow the one that was announced last.
//
//   key: HASH "/" piece "/" pieces   value: a piece of the configuration (connectors/configuration.h), at most 512 KiB
//   key: "current"                   value: HASH, 16 hex digits
//
// A configuration is there before it is announced, and is announced before any epoch is judged by it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "connectors/configuration.h"
#include "connectors/kafka_producer.h"
#include "connectors/pipeline_config.h"
#include "connectors/topic_reader.h"

namespace vigia {

struct ConfigurationTopicOptions {
  std::string brokers;
  std::string application;
  std::string topic;
  std::map<std::string, std::string> properties;  // handed to librdkafka as they are
  TimeMs patience_ms = 30'000;                    // without progress
  KafkaLog log;                                   // librdkafka's; called from its threads
};

// Of the application's own.
[[nodiscard]] ConfigurationTopicOptions configuration_options(const Pipeline& pipeline, KafkaLog log);

// Thread-safe.
class ConfigurationTopic {
 public:
  explicit ConfigurationTopic(ConfigurationTopicOptions options);

  // Needs no broker. Fault::refused: settings.
  [[nodiscard]] Status open();

  // Makes sure that it exists: with `create` creates it, else Fault::missing_topics.
  [[nodiscard]] Status check(bool create);

  // Reads all that was there when this was called. Fault::retry: no broker answers, or there is no such topic.
  [[nodiscard]] Status catch_up();
  // Takes what has come since, without waiting.
  void poll();

  // Which one holds; not known: none was ever announced.
  [[nodiscard]] ConfigurationHash current() const;
  [[nodiscard]] bool has(ConfigurationHash hash) const;
  // Fault::refused: it is not there, or not of this version.
  [[nodiscard]] Status find(ConfigurationHash hash, Configuration& out) const;

  // Those that are whole and of this version.
  [[nodiscard]] std::vector<Configuration> all() const;

  // Writes it, if it is not there yet, and announces it. When good, every instance will follow, and this one has read it.
  [[nodiscard]] Status announce(const Configuration& configuration);

 private:
  struct Pieces {
    std::map<std::size_t, std::string> parts;
    std::size_t count = 0;
  };
  void take(const rd_kafka_message_t& message);
  [[nodiscard]] Status open_producer();
  // With mutex_.
  [[nodiscard]] Status read_to_end();
  [[nodiscard]] bool is_whole(ConfigurationHash hash) const;
  [[nodiscard]] Status read(ConfigurationHash hash, Configuration& out) const;

  ConfigurationTopicOptions options_;
  mutable std::mutex mutex_;  // of what follows
  TopicReader reader_;
  std::unique_ptr<KafkaProducer> producer_;  // opened when it is needed
  std::map<ConfigurationHash, Pieces> known_;
  ConfigurationHash current_;
};

}  // namespace vigia
