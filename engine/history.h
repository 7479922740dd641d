// The kept events of one key: blocks of 20-byte entries, each block with the state before its first event. Late events are
// merged in by rebuilding from the block they fall into (engine/shard.h); old blocks fall off the front.
//
// An entry holds the time since the entry before it, the delay to the broker, the low half of the offset and ten bytes of
// the stage's own. What does not fit (a first fix in full precision, an event without a number, a bad clock) is an
// extended entry: its payload lies in the block's side bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "engine/bytes.h"
#include "engine/cold_store.h"
#include "engine/event.h"

namespace vigia {

// The stage's part of a plain entry.
struct CompactPayload {
  std::int32_t a = 0;
  std::int32_t b = 0;
  std::uint16_t bits = 0;  // below history_bits_end
};
inline constexpr std::uint16_t history_bits_end = 1u << 13;

#pragma pack(push, 1)
struct HistoryEntry {
  std::uint8_t since_previous_ms[3];
  std::uint8_t delay_ms[3];  // two's complement: broker time - event time
  std::uint16_t bits;        // stage's 13 bits, topic 2 bits, extended 1 bit
  std::int32_t a;
  std::int32_t b;
  std::uint32_t offset_low;
};
#pragma pack(pop)
static_assert(sizeof(HistoryEntry) == 20);

inline constexpr std::uint16_t entry_extended = 1u << 15;

// A block is one allocation: this header, the state before its first event (the checkpoint), and room for `capacity`
// entries. Capacities are steps; with the state of a seal (76 bytes) a block takes 624 or 1,024 bytes, sizes that allocators
// have. So the next entry's address, and whether there is room for it, follow from the count alone.
class HistoryBlock {
 public:
  static constexpr std::uint32_t full = 45;  // a new block begins here
  static constexpr std::uint32_t capacity_max =
      90;  // where equal times do not let it begin earlier: the hard end is soft
  // What comes in a flood goes into larger blocks: a chain of millions of small ones is long to walk.
  static constexpr TimeMs span_min_ms = 250;
  static constexpr std::uint32_t full_of_flood = 4096;

  // An empty block whose checkpoint is a copy of `state`.
  [[nodiscard]] static std::unique_ptr<HistoryBlock> make(const std::byte* state, std::size_t state_bytes,
                                                          std::uint32_t count = 0);
  // Whether an event at `next_ms` behind its own should begin another block.
  [[nodiscard]] bool is_full(TimeMs next_ms) const {
    return count >= full && (next_ms - first_ms >= span_min_ms || count >= full_of_flood);
  }
  [[nodiscard]] bool has_room() const { return count < capacity_; }
  // The same with room for one more, when it has none.
  static void reserve_one_more(std::unique_ptr<HistoryBlock>& block);
  // Its events behind another checkpoint.
  [[nodiscard]] static std::unique_ptr<HistoryBlock> behind(const std::byte* state, std::size_t state_bytes,
                                                            std::unique_ptr<HistoryBlock> block);
  // The header of a block whose checkpoint, entries and side bytes lie in a ColdStore.
  struct Spilled {
    ColdPlace place;
    std::uint64_t bytes;  // in the store
  };
  [[nodiscard]] static std::unique_ptr<HistoryBlock> make_hollow(const HistoryBlock& block, const Spilled& spilled);
  [[nodiscard]] bool is_hollow() const { return capacity_ == 0; }
  [[nodiscard]] Spilled spilled() const {  // REQUIRES: is_hollow()
    Spilled where;
    std::memcpy(&where, checkpoint(), sizeof where);
    return where;
  }
  // True where a block of `count` entries has no room.
  [[nodiscard]] static constexpr bool is_step(std::uint32_t count) { return capacity_for(count) == count; }

  [[nodiscard]] std::byte* checkpoint() { return reinterpret_cast<std::byte*>(this + 1); }
  [[nodiscard]] const std::byte* checkpoint() const { return reinterpret_cast<const std::byte*>(this + 1); }
  [[nodiscard]] HistoryEntry* entries() { return entries(checkpoint_bytes_); }
  [[nodiscard]] const HistoryEntry* entries() const { return const_cast<HistoryBlock*>(this)->entries(); }
  // Without a look at the header, which need not be in the cache.
  [[nodiscard]] HistoryEntry* entries(std::size_t state_bytes) {
    return reinterpret_cast<HistoryEntry*>(checkpoint() + state_bytes);
  }
  [[nodiscard]] std::size_t memory_bytes() const {
    return bytes_of(checkpoint_bytes_, capacity_) + (side ? sizeof(std::string) + side->capacity() : 0);
  }
  static void operator delete(void* block) { ::operator delete(block); }

  std::unique_ptr<HistoryBlock> next;
  std::unique_ptr<std::string> side;  // payloads of extended entries; null when there is none
  TimeMs first_ms = 0;                // time of the first event: every event before it lies in a block before
  TimeMs last_ms = 0;                 // time of the last event; of the newest block: in the key's record
  std::uint32_t first_sequence = 0;
  std::uint32_t count = 0;  // of the newest block: in the key's record

