#include "connectors/kafka_source.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "connectors/kafka_source_impl.h"
#include "connectors/kafka_stage_topics.h"

namespace vigia {

namespace {

constexpr std::size_t smallest_queue_kbytes = 1024;
// A small record takes some 300 bytes in librdkafka beside its own, and only its own are counted there.
constexpr std::size_t memory_per_payload = 4;

}  // namespace

KafkaSource::KafkaSource(KafkaSourceOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

KafkaSource::~KafkaSource() { impl_->close(); }

// With `assigned` partitions; 0: only to ask for the topics.
Status KafkaSource::Impl::connect(std::size_t assigned, bool as_member) {
  limit_kbytes =
      std::clamp<std::size_t>(options.queue_bytes / memory_per_payload / 1024 / std::max<std::size_t>(assigned, 1),
                              smallest_queue_kbytes, 2097151);
  KafkaClientOptions c;
  c.brokers = options.brokers;
  c.user = options.properties;
  c.log = options.log;
  c.defaults = {{"client.id", "vigia"},
                {"isolation.level", "read_committed"},
                {"fetch.wait.max.ms", std::to_string(kafka_fetch_wait_ms)},
                {"fetch.message.max.bytes", "8388608"},
                // Only the bytes bound the queue. See KafkaFetchNudge for what happens when they do.
                {"queued.min.messages", "10000000"},
                {"queued.max.messages.kbytes", std::to_string(limit_kbytes)},
                {"reconnect.backoff.max.ms", "2000"},
                {"session.timeout.ms", "10000"},
                {"heartbeat.interval.ms", "2000"},
                {"topic.metadata.refresh.interval.ms", "30000"}};
  if (as_member) {
    if (!options.instance.empty()) c.defaults.emplace_back("group.instance.id", options.instance);
    c.rebalance = [this](rd_kafka_resp_err_t what, const auto& list) { on_rebalance(what, list); };
  }
  c.fixed = {{"group.id", options.group},
             {"enable.auto.commit", "false"},
             {"enable.auto.offset.store", "false"},
             {"enable.partition.eof", "true"},
             {"auto.offset.reset", "error"},
             {"allow.auto.create.topics", "false"},
             {"partition.assignment.strategy", "range"}};
  return client.open(RD_KAFKA_CONSUMER, c, [this](rd_kafka_conf_t* conf) { watch.install(conf); });
}

// Asks for the topics with a client that reads nothing, then connects the one that does.
Status KafkaSource::Impl::begin(bool as_member) {
  close();
  KafkaTopics found;
  Status known = connect(0, false);
  const StageTopics wanted_topics{options.brokers, options.topics, options.create_topics, options.create_partitions,
                                  options.request_timeout_ms};
  if (known.ok()) known = find_stage_topics(client, wanted_topics, found, partition_count);
  close();
  if (!known.ok()) return known;
  if (options.first_partitions > 0) partition_count = std::min(partition_count, options.first_partitions);
  const auto& only = options.only_partitions;
  const std::size_t assigned = only.empty() ? static_cast<std::size_t>(partition_count) : only.size();
  if (Status status = connect(assigned * options.topics.size(), as_member); !status.ok()) return status;
  note_leaders(found);
  wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  watch.wake(wake_fd);
  opened_ms = alive_ms = steady_clock_ms();
  in_group = as_member;
  return Status::good();
}

Status KafkaSource::open(std::span<const PartitionOffset> from) {
  Impl& s = *impl_;
  if (Status status = s.begin(false); !status.ok()) return status;
  for (const auto& offset : from) {
    if (offset.partition.value < s.partition_count) continue;
    return Status::of(Fault::refused,
                      fmt::format("'{}' has {} partitions, and the state is from {} or more: was the topic replaced?",
                                  offset.topic, s.partition_count, offset.partition.value + 1));
  }
  for (std::int32_t number = 0; number < s.partition_count; ++number) {
    const auto& only = s.options.only_partitions;
    if (only.empty() || std::find(only.begin(), only.end(), number) != only.end())
      s.numbers.push_back(PartitionId{number});
  }
  return take(from);
}

std::int32_t KafkaSource::partition_count() const { return impl_->partition_count; }

void KafkaSource::Impl::collect(const PollLimits& limits, RecordBatch& batch) {
  const std::size_t quota = std::max<std::size_t>(limits.records / std::max<std::size_t>(tasks.size(), 1), 1);
  const std::size_t bytes = std::max<std::size_t>(limits.bytes / std::max<std::size_t>(tasks.size(), 1), 1);
  for (auto& task : tasks) task.take({quota, bytes}, steady_clock_ms(), batch);
}

void KafkaSource::Impl::wait(TimeMs wait_ms) const {
  pollfd fd{wake_fd, POLLIN, 0};
  (void)::poll(&fd, 1, static_cast<int>(wait_ms));
}

Status KafkaSource::poll(RecordBatch& batch, const PollLimits& limits) {
  Impl& s = *impl_;
  batch.clear();
  const TimeMs deadline_ms = steady_clock_ms() + limits.wait_ms;
  const Status found = s.wanted == Change::none ? s.find_lost() : Status::good();
  for (auto& partition : s.partitions) partition->begin_batch();
  while (true) {
    std::uint64_t woken = 0;
    (void)!::read(s.wake_fd, &woken, sizeof woken);
    s.note_answers(steady_clock_ms());
    s.serve_group();
    if (s.wanted == Change::none && found.fault != Fault::refused && !s.seek_due) s.collect(limits, batch);
    const TimeMs left_ms = deadline_ms - steady_clock_ms();
    if (!batch.records.empty() || left_ms <= 0 || s.wanted != Change::none) break;
    s.wait(left_ms);
  }
  s.add_statuses(batch);
  return found.ok() ? s.trouble(!batch.records.empty()) : found;
}

void KafkaSource::Impl::add_statuses(RecordBatch& batch) {
  batch.partitions.reserve(partitions.size());
  for (auto& partition : partitions) {
    if (partition->take_room()) nudge.nudge(partition->topic_name(), partition->partition.value);
    tell_lost(batch.partitions.emplace_back(partition->status()));
  }
}

Status KafkaSource::read_range(const PartitionOffset& from, Offset end, TimeMs wait_ms, RecordBatch& batch) {
  Impl& s = *impl_;
  const auto found = std::find_if(s.partitions.begin(), s.partitions.end(), [&](const auto& p) {
    return p->topic_name() == from.topic && p->partition == from.partition;
  });
  if (found == s.partitions.end()) {
    return Status::of(Fault::refused, fmt::format("{}/{} is not among the sources", from.topic, from.partition.value));
  }
  KafkaPartition& partition = **found;
  partition.begin_batch();  // the batch before may be gone, and what it kept with it
  TimeMs deadline_ms = steady_clock_ms() + wait_ms;
  while (true) {
    std::uint64_t woken = 0;
    (void)!::read(s.wake_fd, &woken, sizeof woken);
    const bool shows = !partition.staged().empty() || partition.refill();
    if (partition.take_room()) s.nudge.nudge(partition.topic_name(), partition.partition.value);
    if (shows) {
      const auto staged = partition.staged();
      const auto stop = std::ranges::find_if(staged, [&](const InputRecord& record) { return record.offset >= end; });
      if (stop != staged.begin()) partition.take(static_cast<std::size_t>(stop - staged.begin()), batch);
      if (stop != staged.end()) return Status::good();
      deadline_ms = steady_clock_ms() + wait_ms;
      continue;
    }
    const Offset next = partition.status().next;
    if (next >= end) return Status::good();
    if (partition.drained()) {
      return Status::of(Fault::damaged,
                        fmt::format("{}/{} ends at offset {}, and the journal has an epoch up to {}: was "
                                    "the topic replaced?",
                                    from.topic, from.partition.value, next.value, end.value));
    }
    if (partition.is_misplaced()) return s.records_gone(partition);
    if (!partition.trouble().ok()) return partition.trouble();
    if (steady_clock_ms() >= deadline_ms) {
      return Status::of(Fault::retry, fmt::format("{}/{}: no record in {} ms, waiting for offset {} of {}", from.topic,
                                                  from.partition.value, wait_ms, next.value, end.value));
    }
    s.serve_group();
    // The client fetches nothing until the group has been answered.
    if (s.wanted == Change::withdrawn || s.wanted == Change::lost)
      return Status::of(Fault::retry,
                        fmt::format("the consumer group {} shares its partitions out anew", s.options.group));
    s.wait(std::min<TimeMs>(deadline_ms - steady_clock_ms(), kafka_fetch_wait_ms));
  }
}

void KafkaSource::Impl::close() {
  others.clear();  // waits for what is under way
  if (client.handle() != nullptr) {
    drop_partitions();
    rd_kafka_consumer_close(client.handle());  // commits under way are finished first
    client.close();
  }
  nudge.stop();
  numbers.clear();
  wanted = Change::none;
  refused = Status::good();
  assigned_before = false;
  watch.clear();
  if (wake_fd >= 0) ::close(wake_fd);
  wake_fd = -1;
}

void KafkaSource::close() { impl_->close(); }

std::uint64_t KafkaSource::queued_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& partition : impl_->partitions) bytes += partition->queued_bytes();
  return bytes;
}

}  // namespace vigia
