#include "app/epoch_publisher.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <utility>

#include "connectors/kill_point.h"

namespace vigia {

EpochPublisher::EpochPublisher(Journal& journal, ResultDelivery& delivery, EpochTransaction& transaction,
                               PublisherOptions options)
    : journal_(journal), delivery_(delivery), transaction_(transaction), options_(options), thread_([this] {
        run();
      }) {}

EpochPublisher::~EpochPublisher() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void EpochPublisher::add(std::unique_ptr<AppliedEpoch> epoch) {
  // Only rejected records need the batch any longer.
  const bool keeps_batch =
      std::ranges::any_of(epoch->results, [](const EpochResult& r) { return !r.rejected.empty(); });
  if (!keeps_batch) epoch->batch = RecordBatch();
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(epoch));
  }
  changed_.notify_all();
}

bool EpochPublisher::has_room(TimeMs limit_ms) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::milliseconds(limit_ms),
                           [this] { return queue_.size() < options_.epochs_max || !status_.ok(); });
}

Status EpochPublisher::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void EpochPublisher::retry() {
  {
    const std::lock_guard lock(mutex_);
    status_ = Status::good();
  }
  changed_.notify_all();
}

Status EpochPublisher::drain() {
  std::unique_lock lock(mutex_);
  draining_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !busy_ && (!status_.ok() || (queue_.empty() && going_.empty())); });
  draining_ = false;
  return status_;
}

void EpochPublisher::discard() {
  std::unique_lock lock(mutex_);
  queue_.clear();
  changed_.wait(lock, [this] { return !busy_; });
  queue_.clear();
  going_.clear();
  status_ = Status::good();
}

std::vector<std::unique_ptr<AppliedEpoch>> EpochPublisher::take_public() {
  const std::lock_guard lock(mutex_);
  return std::exchange(public_, {});
}

std::size_t EpochPublisher::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() + going_.size();
}

bool EpochPublisher::is_due() const {
  if (stop_ || !going_.empty()) return true;
  if (queue_.empty()) return false;
  return draining_ || queue_.size() >= options_.epochs_max || patience_ms() == 0;
}

TimeMs EpochPublisher::patience_ms(const AppliedEpoch& epoch) const {
  const auto says = [&](auto... member) {
    return std::ranges::any_of(epoch.results, [=](const EpochResult& r) { return (!(r.*member).empty() || ...); });
  };
  if (says(&EpochResult::alerts, &EpochResult::signals, &EpochResult::replies, &EpochResult::rejected))
    return epoch.is_behind ? options_.behind_every_ms : 0;
  if (!says(&EpochResult::states)) return options_.every_ms;
  return epoch.is_behind ? std::max(options_.states_every_ms, options_.behind_every_ms) : options_.states_every_ms;
}

TimeMs EpochPublisher::patience_ms() const {
  auto least_ms = options_.every_ms;
  for (const auto& epoch : queue_) least_ms = std::min(least_ms, patience_ms(*epoch));
  return least_ms;
}

void EpochPublisher::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stop_ || (status_.ok() && !(going_.empty() && queue_.empty())); });
    const auto began = std::chrono::steady_clock::now();
    const auto end = [&] { return began + std::chrono::milliseconds(patience_ms()); };
    while (!is_due() && std::chrono::steady_clock::now() < end()) changed_.wait_until(lock, end());
    if (stop_) return;
    if (going_.empty() && queue_.empty()) continue;  // forgotten meanwhile
    if (going_.empty()) going_ = std::exchange(queue_, {});
    busy_ = true;
    lock.unlock();
    Status status = publish(going_);
    lock.lock();
    busy_ = false;
    status_ = std::move(status);
    if (status_.ok()) std::ranges::move(std::exchange(going_, {}), std::back_inserter(public_));
    changed_.notify_all();
  }
}

Status EpochPublisher::publish(const Group& group) {
  std::map<PartitionId, TaskProgress> last;
  std::vector<JournalEntry> entries;
  for (const auto& epoch : group) {
    for (const TaskProgress& one : epoch->progress) last[one.partition] = one;
    entries.insert(entries.end(), epoch->entries.begin(), epoch->entries.end());
  }
  std::vector<TaskProgress> progress;
  for (auto& [number, one] : last) progress.push_back(std::move(one));

  bool already = false;
  if (Status status = transaction_.begin(progress, already); !status.ok() || already) return status;
  kill_point("begun");
  if (Status status = journal_.append(entries); !status.ok()) return status;
  kill_point("journal_produced");
  for (const auto& epoch : group) {
    if (Status status = delivery_.write(epoch->results); !status.ok()) return status;
  }
  if (Status status = delivery_.flush(); !status.ok()) return status;
  kill_point("produced");
  if (Status status = transaction_.commit(progress); !status.ok()) return status;
  kill_point("committed");
  return Status::good();
}

}  // namespace vigia
