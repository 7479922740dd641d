#include "connectors/topic_scan.h"

#include <fmt/format.h>

#include <algorithm>

#include "connectors/kafka_fetch_watch.h"
#include "connectors/kafka_handles.h"
#include "connectors/kafka_progress.h"

namespace vigia {

namespace {

constexpr int poll_ms = 100;

}  // namespace

Status TopicScan::connect(KafkaClient& client, const char* isolation) const {
  KafkaClientOptions options;
  options.brokers = options_.brokers;
  options.user = options_.properties;
  options.user.erase("group.instance.id");
  options.user.erase("transaction.timeout.ms");
  options.log = options_.log;
  options.defaults = {{"client.id", "vigia-replay"}, {"fetch.wait.max.ms", "20"}};
  options.fixed = {{"group.id", options_.group},         {"isolation.level", isolation},
                   {"enable.auto.commit", "false"},      {"enable.auto.offset.store", "false"},
                   {"enable.partition.eof", "true"},     {"auto.offset.reset", "error"},
                   {"allow.auto.create.topics", "false"}};
  return client.open(RD_KAFKA_CONSUMER, options);
}

Status TopicScan::open() {
  if (Status status = connect(reader_, "read_committed"); !status.ok()) return status;
  return connect(asker_, "read_uncommitted");
}

Status TopicScan::bounds(const std::string& topic, std::vector<OffsetBounds>& out) {
  out.clear();
  KafkaTopics found;
  if (Status status = fetch_topics(asker_, std::vector{topic}, options_.patience_ms, found); !status.ok())
    return status;
  const auto known = found.topics.find(topic);
  if (known == found.topics.end() || known->second.empty())
    return Status::of(Fault::missing_topics, fmt::format("there is no topic '{}' at {}", topic, options_.brokers));
  for (std::int32_t number = 0; number < static_cast<std::int32_t>(known->second.size()); ++number) {
    OffsetBounds& bounds = out.emplace_back();
    const auto error = rd_kafka_query_watermark_offsets(asker_.handle(), topic.c_str(), number, &bounds.begin.value,
                                                        &bounds.end.value, static_cast<int>(options_.patience_ms));
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return Status::of(Fault::retry, fmt::format("{}/{}: {}", topic, number, rd_kafka_err2str(error)));
  }
  return Status::good();
}

Status TopicScan::read(const std::string& topic, std::span<const OffsetBounds> bounds,
                       const std::function<void(const rd_kafka_message_t&)>& sink) {
  const KafkaPartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(bounds.size())));
  std::map<std::int32_t, Offset> left;  // by partition: where its end is
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    if (bounds[i].begin >= bounds[i].end) continue;
    const auto number = static_cast<std::int32_t>(i);
    left.emplace(number, bounds[i].end);
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), number)->offset = bounds[i].begin.value;
  }
  // A client of its own each time: what one has fetched for an earlier assignment may still come after the next.
  Status status = connect(reader_, "read_committed");
  if (!status.ok()) return status;
  rd_kafka_assign(reader_.handle(), list.get());
  TimeMs deadline_ms = steady_clock_ms() + options_.patience_ms;
  while (status.ok() && !left.empty()) {
    const KafkaMessage message(rd_kafka_consumer_poll(reader_.handle(), poll_ms));
    if (message != nullptr &&
        (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)) {
      const auto end = left.find(message->partition);
      if (end == left.end()) continue;
      const bool is_record = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
      if (is_record && message->offset < end->second.value) sink(*message);
      if (is_record) deadline_ms = steady_clock_ms() + options_.patience_ms;
      // The end that a reader sees is before the first transaction that is not decided, and moves on when it is.
      if (message->offset + (is_record ? 1 : 0) >= end->second.value) left.erase(end);
    } else if (message != nullptr && message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
      status = Status::of(Fault::refused,
                          fmt::format("{}/{}: {}", topic, message->partition, rd_kafka_message_errstr(message.get())));
    } else if (steady_clock_ms() >= deadline_ms) {
      status =
          Status::of(Fault::retry,
                     fmt::format("{}/{}: no record for {} s, and its end at {} is not reached: is a broker away, "
                                 "or a transaction open?",
                                 topic, left.begin()->first, options_.patience_ms / 1000, left.begin()->second.value));
    }
  }
  rd_kafka_assign(reader_.handle(), nullptr);
  return status;
}

Status TopicScan::progress(std::span<const std::string> topics, std::span<const PartitionId> numbers,
                           std::vector<TaskProgress>& out) {
  return fetch_progress(reader_, topics, numbers, static_cast<int>(options_.patience_ms), out);
}

}  // namespace vigia
