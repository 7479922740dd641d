// Knows when each broker last answered a fetch: what the stage clock may rely on when no record comes.
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
  void clear();

 private:
  struct Times {
    TimeMs complete_ms = no_time_ms;
    TimeMs started_ms = no_time_ms;  // of the last answer, which may still be in the parser
    TimeMs heard_ms = no_time_ms;    // steady
  };
  static rd_kafka_resp_err_t on_new(rd_kafka_t* handle, const rd_kafka_conf_t*, void* self, char*, std::size_t);
  static rd_kafka_resp_err_t on_response(rd_kafka_t*, int, const char*, std::int32_t broker, std::int16_t api,
                                         std::int16_t, std::int32_t, std::size_t, std::int64_t round_trip_us,
                                         rd_kafka_resp_err_t error, void* self);

  mutable std::mutex mutex_;
  std::map<std::int32_t, Times> brokers_;
};

// Milliseconds since the epoch by this machine's clock.
[[nodiscard]] TimeMs wall_clock_ms();
// Milliseconds that never go back, since some time or other.
[[nodiscard]] TimeMs steady_clock_ms();

}  // namespace vigia
