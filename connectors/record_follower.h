// Keeps a record store up to date with the topics of trips and doors. What was aborted never shows, and after a crash it
// goes on where the store ends: its offsets are in the store, written together with the events.
//
// A thread of its own does everything. Brokers away: it waits. The disk refuses: it keeps what it has read, and its
// positions, and tries again. What can't be read is left out: the engine keeps it as dead letters. What retention has
// removed before it was read is gone, with a warning.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "connectors/kept_event.h"
#include "connectors/record_store.h"
#include "connectors/topic_reader.h"

namespace vigia {

struct RecordFollowerOptions {
  KafkaLog log;                                       // librdkafka's; called from its threads
  std::function<void(const std::string& text)> warn;  // called from the follower's thread. May be empty
};

class RecordFollower {
 public:
  // The store is open, outlives the follower, and is written by nobody else between start() and stop(). Of the pipeline:
  // the sources, how to reach them, and outputs.record_retention: events are dropped when they are so much older than the
  // newest record (and no younger by the wall clock).
  RecordFollower(RecordStore& store, const Pipeline& pipeline, RecordFollowerOptions options);
  ~RecordFollower() { stop(); }

  // Does not wait for brokers. Fault::refused: settings that librdkafka does not take.
  [[nodiscard]] Status start();

  // Returns when everything that was in the topics before the call is in the store and on disk. Fault::retry when that takes
  // longer than limit_ms, with what is missing.
  [[nodiscard]] Status catch_up(TimeMs limit_ms);

  // What has been read and not stored is read again by the next start.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;

  struct Topic {
    SourceSpec source;
    std::unique_ptr<TopicReader> reader;
    std::vector<PartitionOffset> position;  // that the store knows
    std::vector<PartitionOffset> ends;      // to reach, for catch_up()
    Clock::time_point refresh_at;
  };

  void run();
  void read(Topic& topic);
  void take(const Topic& topic, const rd_kafka_message_t& message);
  [[nodiscard]] Status store();
  [[nodiscard]] Status prune();
  void answer();
  [[nodiscard]] Status reach_ends(std::uint64_t asked);
  void say(const Status& status);
  void pause(TimeMs pause_ms);

  RecordStore& store_;
  RecordFollowerOptions options_;
  TimeMs retention_ms_;
  KeptEventReader events_;
  std::vector<Topic> topics_;

  // The thread's.
  std::vector<KeptEvent> read_;    // not stored yet
  TimeMs newest_ms_ = no_time_ms;  // the latest broker time
  TimeMs pruned_ms_ = no_time_ms;
  std::uint64_t ends_of_ = 0;  // the request that the ends belong to
  std::string said_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::uint64_t asked_ = 0, answered_ = 0;  // calls of catch_up()
  std::string missing_;                     // why the last one has no answer yet
  std::thread thread_;
};

}  // namespace vigia
