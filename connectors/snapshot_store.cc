#include "connectors/snapshot_store.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <rocksdb/snapshot.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "connectors/kill_point.h"
#include "connectors/rocks.h"

namespace vigia {

namespace {

constexpr const char* format = "vigia-snapshot 3";

std::string head_key(const std::string& task) { return "h" + task; }

std::string key_prefix(const std::string& task, std::uint64_t key_set) {
  if (key_set == 0) return "k" + task + '\0';
  std::string prefix = "k" + task + '\1';
  rocks::append_u64(prefix, key_set);
  return prefix;
}

// Of the keys that went with the snapshot of an epoch.
std::string gone_prefix(const std::string& task, std::uint64_t epoch) {
  std::string prefix = "g" + task + '\0';
  rocks::append_u64(prefix, epoch);
  return prefix;
}

// The first key behind all that begin with the prefix of this set, and behind all of the task.
std::string behind(const std::string& task, std::uint64_t key_set) { return key_prefix(task, key_set + 1); }
std::string behind_all(const std::string& task) { return "k" + task + '\2'; }

// What tells a value of version 2 from one of version 1: the checksum is that of a longer key.
std::string sealed(const std::string& key) { return key + '\2'; }

// Takes checksum and epoch off; values of version 1 are of epoch 0.
bool open_value(std::string_view key, std::string_view& value, std::uint64_t& epoch) {
  epoch = 0;
  std::string_view with_epoch = value;
  if (!rocks::check(sealed(std::string(key)), with_epoch)) return rocks::check(key, value);
  if (with_epoch.size() < sizeof epoch) return false;
  rocks::Reader in(with_epoch.substr(with_epoch.size() - sizeof epoch));
  epoch = in.u64();
  value = with_epoch.substr(0, with_epoch.size() - sizeof epoch);
  return true;
}

}  // namespace

std::string encode(const SnapshotHead& head) {
  std::string out;
  rocks::append_u64(out, head.epoch);
  rocks::append_i64(out, head.clock_ms);
  rocks::append_u64(out, head.offsets.size());
  for (const auto& offset : head.offsets) {
    rocks::append_text(out, offset.topic);
    rocks::append_i64(out, offset.partition.value);
    rocks::append_i64(out, offset.next.value);
  }
  rocks::append_text(out, head.meta);
  rocks::append_u64(out, head.term);
  rocks::append_i64(out, head.journal);
  append_silences(out, head.silences);
  rocks::append_u64(out, head.configuration.value);
  rocks::append_u64(out, head.key_set);
  return out;
}

bool decode(std::string_view bytes, SnapshotHead& out) {
  rocks::Reader in(bytes);
  out.epoch = in.u64();
  out.clock_ms = in.i64();
  const std::uint64_t count = in.u64();
  out.offsets.clear();
  for (std::uint64_t i = 0; i < count && in.good(); ++i) {
    PartitionOffset& offset = out.offsets.emplace_back();
    offset.topic = in.text();
    offset.partition.value = static_cast<std::int32_t>(in.i64());
    offset.next.value = in.i64();
  }
  out.meta = in.text();
  if (in.at_end()) return true;  // format 1
  out.term = in.u64();
  out.journal = in.i64();
  read_silences(in, out.silences);
  if (in.at_end()) return true;  // format 2
  out.configuration.value = in.u64();
  out.key_set = in.u64();
  return in.at_end();
}

namespace {
constexpr std::size_t entry_bytes = 56;  // of a batch beside key and value: checksum, lengths, the task's name
// A snapshot from here on is a file of its own: it would fill the log that the next start has to read. Many small files
// would be merged with all others again and again.
constexpr std::size_t large_bytes = std::size_t{8} << 20;

std::size_t batch_bytes(const TaskSnapshot& snapshot) {
  std::size_t bytes = 4096 + snapshot.head.meta.size();
  for (const KeyImage& image : snapshot.keys) bytes += image.key.size() + image.bytes.size() + entry_bytes;
  return bytes;
}
}  // namespace

namespace {

template <class Out>
rocksdb::Status put_head(const SnapshotHead& head, Out& out) {
  std::string value = encode(head);
  rocks::append_checksum(head_key(head.task), value);
  return out.Put(head_key(head.task), value);
}

// Puts keys into a batch or a file.
class ImageWriter {
 public:
  explicit ImageWriter(const SnapshotHead& head)
      : prefix_(key_prefix(head.task, head.key_set)), gone_(gone_prefix(head.task, head.epoch)), epoch_(head.epoch) {}

