// Finds the record of a key: open addressing over 32-byte buckets, so that a look-up is one cache line, prefetched ahead.
// Two keys with the same 64-bit hash are told apart by their bytes: short ones lie in the bucket, long ones with the owner.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/identity.h"
#include "engine/large_pages.h"

namespace vigia {

class KeyTable {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;
  static constexpr std::size_t inline_bytes = 19;

  KeyTable() { make_buckets(64); }

  void prefetch(KeyHash hash) const { __builtin_prefetch(&buckets_[slot_of(hash)]); }

  // The record number of the key, or none.
  [[nodiscard]] std::uint32_t find(KeyHash hash, std::string_view key) const {
    for (auto slot = slot_of(hash);; slot = (slot + 1) & mask()) {
      const auto& bucket = buckets_[slot];
      if (bucket.record == none) return none;
      if (bucket.hash == hash.value && holds(bucket, key)) return bucket.record;
    }
  }

  // REQUIRES: the key is not in the table.
  void insert(KeyHash hash, std::string_view key, std::uint32_t record) {
    if ((count_ + 1) * 4 > size_ * 3) grow();
    Bucket bucket;
    bucket.hash = hash.value;
    bucket.record = record;
    if (key.size() <= inline_bytes) {
      bucket.length = static_cast<std::uint8_t>(key.size());
      std::memcpy(bucket.key, key.data(), key.size());
    } else {
      bucket.length = long_key;
      const auto index = add_long_key(key);
      std::memcpy(bucket.key, &index, sizeof index);
    }
    place(bucket);
    ++count_;
  }

  // REQUIRES: the record is in the table under this hash.
  void erase(KeyHash hash, std::uint32_t record) {
    auto hole = slot_of(hash);
    while (buckets_[hole].record != record) hole = (hole + 1) & mask();
    if (buckets_[hole].length == long_key) drop_long_key(buckets_[hole]);
    // What stands behind the hole moves up, unless it would come to stand before the place where it is looked for first.
    for (auto slot = (hole + 1) & mask(); buckets_[slot].record != none; slot = (slot + 1) & mask()) {
      const auto home = slot_of(KeyHash{buckets_[slot].hash});
      if (((slot - home) & mask()) < ((slot - hole) & mask())) continue;
      buckets_[hole] = buckets_[slot];
      hole = slot;
    }
    buckets_[hole] = Bucket{};
    --count_;
  }

  // Visits the records of all keys whose hashes are alike from bit hash_part_shift on.
  template <class Visit>
  void for_each_alike(std::uint64_t hash_part, Visit&& visit) const {
    for (auto slot = slot_of(KeyHash{hash_part << hash_part_shift}); buckets_[slot].record != none;
         slot = (slot + 1) & mask())
      if (buckets_[slot].hash >> hash_part_shift == hash_part) visit(buckets_[slot].record);
  }
  static constexpr int hash_part_shift = 13;

  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] std::size_t memory_bytes() const { return size_ * sizeof(Bucket) + long_key_bytes_; }

  template <class Visit>  // visit(key, record number), in no order
  void for_each(Visit&& visit) const {
    for (std::size_t slot = 0; slot < size_; ++slot)
      if (buckets_[slot].record != none) visit(key_of(buckets_[slot]), buckets_[slot].record);
  }

 private:
  static constexpr std::uint8_t long_key = 255;

  struct Bucket {
    std::uint64_t hash = 0;
    std::uint32_t record = none;
    std::uint8_t length = 0;
    char key[inline_bytes] = {};
  };
  static_assert(sizeof(Bucket) == 32);

  [[nodiscard]] std::size_t mask() const { return size_ - 1; }
  [[nodiscard]] std::size_t slot_of(KeyHash hash) const { return (hash.value >> hash_part_shift) & mask(); }
  [[nodiscard]] static std::size_t bytes_of(const std::string& key) { return sizeof(key) + key.capacity(); }
  std::uint32_t add_long_key(std::string_view key) {
    auto index = static_cast<std::uint32_t>(long_keys_.size());
    if (free_long_keys_.empty()) {
      long_keys_.emplace_back(key);
    } else {
      index = free_long_keys_.back();
      free_long_keys_.pop_back();
      long_keys_[index] = std::string(key);
    }
    long_key_bytes_ += bytes_of(long_keys_[index]);
    return index;
  }
  void drop_long_key(const Bucket& bucket) {
    std::uint32_t index;
    std::memcpy(&index, bucket.key, sizeof index);
    long_key_bytes_ -= bytes_of(long_keys_[index]);
    long_keys_[index] = std::string();
    free_long_keys_.push_back(index);
  }
  [[nodiscard]] std::string_view key_of(const Bucket& bucket) const {
    if (bucket.length != long_key) return {bucket.key, bucket.length};
    std::uint32_t index;
    std::memcpy(&index, bucket.key, sizeof index);
    return long_keys_[index];
  }
  [[nodiscard]] bool holds(const Bucket& bucket, std::string_view key) const {
    if (bucket.length != key.size() || key.size() < 8 || key.size() > 16) return key_of(bucket) == key;
    // The common length without a call: its first and its last eight bytes, which may overlap.
    const auto eight = [](const char* at) {
      std::uint64_t bytes;
      std::memcpy(&bytes, at, sizeof bytes);
      return bytes;
    };
    const auto last = key.size() - 8;
    return eight(bucket.key) == eight(key.data()) && eight(bucket.key + last) == eight(key.data() + last);
  }

  void place(const Bucket& bucket) {
    auto slot = slot_of(KeyHash{bucket.hash});
    while (buckets_[slot].record != none) slot = (slot + 1) & mask();
    buckets_[slot] = bucket;
  }

  void make_buckets(std::size_t size) {
    memory_ = allocate_large(size * sizeof(Bucket));
    buckets_ = reinterpret_cast<Bucket*>(memory_.get());
    size_ = size;
    std::uninitialized_fill_n(buckets_, size, Bucket{});
  }

  void grow() {
    const auto old_memory = std::move(memory_);
    const auto* old = std::exchange(buckets_, nullptr);
    const auto old_size = size_;
    make_buckets(2 * old_size);
    for (std::size_t slot = 0; slot < old_size; ++slot)
      if (old[slot].record != none) place(old[slot]);
  }

  LargeMemory memory_;
  Bucket* buckets_ = nullptr;
  std::size_t size_ = 0;  // a power of two
  std::vector<std::string> long_keys_;
  std::vector<std::uint32_t> free_long_keys_;
  std::size_t long_key_bytes_ = 0;
  std::size_t count_ = 0;
};

}  // namespace vigia
