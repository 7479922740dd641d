// One stage of a running pipeline: its source and consumer group, its producer and transactions, its snapshots, its part of
// the journal, and the runner between them. A pipeline has several that are joined by the topics between them.
//
//   stage.connect()   snapshots, brokers, topics, the group; what a process before us left open is taken back
//   stage.begin(...)  the topics that have a partition for each task, and the runner
//   stage.live()      until it is told to stop, or fails for good; on a thread of its own
//
// Faults that pass (brokers away, disk full) are logged and waited out, with growing pauses.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/epoch_runner.h"
#include "app/kafka_standby.h"
#include "app/result_delivery.h"
#include "connectors/kafka_journal.h"
#include "connectors/kafka_producer.h"
#include "connectors/kafka_sink.h"
#include "connectors/kafka_source.h"
#include "connectors/pipeline_config.h"

namespace vigia {

[[nodiscard]] TimeMs wall_now_ms();
void log_kafka(int level, const std::string& text);  // KafkaLog: librdkafka's to ours

// What one stage is, beside the pipeline that it belongs to.
struct StageSpec {
  std::string name;       // of its tasks on disk
  std::string suffix;     // of the application's name in its group and transactional ids; empty: none
  std::string instance;   // of this process
  std::string directory;  // of its snapshots
  std::vector<std::string> topics;
  std::vector<std::string> outputs;    // topics that must exist
  std::vector<std::string> tables;     // compacted ones
  std::int32_t create_partitions = 4;  // of a source that is created and has no sibling
  std::int32_t first_partitions = 0;   // as if the topics had only so many, and without the group; 0: as they are
  std::size_t queue_bytes = 0;         // what is read ahead
  std::uint64_t memory_budget_bytes = 0;
  TimeMs source_silence_ms = 0;              // 0: no source is ever silent
  std::string signals;                       // the topic that its signals go to; empty: it has none
  bool can_repartition = false;              // `vigia repartition` deals its state out
  bool is_triage = false;                    // it says how alerts stand, and answers commands
  Configurations* configurations = nullptr;  // never null when it runs
  // Before anything is read, and before each step: which configuration holds is found out. Asked again after a passing fault.
  // May be empty: somebody else does.
  std::function<Status()> open_configurations = {}, follow = {};
  std::function<TimeMs()> wall_ms = wall_now_ms;
  // Sees all records before they are applied. May be empty.
  std::function<Status(std::span<const InputRecord>, std::int32_t tasks)> inspect = {};
  std::function<bool()> stop;                         // asked all the time
  std::function<void(const Alert&)> alert = {};       // each revision, once it is public. May be empty
  std::function<void(const EpochRunner&)> tick = {};  // after each epoch, and while waiting. May be empty
};

// One thread at a time calls it.
class RunningStage {
 public:
  // The pipeline outlives the stage.
  RunningStage(const Pipeline& pipeline, StageSpec spec);

  // Good without having come to its end when a stop was asked for.
  [[nodiscard]] Status connect();
  // REQUIRES: connected.
  [[nodiscard]] std::int32_t task_count() const { return source_->partition_count(); }
  // Topics with a partition for each task that are to be created get so many: at least task_count().
  [[nodiscard]] Status begin(std::int32_t partitions);
  [[nodiscard]] Status live();

  [[nodiscard]] Account account() const { return runner_ ? runner_->account() : Account(); }
  [[nodiscard]] UnlistedIds unlisted() const { return runner_ ? runner_->unlisted() : UnlistedIds(); }
  [[nodiscard]] std::uint64_t revisions() const { return delivery_ ? delivery_->revisions() : 0; }

 private:
  [[nodiscard]] bool exactly_once() const { return pipeline_.delivery == Delivery::exactly_once; }
  [[nodiscard]] std::string group() const { return pipeline_.application + spec_.suffix; }
  [[nodiscard]] Status open_snapshots();
  [[nodiscard]] Status open_producer();
  [[nodiscard]] Status open_transaction();
  [[nodiscard]] Status open_journal(std::int32_t partitions);
  [[nodiscard]] Status open_sharing(std::int32_t partitions);
  [[nodiscard]] KafkaSourceOptions source_options() const;
  void make_runner();
  [[nodiscard]] Status end();
  void report();
  // Calls until it is good, has failed for good, or a stop is asked for.
  [[nodiscard]] Status patiently(const std::function<Status()>& call);

  // In the order in which they must be opened; torn down in the opposite one.
  const Pipeline& pipeline_;
  StageSpec spec_;
  SnapshotStore snapshots_;
  std::unique_ptr<KafkaProducer> producer_;
  std::unique_ptr<KafkaSource> source_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<EpochTransaction> transaction_;
  std::unique_ptr<SnapshotTopic> snapshot_topic_;
  std::unique_ptr<SnapshotSharing> sharing_;
  std::unique_ptr<KafkaAlertSink> alerts_;
  std::unique_ptr<KafkaDeadLetters> letters_;
  std::unique_ptr<SignalSink> signals_;
  std::unique_ptr<TriageSink> triage_;
  std::unique_ptr<ResultDelivery> delivery_;
  std::unique_ptr<KafkaStandby> standby_;
  std::unique_ptr<EpochRunner> runner_;
  TimeMs reported_ms_ = 0;
  std::size_t reported_unlisted_ = 0;
};

}  // namespace vigia
