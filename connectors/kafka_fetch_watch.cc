#include "connectors/kafka_fetch_watch.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace vigia {

namespace {
constexpr std::int16_t fetch_api = 1;
}

TimeMs wall_clock_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

TimeMs steady_clock_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

void KafkaFetchWatch::install(rd_kafka_conf_t* conf) {
  rd_kafka_conf_interceptor_add_on_new(conf, "vigia-fetch-watch", &KafkaFetchWatch::on_new, this);
}

rd_kafka_resp_err_t KafkaFetchWatch::on_new(rd_kafka_t* handle, const rd_kafka_conf_t*, void* self, char*,
                                            std::size_t) {
  rd_kafka_interceptor_add_on_request_sent(handle, "vigia-fetch-watch", &KafkaFetchWatch::on_request, self);
  return rd_kafka_interceptor_add_on_response_received(handle, "vigia-fetch-watch", &KafkaFetchWatch::on_response,
                                                       self);
}

// A broker has one fetch in flight and one thread that receives and parses its answers, so when an answer comes in, the
// one before it has been parsed and its records are in the queues.
rd_kafka_resp_err_t KafkaFetchWatch::on_response(rd_kafka_t*, int, const char*, std::int32_t broker, std::int16_t api,
                                                 std::int16_t, std::int32_t, std::size_t, std::int64_t round_trip_us,
                                                 rd_kafka_resp_err_t error, void* self) {
  if (api != fetch_api || error != RD_KAFKA_RESP_ERR_NO_ERROR) return RD_KAFKA_RESP_ERR_NO_ERROR;
  auto& watch = *static_cast<KafkaFetchWatch*>(self);
  const TimeMs started_ms = wall_clock_ms() - std::max<std::int64_t>(round_trip_us, 0) / 1000 - 1;
  std::lock_guard lock(watch.mutex_);
  Times& times = watch.brokers_[broker];
  times.complete_ms = times.started_ms;
  times.started_ms = started_ms;
  times.heard_ms = steady_clock_ms();
  ++times.answers;
  times.is_whole = false;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

// The same thread sends the next fetch, once the answer is parsed.
rd_kafka_resp_err_t KafkaFetchWatch::on_request(rd_kafka_t*, int, const char*, std::int32_t broker, std::int16_t api,
                                                std::int16_t, std::int32_t, std::size_t, void* self) {
  if (api != fetch_api) return RD_KAFKA_RESP_ERR_NO_ERROR;
  auto& watch = *static_cast<KafkaFetchWatch*>(self);
  std::lock_guard lock(watch.mutex_);
  watch.brokers_[broker].is_whole = true;
  const std::uint64_t one = 1;
  if (watch.wake_fd_ >= 0) (void)!::write(watch.wake_fd_, &one, sizeof one);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

TimeMs KafkaFetchWatch::complete_ms(std::int32_t broker) const {
  std::lock_guard lock(mutex_);
  const auto found = brokers_.find(broker);
  return found == brokers_.end() ? no_time_ms : found->second.complete_ms;
}

TimeMs KafkaFetchWatch::heard_ms(std::int32_t broker) const {
  std::lock_guard lock(mutex_);
  const auto found = brokers_.find(broker);
  return found == brokers_.end() ? no_time_ms : found->second.heard_ms;
}

std::uint64_t KafkaFetchWatch::whole_answers(std::int32_t broker) const {
  std::lock_guard lock(mutex_);
  const auto found = brokers_.find(broker);
  return found == brokers_.end() || !found->second.is_whole ? 0 : found->second.answers;
}

void KafkaFetchWatch::wake(int fd) {
  std::lock_guard lock(mutex_);
  wake_fd_ = fd;
}

void KafkaFetchWatch::clear() {
  std::lock_guard lock(mutex_);
  brokers_.clear();
  wake_fd_ = -1;
}

}  // namespace vigia
