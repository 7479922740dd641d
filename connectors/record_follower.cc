#include "connectors/record_follower.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "connectors/record_batch.h"

namespace vigia {

namespace {

using std::chrono::milliseconds;

constexpr TimeMs poll_wait_ms = 50;
constexpr std::size_t poll_records = 2000;
constexpr TimeMs query_timeout_ms = 2000;
constexpr TimeMs refresh_every_ms = 30'000;
constexpr TimeMs prune_parts = 256;  // of the retention: so much more is kept at most
constexpr TimeMs shortest_pause_ms = 200, longest_pause_ms = 10'000;

TimeMs wall_now_ms() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// They live as long as the message.
std::vector<RecordHeader> headers_in(const rd_kafka_message_t& message) {
  std::vector<RecordHeader> all;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return all;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  while (rd_kafka_header_get_all(headers, all.size(), &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    all.push_back({name, {}});
    if (value != nullptr) all.back().value = {static_cast<const char*>(value), size};
  }
  return all;
}

}  // namespace

RecordFollower::RecordFollower(RecordStore& store, const Pipeline& pipeline, RecordFollowerOptions options)
    : store_(store),
      options_(std::move(options)),
      retention_ms_(pipeline.outputs.record_retention_ms),
      events_(pipeline) {
  for (const SourceSpec& source : pipeline.sources) {
    if (!is_kept(source.stream)) continue;
    TopicReaderOptions reader{pipeline.brokers, pipeline.application, pipeline.properties,
                              source.topic,     options_.log,         options_.warn};
    topics_.push_back({source, std::make_unique<TopicReader>(std::move(reader)), {}, {}, {}});
  }
}

Status RecordFollower::start() {
  for (Topic& topic : topics_) {
    if (Status status = store_.positions(topic.source.topic, topic.position); !status.ok()) return status;
    if (Status status = topic.reader->open(topic.position); !status.ok()) return status;
  }
  stopping_ = false;
  thread_ = std::thread([this] { run(); });
  return Status::good();
}

void RecordFollower::stop() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  for (Topic& topic : topics_) topic.reader->close();
  read_.clear();
}

Status RecordFollower::catch_up(TimeMs limit_ms) {
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = ++asked_;
  missing_ = "no answer yet";
  changed_.notify_all();
  const bool done = thread_.joinable() &&
                    changed_.wait_for(lock, milliseconds(limit_ms), [&] { return answered_ >= mine || stopping_; }) &&
                    answered_ >= mine;
  return done ? Status::good()
              : Status::of(Fault::retry, fmt::format("the events of reports were not read to their end: {}", missing_));
}

void RecordFollower::run() {
  TimeMs pause_ms = shortest_pause_ms;
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    // What the disk has refused is first to be stored.
    if (read_.empty())
      for (Topic& topic : topics_) read(topic);
    if (topics_.empty()) pause(poll_wait_ms);
    Status status = store();
    if (status.ok()) status = prune();
    say(status);
    if (status.ok()) {
      pause_ms = shortest_pause_ms;
      answer();
    } else {
      pause(pause_ms);
      pause_ms = std::min(pause_ms * 2, longest_pause_ms);
    }
  }
}

// A topic that is not there yet is asked for again and again; one that is may get more partitions.
void RecordFollower::read(Topic& topic) {
  if (Clock::now() >= topic.refresh_at) {
    (void)topic.reader->refresh(query_timeout_ms);
    const TimeMs again_ms = topic.reader->partition_count() == 0 ? shortest_pause_ms : refresh_every_ms;
    topic.refresh_at = Clock::now() + milliseconds(again_ms);
  }
  if (topic.reader->partition_count() == 0) return pause(poll_wait_ms);
  topic.reader->poll(poll_wait_ms, poll_records, [&](const auto& message) { take(topic, message); });
}

void RecordFollower::take(const Topic& topic, const rd_kafka_message_t& message) {
  const std::vector<RecordHeader> items = headers_in(message);
  const RecordHeaders headers{items.data(), items.size()};
  InputRecord record{};
  record.partition = PartitionId{message.partition};
  record.offset = Offset{message.offset};
  rd_kafka_timestamp_type_t type;
  record.broker_ms = std::max<std::int64_t>(rd_kafka_message_timestamp(&message, &type), 0);
  record.key = {static_cast<const char*>(message.key), message.key_len};
  record.value = {static_cast<const char*>(message.payload), message.len};
  record.is_tombstone = message.payload == nullptr;
  record.headers = items.empty() ? nullptr : &headers;
  newest_ms_ = std::max(newest_ms_, record.broker_ms);
  (void)events_.read(topic.source, record, [this](const KeptEvent& event) { read_.push_back(event); });
}

Status RecordFollower::store() {
  std::vector<PartitionOffset> all;
  bool is_new = !read_.empty();
  for (const Topic& topic : topics_) {
    const auto now = topic.reader->positions();
    is_new = is_new || now != topic.position;
    all.insert(all.end(), now.begin(), now.end());
  }
  if (!is_new) return Status::good();
  if (Status status = store_.write(read_, all); !status.ok()) return status;
  read_.clear();
  for (Topic& topic : topics_) topic.position = topic.reader->positions();
  return Status::good();
}

// Time goes by the records: those of a recording are as old as the recording. One from the future must not empty the
// store, so the wall clock bounds it.
Status RecordFollower::prune() {
  if (newest_ms_ == no_time_ms) return Status::good();
  const TimeMs now_ms = std::min(newest_ms_, wall_now_ms());
  if (pruned_ms_ != no_time_ms && now_ms - pruned_ms_ < retention_ms_ / prune_parts) return Status::good();
  if (Status status = store_.prune(now_ms - retention_ms_); !status.ok()) return status;
  pruned_ms_ = now_ms;
  return Status::good();
}

void RecordFollower::answer() {
  std::uint64_t asked = 0;
  {
    std::lock_guard lock(mutex_);
    if (asked_ == answered_) return;
    asked = asked_;
  }
  Status status = reach_ends(asked);
  if (status.ok()) status = store_.flush();
  {
    std::lock_guard lock(mutex_);
    if (status.ok())
      answered_ = asked;
    else
      missing_ = status.text;
  }
  changed_.notify_all();
}

Status RecordFollower::reach_ends(std::uint64_t asked) {
  if (ends_of_ != asked) {
    for (Topic& topic : topics_) {
      if (Status status = topic.reader->ends(query_timeout_ms, topic.ends); !status.ok()) return status;
    }
    ends_of_ = asked;
  }
  const auto behind =
      std::ranges::find_if(topics_, [](const Topic& topic) { return !topic.reader->has_read(topic.ends); });
  return behind == topics_.end()
             ? Status::good()
             : Status::of(Fault::retry, fmt::format("{} is still being read, or a transaction in it is still open",
                                                    behind->source.topic));
}

void RecordFollower::say(const Status& status) {
  if (status.text == said_) return;
  said_ = status.text;
  if (!options_.warn) return;
  options_.warn(status.ok() ? "record store: going on"
                            : fmt::format("record store: {}; trying again until it passes", status.text));
}

void RecordFollower::pause(TimeMs pause_ms) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, milliseconds(pause_ms), [&] { return stopping_; });
}

}  // namespace vigia
