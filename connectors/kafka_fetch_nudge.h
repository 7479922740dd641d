// Keeps a broker's fetches going. When the queues are full, librdkafka 2.0 has nothing to fetch, its broker thread goes to
// sleep for up to a second, and nobody wakes it when there is room again. Any request to the broker does: so we ask it for
// the offsets of a partition, from a thread of our own because the call waits.
#pragma once

#include <librdkafka/rdkafka.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace vigia {

class KafkaFetchNudge {
 public:
  ~KafkaFetchNudge() { stop(); }

  // `handle` lives until stop().
  void start(rd_kafka_t* handle);
  void stop();

  // Does not wait. Asks the leader of the partition; what is asked already is not asked twice.
  void nudge(const std::string& topic, std::int32_t partition);

 private:
  void run(rd_kafka_t* handle);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<std::string, std::int32_t>> wanted_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace vigia