  // That it has gone is remembered.
  template <class Out>
  rocksdb::Status put_gone(const KeyImage& image, Out& out) {
    return image.bytes.empty() ? out.Put(gone_ + image.key, {}) : rocksdb::Status::OK();
  }

  template <class Out>
  rocksdb::Status put(const KeyImage& image, Out& out) {
    key_ = prefix_;
    key_ += image.key;
    if (image.bytes.empty()) return out.Delete(key_);
    value_ = image.bytes;
    rocks::append_u64(value_, epoch_);
    rocks::append_checksum(sealed(key_), value_);
    return out.Put(key_, value_);
  }

 private:
  const std::string prefix_, gone_;
  const std::uint64_t epoch_;
  std::string key_, value_;
};

}  // namespace

namespace {
// As they sort.
std::string day_name(TimeMs at_ms) { return fmt::format("{:%Y-%m-%d}", fmt::gmtime(at_ms / 1000)); }
}  // namespace

struct SnapshotStore::Impl {
  rocks::Database db;
  bool remembers_gone = false;
  std::string directory, application;
  rocksdb::Env* env = nullptr;

  // Oldest first. Names are numbers of six digits.
  [[nodiscard]] std::vector<std::filesystem::path> generations() const {
    std::vector<std::filesystem::path> found;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory + "-older", error)) {
      if (entry.path().filename().string().size() == 6) found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found;
  }

  Status damaged(const std::string& task) const {
    return Status::of(Fault::damaged, fmt::format("{}: the snapshot of {} is damaged", db.directory(), task));
  }
};

SnapshotStore::SnapshotStore() : impl_(std::make_unique<Impl>()) {}
SnapshotStore::~SnapshotStore() = default;

Status SnapshotStore::open(const std::string& directory, const std::string& application, rocksdb::Env* env) {
  impl_->directory = directory;
  impl_->application = application;
  impl_->env = env;
  return impl_->db.open(directory, env, format, application);
}

Status SnapshotStore::open_secondary(const std::string& directory, const std::string& scratch) {
  return impl_->db.open_secondary(directory, scratch, format);
}

Status SnapshotStore::write(const TaskSnapshot& snapshot) {
  kill_point("snapshot_begun");
  const std::size_t bytes = batch_bytes(snapshot);
  const bool has_head = snapshot.piece == SnapshotPiece::whole || snapshot.piece == SnapshotPiece::last;
  const bool is_file = has_head ? !snapshot.all && bytes >= large_bytes : true;
  Status status = snapshot.piece == SnapshotPiece::first ? clear(snapshot.head) : Status::good();
  if (status.ok()) status = is_file ? write_file(snapshot, has_head) : write_batch(snapshot, bytes);
  kill_point("snapshot_written");
  return status;
}

// What an earlier attempt has left in the key set.
Status SnapshotStore::clear(const SnapshotHead& head) {
  rocksdb::WriteBatch batch;
  batch.DeleteRange(key_prefix(head.task, head.key_set), behind(head.task, head.key_set));
  return impl_->db.write(batch, false);
}

Status SnapshotStore::write_batch(const TaskSnapshot& snapshot, std::size_t bytes) {
  const SnapshotHead& head = snapshot.head;
  rocksdb::WriteBatch batch(bytes);  // it would grow by doubling
  if (snapshot.all) {                // the key sets of before, and this one's unless it is there in pieces
    const std::string prefix = key_prefix(head.task, head.key_set), end = behind(head.task, head.key_set);
    batch.DeleteRange(key_prefix(head.task, 0), prefix);
    if (snapshot.piece == SnapshotPiece::whole) batch.DeleteRange(prefix, end);
    batch.DeleteRange(end, behind_all(head.task));
  }
  put_head(head, batch);
  ImageWriter writer(head);
  for (const KeyImage& image : snapshot.keys) {
    if (impl_->remembers_gone) writer.put_gone(image, batch);
    writer.put(image, batch);
  }
  return impl_->db.write(batch, true);
}

