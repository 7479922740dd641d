#include "connectors/topic_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "connectors/kafka_handles.h"

namespace vigia {

namespace {

constexpr int query_timeout_ms = 2000;

}  // namespace

Status TopicReader::connect(KafkaClient& client, bool committed_only) const {
  KafkaClientOptions options;
  options.brokers = options_.brokers;
  options.user = options_.properties;
  options.log = options_.log;
  options.defaults = {{"client.id", "vigia"},
                      {"queued.max.messages.kbytes", "16384"},
                      {"reconnect.backoff.max.ms", "2000"},
                      {"topic.metadata.refresh.interval.ms", "30000"}};
  options.fixed = {
      {"group.id", options_.group},         {"isolation.level", committed_only ? "read_committed" : "read_uncommitted"},
      {"enable.auto.commit", "false"},      {"enable.auto.offset.store", "false"},
      {"enable.partition.eof", "true"},     {"auto.offset.reset", "error"},
      {"allow.auto.create.topics", "false"}};
  return client.open(RD_KAFKA_CONSUMER, options);
}

Status TopicReader::open(std::span<const PartitionOffset> from) {
  close();
  for (const PartitionOffset& position : from) kept_[position.partition.value] = position.next.value;
  return connect(client_, true);
}

void TopicReader::close() {
  if (client_.handle() != nullptr) {
    rd_kafka_assign(client_.handle(), nullptr);
    rd_kafka_consumer_close(client_.handle());
  }
  client_.close();
  kept_.clear();
  partitions_.clear();
}

Status TopicReader::refresh(TimeMs timeout_ms) {
  KafkaTopics found;
  if (Status status = fetch_topics(client_, std::vector{options_.topic}, timeout_ms, found); !status.ok()) {
    return status;
  }
  const auto topic = found.topics.find(options_.topic);
  if (topic == found.topics.end() || topic->second.empty()) {
    return Status::of(Fault::retry, fmt::format("there is no topic {}", options_.topic));
  }
  const std::size_t before = partitions_.size();
  for (std::int32_t number = 0; number < static_cast<std::int32_t>(topic->second.size()); ++number) {
    const auto kept = kept_.find(number);
    const bool is_known = kept != kept_.end() && kept->second >= 0;
    partitions_.try_emplace(number, Partition{.next = is_known ? kept->second : RD_KAFKA_OFFSET_BEGINNING});
  }
  if (partitions_.size() != before) assign();
  return Status::good();
}

// All of them anew: those that were being read go on at their positions.
void TopicReader::assign() {
  const KafkaPartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions_.size())));
  for (auto& [number, partition] : partitions_) {
    if (partition.lost) continue;
    partition.is_sure = !std::exchange(partition.is_assigned, true);
    rd_kafka_topic_partition_list_add(list.get(), options_.topic.c_str(), number)->offset = partition.next;
  }
  rd_kafka_assign(client_.handle(), list.get());
}

void TopicReader::poll(TimeMs wait_ms, std::size_t limit, const std::function<void(const rd_kafka_message_t&)>& sink) {
  rd_kafka_poll(client_.handle(), 0);
  for (std::size_t count = 0; count < limit; ++count) {
    const KafkaMessage message(rd_kafka_consumer_poll(client_.handle(), count == 0 ? static_cast<int>(wait_ms) : 0));
    if (message == nullptr) break;
    take(*message, sink);
  }
  find_lost();
}

void TopicReader::take(const rd_kafka_message_t& message, const std::function<void(const rd_kafka_message_t&)>& sink) {
  const auto found = partitions_.find(message.partition);
  if (found == partitions_.end()) return;
  Partition& partition = found->second;
  switch (message.err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      if (message.offset < partition.next) return;  // from before it was assigned anew
      if (message.offset > partition.next && !make_sure(message.partition, partition)) return;
      partition.next = message.offset + 1;
      return sink(message);
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:  // behind the marks that transactions leave, too
      if (message.offset > partition.next && make_sure(message.partition, partition)) partition.next = message.offset;
      return;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET: partition.lost = true; return;
    default: return;  // passes by itself, and librdkafka has said it
  }
}

// What an earlier assignment has fetched may still come, without what lay before it. After a seek it does not.
bool TopicReader::make_sure(std::int32_t number, Partition& partition) {
  if (std::exchange(partition.is_sure, true)) return true;
  kafka_seek(client_.handle(), options_.topic, number, partition.next);
  return false;
}

// What is gone is gone: the log goes on where it begins now.
void TopicReader::find_lost() {
  bool found_any = false;
  for (auto& [number, partition] : partitions_) {
    if (!partition.lost) continue;
    std::int64_t low = -1, high = -1;
    if (rd_kafka_query_watermark_offsets(client_.handle(), options_.topic.c_str(), number, &low, &high,
                                         query_timeout_ms) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      continue;  // asked again by the next poll
    }
    found_any = true;
    partition.lost = false;
    if (partition.next >= low && partition.next <= high) continue;  // an answer to an earlier question
    if (options_.warn && partition.next >= 0) {
      const std::string where = fmt::format("{}/{}", options_.topic, number);
      options_.warn(partition.next < low
                        ? fmt::format("{}: the {} records from offset {} to {} are not there any more and were never "
                                      "read; going on at {}",
                                      where, low - partition.next, partition.next, low - 1, low)
                        : fmt::format("{}: the log ends at offset {}, and had been read up to {}: it was replaced; "
                                      "reading it from {}",
                                      where, high, partition.next, low));
    }
    partition.next = low;
  }
  if (found_any) assign();
}

std::vector<PartitionOffset> TopicReader::positions() const {
  std::vector<PartitionOffset> result;
  for (const auto& [number, partition] : partitions_) {
    if (partition.next >= 0) result.push_back({options_.topic, PartitionId{number}, Offset{partition.next}});
  }
  return result;
}

Status TopicReader::ends(TimeMs timeout_ms, std::vector<PartitionOffset>& out) {
  out.clear();
  if (Status status = refresh(timeout_ms); !status.ok()) return status;
  // One that sees what is not committed; a new one, because it knows only the partitions of when it first asked.
  KafkaClient client;
  if (Status status = connect(client, false); !status.ok()) return status;
  for (const auto& [number, partition] : partitions_) {
    std::int64_t low = -1, high = -1;
    const auto error = rd_kafka_query_watermark_offsets(client.handle(), options_.topic.c_str(), number, &low, &high,
                                                        static_cast<int>(timeout_ms));
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return Status::of(Fault::retry, fmt::format("{}/{}: {}", options_.topic, number, rd_kafka_err2str(error)));
    }
    out.push_back({options_.topic, PartitionId{number}, Offset{high}});
  }
  return Status::good();
}

bool TopicReader::has_read(std::span<const PartitionOffset> ends) const {
  return std::ranges::all_of(ends, [&](const PartitionOffset& end) {
    const auto found = partitions_.find(end.partition.value);
    return found != partitions_.end() && (end.next.value <= 0 || found->second.next >= end.next.value);
  });
}

}  // namespace vigia
