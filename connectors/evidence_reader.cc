#include "connectors/evidence_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "connectors/kafka_handles.h"

namespace vigia {

namespace {

using Clock = std::chrono::steady_clock;

constexpr TimeMs poll_wait_ms = 100;
constexpr int query_timeout_ms = 1000;
constexpr std::int64_t read_on_records = 500;  // a gap so short is read through; over a longer one the reader jumps
constexpr std::int64_t beyond_all = std::numeric_limits<std::int64_t>::max();

EvidenceRecord copy(const rd_kafka_message_t& message) {
  EvidenceRecord record;
  if (message.key_len > 0) record.key.assign(static_cast<const char*>(message.key), message.key_len);
  if (message.payload != nullptr) record.value.emplace(static_cast<const char*>(message.payload), message.len);
  rd_kafka_timestamp_type_t type;
  record.timestamp_ms = std::max<std::int64_t>(rd_kafka_message_timestamp(&message, &type), 0);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    record.headers.emplace_back(name, std::string(static_cast<const char*>(value), value == nullptr ? 0 : size));
  }
  return record;
}

}  // namespace

Status EvidenceReader::connect() {
  if (client_.handle() != nullptr) return Status::good();
  KafkaClientOptions options;
  options.brokers = options_.brokers;
  options.user = options_.properties;
  options.log = options_.log;
  options.defaults = {
      {"client.id", "vigia"},
      {"fetch.message.max.bytes", "65536"},  // mostly one record is wanted; a longer one comes all the same
      {"queued.max.messages.kbytes", "1024"},
      {"reconnect.backoff.max.ms", "2000"}};
  // What is evidence was committed when the engine read it; without looking at transactions its place is found at once.
  options.fixed = {{"group.id", options_.group},         {"isolation.level", "read_uncommitted"},
                   {"enable.auto.commit", "false"},      {"enable.auto.offset.store", "false"},
                   {"enable.partition.eof", "true"},     {"auto.offset.reset", "error"},
                   {"allow.auto.create.topics", "false"}};
  return client_.open(RD_KAFKA_CONSUMER, options);
}

void EvidenceReader::close() {
  if (client_.handle() != nullptr) rd_kafka_consumer_close(client_.handle());
  client_.close();
}

Status EvidenceReader::read(std::span<const EvidencePlace> places, TimeMs limit_ms, const Found& found) {
  if (places.empty()) return Status::good();
  if (Status status = connect(); !status.ok()) return status;
  open_.clear();
  for (const EvidencePlace& place : places) open_[{place.topic, place.partition}].offsets.push_back(place.offset);
  for (auto& [partition, open] : open_) {
    std::ranges::sort(open.offsets);
    open.offsets.erase(std::ranges::unique(open.offsets).begin(), open.offsets.end());
  }
  assign();
  const auto deadline = Clock::now() + std::chrono::milliseconds(limit_ms);
  while (!open_.empty() && Clock::now() < deadline) {
    rd_kafka_poll(client_.handle(), 0);
    const KafkaMessage message(rd_kafka_consumer_poll(client_.handle(), poll_wait_ms));
    if (message != nullptr) take(*message, found);
  }
  rd_kafka_assign(client_.handle(), nullptr);
  if (open_.empty()) return Status::good();
  const auto& [topic, partition] = open_.begin()->first;
  std::string why = client_.trouble();
  if (why.empty()) why = fmt::format("no answer within {} ms", limit_ms);
  return Status::of(Fault::retry, fmt::format("{}/{}: {}", topic, partition, why));
}

// Each partition at the first offset that is still asked for.
void EvidenceReader::assign() {
  const KafkaPartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(open_.size())));
  for (auto& [partition, open] : open_) {
    rd_kafka_topic_partition_list_add(list.get(), partition.first.c_str(), partition.second)->offset =
        open.offsets.front();
    open.is_sure = false;
  }
  rd_kafka_assign(client_.handle(), list.get());
}

void EvidenceReader::take(const rd_kafka_message_t& message, const Found& found) {
  if (message.rkt == nullptr) return;
  const auto entry = open_.find({rd_kafka_topic_name(message.rkt), message.partition});
  if (entry == open_.end()) return;
  const Partition partition = entry->first;
  Open& open = entry->second;
  switch (message.err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR: take_record(partition, open, message, found); break;
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:  // the log ends before them
      if (make_sure(partition, open)) give_up_before(partition, open, beyond_all, found);
      break;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET: find_bounds(partition, open, found); break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:  // the topic is gone
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: give_up_before(partition, open, beyond_all, found); break;
    default: return;  // passes, or the time does
  }
  if (!open.offsets.empty()) return;
  open_.erase(entry);
  // The others need the line.
  if (!open_.empty()) kafka_seek(client_.handle(), partition.first, partition.second, RD_KAFKA_OFFSET_END);
}

void EvidenceReader::take_record(const Partition& partition, Open& open, const rd_kafka_message_t& message,
                                 const Found& found) {
  if (message.offset < open.offsets.front()) return;
  if (message.offset > open.offsets.front()) {  // compaction leaves holes
    if (!make_sure(partition, open)) return;
    give_up_before(partition, open, message.offset, found);
  }
  if (open.offsets.empty() || open.offsets.front() != message.offset) return;
  found({partition.first, partition.second, message.offset}, copy(message));
  open.offsets.pop_front();
  open.is_sure = false;
  if (!open.offsets.empty() && open.offsets.front() - message.offset > read_on_records) {
    kafka_seek(client_.handle(), partition.first, partition.second, open.offsets.front());
  }
}

// What an earlier assignment has fetched may still come, and does not say that a record is gone. After a seek it does not.
bool EvidenceReader::make_sure(const Partition& partition, Open& open) {
  if (std::exchange(open.is_sure, true)) return true;
  kafka_seek(client_.handle(), partition.first, partition.second, open.offsets.front());
  return false;
}

// The offset asked for is not in the log. Retention has removed it, and perhaps not those behind it.
void EvidenceReader::find_bounds(const Partition& partition, Open& open, const Found& found) {
  std::int64_t low = -1, high = -1;
  const auto error = rd_kafka_query_watermark_offsets(client_.handle(), partition.first.c_str(), partition.second, &low,
                                                      &high, query_timeout_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return assign();  // asked again
  give_up_before(partition, open, open.offsets.front() >= high ? beyond_all : low, found);
  if (!open.offsets.empty()) assign();  // its fetching has ended
}

void EvidenceReader::give_up_before(const Partition& partition, Open& open, std::int64_t offset, const Found& found) {
  for (; !open.offsets.empty() && open.offsets.front() < offset; open.offsets.pop_front()) {
    found({partition.first, partition.second, open.offsets.front()}, EvidenceRecord{.is_gone = true});
    open.is_sure = false;
  }
}

}  // namespace vigia
