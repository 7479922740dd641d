#include "app/repartition.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "app/key_dealing.h"
#include "app/running_stage.h"
#include "app/stage_service.h"
#include "app/stop_signal.h"
#include "app/versioned_tasks.h"
#include "connectors/instance_name.h"
#include "connectors/kafka_fetch_watch.h"
#include "connectors/kafka_group_members.h"
#include "connectors/kafka_stage_topics.h"
#include "connectors/kafka_transaction.h"
#include "connectors/key_placement.h"
#include "connectors/snapshot_topic.h"
#include "connectors/topic_scan.h"

namespace vigia {
namespace {

constexpr TimeMs answer_ms = 10'000;
constexpr TimeMs pause_ms = 500;
constexpr TimeMs default_session_ms = 10'000;
constexpr TimeMs session_slack_ms = 10'000;  // until the brokers have noticed that a member is gone
constexpr int attempts_max = 10;
constexpr std::size_t smallest_queue_bytes = std::size_t{1} << 20;  // of a source that is not read
// The whole state is one transaction; brokers allow 15 minutes unless they are told otherwise.
constexpr const char* transaction_timeout_ms = "600000";
constexpr std::size_t generations_kept = 2;

Status refused(std::string text) { return Status::of(Fault::refused, std::move(text)); }

std::string enlarge_command(const std::string& brokers, const std::string& topic, std::int32_t partitions) {
  return fmt::format("kafka-topics.sh --bootstrap-server {} --alter --topic {} --partitions {}", brokers, topic,
                     partitions);
}

class Repartition {
 public:
  Repartition(const LoadedStage& loaded, unsigned threads)
      : loaded_(loaded),
        pipeline_(loaded.pipeline),
        threads_(threads),
        placements_(loaded.sources),
        configurations_(configuration_options(loaded.pipeline, log_kafka)),
        tasks_(configurations_, loaded,
               [&loaded](const StageRules& rules) { return make_first_task(under(rules, loaded.stage)); }) {}

  RepartitionResult run() {
    result_.status = check_stages();
    if (result_.status.ok()) result_.status = prepare();
    if (result_.status.ok()) result_.status = is_dealt_ ? finish() : deal();
    return std::move(result_);
  }

 private:
  [[nodiscard]] const std::string& group() const { return pipeline_.application; }
  [[nodiscard]] bool publishes() const { return pipeline_.publish_every_ms > 0; }
  [[nodiscard]] bool has_transaction() const { return pipeline_.delivery == Delivery::exactly_once || publishes(); }
  [[nodiscard]] std::string dealt_directory() const { return snapshot_directory(pipeline_.state_directory) + "-dealt"; }

  Status check_stages() const {
    if (can_repartition(loaded_)) return Status::good();
    return refused(
        "only the state of seals and trips can be dealt out anew, and this pipeline reads other streams. Choose "
        "another `application` and an empty state directory: the topics are then read from their beginning");
  }

  // What is to be done, and whether it can be.
  Status prepare() {
    const std::string& directory = pipeline_.state_directory;
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return Status::of(Fault::storage, fmt::format("state directory {}: {}", directory, error.message()));
    if (Status status = read_instance_name(directory, instance_); !status.ok()) return status;
    if (Status status = client_.open(
            RD_KAFKA_CONSUMER, reader_options(pipeline_.brokers, "vigia-repartition", pipeline_.properties, log_kafka));
        !status.ok())
      return status;
    if (Status status = configurations_.open(); !status.ok()) return status;
    KafkaTopics found;
    if (Status status =
            find_stage_topics(client_, {.brokers = pipeline_.brokers, .names = loaded_.topics}, found, dealing_.after);
        !status.ok())
      return status;
    if (Status status = wait_until_alone(); !status.ok()) return status;
    if (Status status = take_back_transaction(); !status.ok()) return status;
    if (Status status = read_progress(); !status.ok()) return status;
    dealing_.stage = RunnerOptions().stage;
    dealing_.topics = loaded_.topics;
    dealing_.make_task = [this](ConfigurationHash configuration, std::unique_ptr<Task>& out) {
      return tasks_.make_task(configuration, out);
    };
    if (Status status = check_counts(); !status.ok() || is_dealt_) return status;
    if (Status status = check_signals(); !status.ok()) return status;
    if (Status status = find_partitioner(); !status.ok()) return status;
    return enlarge_own_topics();
  }

