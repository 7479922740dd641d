// Topics, producing and reading for tests: plain, blocking, and every error ends the test.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/kafka_client.h"

namespace vigia::test {

struct KafkaRecord {
  std::string key;
  std::optional<std::string> value;  // empty: a tombstone
  std::vector<std::pair<std::string, std::string>> headers;
  std::int64_t timestamp_ms = 0;  // 0: now
  std::int32_t partition = -1;    // -1: by murmur2 of the key
  std::int64_t offset = -1;       // of a record that was read

  [[nodiscard]] std::string header(const std::string& name) const;  // "": not there
};

[[nodiscard]] KafkaRecord copy_record(const rd_kafka_message_t& message);

class KafkaTestClient {
 public:
  explicit KafkaTestClient(std::string bootstrap);

  void create_topic(const std::string& name, std::int32_t partitions, const TopicSettings& settings = {});
  void enlarge_topic(const std::string& name, std::int32_t partitions);

  // Sets one, and all others of the topic back to their defaults.
  void configure_topic(const std::string& name, const std::string& key, const std::string& value);

  [[nodiscard]] std::int64_t topic_setting(const std::string& name, const std::string& key);

  // Returns when all are acknowledged.
  void produce(const std::string& topic, const std::vector<KafkaRecord>& records);

  // Everything committed from the beginning to the present end, partition by partition, in order.
  [[nodiscard]] std::vector<KafkaRecord> read_all(const std::string& topic);

  // Reads again until there are at least `count` records, or `limit_ms` have passed. The topic may come into being
  // meanwhile.
  [[nodiscard]] std::vector<KafkaRecord> read_at_least(const std::string& topic, std::size_t count,
                                                       TimeMs limit_ms = 180'000);

  // What the group has committed for each partition; -1001: nothing.
  [[nodiscard]] std::map<std::int32_t, std::int64_t> committed(const std::string& group, const std::string& topic,
                                                               std::int32_t partitions);

  // As an administrator's tool does: the group must have no members, and is waited for.
  void commit(const std::string& group, const std::string& topic, const std::map<std::int32_t, std::int64_t>& offsets);

  // Deletes the records before `offset`, as retention does.
  void delete_before(const std::string& topic, std::int32_t partition, std::int64_t offset);

 private:
  std::string bootstrap_;
  KafkaClient producer_;
};

// A transaction of somebody upstream that stays open until it is told otherwise.
class OpenTransaction {
 public:
  OpenTransaction(const std::string& bootstrap, const std::string& id);
  void produce(const std::string& topic, const KafkaRecord& record);  // and waits until the broker has it
  void commit();
  void abort();

 private:
  KafkaClient client_;
};

}  // namespace vigia::test
