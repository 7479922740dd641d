#include "connectors/kafka_source.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "connectors/kafka_client.h"
#include "connectors/kafka_fetch_nudge.h"
#include "connectors/kafka_fetch_watch.h"
#include "connectors/kafka_partition.h"
#include "connectors/task_merge.h"

namespace vigia {

namespace {

// Without a successful fetch for this long the broker counts as away. An idle fetch returns every fetch_wait_ms.
constexpr TimeMs away_after_ms = 3000;
constexpr TimeMs fetch_wait_ms = 100;
constexpr TimeMs leader_refresh_ms = 5000;
constexpr TimeMs leader_wait_ms = 1000;    // for one partition, before the leaders are asked for again
constexpr TimeMs say_waiting_ms = 10'000;  // for one partition, before it is said, and said again
constexpr int leader_timeout_ms = 500;
constexpr std::size_t smallest_queue_kbytes = 1024;
// A small record takes some 300 bytes in librdkafka beside its own, and only its own are counted there.
constexpr std::size_t memory_per_payload = 4;

}  // namespace

struct KafkaSource::Impl {
  explicit Impl(KafkaSourceOptions o) : options(std::move(o)) {}

  KafkaSourceOptions options;
  KafkaFetchWatch watch;  // outlives the client
  KafkaClient client;
  KafkaFetchNudge nudge;
  std::size_t limit_kbytes = 0;  // of keys and values queued, for each partition
  std::shared_ptr<RecordBlockPool> pool = std::make_shared<RecordBlockPool>();
  std::vector<std::unique_ptr<KafkaPartition>> partitions;  // by (partition, topic)
  std::vector<TaskMerge<KafkaPartition>> tasks;             // its lanes topic by topic
  std::int32_t partition_count = 0;
  int wake_fd = -1;
  TimeMs opened_ms = 0;         // steady
  TimeMs alive_ms = 0;          // steady: opened, or the last time anything came
  TimeMs leaders_asked_ms = 0;  // steady
  TimeMs waiting_said_ms = 0;   // steady

