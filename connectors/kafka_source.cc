#include "connectors/kafka_source.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "connectors/kafka_client.h"
#include "connectors/kafka_fetch_nudge.h"
#include "connectors/kafka_fetch_watch.h"
#include "connectors/kafka_handles.h"
#include "connectors/kafka_partition.h"
#include "connectors/kafka_progress.h"
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
constexpr int seek_timeout_ms = 1'000;
constexpr TimeMs seek_pause_ms = 10;
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
  std::vector<std::vector<std::int32_t>> leaders;  // by topic and partition, as last heard
  Change wanted = Change::none;
  bool in_group = false;
  std::vector<PartitionId> numbers;
  Status refused;                // what the group offers makes no sense
  bool assigned_before = false;  // this client
  int wake_fd = -1;
  TimeMs opened_ms = 0;         // steady
  TimeMs alive_ms = 0;          // steady: opened, or the last time anything came
  TimeMs leaders_asked_ms = 0;  // steady
  TimeMs waiting_said_ms = 0;   // steady
  TimeMs hanging_said_ms = 0;   // steady

  Status connect(std::size_t assigned, bool as_member);
  Status find_topics(KafkaTopics& found);
  Status create_missing(const std::vector<std::string>& missing, std::int32_t siblings);
  Status check_partitions(const KafkaTopics& found);
  Status begin(bool as_member);
  void on_rebalance(rd_kafka_resp_err_t what, const rd_kafka_topic_partition_list_t& list);
  void hold(const rd_kafka_topic_partition_list_t& list);
  void assign(std::span<const PartitionOffset> from);
  void drop_partitions();
  Status seek_anew();
  void serve_group();
  void collect(const PollLimits& limits, RecordBatch& batch);
  void wait(TimeMs wait_ms) const;
  void note_answers(TimeMs now_ms);
  bool waits_for_long(TimeMs now_ms);
  void say_hanging(TimeMs now_ms);
  void refresh_leaders();
  void note_leaders(const KafkaTopics& found);
  Status trouble(bool got_records);
  void close();
};

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
                {"fetch.wait.max.ms", std::to_string(fetch_wait_ms)},
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

// All topics of the stage have the same number of partitions.
Status KafkaSource::Impl::check_partitions(const KafkaTopics& found) {
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
  return Status::good();
}

// Asks for the topics with a client that reads nothing, then connects the one that does.
Status KafkaSource::Impl::begin(bool as_member) {
  close();
  KafkaTopics found;
  Status known = connect(0, false);
  if (known.ok()) known = find_topics(found);
  close();
  if (!known.ok()) return known;
  if (Status status = check_partitions(found); !status.ok()) return status;
  const auto& only = options.only_partitions;
  const std::size_t assigned = only.empty() ? static_cast<std::size_t>(partition_count) : only.size();
  if (Status status = connect(assigned * options.topics.size(), as_member); !status.ok()) return status;
  note_leaders(found);
  wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
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

Status KafkaSource::join() {
  Impl& s = *impl_;
  if (!s.options.only_partitions.empty()) {
    if (Status status = open({}); !status.ok()) return status;
    s.wanted = Change::offered;
    return Status::good();
  }
  if (Status status = s.begin(true); !status.ok()) return status;
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(static_cast<int>(s.options.topics.size()));
  for (const auto& topic : s.options.topics) rd_kafka_topic_partition_list_add(list, topic.c_str(), -1);
  const rd_kafka_resp_err_t error = rd_kafka_subscribe(s.client.handle(), list);
  rd_kafka_topic_partition_list_destroy(list);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Status::good();
  return Status::of(Fault::refused, fmt::format("consumer group {}: {}", s.options.group, rd_kafka_err2str(error)));
}

// Runs inside our own polls. Partitions that were never taken are given back at once.
void KafkaSource::Impl::on_rebalance(rd_kafka_resp_err_t what, const rd_kafka_topic_partition_list_t& list) {
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    hold(list);
    wanted = Change::offered;
    return;
  }
  if (partitions.empty()) {
    rd_kafka_assign(client.handle(), nullptr);
    numbers.clear();
    wanted = Change::none;
    return;
  }
  // Also when the client is closed, or the group is gone: the answer is the same.
  wanted = rd_kafka_assignment_lost(client.handle()) != 0 ? Change::lost : Change::withdrawn;
}

