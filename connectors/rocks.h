// What the stores on RocksDB share: opening, faults, and how numbers and checksums are written.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/status.h"

namespace vigia::rocks {

// A database with one writer. After a failed write RocksDB goes on refusing (the log's writer remembers the error, and
// asserts that nobody asks it again), so the next write closes and opens it anew. Reads may run beside writes, on other
// threads.
class Database {
 public:
  // Opens or creates `directory` and those above it, and marks it as ours: "format" and "application" are written into an
  // empty database, else compared. `env` null: the machine's.
  [[nodiscard]] Status open(const std::string& directory, rocksdb::Env* env, const std::string& format,
                            const std::string& application);

  // Beside the process that writes; what that one has written is seen as of now and of each catch_up().
  [[nodiscard]] Status open_secondary(const std::string& directory, const std::string& scratch,
                                      const std::string& format);
  [[nodiscard]] Status catch_up();

  // From any thread, one after another. repair() does what the next write would do first: for who must read before it.
  [[nodiscard]] Status repair();
  [[nodiscard]] Status write(rocksdb::WriteBatch& batch, bool sync);
  [[nodiscard]] Status sync();

  // As write(), of much: what `fill` puts, each key once and in their order, lies in a file of its own that is made part of
  // the database as it is, synced. It goes neither through the log, which the next open() would have to read, nor through memory.
  using Fill = std::function<rocksdb::Status(rocksdb::SstFileWriter& file)>;
  [[nodiscard]] Status write_sorted(const Fill& fill);

  // Fault::storage while there is none: after a failed write.
  [[nodiscard]] Status reader(std::shared_ptr<rocksdb::DB>& out) const;
  // An absent key leaves `out` empty and is good.
  [[nodiscard]] Status get(const std::string& key, std::optional<std::string>& out) const;

  // A copy of what is there now, in `directory`, which must not exist; it shares files that never change.
  [[nodiscard]] Status copy_to(const std::string& directory);

  void close();

  // Fault::storage for what room or a mended disk may heal, damaged for bytes that are wrong.
  [[nodiscard]] Status status_of(const rocksdb::Status& status) const;
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  [[nodiscard]] Status attach();
  [[nodiscard]] Status mend();  // if it is broken
  [[nodiscard]] Status claim(const std::string& format, const std::string& application);
  [[nodiscard]] Status check_format(const std::string& format) const;
  [[nodiscard]] Status checked(const rocksdb::Status& status);  // after a write

  std::string directory_;
  rocksdb::Env* env_ = nullptr;
  std::mutex writing_;        // of broken_, and for as long as a write takes; before mutex_
  mutable std::mutex mutex_;  // of db_
  std::shared_ptr<rocksdb::DB> db_;
  bool broken_ = false;
};

inline rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

// Big-endian, so that keys sort as numbers; signed ones by their distance from the smallest.
void append_u64(std::string& out, std::uint64_t value);
void append_i64(std::string& out, std::int64_t value);
void append_text(std::string& out, std::string_view text);  // length, bytes

// Reads in order; after a read beyond the end, good() is false and everything read is 0 or empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}
  std::uint64_t u64();
  std::int64_t i64();
  std::string_view text();
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() const { return good_ && left_.empty(); }

 private:
  std::string_view left_;
  bool good_ = true;
};

// Values end in 8 bytes XXH3 over key and value: RocksDB's own checksums guard its blocks, this one guards what we read
// back as what we wrote under that key.
void append_checksum(std::string_view key, std::string& value);
[[nodiscard]] bool check(std::string_view key, std::string_view& value);  // and takes the checksum off

}  // namespace vigia::rocks