  Status connect(std::size_t assigned);
  Status find_topics(KafkaTopics& found);
  Status create_missing(const std::vector<std::string>& missing, std::int32_t siblings);
  Status check_partitions(const KafkaTopics& found, std::span<const PartitionOffset> from);
  void assign(const KafkaTopics& found, std::span<const PartitionOffset> from);
  void collect(const PollLimits& limits, RecordBatch& batch);
  void wait(TimeMs wait_ms) const;
  void note_answers(TimeMs now_ms);
  bool waits_for_long(TimeMs now_ms);
  void refresh_leaders();
  Status trouble(bool got_records);
  void close();
};

KafkaSource::KafkaSource(KafkaSourceOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
KafkaSource::~KafkaSource() { impl_->close(); }

// With `assigned` partitions; 0: only to ask for the topics.
Status KafkaSource::Impl::connect(std::size_t assigned) {
  limit_kbytes =
      std::clamp<std::size_t>(options.queue_bytes / memory_per_payload / 1024 / std::max<std::size_t>(assigned, 1),
                              smallest_queue_kbytes, 2097151);
  KafkaClientOptions c;
  c.brokers = options.brokers;
  c.user = options.properties;
  c.log = options.log;
  c.defaults = {{"client.id", "vigia"},
                {"isolation.level", "read_committed"},
                {"fetch.wait.max.ms", std::to_string(fetch_wait_ms)},
                {"fetch.message.max.bytes", "8388608"},
                // Only the bytes bound the queue. See KafkaFetchNudge for what happens when they do.
                {"queued.min.messages", "10000000"},
                {"queued.max.messages.kbytes", std::to_string(limit_kbytes)},
                {"reconnect.backoff.max.ms", "2000"},
                {"topic.metadata.refresh.interval.ms", "30000"}};
  c.fixed = {{"group.id", options.group},      {"enable.auto.commit", "false"}, {"enable.auto.offset.store", "false"},
             {"enable.partition.eof", "true"}, {"auto.offset.reset", "error"},  {"allow.auto.create.topics", "false"}};
  return client.open(RD_KAFKA_CONSUMER, c, [this](rd_kafka_conf_t* conf) { watch.install(conf); });
}

Status KafkaSource::Impl::create_missing(const std::vector<std::string>& missing, std::int32_t siblings) {
  for (const auto& name : missing) {
    const Status status = create_topic(client, name, siblings, false, options.request_timeout_ms);
    if (!status.ok()) return status;
  }
  return Status::good();
}

Status KafkaSource::Impl::find_topics(KafkaTopics& found) {
  const TimeMs deadline_ms = steady_clock_ms() + options.request_timeout_ms;
  bool created = false;
  while (true) {
    Status status = fetch_topics(client, options.topics, options.request_timeout_ms, found);
    if (!status.ok()) return status;
    std::vector<std::string> missing;
    std::int32_t siblings = options.create_partitions;
    for (const auto& name : options.topics) {
      const auto topic = found.topics.find(name);
      if (topic == found.topics.end() || topic->second.empty()) {
        missing.push_back(name);
      } else {
        siblings = static_cast<std::int32_t>(topic->second.size());
      }
    }
    if (missing.empty()) return Status::good();
    if (!options.create_topics) {
      return Status::of(Fault::missing_topics, missing_topics_text(options.brokers, missing, siblings, false));
    }
    if (created && steady_clock_ms() > deadline_ms) return Status::of(Fault::retry, "created topics do not appear");
    if (!created) status = create_missing(missing, siblings);
    if (!status.ok()) return status;
    created = true;  // they appear in the metadata a moment later
  }
}

// All topics of the stage have the same number of partitions, and no fewer than the state knows.
Status KafkaSource::Impl::check_partitions(const KafkaTopics& found, std::span<const PartitionOffset> from) {
  const auto& [first_name, first] = *found.topics.begin();
  for (const auto& [name, others] : found.topics) {
    if (others.size() == first.size()) continue;
    return Status::of(
        Fault::refused,
        fmt::format("topics of one stage need the same number of partitions, and '{}' has {}, '{}' has {}; give the "
                    "smaller one more with\n  kafka-topics.sh --bootstrap-server {} --alter --topic {} --partitions {}",
                    first_name, first.size(), name, others.size(), options.brokers,
                    first.size() < others.size() ? first_name : name, std::max(first.size(), others.size())));
  }
  partition_count = static_cast<std::int32_t>(first.size());
  for (const auto& offset : from) {
    if (offset.partition.value < partition_count) continue;
    return Status::of(Fault::refused,
                      fmt::format("'{}' has {} partitions, and the state is from {} or more: was the topic replaced?",
                                  offset.topic, partition_count, offset.partition.value + 1));
  }
  return Status::good();
}

Status KafkaSource::open(std::span<const PartitionOffset> from) {
  Impl& s = *impl_;
  s.close();
  KafkaTopics found;
  Status known = s.connect(0);
  if (known.ok()) known = s.find_topics(found);
  s.close();
  if (!known.ok()) return known;
  if (Status status = s.check_partitions(found, from); !status.ok()) return status;
  const auto& only = s.options.only_partitions;
  const std::size_t tasks = only.empty() ? static_cast<std::size_t>(s.partition_count) : only.size();
  if (Status status = s.connect(tasks * s.options.topics.size()); !status.ok()) return status;
  s.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  s.assign(found, from);
  s.opened_ms = s.alive_ms = steady_clock_ms();
  return Status::good();
}

void KafkaSource::Impl::assign(const KafkaTopics& found, std::span<const PartitionOffset> from) {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(16);
  for (std::int32_t number = 0; number < partition_count; ++number) {
    const auto& only = options.only_partitions;
    if (!only.empty() && std::find(only.begin(), only.end(), number) == only.end()) continue;
    TaskMerge<KafkaPartition>& task = tasks.emplace_back(away_after_ms);
    for (std::size_t t = 0; t < options.topics.size(); ++t) {
      const std::string& name = options.topics[t];
      const auto known = std::find_if(from.begin(), from.end(), [&](const PartitionOffset& o) {
        return o.topic == name && o.partition.value == number;
      });
      const bool fresh = known == from.end() || known->next.value < 0;
      const std::int64_t position = fresh ? RD_KAFKA_OFFSET_BEGINNING : known->next.value;
      partitions.push_back(
          std::make_unique<KafkaPartition>(client.handle(), name, TopicIndex{static_cast<std::uint16_t>(t)},
                                           PartitionId{number}, position, wake_fd, *pool, limit_kbytes * 1024));
      partitions.back()->leader = found.topics.at(name)[static_cast<std::size_t>(number)].leader;
      task.add(*partitions.back());
      rd_kafka_topic_partition_list_add(list, name.c_str(), number)->offset = position;
    }
  }
  rd_kafka_assign(client.handle(), list);
  rd_kafka_topic_partition_list_destroy(list);
  nudge.start(client.handle());
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
  for (auto& partition : s.partitions) partition->begin_batch();
  const TimeMs deadline_ms = steady_clock_ms() + limits.wait_ms;
  while (true) {
    std::uint64_t woken = 0;
    (void)!::read(s.wake_fd, &woken, sizeof woken);
    s.note_answers(steady_clock_ms());
    rd_kafka_poll(s.client.handle(), 0);
    s.collect(limits, batch);
    const TimeMs left_ms = deadline_ms - steady_clock_ms();
    if (!batch.records.empty() || left_ms <= 0) break;
    s.wait(left_ms);
  }
  batch.partitions.reserve(s.partitions.size());
  for (auto& partition : s.partitions) {
    if (partition->take_room()) s.nudge.nudge(partition->topic_name(), partition->partition.value);
    batch.partitions.push_back(partition->status());
  }
  return s.trouble(!batch.records.empty());
}

// Asked before the queues are looked at: a partition found empty and drained afterwards was so at that time.
void KafkaSource::Impl::note_answers(TimeMs now_ms) {
  for (auto& partition : partitions) {
    partition->complete_ms = watch.complete_ms(partition->leader);
    partition->answered_ms = watch.heard_ms(partition->leader);
    const TimeMs since_ms = std::max(partition->answered_ms, opened_ms);
    partition->away = partition->lost() || now_ms - since_ms >= away_after_ms;
  }
}

// Whether a partition holds back others so long that its leader should be asked for: it may have moved to a broker that
// is away. That is no fault, but people should know of it when it lasts.
bool KafkaSource::Impl::waits_for_long(TimeMs now_ms) {
  bool long_wait = false;
  for (const auto& task : tasks) {
    const KafkaPartition* awaited = task.awaited();
    if (awaited == nullptr || now_ms - task.awaited_since_ms() < leader_wait_ms) continue;
    long_wait = true;
    if (now_ms - std::max(task.awaited_since_ms(), waiting_said_ms) < say_waiting_ms || !options.log) continue;
    waiting_said_ms = now_ms;
    options.log(
        4, fmt::format("{}/{} gives no record and is not at its end: the other topics of this partition number "
                       "have waited for it for {} s",
                       awaited->topic_name(), awaited->partition.value, (now_ms - task.awaited_since_ms()) / 1000));
  }
  return long_wait;
}

void KafkaSource::Impl::refresh_leaders() {
  leaders_asked_ms = steady_clock_ms();
  KafkaTopics found;
  if (!fetch_topics(client, options.topics, leader_timeout_ms, found).ok()) return;
  for (auto& partition : partitions) {
    const auto topic = found.topics.find(partition->topic_name());
    const auto number = static_cast<std::size_t>(partition->partition.value);
    if (topic != found.topics.end() && number < topic->second.size()) partition->leader = topic->second[number].leader;
  }
}

Status KafkaSource::Impl::trouble(bool got_records) {
  const TimeMs now_ms = steady_clock_ms();
  bool any_alive = got_records, any_away = false;
  const Status* passing = nullptr;
  for (const auto& partition : partitions) {
    if (partition->trouble().fault == Fault::retry)
      passing = &partition->trouble();
    else if (!partition->trouble().ok())
      return partition->trouble();
    const bool answers = partition->answered_ms != no_time_ms && now_ms - partition->answered_ms < away_after_ms;
    (answers ? any_alive : any_away) = true;
    any_away = any_away || partition->lost();
  }
  char text[512];
  if (rd_kafka_fatal_error(client.handle(), text, sizeof text) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Status::of(Fault::fatal, fmt::format("Kafka client: {}", text));
  }
  if (any_alive) alive_ms = now_ms;
  if ((waits_for_long(now_ms) || any_away) && now_ms - leaders_asked_ms > leader_refresh_ms) refresh_leaders();
  if (passing != nullptr) return *passing;
  if (now_ms - alive_ms < away_after_ms) return Status::good();
  const std::string why = client.trouble();
  return Status::of(Fault::retry, fmt::format("no answer from Kafka at {} for {} s{}{}; trying on", options.brokers,
                                              (now_ms - alive_ms) / 1000, why.empty() ? "" : ": ", why));
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
    if (!partition.staged().empty() || partition.refill()) {
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
    if (!partition.trouble().ok()) return partition.trouble();
    if (steady_clock_ms() >= deadline_ms) {
      return Status::of(Fault::retry, fmt::format("{}/{}: no record in {} ms, waiting for offset {} of {}", from.topic,
                                                  from.partition.value, wait_ms, next.value, end.value));
    }
    rd_kafka_poll(s.client.handle(), 0);
    s.wait(std::min<TimeMs>(deadline_ms - steady_clock_ms(), fetch_wait_ms));
  }
}

void KafkaSource::commit(std::span<const PartitionOffset> offsets) {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size()));
  for (const auto& offset : offsets) {
    if (offset.next.value < 0) continue;
    rd_kafka_topic_partition_list_add(list, offset.topic.c_str(), offset.partition.value)->offset = offset.next.value;
  }
  if (list->cnt > 0) rd_kafka_commit(impl_->client.handle(), list, 1);
  rd_kafka_topic_partition_list_destroy(list);
}

void KafkaSource::Impl::close() {
  nudge.stop();
  if (client.handle() != nullptr) {
    if (!partitions.empty()) rd_kafka_assign(client.handle(), nullptr);
    tasks.clear();
    partitions.clear();
    rd_kafka_consumer_close(client.handle());  // commits under way are finished first
    client.close();
  }
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
