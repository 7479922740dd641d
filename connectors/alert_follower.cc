#include "connectors/alert_follower.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "connectors/alert_payload.h"

namespace vigia {

namespace {

using std::chrono::milliseconds;

constexpr TimeMs poll_wait_ms = 100;
constexpr std::size_t poll_records = 2000;
constexpr TimeMs query_timeout_ms = 2000;
constexpr TimeMs refresh_every_ms = 30'000;
constexpr std::size_t gather_records = 500;
constexpr TimeMs gather_limit_ms = 2000;  // alerts wait no longer for evidence
constexpr TimeMs gather_every_ms = 1000;  // while alerts keep coming
constexpr TimeMs gather_again_ms = 5000;  // when some had no answer
constexpr TimeMs prune_parts = 256;       // of the retention: so much more is kept at most
constexpr TimeMs shortest_pause_ms = 200, longest_pause_ms = 10'000;

TimeMs wall_now_ms() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

TopicReaderOptions reader_options(const AlertFollowerOptions& options, const std::string& topic) {
  return {options.brokers, options.application, options.properties, topic, options.log, options.warn};
}

}  // namespace

AlertFollowerOptions follower_options(const Pipeline& pipeline) {
  AlertFollowerOptions options;
  options.brokers = pipeline.brokers;
  options.application = pipeline.application;
  options.properties = pipeline.properties;
  options.topic = pipeline.outputs.alerts;
  options.state_topic = pipeline.outputs.alert_state;
  options.format = pipeline.outputs.format;
  options.retention_ms = pipeline.outputs.alert_retention_ms;
  options.proof_retention_ms = pipeline.proof_retention_ms;
  return options;
}

AlertFollower::AlertFollower(AlertStore& store, AlertFollowerOptions options)
    : store_(store),
      options_(std::move(options)),
      reader_(reader_options(options_, options_.topic)),
      state_reader_(reader_options(options_, options_.state_topic)),
      evidence_({options_.brokers, options_.application, options_.properties, options_.log}) {}

Status AlertFollower::start() {
  if (Status status = store_.positions(options_.topic, position_); !status.ok()) return status;
  if (Status status = reader_.open(position_); !status.ok()) return status;
  if (!options_.state_topic.empty()) {
    std::vector<PartitionOffset> known;
    if (Status status = store_.positions(options_.state_topic, known); !status.ok()) return status;
    if (Status status = state_reader_.open(known); !status.ok()) return status;
    position_.insert(position_.end(), known.begin(), known.end());
  }
  stopping_ = false;
  thread_ = std::thread([this] { run(); });
  return Status::good();
}

void AlertFollower::stop() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  reader_.close();
  state_reader_.close();
  evidence_.close();
  read_.clear();
  read_states_.clear();
  found_.clear();
}

Status AlertFollower::catch_up(TimeMs limit_ms) {
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = ++asked_;
  missing_ = "no answer yet";
  changed_.notify_all();
  const bool done = thread_.joinable() &&
                    changed_.wait_for(lock, milliseconds(limit_ms), [&] { return answered_ >= mine || stopping_; }) &&
                    answered_ >= mine;
  return done ? Status::good()
              : Status::of(Fault::retry, fmt::format("{} was not read to its end: {}", options_.topic, missing_));
}