// The numbers that all topics have in the list; range assignment gives whole numbers.
void KafkaSource::Impl::hold(const rd_kafka_topic_partition_list_t& list) {
  numbers.clear();
  std::map<std::int32_t, std::size_t> topics_of;
  for (int i = 0; i < list.cnt; ++i) ++topics_of[list.elems[i].partition];
  for (const auto& [number, topics] : topics_of) {
    if (topics != options.topics.size()) {
      refused = Status::of(
          Fault::refused,
          fmt::format("the consumer group {} gave this instance partition {} of only {} of {} topics: do all instances "
                      "read the same topics, with the same number of partitions?",
                      options.group, number, topics, options.topics.size()));
    }
    if (number >= partition_count) {
      refused = Status::of(Fault::refused,
                           fmt::format("partition {} is new: the topics had {} partitions when this instance started",
                                       number, partition_count));
    }
    numbers.push_back(PartitionId{number});
  }
}

KafkaSource::Change KafkaSource::change() {
  Impl& s = *impl_;
  s.serve_group();
  if (s.wanted == Change::withdrawn && rd_kafka_assignment_lost(s.client.handle()) != 0) s.wanted = Change::lost;
  return s.wanted;
}

// What comes here is the group's; records go to the queues of their partitions.
void KafkaSource::Impl::serve_group() {
  if (client.handle() == nullptr) return;
  while (rd_kafka_message_t* message = in_group ? rd_kafka_consumer_poll(client.handle(), 0) : nullptr) {
    if (message->err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED && !partitions.empty()) wanted = Change::lost;
    rd_kafka_message_destroy(message);
  }
  if (!in_group) rd_kafka_poll(client.handle(), 0);
}

std::span<const PartitionId> KafkaSource::numbers() const { return impl_->numbers; }

Status KafkaSource::take(std::span<const PartitionOffset> from) {
  Impl& s = *impl_;
  if (!s.refused.ok()) return s.refused;
  s.drop_partitions();
  s.assign(from);
  s.wanted = Change::none;
  return std::exchange(s.assigned_before, true) ? s.seek_anew() : Status::good();
}

// What an earlier assignment of this client has fetched may still come, without what lay before it, the end of the log
// too. After a seek that has been answered it does not.
Status KafkaSource::Impl::seek_anew() {
  const TimeMs deadline_ms = steady_clock_ms() + options.request_timeout_ms;
  const KafkaPartitionList list(rd_kafka_topic_partition_list_new(16));
  for (const auto& partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), partition->topic_name().c_str(), partition->partition.value)->offset =
        partition->begins_at();
  }
  for (;;) {
    rd_kafka_error_t* error = rd_kafka_seek_partitions(client.handle(), list.get(), seek_timeout_ms);
    std::string text = error == nullptr ? "" : rd_kafka_error_string(error);
    if (error != nullptr) rd_kafka_error_destroy(error);
    for (int i = 0; i < list->cnt && text.empty(); ++i) {
      if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) text = rd_kafka_err2str(list->elems[i].err);
    }
    if (text.empty()) return Status::good();
    if (steady_clock_ms() > deadline_ms) return Status::of(Fault::retry, "partitions are not ready: " + text);
    wait(seek_pause_ms);  // the assignment takes a moment itself
  }
}

void KafkaSource::give_up() {
  Impl& s = *impl_;
  s.drop_partitions();
  s.numbers.clear();
  s.wanted = Change::none;
}

void KafkaSource::Impl::drop_partitions() {
  nudge.stop();
  if (!partitions.empty() || wanted != Change::none) rd_kafka_assign(client.handle(), nullptr);
  tasks.clear();
  partitions.clear();
}