  // A static member that has stopped stays in the group until its session times out.
  Status wait_until_alone() {
    const TimeMs deadline_ms = steady_clock_ms() + session_ms() + session_slack_ms;
    for (bool said = false;; said = true) {
      std::vector<GroupMember> members;
      Status status = describe_group(client_, group(), loaded_.topics.front(), answer_ms, members);
      if (status.ok() && members.empty()) return status;
      std::string who;
      for (const GroupMember& member : members)
        who += fmt::format("{}{}", who.empty() ? "" : ", ", member.instance.empty() ? member.id : member.instance);
      if (steady_clock_ms() >= deadline_ms || stop_requested()) {
        if (!status.ok()) return status;
        return refused(
            fmt::format("the consumer group {} has members ({}): stop all instances of the application, and "
                        "run this again",
                        group(), who));
      }
      if (!said) spdlog::info("waiting until all instances have left the consumer group {}", group());
      wait_or_stop(pause_ms);
    }
  }

  [[nodiscard]] TimeMs session_ms() const {
    TimeMs session_ms = default_session_ms;
    if (const auto given = pipeline_.properties.find("session.timeout.ms"); given != pipeline_.properties.end())
      std::from_chars(given->second.data(), given->second.data() + given->second.size(), session_ms);
    return session_ms;
  }

  // What a run that was killed has left open would hide what the group has noted.
  Status take_back_transaction() {
    if (!has_transaction()) return Status::good();
    KafkaProducer producer(producer_options());
    KafkaSource source(source_options());
    if (Status status = producer.open(); !status.ok()) return status;
    KafkaTransaction transaction(producer, source, loaded_.topics);
    for (int attempt = 1;; ++attempt) {
      Status status = transaction.init();
      if (status.fault != Fault::retry || attempt == attempts_max || stop_requested()) return status;
      wait_or_stop(pause_ms);
    }
  }

  Status read_progress() { return fetch(group(), loaded_.topics, dealing_.after, progress_); }

  Status fetch(const std::string& of_group, const std::vector<std::string>& topics, std::int32_t count,
               std::vector<TaskProgress>& out) const {
    TopicScan scan({.brokers = pipeline_.brokers, .group = of_group, .properties = pipeline_.properties, .log = {}});
    if (Status status = scan.open(); !status.ok()) return status;
    std::vector<PartitionId> numbers;
    for (std::int32_t number = 0; number < count; ++number) numbers.push_back(PartitionId{number});
    return scan.progress(topics, numbers, out);
  }

  static std::int32_t partitions_of(const std::vector<TaskProgress>& progress) {
    std::int32_t partitions = 0;
    for (const TaskProgress& one : progress) partitions = std::max(partitions, one.partitions);
    return partitions;
  }

  Status check_counts() {
    dealing_.before = result_.before = partitions_of(progress_);
    const std::int32_t after = result_.after = dealing_.after;
    if (dealing_.before == 0)
      return refused(
          fmt::format("the consumer group {} has noted no progress: there is no state to deal out; start "
                      "with vigia run",
                      group()));
    if (dealing_.before > after)
      return refused(
          fmt::format("the topics have {} partitions, and the state was made with {}: partitions can't be "
                      "taken away. Choose another `application` and an empty state directory: the topics "
                      "are then read from their beginning",
                      after, dealing_.before));
    if (dealing_.before < after) return Status::good();
    is_dealt_ = std::filesystem::exists(dealt_directory());
    return is_dealt_ ? Status::good() : nothing_to_do();
  }

  Status nothing_to_do() const {
    return refused(
        fmt::format("there is nothing to do: the topics have {} partitions, and so has the state; to enlarge "
                    "a topic:\n  {}",
                    dealing_.after, enlarge_command(pipeline_.brokers, loaded_.topics.front(), 2 * dealing_.after)));
  }

  // The topic between the stages is the application's own, and its groups are not dealt out.
  Status check_signals() {
    const std::string& topic = pipeline_.outputs.signals;
    KafkaTopics found;
    if (Status status = fetch_topics(client_, std::vector{topic}, answer_ms, found); !status.ok()) return status;
    const auto known = found.topics.find(topic);
    if (known == found.topics.end()) return Status::good();
    const auto now = static_cast<std::int32_t>(known->second.size());
    std::vector<TaskProgress> progress;
    Status status = fetch(group() + signal_group_suffix, {topic}, now, progress);
    const std::int32_t before = partitions_of(progress);
    if (!status.ok() || before == 0 || before == now) return status;
    return refused(
        fmt::format("the topic of signals, '{}', has {} partitions, and the state of its stage was made with "
                    "{}: that topic must keep its number. Choose another `application` and an empty state "
                    "directory: the topics are then read from their beginning",
                    topic, now, before));
  }

