#include <utility>

#include "connectors/snapshot_store.h"

namespace vigia {

namespace {

std::uint64_t bytes_of(const TaskSnapshot& snapshot) {
  std::uint64_t bytes = snapshot.head.meta.size();
  for (const auto& image : snapshot.keys) bytes += image.key.size() + image.bytes.size() + sizeof(KeyImage);
  return bytes;
}

}  // namespace

SnapshotWriter::SnapshotWriter(SnapshotStore& store) : store_(store), thread_([this] { run(); }) {}

SnapshotWriter::~SnapshotWriter() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SnapshotWriter::enqueue(TaskSnapshot snapshot) {
  const std::uint64_t bytes = bytes_of(snapshot);
  {
    std::lock_guard lock(mutex_);
    pending_bytes_ += bytes;
    queue_.push_back(std::move(snapshot));
  }
  changed_.notify_all();
}

void SnapshotWriter::keep_generation(std::size_t count) {
  const std::lock_guard lock(mutex_);
  generations_ = count;
}

void SnapshotWriter::keep_day(TimeMs now_ms, TimeMs keep_ms) {
  const std::lock_guard lock(mutex_);
  day_ = {now_ms, keep_ms};
}

void SnapshotWriter::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || (!queue_.empty() && status_.ok()); });
    if (queue_.empty() || !status_.ok()) return;    // only when stopping
    const TaskSnapshot& snapshot = queue_.front();  // a deque: stays where it is
    const std::size_t generations = std::exchange(generations_, 0);
    const std::optional<Day> day = std::exchange(day_, std::nullopt);
    lock.unlock();
    Status status = store_.write(snapshot);
    if (status.ok() && generations > 0) status = store_.keep_generation(generations);
    if (status.ok() && day) status = store_.keep_day(day->now_ms, day->keep_ms);
    const std::uint64_t bytes = bytes_of(snapshot);
    lock.lock();
    TaskSnapshot written;  // freed without the lock: it may be large
    status_ = std::move(status);
    if (status_.ok()) {
      pending_bytes_ -= bytes;
      written = std::move(queue_.front());
      queue_.pop_front();
    }
    changed_.notify_all();
    lock.unlock();
    written = {};
    lock.lock();
  }
}

std::size_t SnapshotWriter::pending() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

std::uint64_t SnapshotWriter::pending_bytes() const {
  std::lock_guard lock(mutex_);
  return pending_bytes_;
}

Status SnapshotWriter::status() const {
  std::lock_guard lock(mutex_);
  return status_;
}

void SnapshotWriter::retry() {
  {
    std::lock_guard lock(mutex_);
    status_ = Status::good();
  }
  changed_.notify_all();
}

Status SnapshotWriter::drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.empty() || !status_.ok(); });
  return status_;
}

}  // namespace vigia
