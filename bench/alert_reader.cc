#include "bench/alert_reader.h"

#include <algorithm>
#include <utility>

#include "bench/bench_broker.h"
#include "bench/scheduled_sender.h"
#include "connectors/kafka_client.h"
#include "schemas/alert_generated.h"

namespace vigia::bench {

AlertReader::AlertReader(std::string topic) : topic_(std::move(topic)), thread_([this] { run(); }) {}

AlertReader::~AlertReader() {
  stop_ = true;
  thread_.join();
}

std::vector<AlertArrival> AlertReader::arrivals() const {
  const std::lock_guard lock(mutex_);
  return arrivals_;
}

std::optional<AlertArrival> AlertReader::last() const {
  const std::lock_guard lock(mutex_);
  return arrivals_.empty() ? std::nullopt : std::optional(arrivals_.back());
}

std::optional<AlertArrival> AlertReader::first_from(std::int64_t offset) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::lower_bound(arrivals_, offset, {}, &AlertArrival::offset);
  return found == arrivals_.end() ? std::nullopt : std::optional(*found);
}

void AlertReader::run() {
  KafkaClient client;
  KafkaClientOptions options;
  options.brokers = brokers();
  options.defaults = {{"group.id", "alert-reader"},
                      {"enable.auto.commit", "false"},
                      {"isolation.level", "read_committed"},
                      {"auto.offset.reset", "earliest"},
                      {"fetch.wait.max.ms", "100"}};
  require(client.open(RD_KAFKA_CONSUMER, options));
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic_.c_str(), 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(client.handle(), list);
  rd_kafka_topic_partition_list_destroy(list);
  while (!stop_) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(client.handle(), 100);
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const auto* alert = flatbuffers::GetRoot<schema::Alert>(message->payload);
      const std::lock_guard lock(mutex_);
      arrivals_.push_back({message->offset, alert->start_ms(), alert->detected_ms(), now_ms()});
    }
    rd_kafka_message_destroy(message);
  }
  rd_kafka_consumer_close(client.handle());
}

}  // namespace vigia::bench