  Status find_partitioner() {
    const std::string file = pipeline_.state_directory + "/partitioners";
    if (Status status = placements_.open(file, dealing_.after); !status.ok()) return status;
    const Partitioner partitioner = placements_.partitioner();
    if (partitioner == Partitioner::automatic || partitioner == Partitioner::unchecked)
      return refused(fmt::format(
          "it is not known which partition a key belongs to ({}): say for each source with which `partitioner` its "
          "producers write (murmur2: Java's and murmur2_random; crc32: librdkafka's default; fnv1a: Sarama's)",
          partitioner == Partitioner::unchecked
              ? "a source has `partitioner: unchecked`"
              : "it was not told from the records; of a single partition it can't be"));
    dealing_.place = [partitioner](std::string_view key, std::int32_t partitions) {
      return partition_of(partitioner, key, partitions);
    };
    return Status::good();
  }

  // Journal and snapshots have a partition for each task.
  Status enlarge_own_topics() {
    std::vector<std::string> topics{pipeline_.outputs.journal};
    if (publishes()) topics.push_back(pipeline_.outputs.snapshots);
    KafkaTopics found;
    if (Status status = fetch_topics(client_, topics, answer_ms, found); !status.ok()) return status;
    for (const std::string& topic : topics) {
      const auto known = found.topics.find(topic);
      if (known == found.topics.end())
        return Status::of(Fault::missing_topics, fmt::format("there is no topic '{}'", topic));
      if (known->second.size() >= static_cast<std::size_t>(dealing_.after)) continue;
      if (!pipeline_.create_topics)
        return refused(fmt::format(
            "topic '{}' has {} partitions, and needs {}:\n  {}\nor set kafka.create_topics: true", topic,
            known->second.size(), dealing_.after, enlarge_command(pipeline_.brokers, topic, dealing_.after)));
      if (Status status = enlarge_topic(client_, topic, dealing_.after, answer_ms); !status.ok()) return status;
      if (Status status = wait_for_partitions(topic); !status.ok()) return status;
      spdlog::info("topic {} has {} partitions now", topic, dealing_.after);
    }
    return Status::good();
  }

  Status wait_for_partitions(const std::string& topic) {
    const TimeMs deadline_ms = steady_clock_ms() + answer_ms;
    for (;;) {
      KafkaTopics found;
      if (Status status = fetch_topics(client_, std::vector{topic}, answer_ms, found); !status.ok()) return status;
      const auto& partitions = found.topics[topic];
      const bool all_led = std::ranges::all_of(partitions, [](const auto& one) { return one.leader >= 0; });
      if (partitions.size() >= static_cast<std::size_t>(dealing_.after) && all_led) return Status::good();
      if (steady_clock_ms() >= deadline_ms || stop_requested())
        return Status::of(Fault::retry, fmt::format("topic '{}': its new partitions do not appear", topic));
      wait_or_stop(pause_ms);
    }
  }

  Status deal() {
    spdlog::info("from {} to {} partitions: reading what is left in the old ones", dealing_.before, dealing_.after);
    if (Status status = read_rest(); !status.ok()) return status;
    SnapshotStore old, dealt;
    if (Status status = old.open(snapshot_directory(pipeline_.state_directory), group()); !status.ok()) return status;
    if (Status status = read_progress(); !status.ok()) return status;
    if (Status status = check_snapshots(old); !status.ok()) return status;
    std::error_code error;
    std::filesystem::remove_all(dealt_directory(), error);  // of a run that was broken off before it counted
    if (Status status = dealt.open(dealt_directory(), group()); !status.ok()) return status;
    DealtKeys keys;
    if (Status status = deal_keys(dealing_, old, dealt, keys); !status.ok()) return status;
    if (Status status = wait_until_alone(); !status.ok()) return status;
    if (Status status = publish(old, dealt, keys); !status.ok()) return status;
    result_.keys = keys.keys;
    result_.moved = keys.moved;
    spdlog::info("the state of {} keys counts for {} partitions now; {} have moved", keys.keys, dealing_.after,
                 keys.moved);
    return take(dealt, old);
  }

