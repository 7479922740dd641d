// Knows when each broker last answered a fetch, and whether the answer is in the queues: what the stage clock and the merge may
// rely on when no record comes.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <map>
#include <mutex>

#include "engine/identity.h"

namespace vigia {

// Thread-safe: librdkafka's broker threads report, the source asks. Must outlive the handle it is installed in.
class KafkaFetchWatch {
 public:
  void install(rd_kafka_conf_t* conf);

  // Wall clock at the start of the last fetch from `broker` whose answer has been put wholly into the queues: any
  // record that was in the log then has reached them. no_time_ms: none yet.
  [[nodiscard]] TimeMs complete_ms(std::int32_t broker) const;
  // Steady clock when `broker` last answered a fetch. no_time_ms: not yet.
  [[nodiscard]] TimeMs heard_ms(std::int32_t broker) const;
  // How many of `broker`'s answers have been put wholly into the queues; 0: none, or the last one may still be in the parser,
  // and some of its partitions may have got their records and others not. The same number before and after queues were
  // looked at: they were as one answer left them.
  [[nodiscard]] std::uint64_t whole_answers(std::int32_t broker) const;
  // Is written to (an eventfd) when an answer is whole; -1: nothing. It must stay open until clear() or another call.
  void wake(int fd);
  void clear();

 private:
  struct Times {
    TimeMs complete_ms = no_time_ms;
    TimeMs started_ms = no_time_ms;  // of the last answer, which may still be in the parser
    TimeMs heard_ms = no_time_ms;    // steady
    std::uint64_t answers = 0;
    bool is_whole = false;
  };
  static rd_kafka_resp_err_t on_new(rd_kafka_t* handle, const rd_kafka_conf_t*, void* self, char*, std::size_t);
  static rd_kafka_resp_err_t on_response(rd_kafka_t*, int, const char*, std::int32_t broker, std::int16_t api,
                                         std::int16_t, std::int32_t, std::size_t, std::int64_t round_trip_us,
                                         rd_kafka_resp_err_t error, void* self);
  static rd_kafka_resp_err_t on_request(rd_kafka_t*, int, const char*, std::int32_t broker, std::int16_t api,
                                        std::int16_t, std::int32_t, std::size_t, void* self);

  mutable std::mutex mutex_;
  int wake_fd_ = -1;
  std::map<std::int32_t, Times> brokers_;
};

// Milliseconds since the epoch by this machine's clock.
[[nodiscard]] TimeMs wall_clock_ms();
// Milliseconds that never go back, since some time or other.
[[nodiscard]] TimeMs steady_clock_ms();

}  // namespace vigia