void AlertFollower::run() {
  TimeMs pause_ms = shortest_pause_ms;
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    if (read_.empty() && read_states_.empty()) read();
    const bool is_idle = read_.empty();
    Status status = store();
    if (status.ok() && (is_idle || Clock::now() - gathered_at_ >= milliseconds(gather_every_ms))) status = gather();
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

void AlertFollower::read() {
  if (Clock::now() >= refresh_at_) find_partitions();
  if (state_reader_.partition_count() > 0)
    state_reader_.poll(0, poll_records,
                       [this](const auto& message) { take(message, options_.state_topic, read_states_); });
  if (reader_.partition_count() == 0) return pause(poll_wait_ms);
  reader_.poll(poll_wait_ms, poll_records, [this](const auto& message) { take(message, options_.topic, read_); });
}

// A topic that is not there yet is asked for again and again; one that is may get more partitions.
void AlertFollower::find_partitions() {
  (void)reader_.refresh(query_timeout_ms);
  const bool has_states = !options_.state_topic.empty();
  if (has_states) (void)state_reader_.refresh(query_timeout_ms);
  const bool has_all = reader_.partition_count() > 0 && (!has_states || state_reader_.partition_count() > 0);
  const TimeMs again_ms = has_all ? refresh_every_ms : shortest_pause_ms;
  refresh_at_ = Clock::now() + milliseconds(again_ms);
}

void AlertFollower::take(const rd_kafka_message_t& message, const std::string& topic, std::vector<Alert>& out) {
  Alert alert;
  const std::string_view bytes(static_cast<const char*>(message.payload), message.len);
  const std::string error = read_alert_payload(bytes, options_.format, json_, alert);
  if (error.empty()) {
    newest_ms_ = std::max(newest_ms_, alert.detected_ms);
    out.push_back(std::move(alert));
    return;
  }
  if (skipped_++ == 0 && options_.warn) {
    options_.warn(
        fmt::format("alert store: {}/{} has a record at offset {} that is no alert ({}); such records are "
                    "left out",
                    topic, message.partition, message.offset, error));
  }
}

std::vector<PartitionOffset> AlertFollower::read_up_to() const {
  auto positions = reader_.positions();
  const auto of_states = state_reader_.positions();
  positions.insert(positions.end(), of_states.begin(), of_states.end());
  return positions;
}

Status AlertFollower::store() {
  const std::vector<PartitionOffset> now = read_up_to();
  if (read_.empty() && read_states_.empty() && now == position_) return Status::good();
  if (Status status = store_.write(read_, now, read_states_); !status.ok()) return status;
  stored_ += read_.size();
  wants_evidence_ = wants_evidence_ || !read_.empty();
  read_.clear();
  read_states_.clear();
  position_ = now;
  return Status::good();
}

// Goes round through what is wanted, some records at a time, so that those without an answer hold up nobody. Alerts come
// first, but not for ever.
Status AlertFollower::gather() {
  if (!wants_evidence_ || Clock::now() < gather_at_) return Status::good();
  Status status;
  std::vector<EvidencePlace> places;
  if (found_.empty()) {
    if (status = store_.evidence().wanted(gathered_, gather_records, places); !status.ok()) return status;
    if (places.empty()) {
      if (left_out_) gather_at_ = Clock::now() + milliseconds(gather_again_ms);
      wants_evidence_ = left_out_;
      left_out_ = false;
      gathered_.reset();
      return Status::good();
    }
  }
  status = fetch(places);
  gathered_at_ = Clock::now();
  return status;
}

Status AlertFollower::fetch(const std::vector<EvidencePlace>& places) {
  if (!places.empty()) {
    const Status status = evidence_.read(
        places, gather_limit_ms,
        [this](const EvidencePlace& place, EvidenceRecord record) { found_.emplace_back(place, std::move(record)); });
    if (!status.ok()) left_out_ = true;
    if (found_.empty()) gather_at_ = Clock::now() + milliseconds(gather_again_ms);
    gathered_ = places.back();
  }
  Status status = store_.evidence().put(found_);
  if (status.ok()) found_.clear();
  return status;
}

// Time goes by the alerts: those of a recording are as old as the recording. One from the future must not empty the
// store, so the wall clock bounds it.
Status AlertFollower::prune() {
  if (options_.retention_ms <= 0 || newest_ms_ == no_time_ms) return Status::good();
  const TimeMs now_ms = std::min(newest_ms_, wall_now_ms());
  if (pruned_ms_ != no_time_ms && now_ms - pruned_ms_ < options_.retention_ms / prune_parts) return Status::good();
  if (Status status = store_.prune(now_ms - options_.retention_ms); !status.ok()) return status;
  if (options_.proof_retention_ms > 0) {
    if (Status status = store_.evidence().prune(now_ms - options_.proof_retention_ms); !status.ok()) return status;
  }
  pruned_ms_ = now_ms;
  return Status::good();
}

void AlertFollower::answer() {
  std::uint64_t asked = 0;
  {
    std::lock_guard lock(mutex_);
    if (asked_ == answered_) return;
    asked = asked_;
  }
  Status status;
  if (ends_of_ != asked) {
    status = reader_.ends(query_timeout_ms, ends_);
    if (status.ok() && state_reader_.partition_count() > 0) status = state_reader_.ends(query_timeout_ms, state_ends_);
    if (status.ok()) ends_of_ = asked;
  }
  if (status.ok() && !(reader_.has_read(ends_) && state_reader_.has_read(state_ends_))) {
    status = Status::of(Fault::retry, "it is still being read, or a transaction in it is still open");
  }
  if (status.ok() && wants_evidence_ && Clock::now() >= gather_at_) {
    status = Status::of(Fault::retry, "the records behind its alerts are still being read");
  }
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

void AlertFollower::say(const Status& status) {
  if (status.text == said_) return;
  said_ = status.text;
  if (!options_.warn) return;
  options_.warn(status.ok() ? "alert store: going on"
                            : fmt::format("alert store: {}; trying again until it passes", status.text));
}

void AlertFollower::pause(TimeMs pause_ms) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, milliseconds(pause_ms), [&] { return stopping_; });
}

}  // namespace vigia