  Status read_rest() {
    bool is_read = false;
    const ReadOff rest{dealing_.before, [this](std::span<const InputRecord> records) { return check_places(records); }};
    ServiceResult read = read_off(loaded_, threads_, rest, is_read);
    result_.revisions = read.revisions;
    if (!read.status.ok()) return std::move(read.status);
    return is_read ? Status::good()
                   : refused("broken off before the old partitions were read to their end" + lag_words() +
                             "; nothing was dealt out: run this again");
  }

  // Whoever writes by the new number already may put keys into an old partition where their state is not. That can't
  // happen when the new number is a multiple of the old one.
  Status check_places(std::span<const InputRecord> records) const {
    for (const InputRecord& record : records) {
      if (record.key.empty() || dealing_.place(record.key, dealing_.before) == record.partition) continue;
      if (dealing_.place(record.key, dealing_.after) != record.partition) continue;
      return refused(fmt::format(
          "{}/{}: the record of '{}' at offset {} was put there by the new number of partitions, before what the old "
          "partitions held was read, and {} is no multiple of {}: the state of its key lies with another partition. "
          "Choose another `application` and an empty state directory: the topics are then read from their beginning. "
          "Next time stop the producers until this is done, or double the number",
          loaded_.topics[record.topic.value], record.partition.value, record.key, record.offset.value, dealing_.after,
          dealing_.before));
    }
    return Status::good();
  }

  // Of each old partition that is not at its end.
  std::string lag_words() {
    TopicScan scan({.brokers = pipeline_.brokers, .group = group(), .properties = pipeline_.properties, .log = {}});
    std::string words;
    if (!scan.open().ok() || !read_progress().ok()) return words;
    for (const std::string& topic : loaded_.topics) {
      std::vector<OffsetBounds> log;
      if (!scan.bounds(topic, log).ok()) continue;
      for (const TaskProgress& task : progress_) {
        const auto at = static_cast<std::size_t>(task.partition.value);
        if (task.partition.value >= dealing_.before || at >= log.size()) continue;
        const auto known = std::ranges::find(task.next, topic, &PartitionOffset::topic);
        const Offset next = known == task.next.end() ? log[at].begin : std::max(known->next, log[at].begin);
        if (next < log[at].end)
          words +=
              fmt::format("{} {}/{}: {} offsets", words.empty() ? ";" : ",", topic, at, log[at].end.value - next.value);
      }
    }
    return words;
  }

  // The reading has ended with a snapshot of each old task: as of what is public.
  Status check_snapshots(const SnapshotStore& store) const {
    for (std::int32_t number = 0; number < dealing_.before; ++number) {
      std::optional<SnapshotHead> head;
      if (Status status = store.head(dealing_.task_name(number), head); !status.ok()) return status;
      const std::uint64_t epoch = progress_[static_cast<std::size_t>(number)].epoch;
      if (head && head->epoch == epoch) continue;
      return refused(fmt::format("the snapshot of {} is of epoch {}, and the group is at {}: run this again",
                                 dealing_.task_name(number), head ? head->epoch : 0, epoch));
    }
    return Status::good();
  }

  Status publish(const SnapshotStore& old, const SnapshotStore& dealt, const DealtKeys& keys) {
    KafkaProducer producer(producer_options());
    if (Status status = producer.open(); !status.ok()) return status;
    KafkaSource source(source_options());
    if (Status status = source.join(); !status.ok()) return status;
    KafkaJournal journal(producer, journal_options(pipeline_, log_kafka));
    std::unique_ptr<EpochTransaction> transaction;
    if (has_transaction())
      transaction = std::make_unique<KafkaTransaction>(producer, source, loaded_.topics);
    else
      transaction = std::make_unique<AtLeastOnce>(source);
    PublishDealing publish;
    if (publishes()) publish = [&] { return publish_snapshots(producer, old, dealt, keys); };
    const std::string topic = publishes() ? pipeline_.outputs.snapshots : std::string();
    for (int attempt = 1;; ++attempt) {
      Status status = publish_dealing(dealing_, keys, topic, *transaction, journal, publish);
      if (status.ok() || status.fault != Fault::retry || attempt == attempts_max || stop_requested()) {
        if (!status.ok()) status.text += "; run this again";
        source.close();
        return status;
      }
      spdlog::warn("{}; trying again", status.text);
      wait_or_stop(pause_ms);
    }
  }

