// The inside of KafkaSource, for its own files only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "connectors/instance_name.h"
#include "connectors/kafka_client.h"
#include "connectors/kafka_fetch_nudge.h"
#include "connectors/kafka_fetch_watch.h"
#include "connectors/kafka_partition.h"
#include "connectors/kafka_source.h"
#include "connectors/offset_gap.h"
#include "connectors/task_merge.h"

namespace vigia {

// Without a successful fetch for this long the broker counts as away. An idle fetch returns every fetch_wait_ms.
inline constexpr TimeMs kafka_away_after_ms = 3000;
inline constexpr TimeMs kafka_fetch_wait_ms = 100;
inline constexpr TimeMs leader_refresh_ms = 5000;

// A member whose answer to its joining got lost waits for it as long as another may take to join (max.poll.interval.ms,
// five minutes); it asks again after this. Whoever waits for a slow one loses nothing by it.
inline constexpr TimeMs join_patience_ms = 30'000;

inline constexpr std::int64_t no_ends = -1;  // nobody has said how far they have come

struct KafkaSource::Impl {
  // What was asked about a topic's partitions that are not ours.
  struct Others {
    std::future<std::int64_t> answer;
    TimeMs asked_ms = 0;  // steady
  };

  struct Loss {
    TopicIndex topic;
    PartitionId partition;
    OffsetGap gap;
  };

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
  Status refused;                      // what the group offers makes no sense
  std::vector<Loss> lost;              // not told yet
  bool reassign_due = false;           // partitions are to go on elsewhere
  bool seek_due = false;               // and have not been told so yet
  bool assigned_before = false;        // this client
  bool rejoin_due = false;             // and the next change() joins again
  TimeMs fenced_ms = -fence_pause_ms;  // steady: the last time
  TimeMs asked_ms = no_time_ms;        // steady: since when the group owes us an assignment; it does not
  mutable std::shared_mutex swap;      // of the client while other threads ask it
  std::vector<Others> others;          // by topic, once asked for; none outlives the client
  int wake_fd = -1;
  TimeMs opened_ms = 0;         // steady
  TimeMs alive_ms = 0;          // steady: opened, or the last time anything came
  TimeMs leaders_asked_ms = 0;  // steady
  TimeMs waiting_said_ms = 0;   // steady
  TimeMs hanging_said_ms = 0;   // steady

  // kafka_source.cc
  Status connect(std::size_t assigned, bool as_member);
  Status begin(bool as_member);
  void collect(const PollLimits& limits, RecordBatch& batch);
  void add_statuses(RecordBatch& batch);
  void wait(TimeMs wait_ms) const;
  void close();

  // kafka_source_group.cc: who reads what
  void on_rebalance(rd_kafka_resp_err_t what, const rd_kafka_topic_partition_list_t& list);
  void hold(const rd_kafka_topic_partition_list_t& list);
  void serve_group();
  bool is_fenced();
  bool was_fenced_by_itself();
  bool is_forgotten();
  void assign(std::span<const PartitionOffset> from);
  void drop_partitions();
  Status seek_anew();

  // kafka_source_others.cc: what others read
  [[nodiscard]] std::int64_t ends_of(const std::string& topic, const std::vector<std::int32_t>& others_read) const;

  // kafka_source_lost.cc: what is to be read and is not there any more
  Status find_lost();
  Status find_lost(KafkaPartition& partition);
  void tell_lost(PartitionStatus& status);
  Status bounds_of(const KafkaPartition& partition, OffsetBounds& log);
  Status records_gone(const KafkaPartition& partition);
  Status go_on_elsewhere();

  // kafka_source_health.cc: who answers, and what is said about who does not
  void note_answers(TimeMs now_ms);
  bool waits_for_long(TimeMs now_ms);
  void say_hanging(TimeMs now_ms);
  bool refresh_leaders();  // true: a broker has answered
  void note_leaders(const KafkaTopics& found);
  Status trouble(bool got_records);
};

}  // namespace vigia