 private:
  void take_events(HistoryBlock& from);  // REQUIRES: room for them
  HistoryBlock(std::size_t checkpoint_bytes, std::uint32_t capacity)
      : capacity_(capacity), checkpoint_bytes_(static_cast<std::uint32_t>(checkpoint_bytes)) {}
  [[nodiscard]] static constexpr std::uint32_t capacity_for(std::uint32_t count) {
    if (count <= 25) return 25;
    auto capacity = full;
    while (capacity < count) capacity *= 2;
    return capacity;
  }
  [[nodiscard]] static std::size_t bytes_of(std::size_t checkpoint_bytes, std::uint32_t capacity) {
    return sizeof(HistoryBlock) + checkpoint_bytes + capacity * sizeof(HistoryEntry);
  }

  std::uint32_t capacity_;
  std::uint32_t checkpoint_bytes_;
};
static_assert(sizeof(HistoryBlock) == 48);

inline std::unique_ptr<HistoryBlock> HistoryBlock::make(const std::byte* state, std::size_t state_bytes,
                                                        std::uint32_t count) {
  const auto capacity = capacity_for(count);
  auto* block = new (::operator new(bytes_of(state_bytes, capacity))) HistoryBlock(state_bytes, capacity);
  std::memcpy(block->checkpoint(), state, state_bytes);
  return std::unique_ptr<HistoryBlock>(block);
}

inline void HistoryBlock::reserve_one_more(std::unique_ptr<HistoryBlock>& block) {
  if (block->has_room()) return;
  auto grown = make(block->checkpoint(), block->checkpoint_bytes_, block->count + 1);
  grown->take_events(*block);
  block = std::move(grown);
}

inline std::unique_ptr<HistoryBlock> HistoryBlock::behind(const std::byte* state, std::size_t state_bytes,
                                                          std::unique_ptr<HistoryBlock> block) {
  auto changed = make(state, state_bytes, block->count);
  changed->take_events(*block);
  return changed;
}

inline void HistoryBlock::take_events(HistoryBlock& from) {
  std::memcpy(entries(), from.entries(), from.count * sizeof(HistoryEntry));
  next = std::move(from.next);
  side = std::move(from.side);
  first_ms = from.first_ms;
  last_ms = from.last_ms;
  first_sequence = from.first_sequence;
  count = from.count;
}

inline std::unique_ptr<HistoryBlock> HistoryBlock::make_hollow(const HistoryBlock& block, const Spilled& spilled) {
  auto* hollow = new (::operator new(bytes_of(sizeof spilled, 0))) HistoryBlock(sizeof spilled, 0);
  std::memcpy(hollow->checkpoint(), &spilled, sizeof spilled);
  hollow->first_ms = block.first_ms;
  hollow->last_ms = block.last_ms;
  hollow->first_sequence = block.first_sequence;
  hollow->count = block.count;
  return std::unique_ptr<HistoryBlock>(hollow);
}

// What the head of an extended entry holds in the side bytes, before the stage's bytes.
struct ExtendedHead {
  TimeMs time_ms, sent_ms, broker_ms;
  std::int64_t offset;
  std::uint32_t sequence;
  std::int32_t partition;
  std::uint16_t topic;
  std::uint8_t stream_rank;
  std::uint8_t clock_fault;
  std::uint32_t canonical_bytes;
};

[[nodiscard]] inline std::int32_t read_signed_24(const std::uint8_t (&bytes)[3]) {
  const auto value = static_cast<std::uint32_t>(bytes[0] | bytes[1] << 8 | bytes[2] << 16);
  return static_cast<std::int32_t>(value << 8) >> 8;
}
[[nodiscard]] inline std::uint32_t read_unsigned_24(const std::uint8_t (&bytes)[3]) {
  return static_cast<std::uint32_t>(bytes[0] | bytes[1] << 8 | bytes[2] << 16);
}
inline void write_24(std::uint8_t (&bytes)[3], std::uint32_t value) {
  bytes[0] = static_cast<std::uint8_t>(value);
  bytes[1] = static_cast<std::uint8_t>(value >> 8);
  bytes[2] = static_cast<std::uint8_t>(value >> 16);
}

// Fills `entry` when the event fits a plain one behind an event at `previous_ms` with `previous_sequence`.
[[nodiscard]] inline bool make_plain_entry(const EventHead& head, const CompactPayload& payload, TimeMs previous_ms,
                                           std::uint32_t previous_sequence, HistoryEntry& entry) {
  const auto since = head.time_ms - previous_ms;
  const auto delay = head.broker_ms - head.time_ms;
  if (static_cast<std::uint64_t>(since) >= (1u << 24) || delay < -(1 << 23) || delay >= (1 << 23)) return false;
  if (head.sequence == 0 || head.sequence != previous_sequence + 1 || head.clock_fault) return false;
  if (head.evidence.topic.value > 3 || head.sent_ms != head.time_ms) return false;
  write_24(entry.since_previous_ms, static_cast<std::uint32_t>(since));
  write_24(entry.delay_ms, static_cast<std::uint32_t>(delay));
  entry.bits = static_cast<std::uint16_t>(payload.bits | head.evidence.topic.value << 13);
  entry.a = payload.a;
  entry.b = payload.b;
  entry.offset_low = static_cast<std::uint32_t>(head.evidence.offset.value);
  return true;
}

}  // namespace vigia
