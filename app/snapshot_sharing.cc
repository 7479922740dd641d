#include "app/snapshot_sharing.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace vigia {

SnapshotSharing::SnapshotSharing(SnapshotTopic& topic, SnapshotStore& store, TimeMs every_ms)
    : topic_(topic), store_(store), every_ms_(every_ms), thread_([this] { run(); }) {}

void SnapshotSharing::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void SnapshotSharing::own(std::vector<SharedTask> tasks) {
  const std::lock_guard lock(mutex_);
  tasks_ = std::move(tasks);
}

Status SnapshotSharing::bring(const SharedTask& task) {
  std::uint64_t there = 0;
  const bool known = topic_.last_epoch(task.number, there).ok();
  std::optional<SnapshotHead> head;
  if (Status status = store_.head(task.name, head); !status.ok()) return status;
  const std::uint64_t here = head ? head->epoch : 0;
  if (known && here >= there) return Status::good();
  TaskSnapshot snapshot;
  if (Status status = topic_.fetch(task.name, task.number, there, snapshot); !status.ok()) return status;
  if (here >= snapshot.head.epoch) return Status::good();
  spdlog::info("{}: {} keys from the published snapshot of epoch {}", task.name, snapshot.keys.size(),
               snapshot.head.epoch);
  return store_.write(snapshot);
}

void SnapshotSharing::run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, std::chrono::milliseconds(every_ms_), [this] { return stop_.load(); })) {
    for (const SharedTask& task : std::vector(tasks_)) {
      lock.unlock();
      publish(task);
      lock.lock();
      if (stop_) return;
    }
  }
}

// What the topic has was ours, or was brought here before anything was added to it: so what came later is all it lacks.
void SnapshotSharing::publish(const SharedTask& task) {
  std::uint64_t published = 0;
  Status status = topic_.last_epoch(task.number, published);
  if (status.ok() && published > 0) status = store_.forget_gone(task.name, published);
  if (status.ok()) status = topic_.publish(store_, task.name, task.number, published, stop_);
  if (status.ok() || stop_) {
    said_.clear();
  } else if (status.text != said_) {
    spdlog::warn("{}: its snapshot is not published for other instances: {}", task.name, status.text);
    said_ = status.text;
  }
}

}  // namespace vigia