void KafkaSource::Impl::assign(std::span<const PartitionOffset> from) {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(16);
  for (const PartitionId number : numbers) {
    TaskMerge<KafkaPartition>& task = tasks.emplace_back(away_after_ms);
    for (std::size_t t = 0; t < options.topics.size(); ++t) {
      const std::string& name = options.topics[t];
      const auto known = std::find_if(
          from.begin(), from.end(), [&](const PartitionOffset& o) { return o.topic == name && o.partition == number; });
      const bool fresh = known == from.end() || known->next.value < 0;
      const std::int64_t position = fresh ? RD_KAFKA_OFFSET_BEGINNING : known->next.value;
      partitions.push_back(std::make_unique<KafkaPartition>(client.handle(), name,
                                                            TopicIndex{static_cast<std::uint16_t>(t)}, number, position,
                                                            wake_fd, *pool, limit_kbytes * 1024));
      const auto at = static_cast<std::size_t>(number.value);
      partitions.back()->leader = at < leaders[t].size() ? leaders[t][at] : -1;
      task.add(*partitions.back());
      rd_kafka_topic_partition_list_add(list, name.c_str(), number.value)->offset = position;
    }
  }
  rd_kafka_assign(client.handle(), list);
  rd_kafka_topic_partition_list_destroy(list);
  nudge.start(client.handle());
  opened_ms = alive_ms = steady_clock_ms();
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
    s.serve_group();
    if (s.wanted == Change::none) s.collect(limits, batch);
    const TimeMs left_ms = deadline_ms - steady_clock_ms();
    if (!batch.records.empty() || left_ms <= 0 || s.wanted != Change::none) break;
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

// What an open transaction hides is lag without a cause to whoever only sees the numbers.
void KafkaSource::Impl::say_hanging(TimeMs now_ms) {
  for (auto& partition : partitions) {
    if (!partition->hides_records()) {
      partition->hidden_since_ms = no_time_ms;
      continue;
    }
    if (partition->hidden_since_ms == no_time_ms) partition->hidden_since_ms = now_ms;
    if (now_ms - partition->hidden_since_ms < say_waiting_ms || now_ms - hanging_said_ms < say_waiting_ms ||
        !options.log)
      continue;
    hanging_said_ms = now_ms;
    options.log(
        4,
        fmt::format("{}/{}: a transaction of a producer upstream has been open for {} s; the records behind it "
                    "wait until it is committed or aborted",
                    partition->topic_name(), partition->partition.value, (now_ms - partition->hidden_since_ms) / 1000));
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
  note_leaders(found);
  for (auto& partition : partitions) {
    const auto& known = leaders[partition->topic.value];
    const auto number = static_cast<std::size_t>(partition->partition.value);
    if (number < known.size()) partition->leader = known[number];
  }
}

void KafkaSource::Impl::note_leaders(const KafkaTopics& found) {
  leaders.resize(options.topics.size());
  for (std::size_t t = 0; t < options.topics.size(); ++t) {
    const auto topic = found.topics.find(options.topics[t]);
    if (topic == found.topics.end()) continue;
    leaders[t].clear();
    for (const auto& partition : topic->second) leaders[t].push_back(partition.leader);
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
  if (const auto fatal = rd_kafka_fatal_error(client.handle(), text, sizeof text);
      fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Status::of(fatal == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID ? Fault::fenced : Fault::fatal,
                      fmt::format("Kafka client: {}", text));
  }
  if (any_alive) alive_ms = now_ms;
  say_hanging(now_ms);
  if ((waits_for_long(now_ms) || any_away) && now_ms - leaders_asked_ms > leader_refresh_ms) refresh_leaders();
  if (passing != nullptr) return *passing;
  if (partitions.empty() && client.trouble().empty()) alive_ms = now_ms;  // nothing to fetch, and no complaint
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
    s.serve_group();
    s.wait(std::min<TimeMs>(deadline_ms - steady_clock_ms(), fetch_wait_ms));
  }
}

Status KafkaSource::committed(std::span<const PartitionId> numbers, std::vector<TaskProgress>& out) {
  return committed_in(impl_->options.topics, numbers, impl_->options.request_timeout_ms, out);
}

Status KafkaSource::committed_in(std::span<const std::string> topics, std::span<const PartitionId> numbers,
                                 TimeMs timeout_ms, std::vector<TaskProgress>& out) {
  return fetch_progress(impl_->client, topics, numbers, static_cast<int>(timeout_ms), out);
}

Status KafkaSource::commit(std::span<const TaskProgress> progress) { return commit_progress(impl_->client, progress); }

rd_kafka_consumer_group_metadata_t* KafkaSource::group_metadata() const {
  return rd_kafka_consumer_group_metadata(impl_->client.handle());
}

void KafkaSource::Impl::close() {
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
