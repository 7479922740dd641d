// Produces the load on a thread of its own, whatever happens to the engine meanwhile.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "load.h"

namespace vigia::test {

struct FeederOptions {
  std::string bootstrap;
  std::string seal_topic, trip_topic;
  LoadOptions load;
  int ticks_a_second = 20;
};

class Feeder {
 public:
  explicit Feeder(FeederOptions options);  // begins at once
  ~Feeder();                               // stops where it is

  // Sends what is owed and the records of the end, and waits until everything is acknowledged. An error of Kafka on the
  // way is thrown here.
  void finish();

  [[nodiscard]] bool failed() const { return failed_; }  // finish() says why
  [[nodiscard]] std::uint64_t ticks() const { return ticks_; }
  [[nodiscard]] TimeMs now_ms() const { return now_ms_; }  // broker time of what was last sent

 private:
  enum class Wish { go_on, finish, stop };

  void run();
  void send(const LoadTick& tick);
  [[nodiscard]] Wish wait_for_next_tick();

  FeederOptions options_;
  KafkaTestClient kafka_;
  Load load_;
  std::atomic<std::uint64_t> ticks_ = 0;
  std::atomic<TimeMs> now_ms_ = load_start_ms;
  std::mutex mutex_;
  std::condition_variable changed_;
  Wish wish_ = Wish::go_on;
  std::exception_ptr error_;
  std::atomic<bool> failed_ = false;
  std::thread thread_;
};

}  // namespace vigia::test
