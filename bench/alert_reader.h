// Reads a topic of alerts as others do, committed ones only, on a thread of its own, and remembers when which one came.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/identity.h"

namespace vigia::bench {

struct AlertArrival {
  std::int64_t offset;
  TimeMs start_ms;  // of the alert
  TimeMs detected_ms;
  double arrived_ms;  // since the Unix epoch
};

class AlertReader {
 public:
  // From the beginning of the topic, which has one partition and may come into being meanwhile. FlatBuffers.
  explicit AlertReader(std::string topic);
  ~AlertReader();

  [[nodiscard]] std::vector<AlertArrival> arrivals() const;
  [[nodiscard]] std::optional<AlertArrival> last() const;
  [[nodiscard]] std::optional<AlertArrival> first_from(std::int64_t offset) const;

 private:
  void run();

  std::string topic_;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  std::vector<AlertArrival> arrivals_;
  std::thread thread_;
};

}  // namespace vigia::bench
