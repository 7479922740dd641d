#include "connectors/journal.h"

#include <fmt/format.h>

#include <map>
#include <mutex>

#include "connectors/rocks.h"

namespace vigia {

namespace {

constexpr std::uint64_t entry_version = 3, version_without_configuration = 2;

class MemoryJournal : public Journal {
 public:
  Status append(std::span<const JournalEntry> entries) override {
    const std::lock_guard lock(mutex_);
    for (const auto& entry : entries) log_[entry.partition.value].push_back(entry);
    return Status::good();
  }

  Status read(const std::string& task, PartitionId partition, JournalPosition position, std::uint64_t first_epoch,
              std::uint64_t committed_epoch, const std::function<void(const JournalEntry&)>& sink) override {
    JournalOrder order(task, first_epoch);
    const std::lock_guard lock(mutex_);
    const auto& log = log_[partition.value];
    for (auto at = static_cast<std::size_t>(position); at < log.size(); ++at) {
      if (Status status = order.add(log[at]); !status.ok()) return status;
    }
    if (committed_epoch >= first_epoch && order.last_epoch() < committed_epoch)
      return Status::of(Fault::damaged, "the journal ends too early");
    for (const auto& entry : order.entries()) sink(entry);
    return Status::good();
  }

  [[nodiscard]] JournalPosition position(PartitionId partition) const override {
    const std::lock_guard lock(mutex_);
    const auto log = log_.find(partition.value);
    return log == log_.end() ? 0 : static_cast<JournalPosition>(log->second.size());
  }

 private:
  mutable std::mutex mutex_;  // snapshots ask where it is while epochs are appended
  std::map<std::int32_t, std::vector<JournalEntry>> log_;
};

void append_losses(std::string& out, std::span<const JournalLoss> losses) {
  rocks::append_u64(out, losses.size());
  for (const auto& loss : losses) {
    rocks::append_text(out, loss.topic);
    rocks::append_i64(out, loss.first.value);
    rocks::append_i64(out, loss.end.value);
    rocks::append_i64(out, loss.at_ms);
  }
}

void read_losses(rocks::Reader& in, std::vector<JournalLoss>& out) {
  for (std::uint64_t left = in.u64(); left > 0 && in.good(); --left) {
    JournalLoss& loss = out.emplace_back();
    loss.topic = in.text();
    loss.first.value = in.i64();
    loss.end.value = in.i64();
    loss.at_ms = in.i64();
  }
}

}  // namespace

Status JournalOrder::add(JournalEntry entry) {
  if (entry.task != task_ || entry.epoch < first_epoch_) return Status::good();
  if (entries_.empty()) {
    if (entry.epoch != first_epoch_) {
      return Status::of(
          Fault::refused,
          fmt::format("the journal of {} begins at epoch {}, and epoch {} is the next one that is needed: "
                      "its older part is gone; restore the journal's topic, or a newer snapshot",
                      task_, entry.epoch, first_epoch_));
    }
    entries_.push_back(std::move(entry));
    return Status::good();
  }
  const JournalEntry& last = entries_.back();
  if (entry.epoch > last.epoch + 1 && entry.term >= last.term) {
    return Status::of(Fault::damaged,
                      fmt::format("journal of {}: epoch {} is missing (found {})", task_, last.epoch + 1, entry.epoch));
  }
  if (entry.epoch <= last.epoch) {
    if (entry.term <= entries_[entry.epoch - first_epoch_].term) return Status::good();  // written again, or overruled
    entries_.resize(entry.epoch - first_epoch_);  // what an outcast wrote behind it never counted
  } else if (entry.term < last.term) {
    return Status::good();
  }
  entries_.push_back(std::move(entry));
  return Status::good();
}

std::uint64_t JournalOrder::last_epoch() const { return entries_.empty() ? 0 : entries_.back().epoch; }

void append_silences(std::string& out, std::span<const JournalSilence> silences) {
  rocks::append_u64(out, silences.size());
  for (const auto& silence : silences) {
    rocks::append_text(out, silence.topic);
    rocks::append_i64(out, silence.from_ms);
    rocks::append_i64(out, silence.end_ms);
    rocks::append_u64(out, silence.answered ? 1 : 0);
  }
}

void read_silences(rocks::Reader& in, std::vector<JournalSilence>& out) {
  out.clear();
  for (std::uint64_t left = in.u64(); left > 0 && in.good(); --left) {
    JournalSilence& silence = out.emplace_back();
    silence.topic = in.text();
    silence.from_ms = in.i64();
    silence.end_ms = in.i64();
    silence.answered = in.u64() != 0;
  }
}

std::string encode(const JournalEntry& entry) {
  std::string out;
  rocks::append_u64(out, entry_version);
  rocks::append_text(out, entry.task);
  rocks::append_i64(out, entry.partition.value);
  rocks::append_u64(out, entry.epoch);
  rocks::append_u64(out, entry.term);
  rocks::append_i64(out, entry.clock_ms);
  rocks::append_i64(out, entry.wall_ms);
  rocks::append_u64(out, entry.configuration.value);
  rocks::append_u64(out, entry.ranges.size());
  for (const auto& range : entry.ranges) {
    rocks::append_text(out, range.topic);
    rocks::append_i64(out, range.partition.value);
    rocks::append_i64(out, range.first.value);
    rocks::append_i64(out, range.end.value);
    rocks::append_u64(out, range.at_end ? 1 : 0);
  }
  append_silences(out, entry.silences);
  if (!entry.losses.empty() || entry.partitions_before > 0) append_losses(out, entry.losses);
  if (entry.partitions_before > 0) rocks::append_i64(out, entry.partitions_before);
  rocks::append_checksum({}, out);
  return out;
}

bool decode(std::string_view bytes, JournalEntry& out) {
  if (!rocks::check({}, bytes)) return false;
  rocks::Reader in(bytes);
  const std::uint64_t version = in.u64();
  if (version != entry_version && version != version_without_configuration) return false;
  out.task = in.text();
  out.partition.value = static_cast<std::int32_t>(in.i64());
  out.epoch = in.u64();
  out.term = in.u64();
  out.clock_ms = in.i64();
  out.wall_ms = in.i64();
  out.configuration.value = version == version_without_configuration ? 0 : in.u64();
  const std::uint64_t count = in.u64();
  out.ranges.clear();
  for (std::uint64_t i = 0; i < count && in.good(); ++i) {
    JournalRange& range = out.ranges.emplace_back();
    range.topic = in.text();
    range.partition.value = static_cast<std::int32_t>(in.i64());
    range.first.value = in.i64();
    range.end.value = in.i64();
    range.at_end = in.u64() != 0;
  }
  read_silences(in, out.silences);
  out.losses.clear();
  if (!in.at_end()) read_losses(in, out.losses);
  out.partitions_before = in.at_end() ? 0 : static_cast<std::int32_t>(in.i64());
  return in.at_end();
}

std::unique_ptr<Journal> make_memory_journal() { return std::make_unique<MemoryJournal>(); }

}  // namespace vigia
