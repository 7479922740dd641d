// Reads a topic as a consumer of committed records does, from its beginning, while things break around it.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/kafka_test_client.h"

namespace vigia::test {

// By partition, in the order of its log.
using TopicLog = std::map<std::int32_t, std::vector<KafkaRecord>>;

[[nodiscard]] TopicLog by_partition(std::vector<KafkaRecord> records);

class Watcher {
 public:
  // The topic must exist.
  Watcher(const std::string& bootstrap, std::string topic, std::int32_t partitions);
  ~Watcher();

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] TopicLog seen() const;

 private:
  void run();

  std::string topic_;
  std::int32_t partitions_;
  KafkaClient consumer_;
  std::atomic<bool> stop_ = false;
  std::atomic<std::size_t> count_ = 0;
  mutable std::mutex mutex_;
  TopicLog seen_;
  std::thread thread_;
};

}  // namespace vigia::test