Status SnapshotStore::write_file(const TaskSnapshot& snapshot, bool has_head) {
  std::vector<const KeyImage*> sorted;
  sorted.reserve(snapshot.keys.size());
  for (const KeyImage& image : snapshot.keys) sorted.push_back(&image);
  std::ranges::sort(sorted, {}, [](const KeyImage* image) -> const std::string& { return image->key; });
  return impl_->db.write_sorted([&](rocksdb::SstFileWriter& file) {
    rocksdb::Status status;
    ImageWriter writer(snapshot.head);
    for (std::size_t i = 0; impl_->remembers_gone && i < sorted.size() && status.ok(); ++i)
      status = writer.put_gone(*sorted[i], file);
    if (has_head && status.ok()) status = put_head(snapshot.head, file);  // "g", "h", "k"
    for (std::size_t i = 0; i < sorted.size() && status.ok(); ++i) status = writer.put(*sorted[i], file);
    return status;
  });
}

Status SnapshotStore::tasks(std::vector<std::string>& out) const {
  out.clear();
  std::shared_ptr<rocksdb::DB> db;
  if (Status status = impl_->db.reader(db); !status.ok()) return status;
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}));
  for (it->Seek("h"); it->Valid() && it->key().starts_with("h"); it->Next()) {
    out.emplace_back(rocks::view(it->key()).substr(1));
  }
  return impl_->db.status_of(it->status());
}

Status SnapshotStore::head(const std::string& task, std::optional<SnapshotHead>& out) const {
  out.reset();
  std::optional<std::string> value;
  if (Status status = impl_->db.get(head_key(task), value); !status.ok() || !value) return status;
  std::string_view bytes = *value;
  SnapshotHead head;
  if (!rocks::check(head_key(task), bytes) || !decode(bytes, head)) return impl_->damaged(task);
  head.task = task;
  out = std::move(head);
  return Status::good();
}

Status SnapshotStore::keys(const std::string& task,
                           const std::function<std::string(std::string_view, std::string_view)>& sink) const {
  std::shared_ptr<rocksdb::DB> db;
  if (Status status = impl_->db.reader(db); !status.ok()) return status;
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  std::optional<SnapshotHead> head;
  if (Status status = this->head(task, head); !status.ok()) return status;
  const std::string prefix = key_prefix(task, head ? head->key_set : 0);
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator(options));
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    std::string_view value = rocks::view(it->value());
    std::uint64_t epoch = 0;
    if (!open_value(rocks::view(it->key()), value, epoch)) return impl_->damaged(task);
    if (const std::string error = sink(rocks::view(it->key()).substr(prefix.size()), value); !error.empty()) {
      return Status::of(Fault::refused, fmt::format("{}: the snapshot of {}: {}", impl_->db.directory(), task, error));
    }
  }
  return impl_->db.status_of(it->status());
}

Status SnapshotStore::changed(const std::string& task, std::uint64_t after_epoch, SnapshotHead& head,
                              const std::function<Status(std::string_view, std::string_view)>& sink) const {
  std::shared_ptr<rocksdb::DB> db;
  if (Status status = impl_->db.reader(db); !status.ok()) return status;
  rocksdb::ManagedSnapshot moment(db.get());
  rocksdb::ReadOptions options;
  options.snapshot = moment.snapshot();
  options.fill_cache = false;
  std::string bytes;
  if (const rocksdb::Status found = db->Get(options, head_key(task), &bytes); !found.ok())
    return impl_->db.status_of(found);
  std::string_view view = bytes;
  head.task = task;
  if (!rocks::check(head_key(task), view) || !decode(view, head)) return impl_->damaged(task);
  const std::string prefix = key_prefix(task, head.key_set);
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator(options));
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    std::string_view value = rocks::view(it->value());
    std::uint64_t epoch = 0;
    if (!open_value(rocks::view(it->key()), value, epoch)) return impl_->damaged(task);
    if (epoch <= after_epoch && after_epoch > 0) continue;
    if (Status status = sink(rocks::view(it->key()).substr(prefix.size()), value); !status.ok()) return status;
  }
  if (!it->status().ok()) return impl_->db.status_of(it->status());
  const std::string first = gone_prefix(task, after_epoch + 1), behind = gone_prefix(task, head.epoch + 1);
  for (it->Seek(first); it->Valid() && rocks::view(it->key()) < behind; it->Next()) {
    const std::string_view key = rocks::view(it->key()).substr(first.size());
    const rocksdb::Status back = db->Get(options, prefix + std::string(key), &bytes);
    if (back.ok()) continue;
    if (!back.IsNotFound()) return impl_->db.status_of(back);
    if (Status status = sink(key, {}); !status.ok()) return status;
  }
  return impl_->db.status_of(it->status());
}

