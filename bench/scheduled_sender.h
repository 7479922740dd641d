// Sends one record after another on a fixed schedule, whatever the broker and the engine do meanwhile.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

#include "bench/kafka_load.h"
#include "connectors/kafka_client.h"

namespace vigia::bench {

// Milliseconds since the Unix epoch, with their fractions.
[[nodiscard]] double now_ms();

class ScheduledSender {
 public:
  // Gives what is to be sent as the n-th (from 0); its views live until the next call. `due_ms`: when it is to be sent. Called from the sender's thread.
  using Make = std::function<OutgoingRecord(std::uint64_t n, double due_ms)>;

  // Begins at once, `per_s` records a second. A record that is late is sent as soon as can be, and the next ones catch up with the schedule.
  ScheduledSender(double per_s, Make make);
  ~ScheduledSender();  // stops, and waits until everything sent is acknowledged

 private:
  void run(double per_s);

  Make make_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace vigia::bench
