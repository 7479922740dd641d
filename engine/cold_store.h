// Bytes outside of memory: what a shard spills. The engine knows nothing of files; connectors/spill_file.h is on disk.
//
// A store belongs to one shard, holds what that one can't do without as long as the process lives, and is worthless
// afterwards: snapshots are what survives. Things are written many at a time and lie where they were written until they are
// let go of; each is known by its place alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace vigia {

// Where something lies and about how long it is, in units of 64 bytes; 46 bits.
struct ColdPlace {
  static constexpr std::size_t unit_bytes = 64;
  static constexpr unsigned length_bits = 12;
  static constexpr unsigned bits = 46;
  static constexpr std::uint64_t longest_units = (1u << length_bits) - 1;  // or longer: its own head says how long

  std::uint64_t value = 0;

  static ColdPlace of(std::uint64_t offset_bytes, std::size_t bytes) {
    const auto units = (bytes + unit_bytes - 1) / unit_bytes;
    return {offset_bytes / unit_bytes << length_bits | (units < longest_units ? units : longest_units)};
  }
  [[nodiscard]] std::uint64_t offset_bytes() const { return (value >> length_bits) * unit_bytes; }
  [[nodiscard]] std::size_t bytes() const { return (value & longest_units) * unit_bytes; }  // at most, or a beginning
  [[nodiscard]] bool is_beginning() const { return (value & longest_units) == longest_units; }  // bytes() of more
  friend bool operator==(ColdPlace, ColdPlace) = default;
};

// Not thread-safe.
class ColdStore {
 public:
  static constexpr std::size_t write_bytes_max = std::size_t{256} << 10;

  virtual ~ColdStore() = default;

  // Writes what stands in `bytes`, in one piece that begins at the offset answered, a multiple of ColdPlace::unit_bytes, as is
  // the number of bytes. Nothing is written when there is no room: the caller keeps what it has, and may try again.
  // More than write_bytes_max at once only when it is one thing.
  [[nodiscard]] virtual std::optional<std::uint64_t> write(std::string_view bytes) = 0;

  // Reads all places, at once as far as the device can, and calls read(i, bytes) for each in turn: at least its own bytes. False: one of
  // them can't be read; error() says why.
  using Read = std::function<void(std::size_t i, std::string_view bytes)>;
  [[nodiscard]] virtual bool read(std::span<const ColdPlace> places, const Read& read) = 0;
  [[nodiscard]] virtual bool read_at(std::uint64_t offset_bytes, std::size_t bytes, std::string& out) = 0;

  // Will not be read again.
  virtual void release(std::uint64_t offset_bytes, std::size_t bytes) = 0;

  // A stretch that is mostly let go of, when such stretches make up much of the store: whoever reads it and releases what is left
  // gets its room back.
  struct Stretch {
    std::uint64_t offset_bytes;
    std::size_t bytes;
  };
  [[nodiscard]] virtual std::optional<Stretch> sparse() = 0;

  [[nodiscard]] virtual std::uint64_t memory_bytes() const = 0;
  [[nodiscard]] virtual std::uint64_t disk_bytes() const = 0;
  [[nodiscard]] virtual const std::string& error() const = 0;  // of the last call that failed, for people
};

// One for each shard; null: nothing is spilled.
using ColdStoreMaker = std::function<std::unique_ptr<ColdStore>()>;

}  // namespace vigia
