#include "connectors/kafka_journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "connectors/kafka_fetch_watch.h"
#include "connectors/kafka_handles.h"

namespace vigia {

namespace {

constexpr int poll_ms = 100;

}  // namespace

KafkaJournalOptions journal_options(const Pipeline& pipeline, KafkaLog log) {
  return {.brokers = pipeline.brokers,
          .topic = pipeline.outputs.journal,
          .properties = pipeline.properties,
          .log = std::move(log)};
}

KafkaJournal::KafkaJournal(KafkaProducer& producer, KafkaJournalOptions options)
    : producer_(&producer), options_(std::move(options)) {}

KafkaJournal::KafkaJournal(KafkaJournalOptions options) : options_(std::move(options)) {}

Status KafkaJournal::append(std::span<const JournalEntry> entries) {
  if (producer_ == nullptr) return Status::of(Fault::refused, "the journal was opened to be read only");
  for (const JournalEntry& entry : entries) {
    Status status = producer_->produce(options_.topic, entry.task, encode(entry), {}, entry.partition.value);
    if (!status.ok()) return status;
  }
  return producer_->flush();
}

JournalPosition KafkaJournal::position(PartitionId partition) const {
  const auto read = read_to_.find(partition.value);
  const JournalPosition known = read == read_to_.end() ? 0 : read->second;
  return producer_ == nullptr ? known : std::max(known, producer_->acknowledged(options_.topic, partition.value));
}

Status KafkaJournal::open_reader() {
  if (reader_.handle() != nullptr) return Status::good();
  return reader_.open(RD_KAFKA_CONSUMER,
                      reader_options(options_.brokers, "vigia-journal", options_.properties, options_.log));
}

Status KafkaJournal::read(const std::string& task, PartitionId partition, JournalPosition position,
                          std::uint64_t first_epoch, std::uint64_t committed_epoch,
                          const std::function<void(const JournalEntry&)>& sink) {
  if (Status status = open_reader(); !status.ok()) return status;
  const KafkaPartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), options_.topic.c_str(), partition.value)->offset = position;
  rd_kafka_assign(reader_.handle(), list.get());
  JournalOrder order(task, first_epoch);
  Status status;
  JournalPosition next = position;
  bool is_sure = false;
  TimeMs deadline_ms = steady_clock_ms() + options_.patience_ms;
  while (status.ok()) {
    const KafkaMessage message(rd_kafka_consumer_poll(reader_.handle(), poll_ms));
    if (message != nullptr && message->partition != partition.value) continue;  // of the task before
    // So may be the end of the log, and what comes first: after a seek nothing old comes.
    if (message != nullptr && !std::exchange(is_sure, true)) {
      kafka_seek(reader_.handle(), options_.topic, partition.value, position);
      continue;
    }
    if (message != nullptr && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (message->offset < next) continue;
      status = add(*message, order);
      next = message->offset + 1;
      deadline_ms = steady_clock_ms() + options_.patience_ms;
      continue;
    }
    // The group may know of a commit before its mark has come to every partition.
    const bool all = committed_epoch < first_epoch || order.last_epoch() >= committed_epoch;
    if (message != nullptr && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && all) break;
    if (steady_clock_ms() < deadline_ms) continue;
    status = Status::of(Fault::retry,
                        fmt::format("{}/{}: the journal of {} gives nothing behind epoch {}, and epoch {} "
                                    "is committed",
                                    options_.topic, partition.value, task, order.last_epoch(), committed_epoch));
  }
  rd_kafka_assign(reader_.handle(), nullptr);
  if (!status.ok()) return status;
  read_to_[partition.value] = next;
  for (const JournalEntry& entry : order.entries()) sink(entry);
  return Status::good();
}

Status KafkaJournal::add(const rd_kafka_message_t& message, JournalOrder& order) const {
  JournalEntry entry;
  if (decode({static_cast<const char*>(message.payload), message.len}, entry)) return order.add(std::move(entry));
  return Status::of(Fault::damaged,
                    fmt::format("{}/{} offset {}: no journal entry of this version, or not with its checksum",
                                options_.topic, message.partition, message.offset));
}

}  // namespace vigia
