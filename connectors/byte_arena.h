// Memory for the bytes of one batch of records: cheap to add to, given back all at once. Addresses stay valid until
// clear() or destruction. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace vigia {

class ByteArena {
 public:
  // Uninitialised, aligned to `alignment` (a power of two, at most that of max_align_t).
  char* allocate(std::size_t size, std::size_t alignment = 1) {
    std::size_t at = (used_ + alignment - 1) & ~(alignment - 1);
    if (current_ == nullptr || at + size > capacity_) {
      add_chunk(size);
      at = 0;
    }
    used_ = at + size;
    total_ += size;
    return current_ + at;
  }

  std::string_view copy(std::string_view bytes) {
    char* to = allocate(bytes.size());
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    return {to, bytes.size()};
  }

  // Keeps the standard chunks for the next batch; larger ones are freed.
  void clear() {
    large_.clear();
    next_ = 0;
    current_ = nullptr;
    used_ = capacity_ = total_ = 0;
  }

  [[nodiscard]] std::size_t used_bytes() const { return total_; }

 private:
  static constexpr std::size_t chunk_bytes = std::size_t{1} << 18;

  void add_chunk(std::size_t size) {
    if (size > chunk_bytes) {
      large_.push_back(std::make_unique_for_overwrite<char[]>(size));
      current_ = large_.back().get();
      capacity_ = size;
    } else {
      if (next_ == chunks_.size()) chunks_.push_back(std::make_unique_for_overwrite<char[]>(chunk_bytes));
      current_ = chunks_[next_++].get();
      capacity_ = chunk_bytes;
    }
    used_ = 0;
  }

  std::vector<std::unique_ptr<char[]>> chunks_, large_;
  std::size_t next_ = 0;
  char* current_ = nullptr;
  std::size_t used_ = 0, capacity_ = 0, total_ = 0;
};

}  // namespace vigia
