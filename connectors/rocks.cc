#include "connectors/rocks.h"

#include <fmt/format.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>
#include <xxhash.h>

#include <cstdarg>
#include <filesystem>
#include <system_error>

namespace vigia::rocks {

namespace {

constexpr const char* format_key = "format";
constexpr const char* application_key = "application";

// RocksDB's own log file would be on the disk that is full, and it asserts that nobody writes to it after that. What it
// has to say comes with the statuses.
class NoLog : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::Options options_for(rocksdb::Env* env) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.max_background_jobs = 2;
  options.max_bgerror_resume_count = 0;  // we open it anew ourselves
  options.info_log = std::make_shared<NoLog>();
  options.max_total_wal_size = std::uint64_t{256} << 20;
  options.compression = rocksdb::kLZ4Compression;
  // Reading all of it must be quick; what is looked up by itself are few things.
  rocksdb::BlockBasedTableOptions table;
  table.block_size = std::size_t{32} << 10;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = std::size_t{16} << 20;  // and so the log, which the next open has to read after a crash
  // Torn at the end of the log: what was not synced is gone, all before it is there.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  if (env != nullptr) options.env = env;
  return options;
}

}  // namespace

Status Database::status_of(const rocksdb::Status& status) const {
  if (status.ok()) return Status::good();
  const std::string text = fmt::format("{}: {}", directory_, status.ToString());
  if (status.IsCorruption()) return Status::of(Fault::damaged, text);
  if (status.IsNotSupported() || status.IsInvalidArgument()) return Status::of(Fault::refused, text);
  return Status::of(Fault::storage, text);
}

Status Database::attach() {
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(options_for(env_), directory_, &db);
  {
    std::lock_guard lock(mutex_);
    db_.reset(db);
  }
  if (status.IsIOError() && status.ToString().find("lock") != std::string::npos) {
    return Status::of(Fault::refused, fmt::format("{} is in use by another process", directory_));
  }
  return status_of(status);
}

Status Database::open(const std::string& directory, rocksdb::Env* env, const std::string& format,
                      const std::string& application) {
  close();
  directory_ = directory;
  env_ = env;
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return Status::of(Fault::storage, fmt::format("{}: {}", directory, error.message()));
  Status status = attach();
  if (status.ok()) status = claim(format, application);
  if (!status.ok()) close();
  return status;
}

Status Database::open_secondary(const std::string& directory, const std::string& scratch, const std::string& format) {
  close();
  directory_ = directory;
  std::error_code error;
  if (!std::filesystem::exists(directory + "/CURRENT", error)) {
    return Status::of(Fault::refused, fmt::format("{}: nothing has been stored there", directory));
  }
  std::filesystem::create_directories(scratch, error);
  rocksdb::Options options = options_for(nullptr);
  options.create_if_missing = false;
  options.max_open_files = -1;  // so that files the writer has deleted stay readable
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened = rocksdb::DB::OpenAsSecondary(options, directory, scratch, &db);
  if (!opened.ok()) return status_of(opened);
  db_.reset(db);
  return check_format(format);
}

Status Database::catch_up() { return status_of(db_->TryCatchUpWithPrimary()); }

Status Database::checked(const rocksdb::Status& status) {
  broken_ = !status.ok();
  return status_of(status);
}

Status Database::repair() {
  std::lock_guard lock(writing_);
  return mend();
}

Status Database::mend() {
  if (!broken_) return Status::good();
  {
    std::lock_guard lock(mutex_);
    db_.reset();  // closed once no read uses it any more; until then attach() finds it locked
  }
  Status status = attach();
  if (status.fault == Fault::refused) status.fault = Fault::storage;
  broken_ = !status.ok();
  return status;
}

Status Database::write(rocksdb::WriteBatch& batch, bool sync) {
  std::lock_guard lock(writing_);
  if (Status status = mend(); !status.ok()) return status;
  rocksdb::WriteOptions options;
  options.sync = sync;
  return checked(db_->Write(options, &batch));
}

Status Database::write_sorted(const Fill& fill) {
  std::lock_guard lock(writing_);
  if (Status status = mend(); !status.ok()) return status;
  const std::string path = directory_ + "-new.sst";
  // What a crash has left here may be a second name of a file of the database.
  std::error_code error;
  std::filesystem::remove(path, error);
  if (error) return Status::of(Fault::storage, fmt::format("{}: {}", path, error.message()));
  const rocksdb::Options options = options_for(env_);
  rocksdb::SstFileWriter file(rocksdb::EnvOptions(), options);
  rocksdb::Status status = file.Open(path);
  if (status.ok()) status = fill(file);
  if (status.ok()) status = file.Finish();
  if (!status.ok()) return status_of(status);
  rocksdb::IngestExternalFileOptions how;
  how.move_files = true;
  how.write_global_seqno = false;
  return checked(db_->IngestExternalFile({path}, how));
}

