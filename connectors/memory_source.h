// A source for tests: records are given by the test, and it fails when the test says so.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "connectors/log_source.h"
#include "connectors/offset_gap.h"
#include "connectors/task_merge.h"

namespace vigia {

class MemorySource : public LogSource {
 public:
  MemorySource(std::vector<std::string> topics, std::int32_t partitions);

  // Appends to the log of (topic, partition); offsets are 0, 1, 2...
  void add(std::uint16_t topic, std::int32_t partition, TimeMs broker_ms, std::string key, std::string value);
  void add_tombstone(std::uint16_t topic, std::int32_t partition, TimeMs broker_ms, std::string key);
  // The wall clock of a successful fetch at the next polls: end_seen_ms of partitions read to their end.
  void set_fetch_ms(TimeMs now_ms) { fetch_ms_ = now_ms; }
  // What the log of (topic, partition) gives: all it has; nothing though its broker answers, as a fetch under way does;
  // nothing because its broker is away.
  enum class Fetch : std::uint8_t { all, nothing_yet, away };
  void set_fetch(std::uint16_t topic, std::int32_t partition, Fetch fetch) { log(topic, partition).fetch = fetch; }
  // The log of (topic, partition) begins at `offset` from now on.
  void lose_before(std::uint16_t topic, std::int32_t partition, std::int64_t offset) {
    log(topic, partition).begin = static_cast<std::size_t>(offset);
  }
  bool accept_lost = false;
  // While it is not good, poll gives no record and this.
  void fail_with(Status status) { failure_ = std::move(status); }
  // What the group says: these numbers are offered; what is held is asked back, or lost. After join() all are offered.
  void offer(std::vector<PartitionId> numbers) { numbers_ = std::move(numbers), change_ = Change::offered; }
  void withdraw() { change_ = Change::withdrawn; }
  void lose() { change_ = Change::lost; }
  // finished() once all is read.
  void end_after_last() { ends_ = true; }

  [[nodiscard]] Status open(std::span<const PartitionOffset> from) override;
  [[nodiscard]] std::int32_t partition_count() const override { return partitions_; }
  [[nodiscard]] Status poll(RecordBatch& batch, const PollLimits& limits) override;
  [[nodiscard]] bool finished() const override;
  [[nodiscard]] Status read_range(const PartitionOffset& from, Offset end, TimeMs wait_ms, RecordBatch& batch) override;
  [[nodiscard]] Status join() override;
  [[nodiscard]] Change change() override { return change_; }
  [[nodiscard]] std::span<const PartitionId> numbers() const override { return numbers_; }
  [[nodiscard]] Status take(std::span<const PartitionOffset> from) override;
  void give_up() override;
  [[nodiscard]] Status committed(std::span<const PartitionId> numbers, std::vector<TaskProgress>& out) override;
  [[nodiscard]] Status commit(std::span<const TaskProgress> progress) override;
  [[nodiscard]] Status others_end(TopicIndex topic, std::int64_t& end) override;
  void close() override;
  [[nodiscard]] std::uint64_t queued_bytes() const override { return 0; }

  // What the group remembers; a test hands it to the source of the next process.
  std::map<std::int32_t, TaskProgress> progress;
  Status commit_fails_with;  // while it is not good, commit() notes nothing and gives this

 private:
  struct Stored {
    TimeMs broker_ms;
    std::string key, value;
    bool is_tombstone;
  };
  // A lane of its task's merge (task_merge.h), which shows one record at a time.
  struct Log {
    TopicIndex topic;
    PartitionId partition;
    std::vector<Stored> records;
    std::size_t next = 0;
    std::size_t begin = 0;  // what lies before it is gone
    OffsetGap gap;          // of the next batch
    Fetch fetch = Fetch::all;
    TimeMs last_broker_ms = no_time_ms;
    InputRecord head;
    bool shows = false;

    [[nodiscard]] std::span<const InputRecord> staged() const { return {&head, shows ? std::size_t{1} : 0}; }
    bool refill();
    void take(std::size_t count, RecordBatch& batch);
    [[nodiscard]] bool drained() const { return fetch == Fetch::all && next == records.size(); }
    static void note_drained(bool) {}  // nothing comes in while it is merged
    [[nodiscard]] bool lost() const { return fetch == Fetch::away; }
    [[nodiscard]] static TimeMs heard_ms() { return 0; }
  };

  Log& log(std::uint16_t topic, std::int32_t partition) {
    return logs_[static_cast<std::size_t>(partition) * topics_.size() + topic];
  }
  Log* find(const PartitionOffset& offset);
  Status find_lost();
  [[nodiscard]] bool holds(PartitionId number) const;

  std::vector<std::string> topics_;
  std::int32_t partitions_;
  std::vector<Log> logs_;              // by (partition, topic)
  std::vector<TaskMerge<Log>> tasks_;  // by partition
  TimeMs fetch_ms_ = no_time_ms;
  Status failure_;
  bool ends_ = false;
  Change change_ = Change::none;
  std::vector<PartitionId> numbers_;
  bool taken_ = false;
};

}  // namespace vigia
