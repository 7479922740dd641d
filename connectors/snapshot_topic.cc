#include "connectors/snapshot_topic.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "connectors/kafka_fetch_watch.h"
#include "connectors/kafka_handles.h"

namespace vigia {

namespace {

constexpr int poll_ms = 100;
// Brokers take a record of a megabyte without being told to.
constexpr std::size_t piece_bytes = std::size_t{512} << 10;
// A large state takes a while. Who is held up by an open transaction here is only who reads this topic.
constexpr const char* transaction_timeout_ms = "60000";
constexpr TimeMs epoch_wait_ms = 1'000;

KafkaProducerOptions producer_options(const SnapshotTopicOptions& options) {
  KafkaProducerOptions producer;
  producer.brokers = options.brokers;
  producer.client = options.transactional_id;
  producer.properties = options.properties;
  producer.properties["transaction.timeout.ms"] = transaction_timeout_ms;
  producer.properties.erase("message.timeout.ms");
  producer.transactional_id = options.transactional_id;
  producer.log = options.log;
  return producer;
}

std::string piece_number(std::uint32_t piece) { return {reinterpret_cast<const char*>(&piece), sizeof piece}; }

// The pieces of the values of one task, put together again.
class Assembly {
 public:
  void add(std::string_view key, std::string_view value) {
    std::uint32_t piece = 0, count = 0;
    if (key.size() <= sizeof piece) return;
    std::memcpy(&piece, key.data() + key.size() - sizeof piece, sizeof piece);
    if (value.empty() && piece == 0) keys_.erase(std::string(key.substr(0, key.size() - sizeof piece)));
    if (value.size() < sizeof count) return;
    std::memcpy(&count, value.data(), sizeof count);
    auto& pieces = keys_[std::string(key.substr(0, key.size() - sizeof piece))];
    if (piece == 0) pieces.resize(count);
    if (piece < pieces.size()) pieces[piece] = value.substr(sizeof count);
  }

  template <class Sink>
  void take(Sink&& sink) {
    for (auto& [key, pieces] : keys_) {
      std::string whole = pieces.empty() ? std::string() : std::move(pieces.front());
      for (std::size_t i = 1; i < pieces.size(); ++i) whole += pieces[i];
      sink(std::string_view(key), std::move(whole));
    }
  }

