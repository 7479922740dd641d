#include "watcher.h"

#include <stdexcept>
#include <utility>

namespace vigia::test {

namespace {
constexpr int poll_ms = 50;
}

TopicLog by_partition(std::vector<KafkaRecord> records) {
  TopicLog log;
  for (auto& record : records) log[record.partition].push_back(std::move(record));
  return log;
}

Watcher::Watcher(const std::string& bootstrap, std::string topic, std::int32_t partitions)
    : topic_(std::move(topic)), partitions_(partitions) {
  KafkaClientOptions options;
  options.brokers = bootstrap;
  options.defaults = {{"group.id", "watcher"},
                      {"enable.auto.commit", "false"},
                      {"isolation.level", "read_committed"},
                      {"auto.offset.reset", "error"},
                      {"fetch.wait.max.ms", "50"},
                      {"reconnect.backoff.max.ms", "500"},
                      {"log_level", "0"}};
  if (const Status status = consumer_.open(RD_KAFKA_CONSUMER, options); !status.ok())
    throw std::runtime_error(status.text);
  thread_ = std::thread([this] { run(); });
}

Watcher::~Watcher() {
  stop_ = true;
  thread_.join();
}

TopicLog Watcher::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void Watcher::run() {
  rd_kafka_t* handle = consumer_.handle();
  rd_kafka_poll_set_consumer(handle);
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(partitions_);
  for (std::int32_t p = 0; p < partitions_; ++p)
    rd_kafka_topic_partition_list_add(list, topic_.c_str(), p)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(handle, list);
  rd_kafka_topic_partition_list_destroy(list);
  while (!stop_) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(handle, poll_ms);
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {  // errors are brokers that are away: it goes on by itself
      const std::lock_guard lock(mutex_);
      seen_[message->partition].push_back(copy_record(*message));
      ++count_;
    }
    rd_kafka_message_destroy(message);
  }
  rd_kafka_consumer_close(handle);
}

}  // namespace vigia::test
