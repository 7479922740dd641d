#include "app/standby.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

#include "app/source_silence.h"

namespace vigia {
namespace {

constexpr int nice_value = 10;  // above that of the tasks that are run here
constexpr int rounds_to_complain = 10;
constexpr int rest_rounds = 60;  // for a copy that has failed
constexpr std::uint64_t everything_public = UINT64_MAX;
constexpr TimeMs range_wait_ms = 2'000;  // for records of an epoch, without progress

}  // namespace

Standby::Standby(StandbyParts parts, TimeMs every_ms) : parts_(std::move(parts)), every_ms_(every_ms) {
  if (every_ms_ > 0) thread_ = std::thread([this] { run(); });
}

Standby::~Standby() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = end_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Standby::Copies Standby::stop() {
  stop_ = true;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !busy_; });
  size_ = 0;
  memory_bytes_ = 0;
  return std::exchange(copies_, {});
}

void Standby::go_on(Copies copies) {
  {
    const std::lock_guard lock(mutex_);
    copies_ = std::move(copies);
    // What is not public may never be.
    std::erase_if(copies_, [](const auto& copy) { return copy->epoch == 0 || copy->public_epoch != copy->epoch; });
    for (auto& copy : copies_) copy->is_ours = false;
    source_.reset();
    count();
    stop_ = shed_ = false;
  }
  changed_.notify_all();
}

void Standby::run() {
  setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), nice_value);
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return end_ || !stop_; });
    if (end_) return;
    busy_ = true;
    lock.unlock();
    advance();
    lock.lock();
    busy_ = false;
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::milliseconds(every_ms_), [this] { return stop_.load(); });
  }
}

void Standby::advance() {
  if (shed_) copies_.clear();
  const Status chosen = shed_ ? Status::good() : choose();  // while it can't be told, those that there are go on
  std::vector<std::uint64_t> epochs;
  Status status = open_source(nullptr);
  if (status.ok()) status = find_public(epochs);
  for (std::size_t i = 0; i < epochs.size() && source_ && !breaks_off(); ++i) {
    Status followed = follow(*copies_[i], epochs[i]);
    if (followed.ok()) continue;
    if (followed.fault == Fault::retry) {  // the others need not wait for it
      status = std::move(followed);
      continue;
    }
    spdlog::warn("{}: its standby copy is let go: {}; another one is made later", copies_[i]->name, followed.text);
    rests_[copies_[i]->partition] = rest_rounds;
    copies_[i].reset();
  }
  if (!status.ok()) source_.reset();  // where it is nobody knows
  std::erase(copies_, nullptr);
  count();
  say(chosen.ok() ? status : chosen);
}

// What is not chosen any more is let go, what is new is made.
Status Standby::choose() {
  StandbyChoice choice;
  if (Status status = parts_.choose(choice); !status.ok()) return status;
  for (auto& [number, rounds] : rests_) --rounds;
  std::erase_if(rests_, [](const auto& rest) { return rest.second <= 0; });
  std::erase_if(copies_, [&](const auto& copy) {
    return std::ranges::find(choice.numbers, copy->partition) == choice.numbers.end() &&
           std::ranges::find(choice.ours, copy->partition) == choice.ours.end();
  });
  for (const PartitionId number : choice.numbers) {
    if (has(number) || rests_.contains(number) || breaks_off()) continue;
    if (Status status = make(number); !status.ok()) return status;
  }
  std::ranges::sort(copies_, {}, [](const auto& copy) { return copy->partition; });
  return Status::good();
}

bool Standby::has(PartitionId number) const {
  return std::ranges::any_of(copies_, [&](const auto& copy) { return copy->partition == number; });
}

Status Standby::make(PartitionId number) {
  std::unique_ptr<StageTask> copy;
  if (Status status = parts_.restore(number, budget_bytes_, copy); !status.ok()) {
    rests_[number] = rest_rounds;
    return status;
  }
  spdlog::info("{}: a standby copy is kept here, from epoch {} on", copy->name, copy->epoch);
  copies_.push_back(std::move(copy));
  return Status::good();
}