void SnapshotStore::remember_gone() { impl_->remembers_gone = true; }

Status SnapshotStore::forget_gone(const std::string& task, std::uint64_t epoch) {
  rocksdb::WriteBatch batch;
  batch.DeleteRange(gone_prefix(task, 0), gone_prefix(task, epoch + 1));
  return impl_->db.write(batch, false);
}

Status SnapshotStore::restore(const std::string& task, Task& into, std::optional<SnapshotHead>& out) const {
  if (Status status = head(task, out); !status.ok() || !out) return status;
  if (const std::string error = into.restore_meta(out->meta); !error.empty()) {
    return Status::of(Fault::refused, fmt::format("{}: the snapshot of {}: {}", impl_->db.directory(), task, error));
  }
  return keys(task, [&](std::string_view key, std::string_view bytes) { return into.restore_key(key, bytes); });
}

Status SnapshotStore::keep_generation(std::size_t count) {
  auto kept = impl_->generations();
  const int number = kept.empty() ? 1 : std::atoi(kept.back().filename().c_str()) + 1;
  const std::filesystem::path fresh = fmt::format("{}-older/{:06}", impl_->directory, number);
  std::error_code error;
  std::filesystem::create_directories(fresh.parent_path(), error);
  if (error) return Status::of(Fault::storage, fmt::format("{}: {}", fresh.parent_path().string(), error.message()));
  if (Status status = impl_->db.copy_to(fresh.string()); !status.ok()) return status;
  kept.push_back(fresh);
  for (std::size_t i = 0; i + count < kept.size(); ++i) std::filesystem::remove_all(kept[i], error);
  return Status::good();
}

Status SnapshotStore::keep_day(TimeMs now_ms, TimeMs keep_ms) {
  const std::filesystem::path days = impl_->directory + "-daily";
  const std::filesystem::path fresh = days / day_name(now_ms);
  std::error_code error;
  if (std::filesystem::exists(fresh, error)) return Status::good();
  std::filesystem::create_directories(days, error);
  if (error) return Status::of(Fault::storage, fmt::format("{}: {}", days.string(), error.message()));
  if (Status status = impl_->db.copy_to(fresh.string()); !status.ok()) return status;
  for (const auto& entry : std::filesystem::directory_iterator(days, error)) {
    if (entry.path().filename() < day_name(now_ms - keep_ms)) std::filesystem::remove_all(entry.path(), error);
  }
  return Status::good();
}

Status SnapshotStore::fall_back(std::string& told) {
  Impl& s = *impl_;
  s.db.close();
  const std::string aside = s.directory + "-damaged";
  const auto kept = s.generations();
  std::error_code error;
  std::filesystem::remove_all(aside, error);
  std::filesystem::rename(s.directory, aside, error);
  if (!error && !kept.empty()) std::filesystem::rename(kept.back(), s.directory, error);
  if (error) return Status::of(Fault::storage, fmt::format("{}: {}", s.directory, error.message()));
  told = kept.empty() ? fmt::format("no older snapshots are there; the damaged ones lie in {}", aside)
                      : fmt::format("going back to the snapshots of generation {}; the damaged ones lie in {}",
                                    kept.back().filename().string(), aside);
  return open(s.directory, s.application, s.env);
}

void SnapshotStore::close() { impl_->db.close(); }

}  // namespace vigia
