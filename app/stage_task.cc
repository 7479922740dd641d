#include "app/stage_task.h"

#include <utility>

namespace vigia {

StageTask::StageTask(std::string task_name, PartitionId number, std::unique_ptr<Task> empty_task,
                     std::span<const std::string> topics, StageClock::Mode mode, TimeMs max_clock_skew_ms)
    : name(std::move(task_name)), partition(number), task(std::move(empty_task)), clock(mode, max_clock_skew_ms) {
  for (const std::string& topic : topics) {
    clock.add_partition();
    next.push_back({topic, number, Offset{-1}});  // wherever its log begins
  }
}

SnapshotHead StageTask::head() const {
  SnapshotHead head;
  head.task = name;
  head.epoch = epoch;
  head.term = term;
  head.clock_ms = clock.clock_ms();
  head.offsets = next;
  head.silences = silences;
  head.configuration = configuration;
  head.key_set = key_set;
  return head;
}

Status StageTask::change(Configurations& configurations, ConfigurationHash hash, EpochResult& result) {
  std::unique_ptr<Task> successor;
  if (Status status = configurations.make_task(hash, successor); !status.ok()) return status;
  result = successor->take_over(*task);
  adopt(std::move(successor), hash);
  return Status::good();
}

void StageTask::adopt(std::unique_ptr<Task> successor, ConfigurationHash hash) {
  task = std::move(successor);
  configuration = hash;
  snapshot.reset();
  snapshot_is_of_another = true;
}

void StageTask::go_on_from(const SnapshotHead& head) {
  epoch = snapshot_epoch = public_epoch = head.epoch;
  term = head.term;
  journal = head.journal;
  key_set = head.key_set;
  silences = head.silences;
  clock.set(head.clock_ms);
  for (PartitionOffset& mine : next) {
    for (const PartitionOffset& stored : head.offsets) {
      if (stored.topic == mine.topic) mine.next = stored.next;
    }
  }
}

void set_clocks(StageClock& clock, std::span<InputRecord> records, TimeMs wall_ms, TimeMs limit_ms,
                std::vector<TimeMs>& clocks_ms) {
  clocks_ms.clear();
  clocks_ms.reserve(records.size());
  for (InputRecord& record : records) {
    const StageClock::Taken taken = clock.take(record.broker_ms, wall_ms, limit_ms);
    record.broker_ms = taken.broker_ms;
    clocks_ms.push_back(taken.clock_ms);
  }
}

}  // namespace vigia
