#include "connectors/kafka_partition.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>

namespace vigia {

namespace {

constexpr std::size_t block_records = 2048;
constexpr std::size_t block_bytes = std::size_t{1} << 20;
constexpr std::size_t pool_blocks = 64;
constexpr double client_overhead_bytes = 300;  // what librdkafka holds beside a queued record's bytes

}  // namespace

std::shared_ptr<RecordBlock> RecordBlockPool::get() {
  std::unique_ptr<RecordBlock> block;
  {
    std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      block = std::move(free_.back());
      free_.pop_back();
    }
  }
  if (block == nullptr) {
    block = std::make_unique<RecordBlock>();
    block->records.reserve(block_records);
  }
  const auto give_back = [pool = shared_from_this()](RecordBlock* used) {
    std::unique_ptr<RecordBlock> owned(used);
    owned->records.clear();
    owned->bytes.clear();
    std::lock_guard lock(pool->mutex_);
    if (pool->free_.size() < pool_blocks) pool->free_.push_back(std::move(owned));
  };
  return {block.release(), give_back};
}

KafkaPartition::KafkaPartition(rd_kafka_t* handle, const KafkaFetchWatch& watch, std::string topic_name,
                               TopicIndex topic_index, PartitionId partition_id, std::int64_t position, int wake_fd,
                               RecordBlockPool& pool, std::size_t limit_bytes)
    : topic(topic_index),
      partition(partition_id),
      handle_(handle),
      watch_(watch),
      topic_name_(std::move(topic_name)),
      queue_(rd_kafka_queue_get_partition(handle, topic_name_.c_str(), partition_id.value)),
      pool_(pool),
      block_(pool.get()),
      position_(position),
      handed_out_(position),
      limit_bytes_(static_cast<double>(limit_bytes)) {
  rd_kafka_queue_forward(queue_, nullptr);  // to us, not to the common queue
  const std::uint64_t one = 1;
  rd_kafka_queue_io_event_enable(queue_, wake_fd, &one, sizeof one);
}

KafkaPartition::~KafkaPartition() {
  rd_kafka_queue_io_event_enable(queue_, -1, nullptr, 0);
  rd_kafka_queue_destroy(queue_);
}

bool KafkaPartition::refill() {
  if (!block_->records.empty()) {  // all handed out
    block_.reset();
    block_ = pool_.get();
  }
  next_ = 0;
  block_kept_ = false;
  looked_after_ = watch_.whole_answers(leader);
  was_full_ = was_full_ || queued_payload_bytes() > 0.75 * limit_bytes_;
  rd_kafka_consume_callback_queue(queue_, 0, &KafkaPartition::on_message, this);
  if (was_full_ && queued_payload_bytes() < 0.5 * limit_bytes_) {
    has_room_ = true;
    was_full_ = false;
  }
  if (block_->records.empty()) {
    if (drained_) end_seen_ms_ = std::max(end_seen_ms_, complete_ms);
    return false;
  }
  const auto count = static_cast<double>(block_->records.size());
  record_bytes_ += (static_cast<double>(block_->bytes.used_bytes()) / count - record_bytes_) / 4;
  return true;
}

// Called once for each record of the queue, until it is empty or rd_kafka_yield() is called.
void KafkaPartition::on_message(rd_kafka_message_t* message, void* self) {
  auto& partition = *static_cast<KafkaPartition*>(self);
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    partition.on_error(*message);
    return;
  }
  partition.add(*message);
  if (partition.block_->records.size() >= block_records || partition.block_->bytes.used_bytes() >= block_bytes) {
    rd_kafka_yield(partition.handle_);
  }
}

void KafkaPartition::add(const rd_kafka_message_t& message) {
  if (message.offset < position_) return;  // read before: an offset is never handed out twice
  InputRecord& record = block_->records.emplace_back();
  record.topic = topic;
  record.partition = partition;
  record.offset = Offset{message.offset};
  rd_kafka_timestamp_type_t type;
  record.broker_ms = std::max<std::int64_t>(rd_kafka_message_timestamp(&message, &type), 0);
  char* bytes = block_->bytes.allocate(message.key_len + message.len);
  if (message.key_len > 0) std::memcpy(bytes, message.key, message.key_len);
  if (message.len > 0) std::memcpy(bytes + message.key_len, message.payload, message.len);
  record.key = {bytes, message.key_len};
  record.value = {bytes + message.key_len, message.len};
  record.is_tombstone = message.payload == nullptr;
  record.headers = copy_headers(message);
  position_ = message.offset + 1;
  drained_ = false;
  if (!trouble_.ok()) trouble_ = Status::good();  // it goes on, so it is over
}