// Of all copies, where they are; of the one that has lost records `ahead`, behind these.
Status Standby::open_source(const JournalEntry* ahead) {
  std::vector<PartitionId> numbers;
  std::vector<PartitionOffset> from;
  for (const auto& copy : copies_) {
    if (!copy) continue;
    numbers.push_back(copy->partition);
    for (PartitionOffset next : copy->next) {
      if (ahead != nullptr && ahead->partition == copy->partition) (void)find_first(*ahead, next);
      from.push_back(std::move(next));
    }
  }
  if (source_ && ahead == nullptr && numbers == reads_) return Status::good();
  source_.reset();
  reads_ = std::move(numbers);
  if (reads_.empty()) return Status::good();
  source_ = parts_.make_source(reads_);
  Status status = source_->open(from);
  if (!status.ok()) source_.reset();
  return status;
}

// Of each copy the last epoch that is public; everything_public: the last one in the journal.
Status Standby::find_public(std::vector<std::uint64_t>& epochs) {
  std::vector<TaskProgress> progress;
  if (!copies_.empty() && parts_.committed) {
    if (Status status = parts_.committed(reads_, progress); !status.ok()) return status;
  }
  epochs.assign(copies_.size(), everything_public);
  for (std::size_t i = 0; i < progress.size(); ++i) epochs[i] = progress[i].epoch;
  return Status::good();
}

// Only what is public: it is final, whoever wrote it.
Status Standby::follow(StageTask& copy, std::uint64_t public_epoch) {
  copy.task->keep_within(budget_bytes_);
  if (copy.epoch >= public_epoch) return Status::good();
  std::vector<JournalEntry> entries;
  const std::uint64_t awaited = public_epoch == everything_public ? 0 : public_epoch;
  Status status = parts_.journal.read(copy.name, copy.partition, copy.journal, copy.epoch + 1, awaited,
                                      [&](const JournalEntry& entry) { entries.push_back(entry); });
  if (!status.ok()) return status;
  const auto behind = std::ranges::upper_bound(entries, public_epoch, {}, &JournalEntry::epoch);
  const bool is_all = behind == entries.end();
  entries.erase(behind, entries.end());
  if (status = apply(copy, entries); !status.ok() || breaks_off()) return status;
  if (is_all) copy.journal = std::max(copy.journal, parts_.journal.position(copy.partition));
  return Status::good();
}

Status Standby::apply(StageTask& copy, std::span<const JournalEntry> entries) {
  for (const JournalEntry& entry : entries) {
    if (breaks_off()) break;
    if (!entry.losses.empty()) {
      if (Status status = open_source(&entry); !status.ok()) return status;
    }
    RecordBatch batch;
    EpochResult result;
    Status status =
        apply_journalled(entry, {*source_, parts_.inspect, range_wait_ms, parts_.configurations}, copy, batch, result);
    if (!status.ok()) return status;
    if (std::string fault = copy.task->fault(); !fault.empty()) return Status::of(Fault::fatal, std::move(fault));
    update_silences(copy.silences, entry.silences);
    copy.term = std::max(copy.term, entry.term);
    copy.public_epoch = copy.epoch;
    count();
  }
  return Status::good();
}

void Standby::count() {
  std::uint64_t bytes = source_ ? source_->queued_bytes() : 0;
  for (const auto& copy : copies_) bytes += copy ? copy->task->memory_bytes() : 0;
  memory_bytes_ = bytes;
  size_ = copies_.size();
}

// What passes by itself, as the group does that shares its partitions out anew, is not worth a word.
void Standby::say(const Status& status) {
  failures_ = status.ok() ? 0 : failures_ + 1;
  if (failures_ == rounds_to_complain) spdlog::warn("standby copies fall behind: {}; trying on", status.text);
}

}  // namespace vigia
