// The demo's Kafka: librdkafka's mock cluster in a process of its own. It keeps everything in memory, at most 5 MiB of
// a partition, and forgets it at the end. For demonstration only.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "connectors/status.h"

namespace vigia {

struct DemoTopic {
  std::string name;
  int partitions = 1;
};

// Starts the process and stops it when destroyed; it also stops by itself when this process is gone, however.
class DemoBroker {
 public:
  DemoBroker() = default;
  ~DemoBroker();
  DemoBroker(const DemoBroker&) = delete;
  DemoBroker& operator=(const DemoBroker&) = delete;

  [[nodiscard]] Status start(const std::vector<DemoTopic>& topics);
  [[nodiscard]] const std::string& brokers() const { return brokers_; }  // once started

 private:
  [[nodiscard]] Status read_address(int from);

  pid_t process_ = -1;
  int lifeline_ = -1;  // closed: the broker ends
  std::string brokers_;
};

// The process itself: serves until standard input ends. `topics`: "NAME:PARTITIONS".
[[nodiscard]] int serve_demo_broker(const std::vector<std::string>& topics);

}  // namespace vigia
