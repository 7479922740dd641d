#include "connectors/journal.h"

#include <fmt/format.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <map>

#include "connectors/rocks.h"

namespace vigia {

namespace {

constexpr const char* format = "vigia-journal 1";
constexpr std::uint64_t entry_version = 1;

Status gap(const std::string& task, std::uint64_t expected, std::uint64_t found) {
  return Status::of(Fault::damaged,
                    fmt::format("journal of {}: epoch {} is missing (found {})", task, expected, found));
}

class MemoryJournal : public Journal {
 public:
  Status append(std::span<const JournalEntry> entries) override {
    for (const auto& entry : entries) tasks_[entry.task].entries[entry.epoch] = entry;
    return Status::good();
  }

  Status read(const std::string& task, std::uint64_t first_epoch,
              const std::function<void(const JournalEntry&)>& sink) override {
    const auto& kept = tasks_[task];
    if (kept.trimmed >= first_epoch) return gap(task, first_epoch, kept.trimmed + 1);
    std::uint64_t expected = first_epoch;
    for (auto it = kept.entries.lower_bound(first_epoch); it != kept.entries.end(); ++it, ++expected) {
      if (it->first != expected) return gap(task, expected, it->first);
      sink(it->second);
    }
    return Status::good();
  }

  Status acknowledge(const std::string& task, std::uint64_t epoch) override {
    auto& acknowledged = tasks_[task].acknowledged;
    acknowledged = std::max(acknowledged, epoch);
    return Status::good();
  }
  Status acknowledged(const std::string& task, std::uint64_t& epoch) override {
    epoch = tasks_[task].acknowledged;
    return Status::good();
  }
  Status trim(const std::string& task, std::uint64_t through_epoch) override {
    auto& kept = tasks_[task];
    kept.entries.erase(kept.entries.begin(), kept.entries.upper_bound(through_epoch));
    kept.trimmed = std::max(kept.trimmed, through_epoch);
    return Status::good();
  }

 private:
  struct Kept {
    std::map<std::uint64_t, JournalEntry> entries;
    std::uint64_t acknowledged = 0, trimmed = 0;
  };
  std::map<std::string, Kept> tasks_;
};

// Keys: "e" TASK 0x00 EPOCH -> entry; "a" TASK -> acknowledged epoch; "t" TASK -> trimmed epoch.
class DiskJournal : public Journal {
 public:
  Status open(const std::string& directory, const std::string& application, rocksdb::Env* env) {
    return db_.open(directory, env, format, application);
  }

  Status append(std::span<const JournalEntry> entries) override {
    rocksdb::WriteBatch batch;
    for (const auto& entry : entries) batch.Put(entry_key(entry.task, entry.epoch), encode(entry));
    return db_.write(batch, true);
  }

  Status read(const std::string& task, std::uint64_t first_epoch,
              const std::function<void(const JournalEntry&)>& sink) override {
    std::uint64_t trimmed = 0;
    if (Status status = number("t" + task, trimmed); !status.ok()) return status;
    if (trimmed >= first_epoch) return gap(task, first_epoch, trimmed + 1);
    std::shared_ptr<rocksdb::DB> db;
    if (Status status = db_.reader(db); !status.ok()) return status;
    const std::string end = entry_key(task, UINT64_MAX);
    const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}));
    std::uint64_t expected = first_epoch;
    for (it->Seek(entry_key(task, first_epoch)); it->Valid() && it->key().compare(end) < 0; it->Next(), ++expected) {
      JournalEntry entry;
      if (!decode(rocks::view(it->value()), entry) || entry.task != task) {
        return Status::of(Fault::damaged, fmt::format("{}: journal of {}: entry {} does not have its checksum",
                                                      db_.directory(), task, expected));
      }
      if (entry.epoch != expected) return gap(task, expected, entry.epoch);
      sink(entry);
    }
    return db_.status_of(it->status());
  }

  Status acknowledge(const std::string& task, std::uint64_t epoch) override { return put("a" + task, epoch); }
  Status acknowledged(const std::string& task, std::uint64_t& epoch) override { return number("a" + task, epoch); }

  Status trim(const std::string& task, std::uint64_t through_epoch) override {
    rocksdb::WriteBatch batch;
    std::string value;
    rocks::append_u64(value, through_epoch);
    rocks::append_checksum("t" + task, value);
    batch.Put("t" + task, value);
    batch.DeleteRange(entry_key(task, 0), entry_key(task, through_epoch + 1));
    return db_.write(batch, false);
  }

 private:
  static std::string entry_key(const std::string& task, std::uint64_t epoch) {
    std::string key = "e" + task;
    key += '\0';
    rocks::append_u64(key, epoch);
    return key;
  }

  Status put(const std::string& key, std::uint64_t number) {
    std::string value;
    rocks::append_u64(value, number);
    rocks::append_checksum(key, value);
    rocksdb::WriteBatch batch;
    batch.Put(key, value);
    return db_.write(batch, false);
  }

  Status number(const std::string& key, std::uint64_t& out) {
    out = 0;
    std::optional<std::string> value;
    if (Status status = db_.get(key, value); !status.ok() || !value) return status;
    std::string_view bytes = *value;
    if (!rocks::check(key, bytes)) return Status::of(Fault::damaged, db_.directory() + ": bad checksum");
    out = rocks::Reader(bytes).u64();
    return Status::good();
  }

  rocks::Database db_;
};

}  // namespace

std::string encode(const JournalEntry& entry) {
  std::string out;
  rocks::append_u64(out, entry_version);
  rocks::append_text(out, entry.task);
  rocks::append_u64(out, entry.epoch);
  rocks::append_i64(out, entry.clock_ms);
  rocks::append_i64(out, entry.wall_ms);
  rocks::append_u64(out, entry.ranges.size());
  for (const auto& range : entry.ranges) {
    rocks::append_text(out, range.topic);
    rocks::append_i64(out, range.partition.value);
    rocks::append_i64(out, range.first.value);
    rocks::append_i64(out, range.end.value);
    rocks::append_u64(out, range.at_end ? 1 : 0);
  }
  rocks::append_checksum({}, out);
  return out;
}

bool decode(std::string_view bytes, JournalEntry& out) {
  if (!rocks::check({}, bytes)) return false;
  rocks::Reader in(bytes);
  if (in.u64() != entry_version) return false;
  out.task = in.text();
  out.epoch = in.u64();
  out.clock_ms = in.i64();
  out.wall_ms = in.i64();
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
  return in.at_end();
}

std::unique_ptr<Journal> make_memory_journal() { return std::make_unique<MemoryJournal>(); }

Status open_disk_journal(const std::string& directory, const std::string& application, std::unique_ptr<Journal>& out,
                         rocksdb::Env* env) {
  auto journal = std::make_unique<DiskJournal>();
  out.reset();
  if (Status status = journal->open(directory, application, env); !status.ok()) return status;
  out = std::move(journal);
  return Status::good();
}

}  // namespace vigia
