// A ColdStore (engine/cold_store.h) in a file without a name: it is gone when the process is, whatever ends it.
//
// The file is a row of segments. Things are written one behind the other into the current one, read where they lie, and when a
// segment's last one is released it is written anew. Nothing is synced: what survives is in the snapshots. Reads and writes go
// through the system's page cache, which is not the process's memory.
#pragma once

#include <string>
#include <vector>

#include "engine/cold_store.h"

namespace vigia {

class SpillFile final : public ColdStore {
 public:
  static constexpr std::size_t usual_segment_bytes = std::size_t{16} << 20;

  // The file is made with the first write; the directory too. A segment is a multiple of ColdPlace::unit_bytes.
  explicit SpillFile(std::string directory, std::size_t segment_bytes = usual_segment_bytes)
      : directory_(std::move(directory)), segment_bytes_(segment_bytes) {}
  ~SpillFile() override;
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  [[nodiscard]] std::optional<std::uint64_t> write(std::string_view bytes) override;
  [[nodiscard]] bool read(std::span<const ColdPlace> places, const Read& read) override;
  [[nodiscard]] bool read_at(std::uint64_t offset_bytes, std::size_t bytes, std::string& out) override;
  void release(std::uint64_t offset_bytes, std::size_t bytes) override;
  // Once more than half of what was written, and several segments' worth, has been released.
  [[nodiscard]] std::optional<Stretch> sparse() override;
  [[nodiscard]] std::uint64_t memory_bytes() const override {
    return segments_.capacity() * sizeof(Segment) + free_.capacity() * sizeof(std::size_t) + buffer_.capacity();
  }
  [[nodiscard]] std::uint64_t disk_bytes() const override { return segments_.size() * segment_bytes_; }
  [[nodiscard]] const std::string& error() const override { return error_; }

 private:
  struct Segment {
    std::size_t used = 0;
    std::size_t live = 0;
    std::size_t length = 1;  // in segments: of the first of those that one large thing takes
    std::size_t first = 0;   // of the others: which one that is
  };
  static constexpr std::size_t none = SIZE_MAX;

  [[nodiscard]] bool open();
  [[nodiscard]] bool failed(const char* what);
  [[nodiscard]] std::size_t segment_with_room(std::size_t bytes);
  [[nodiscard]] bool read_now(std::uint64_t offset_bytes, std::size_t bytes);
  [[nodiscard]] bool read_into(std::uint64_t offset_bytes, std::size_t bytes, std::string& out);

  std::string directory_;
  std::size_t segment_bytes_;
  int file_ = -1;
  std::vector<Segment> segments_;
  std::vector<std::size_t> free_;
  std::size_t current_ = none;
  std::uint64_t used_bytes_ = 0, live_bytes_ = 0;
  std::string buffer_;
  std::string error_;
};

// Stores in files of this directory, one for each shard.
[[nodiscard]] ColdStoreMaker spill_files(std::string directory);

}  // namespace vigia
