// Keeps an alert store up to date with the committed alert topic, and that of how alerts stand, whoever wrote them: what was aborted never shows, and
// after a crash it goes on where the store ends. Its offsets are in the store, written together with the alerts. Then it
// fetches the records behind the alerts into the store, with an EvidenceReader.
//
// A thread of its own does everything. Brokers away: it waits. The disk refuses: it keeps what it has read, and its
// position, and tries again. Records that are no alerts (somebody else's) are counted. What retention has removed before
// it was read is gone, with a warning; so is evidence, which is noted as gone.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "connectors/alert_store.h"
#include "connectors/evidence_reader.h"
#include "connectors/pipeline_config.h"
#include "connectors/topic_reader.h"
#include "schemas/json_reader.h"

namespace vigia {

struct AlertFollowerOptions {
  std::string brokers;
  std::string application;
  std::map<std::string, std::string> properties;  // handed to librdkafka as they are
  std::string topic;
  std::string state_topic;  // of how alerts stand; empty: none is followed
  RecordFormat format = RecordFormat::json;
  // Alerts are dropped when they are so much older than the newest one (and no younger by the wall clock); 0: never.
  TimeMs retention_ms = 0;
  TimeMs proof_retention_ms = 0;                      // likewise, for the records behind them
  KafkaLog log;                                       // librdkafka's; called from its threads
  std::function<void(const std::string& text)> warn;  // called from the follower's thread. May be empty
};

[[nodiscard]] AlertFollowerOptions follower_options(const Pipeline& pipeline);

class AlertFollower {
 public:
  // The store is open, outlives the follower, and is written by nobody else between start() and stop().
  AlertFollower(AlertStore& store, AlertFollowerOptions options);
  ~AlertFollower() { stop(); }

  // Does not wait for brokers. Fault::refused: settings that librdkafka does not take.
  [[nodiscard]] Status start();

  // Returns when everything that was in the topic before the call is in the store and on disk, and the records behind it
  // have been asked for. Fault::retry when that takes longer than limit_ms, with what is missing.
  [[nodiscard]] Status catch_up(TimeMs limit_ms);

  // What has been read and not stored is read again by the next start.
  void stop();

  [[nodiscard]] std::uint64_t stored() const { return stored_; }    // revisions
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }  // records that are no alerts

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  void find_partitions();
  void read();
  void take(const rd_kafka_message_t& message, const std::string& topic, std::vector<Alert>& out);
  [[nodiscard]] std::vector<PartitionOffset> read_up_to() const;
  [[nodiscard]] Status store();
  [[nodiscard]] Status gather();
  [[nodiscard]] Status fetch(const std::vector<EvidencePlace>& places);
  [[nodiscard]] Status prune();
  void answer();
  void say(const Status& status);
  void pause(TimeMs pause_ms);

  AlertStore& store_;
  AlertFollowerOptions options_;
  TopicReader reader_, state_reader_;
  EvidenceReader evidence_;
  json::Reader json_;

  // The thread's.
  std::vector<Alert> read_, read_states_;    // not stored yet
  std::vector<PartitionOffset> position_;    // that the store knows
  TimeMs newest_ms_ = no_time_ms;            // the latest detected_ms
  std::vector<PartitionOffset> ends_;        // to reach, for catch_up(),
  std::vector<PartitionOffset> state_ends_;  // likewise
  std::uint64_t ends_of_ = 0;                // the request that they belong to
  TimeMs pruned_ms_ = no_time_ms;
  bool wants_evidence_ = true;                                   // there may be some to fetch
  std::optional<EvidencePlace> gathered_;                        // up to here, in this round through what is wanted
  bool left_out_ = false;                                        // some had no answer in this round
  std::vector<std::pair<EvidencePlace, EvidenceRecord>> found_;  // not stored yet
  Clock::time_point refresh_at_, gather_at_, gathered_at_;
  std::string said_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::uint64_t asked_ = 0, answered_ = 0;  // calls of catch_up()
  std::string missing_;                     // why the last one has no answer yet
  std::atomic<std::uint64_t> stored_ = 0, skipped_ = 0;
  std::thread thread_;
};

}  // namespace vigia