Status Database::sync() {
  std::lock_guard lock(writing_);
  if (Status status = mend(); !status.ok()) return status;
  return checked(db_->FlushWAL(true));
}

Status Database::reader(std::shared_ptr<rocksdb::DB>& out) const {
  std::lock_guard lock(mutex_);
  out = db_;
  return out != nullptr ? Status::good() : Status::of(Fault::storage, directory_ + ": not open after a failed write");
}

Status Database::get(const std::string& key, std::optional<std::string>& out) const {
  out.reset();
  std::shared_ptr<rocksdb::DB> db;
  if (Status status = reader(db); !status.ok()) return status;
  std::string value;
  const rocksdb::Status status = db->Get({}, key, &value);
  if (status.IsNotFound()) return Status::good();
  if (status.ok()) out = std::move(value);
  return status_of(status);
}

Status Database::copy_to(const std::string& directory) {
  std::shared_ptr<rocksdb::DB> db;
  if (Status status = reader(db); !status.ok()) return status;
  rocksdb::Checkpoint* made = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(db.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint(directory);
  return status_of(status);
}

void Database::close() {
  std::scoped_lock lock(writing_, mutex_);
  db_.reset();
  broken_ = false;
}

namespace {

// "NAME NUMBER" of the same name with a smaller number: every version reads what older ones have written.
bool is_older(const std::string& found, const std::string& format) {
  const auto name = format.rfind(' ') + 1;
  return found.starts_with(format.substr(0, name)) && std::atoi(found.c_str() + name) > 0 &&
         std::atoi(found.c_str() + name) < std::atoi(format.c_str() + name);
}

}  // namespace

Status Database::check_format(const std::string& format) const {
  std::optional<std::string> found;
  if (Status status = get(format_key, found); !status.ok()) return status;
  if (!found) {
    return Status::of(Fault::refused, fmt::format("{}: not a directory of ours (expected {})", directory_, format));
  }
  if (*found == format || is_older(*found, format)) return Status::good();
  return Status::of(Fault::refused,
                    fmt::format("{}: written as '{}', and this version reads '{}'; use the version that "
                                "wrote it",
                                directory_, *found, format));
}

Status Database::claim(const std::string& format, const std::string& application) {
  std::optional<std::string> found;
  if (Status status = get(application_key, found); !status.ok()) return status;
  if (!found) {
    const std::unique_ptr<rocksdb::Iterator> any(db_->NewIterator({}));
    any->SeekToFirst();
    if (!any->status().ok()) return status_of(any->status());
    if (any->Valid()) return check_format(format);
    rocksdb::WriteBatch batch;
    batch.Put(format_key, format);
    batch.Put(application_key, application);
    return write(batch, true);
  }
  if (*found != application) {
    return Status::of(Fault::refused,
                      fmt::format("{}: belongs to application '{}', not '{}'; set another state.directory", directory_,
                                  *found, application));
  }
  if (Status status = check_format(format); !status.ok()) return status;
  if (Status status = get(format_key, found); !status.ok() || *found == format) return status;
  rocksdb::WriteBatch batch;
  batch.Put(format_key, format);  // what is written from now on an older version could not read
  return write(batch, true);
}

void append_u64(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xffU);
}

void append_i64(std::string& out, std::int64_t value) {
  append_u64(out, static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63));
}

void append_text(std::string& out, std::string_view text) {
  append_u64(out, text.size());
  out += text;
}

std::uint64_t Reader::u64() {
  if (left_.size() < 8) good_ = false;
  if (!good_) return 0;
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | static_cast<unsigned char>(left_[static_cast<std::size_t>(i)]);
  left_.remove_prefix(8);
  return value;
}

std::int64_t Reader::i64() { return static_cast<std::int64_t>(u64() ^ (std::uint64_t{1} << 63)); }

std::string_view Reader::text() {
  const std::uint64_t size = u64();
  if (size > left_.size()) good_ = false;
  if (!good_) return {};
  const std::string_view text = left_.substr(0, size);
  left_.remove_prefix(size);
  return text;
}

namespace {

std::uint64_t checksum(std::string_view key, std::string_view value) {
  return XXH3_64bits_withSeed(value.data(), value.size(), XXH3_64bits(key.data(), key.size()));
}

}  // namespace

void append_checksum(std::string_view key, std::string& value) { append_u64(value, checksum(key, value)); }

bool check(std::string_view key, std::string_view& value) {
  if (value.size() < 8) return false;
  Reader end(value.substr(value.size() - 8));
  value.remove_suffix(8);
  return end.u64() == checksum(key, value);
}

}  // namespace vigia::rocks