const RecordHeaders* KafkaPartition::copy_headers(const rd_kafka_message_t& message) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return nullptr;
  const std::size_t count = rd_kafka_header_cnt(headers);
  if (count == 0) return nullptr;
  auto* items =
      reinterpret_cast<RecordHeader*>(block_->bytes.allocate(count * sizeof(RecordHeader), alignof(RecordHeader)));
  for (std::size_t i = 0; i < count; ++i) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    rd_kafka_header_get_all(headers, i, &name, &value, &size);
    new (items + i) RecordHeader{block_->bytes.copy(name), {}};
    if (value != nullptr) items[i].value = block_->bytes.copy({static_cast<const char*>(value), size});
  }
  return new (block_->bytes.allocate(sizeof(RecordHeaders), alignof(RecordHeaders))) RecordHeaders{items, count};
}

void KafkaPartition::on_error(const rd_kafka_message_t& message) {
  switch (message.err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      drained_ = true;
      position_ = std::max(position_, message.offset);
      if (trouble_.fault == Fault::retry) trouble_ = Status::good();
      return;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET: misplaced_ = true; return;
    default: trouble_ = Status::of(Fault::retry, fmt::format("{}: {}", name(), rd_kafka_message_errstr(&message)));
  }
}

void KafkaPartition::take(std::size_t count, RecordBatch& batch) {
  const auto records = staged().first(count);
  if (!block_kept_) {
    batch.keep.push_back(block_);
    block_kept_ = true;
  }
  if (batch_first_ < 0) batch_first_ = records.front().offset.value;
  next_ += count;
  batch_count_ += count;
  handed_out_ = records.back().offset.value + 1;
  last_broker_ms_ = records.back().broker_ms;
  batch.records.insert(batch.records.end(), records.begin(), records.end());
}

std::string KafkaPartition::name() const { return fmt::format("{}/{}", topic_name_, partition.value); }

void KafkaPartition::skip_to(Offset begin) {
  position_ = handed_out_ = begin.value;
  misplaced_ = drained_ = false;
}

void KafkaPartition::begin_batch() {
  batch_first_ = -1;
  batch_count_ = 0;
  block_kept_ = false;
}

bool KafkaPartition::hides_records() const {
  std::int64_t low = -1, high = -1;
  rd_kafka_get_watermark_offsets(handle_, topic_name_.c_str(), partition.value, &low, &high);
  return is_empty() && !away && high > std::max<std::int64_t>(position_, 0);
}

PartitionStatus KafkaPartition::status() const {
  PartitionStatus status;
  status.topic = topic;
  status.partition = partition;
  status.first = Offset{batch_first_};
  status.count = batch_count_;
  status.last_broker_ms = last_broker_ms_;
  std::int64_t low = -1, high = -1;
  rd_kafka_get_watermark_offsets(handle_, topic_name_.c_str(), partition.value, &low, &high);
  status.next = Offset{is_empty() ? std::max(position_, handed_out_) : handed_out_};
  // Below the high mark: a transaction that is still open. Of a broker that is away nobody knows.
  status.at_end = is_empty() && was_drained_ && position_ >= high && !away;
  status.end_seen_ms = status.at_end ? end_seen_ms_ : no_time_ms;
  if (high >= 0 && status.next.value >= 0) status.lag = std::max<std::int64_t>(high - status.next.value, 0);
  return status;
}

std::uint64_t KafkaPartition::queued_bytes() const {
  const double in_client = static_cast<double>(rd_kafka_queue_length(queue_)) * (record_bytes_ + client_overhead_bytes);
  return static_cast<std::uint64_t>(in_client) + block_->bytes.used_bytes() +
         block_->records.capacity() * sizeof(InputRecord);
}

}  // namespace vigia
