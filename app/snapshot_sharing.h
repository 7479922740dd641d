// Has snapshots published for others in the background, and brings theirs here when a task is taken over.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "connectors/snapshot_store.h"
#include "connectors/snapshot_topic.h"

namespace vigia {

struct SharedTask {
  std::string name;
  PartitionId number;
};

// One thread calls it, beside its own.
class SnapshotSharing {
 public:
  // Both outlive it. Every `every_ms` what is ours is published.
  SnapshotSharing(SnapshotTopic& topic, SnapshotStore& store, TimeMs every_ms);
  ~SnapshotSharing() { stop(); }

  // Breaks off what is under way. To be called before the source is closed.
  void stop();

  // From now on these are ours. A snapshot that is under way for another one is refused by the group.
  void own(std::vector<SharedTask> tasks);

  // When the topic has a newer snapshot of the task than the store, the store has it afterwards. REQUIRES: nothing else
  // writes to the store meanwhile.
  [[nodiscard]] Status bring(const SharedTask& task);

 private:
  void run();
  void publish(const SharedTask& task);

  SnapshotTopic& topic_;
  SnapshotStore& store_;
  const TimeMs every_ms_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SharedTask> tasks_;
  std::atomic<bool> stop_ = false;
  std::string said_;  // the thread's: the last complaint
  std::thread thread_;
};

}  // namespace vigia