  [[nodiscard]] KafkaProducerOptions producer_options() const {
    KafkaProducerOptions options;
    options.brokers = pipeline_.brokers;
    options.client = group();
    options.properties = pipeline_.properties;
    options.log = log_kafka;
    if (!has_transaction()) return options;
    const bool is_engines = pipeline_.delivery == Delivery::exactly_once;
    options.transactional_id = fmt::format("{}-{}{}", group(), instance_, is_engines ? "" : "-snapshots");
    options.properties.try_emplace("transaction.timeout.ms", transaction_timeout_ms);
    return options;
  }

  // It reads nothing: only who is a client of the group may note progress for it.
  [[nodiscard]] KafkaSourceOptions source_options() const {
    KafkaSourceOptions options;
    options.brokers = pipeline_.brokers;
    options.group = group();
    options.properties = pipeline_.properties;
    options.topics = loaded_.topics;
    options.first_partitions = dealing_.after;
    options.queue_bytes = smallest_queue_bytes;
    options.log = log_kafka;
    return options;
  }

  // What each task has now, and that what has left it is gone.
  Status publish_snapshots(KafkaProducer& producer, const SnapshotStore& old, const SnapshotStore& dealt,
                           const DealtKeys& keys) const {
    const std::string& topic = pipeline_.outputs.snapshots;
    for (std::int32_t from = 0; from < dealing_.before; ++from) {
      const std::string task = dealing_.task_name(from);
      Status written;
      Status status = old.keys(task, [&](std::string_view key, std::string_view bytes) {
        if (dealing_.place(key, dealing_.after).value == from) return std::string();
        written =
            produce_snapshot_value(producer, topic, PartitionId{from}, snapshot_image_key(task, key), bytes, true);
        return written.text;
      });
      if (!written.ok()) return written;
      if (!status.ok()) return status;
    }
    for (const SnapshotHead& head : keys.heads) {
      const PartitionId number = head.offsets.front().partition;
      SnapshotHead whole;
      Status status = dealt.changed(head.task, 0, whole, [&](std::string_view key, std::string_view bytes) {
        return produce_snapshot_value(producer, topic, number, snapshot_image_key(head.task, key), bytes);
      });
      if (status.ok())
        status = produce_snapshot_value(producer, topic, number, snapshot_head_key(head.task), encode(head));
      if (!status.ok()) return status;
    }
    return Status::good();
  }

  // An earlier run was broken off when everything counted already.
  Status finish() {
    SnapshotStore store, dealt;
    if (Status status = store.open(snapshot_directory(pipeline_.state_directory), group()); !status.ok()) return status;
    if (Status status = dealt.open(dealt_directory(), group()); !status.ok()) return status;
    KafkaJournal journal(journal_options(pipeline_, log_kafka));
    bool counts = false;
    if (Status status = check_dealing(dealing_, dealt, progress_, journal, counts); !status.ok()) return status;
    if (counts) return take(dealt, store);
    Status status = remove_dealt(dealt);
    return status.ok() ? nothing_to_do() : status;
  }

  Status take(SnapshotStore& dealt, SnapshotStore& store) {
    if (Status status = take_dealing(dealt, store); !status.ok()) return status;
    if (Status status = store.keep_generation(generations_kept); !status.ok()) return status;
    return remove_dealt(dealt);
  }

  Status remove_dealt(SnapshotStore& dealt) const {
    dealt.close();
    std::error_code error;
    std::filesystem::remove_all(dealt_directory(), error);
    if (error) return Status::of(Fault::storage, fmt::format("{}: {}", dealt_directory(), error.message()));
    return Status::good();
  }

  const LoadedStage& loaded_;
  const Pipeline& pipeline_;
  unsigned threads_;
  KeyPlacements placements_;
  ConfigurationTopic configurations_;
  VersionedTasks tasks_;
  std::string instance_;
  KafkaClient client_;
  Dealing dealing_;
  std::vector<TaskProgress> progress_;
  bool is_dealt_ = false;  // by an earlier run
  RepartitionResult result_;
};

}  // namespace

bool can_repartition(const LoadedStage& loaded) {
  const auto parts = parts_of(loaded);
  return parts.size() == 1 && parts.front().stage->suffix.empty();
}

RepartitionResult repartition(const LoadedStage& loaded, unsigned threads) {
  return Repartition(loaded, threads).run();
}

}  // namespace vigia