 private:
  std::unordered_map<std::string, std::vector<std::string>> keys_;
};

}  // namespace

std::string snapshot_head_key(const std::string& task) { return "h" + task; }

std::string snapshot_image_key(const std::string& task, std::string_view key) {
  return "k" + task + '\0' + std::string(key);
}

Status produce_snapshot_value(KafkaProducer& producer, const std::string& topic, PartitionId number,
                              const std::string& key, std::string_view value, bool is_gone) {
  const auto count =
      static_cast<std::uint32_t>(std::max<std::size_t>(1, (value.size() + piece_bytes - 1) / piece_bytes));
  std::string piece;
  for (std::uint32_t i = 0; i < count; ++i) {
    piece.assign(reinterpret_cast<const char*>(&count), sizeof count);
    piece += value.substr(i * piece_bytes, piece_bytes);
    const std::string_view record = is_gone ? std::string_view() : std::string_view(piece);
    if (Status status = producer.produce(topic, key + piece_number(i), record, {}, number.value); !status.ok())
      return status;
  }
  return Status::good();
}

SnapshotTopic::SnapshotTopic(SnapshotTopicOptions options, KafkaSource& source)
    : options_(std::move(options)),
      source_(source),
      producer_(producer_options(options_)),
      transaction_(producer_, source, {options_.topic}) {}

Status SnapshotTopic::open(bool create, std::int32_t partitions) {
  if (producer_.session()->client.handle() == nullptr) {
    if (Status status = producer_.open(); !status.ok()) return status;
  }
  const std::string topics[] = {options_.topic};
  return producer_.check_topics(topics, create, compacted(), partitions);
}

Status SnapshotTopic::last_epoch(PartitionId number, std::uint64_t& epoch) {
  epoch = 0;
  const std::string topics[] = {options_.topic};
  const PartitionId numbers[] = {number};
  std::vector<TaskProgress> progress;
  if (Status status = source_.committed_in(topics, numbers, epoch_wait_ms, progress); !status.ok()) return status;
  if (!progress.empty()) epoch = progress.front().epoch;
  return Status::good();
}

Status SnapshotTopic::publish(const SnapshotStore& store, const std::string& task, PartitionId number,
                              std::uint64_t after_epoch, const std::atomic<bool>& stop) {
  SnapshotHead head;
  std::optional<SnapshotHead> known;
  if (Status status = store.head(task, known); !status.ok() || !known) return status;
  if (known->epoch <= after_epoch) return Status::good();
  // What is committed is at least what is known now; the rest is found out on the way.
  TaskProgress progress{number, known->epoch, {{options_.topic, number, Offset{0}}}};
  bool already = false;
  if (Status status = transaction_.begin({&progress, 1}, already); !status.ok() || already) return status;
  Status status = store.changed(task, after_epoch, head, [&](std::string_view key, std::string_view bytes) {
    if (stop) return Status::of(Fault::retry, "broken off");
    return produce_snapshot_value(producer_, options_.topic, number, snapshot_image_key(task, key), bytes,
                                  bytes.empty());
  });
  if (status.ok())
    status = produce_snapshot_value(producer_, options_.topic, number, snapshot_head_key(task), encode(head));
  if (!status.ok()) return status;
  progress.epoch = head.epoch;
  progress.next.front().next = Offset{static_cast<std::int64_t>(head.epoch)};
  return transaction_.commit({&progress, 1});
}

Status SnapshotTopic::open_reader() {
  if (reader_.handle() != nullptr) return Status::good();
  return reader_.open(RD_KAFKA_CONSUMER,
                      reader_options(options_.brokers, "vigia-snapshots", options_.properties, options_.log));
}

Status SnapshotTopic::fetch(const std::string& task, PartitionId number, std::uint64_t epoch, TaskSnapshot& out) {
  out = {};
  if (Status status = open_reader(); !status.ok()) return status;
  const KafkaPartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), options_.topic.c_str(), number.value)->offset =
      RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(reader_.handle(), list.get());
  const std::string head_key = snapshot_head_key(task);
  const std::string prefix = snapshot_image_key(task, {});
  Assembly all;
  Status status;
  bool is_sure = false;
  TimeMs deadline_ms = steady_clock_ms() + options_.patience_ms;
  for (;;) {
    const KafkaMessage message(rd_kafka_consumer_poll(reader_.handle(), poll_ms));
    if (message != nullptr && message->partition != number.value) continue;  // of the task before
    // So may be the end of the log, and what comes first: after a seek nothing old comes.
    if (message != nullptr && !std::exchange(is_sure, true)) {
      kafka_seek(reader_.handle(), options_.topic, number.value, RD_KAFKA_OFFSET_BEGINNING);
      continue;
    }
    if (message != nullptr && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const std::string_view key(static_cast<const char*>(message->key), message->key_len);
      if (key.starts_with(prefix) || (key.starts_with(head_key) && key.size() == head_key.size() + 4)) {
        all.add(key, {static_cast<const char*>(message->payload), message->len});
      }
      deadline_ms = steady_clock_ms() + options_.patience_ms;
      continue;
    }
    if (message != nullptr && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) break;
    if (steady_clock_ms() < deadline_ms) continue;
    status = Status::of(Fault::retry, fmt::format("{}/{}: no record in {} s", options_.topic, number.value,
                                                  options_.patience_ms / 1000));
    break;
  }
  rd_kafka_assign(reader_.handle(), nullptr);
  if (!status.ok()) return status;
  out.all = true;
  bool good = true;
  all.take([&](std::string_view key, std::string whole) {
    if (key == head_key) {
      good = decode(whole, out.head);
    } else {
      out.keys.push_back({std::string(key.substr(prefix.size())), std::move(whole)});
    }
  });
  out.head.task = task;
  if (good && out.head.epoch >= epoch) return Status::good();
  // The group may know of a commit before its mark has come to every partition.
  if (good)
    return Status::of(Fault::retry, fmt::format("{}/{}: the snapshot of epoch {} is not there yet", options_.topic,
                                                number.value, epoch));
  return Status::of(Fault::refused,
                    fmt::format("{}/{}: the snapshot of {} is of a newer version", options_.topic, number.value, task));
}

}  // namespace vigia
