// What stays in memory of a key that is spilled: 20 bytes. Open addressing in pieces that grow one by one and by a quarter,
// so that ten million stubs need no second table beside the first while they grow. The key itself lies in the store: two
// keys of one hash are two stubs, and whoever asks reads both.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/cold_store.h"
#include "engine/identity.h"

namespace vigia {

struct KeyStub {
  KeyHash hash;
  ColdPlace place;
  std::uint8_t mark = 0;       // KeyRecord::mark
  TimeMs alarm_ms = never_ms;  // its entry in ColdAlarms; never_ms: none
};

class StubTable {
 public:
  // Room for alarms in a stub: from the epoch to the year 10889; what lies before or behind is none.
  static constexpr TimeMs alarm_end_ms = (TimeMs{1} << 48) - 1;

  void prefetch(KeyHash hash) const {
    if (empty()) return;
    const auto& piece = piece_of(hash.value);
    if (piece.size != 0) __builtin_prefetch(&piece.slots[home_of(piece, hash.value)], 1);
  }
  [[nodiscard]] bool may_hold(KeyHash hash) const {
    if (empty()) return false;
    const auto& piece = piece_of(hash.value);
    for (auto slot = piece.size == 0 ? 0 : home_of(piece, hash.value); piece.size != 0 && piece.slots[slot].is_used();
         slot = next(piece, slot))
      if (piece.slots[slot].hash == hash.value) return true;
    return false;
  }

  void insert(const KeyStub& stub);

  // Calls take(stub) for each stub whose hash is alike from bit `shift` on; those for which it answers true are taken out.
  // REQUIRES: shift is at most part_shift.
  template <class Take>
  void take_alike(std::uint64_t hash_part, int shift, Take&& take);
  template <class Take>
  void take(KeyHash hash, Take&& take_one) {
    take_alike(hash.value, 0, take_one);
  }
  static constexpr int part_shift = 13;

  // Calls visit(stub), which may change the mark and the place, for stubs with `mark`, until it answers false. Goes on
  // from piece `cursor`, which it moves; a piece that was gone through counts as done.
  template <class Visit>
  void for_each_marked(std::uint8_t mark, std::size_t& cursor, Visit&& visit);
  void mark_all(std::uint8_t mark);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t marked(std::uint8_t mark) const { return marked_[mark]; }
  [[nodiscard]] std::size_t memory_bytes() const { return sizeof *this + pieces_.size() * sizeof(Piece) + slot_bytes_; }

 private:
  static constexpr unsigned piece_bits = 8;
  static constexpr std::uint64_t no_place = (std::uint64_t{1} << ColdPlace::bits) - 1;

#pragma pack(push, 4)
  struct Slot {
    std::uint64_t hash;
    std::uint64_t place : ColdPlace::bits;  // no_place: empty
    std::uint64_t mark : 2;
    std::uint64_t alarm_high : 16;
    std::uint32_t alarm_low;

    [[nodiscard]] bool is_used() const { return place != no_place; }
  };
#pragma pack(pop)
  static_assert(sizeof(Slot) == 20);

  struct Piece {
    std::unique_ptr<Slot[]> slots;
    std::uint32_t size = 0;
    std::uint32_t count = 0;
    std::array<std::uint32_t, 4> marked{};
  };

  [[nodiscard]] static std::size_t piece_at(std::uint64_t hash) { return hash >> (64 - piece_bits); }
  [[nodiscard]] const Piece& piece_of(std::uint64_t hash) const { return pieces_[piece_at(hash)]; }
  // Of the bits from part_shift on, mixed: other tables choose by some of them.
  [[nodiscard]] static std::uint32_t home_of(const Piece& piece, std::uint64_t hash) {
    const auto mixed = (hash >> part_shift) * 0x9e3779b97f4a7c15u;
    return static_cast<std::uint32_t>((mixed >> 32) * piece.size >> 32);
  }
  [[nodiscard]] static std::uint32_t next(const Piece& piece, std::uint32_t slot) {
    return slot + 1 == piece.size ? 0 : slot + 1;
  }
  [[nodiscard]] static std::uint32_t distance(const Piece& piece, std::uint32_t from, std::uint32_t to) {
    return to >= from ? to - from : to + piece.size - from;
  }
  [[nodiscard]] static KeyStub stub_of(const Slot& slot) {
    const auto alarm_ms = static_cast<TimeMs>(std::uint64_t{slot.alarm_high} << 32 | slot.alarm_low);
    return {KeyHash{slot.hash}, ColdPlace{slot.place}, static_cast<std::uint8_t>(slot.mark),
            alarm_ms == alarm_end_ms ? never_ms : alarm_ms};
  }
  void resize(Piece& piece, std::uint32_t size);
  static void place(Piece& piece, const Slot& slot);
  void erase(Piece& piece, std::uint32_t hole);

  std::vector<Piece> pieces_;
  std::size_t size_ = 0;
  std::array<std::size_t, 4> marked_{};
  std::size_t slot_bytes_ = 0;
};

inline void StubTable::place(Piece& piece, const Slot& slot) {
  auto at = home_of(piece, slot.hash);
  while (piece.slots[at].is_used()) at = next(piece, at);
  piece.slots[at] = slot;
}

inline void StubTable::resize(Piece& piece, std::uint32_t size) {
  Piece grown;
  grown.slots = std::make_unique_for_overwrite<Slot[]>(size);
  grown.size = size;
  std::fill_n(grown.slots.get(), size, Slot{0, no_place, 0, 0, 0});
  for (std::uint32_t at = 0; at < piece.size; ++at)
    if (piece.slots[at].is_used()) place(grown, piece.slots[at]);
  slot_bytes_ += (std::size_t{size} - piece.size) * sizeof(Slot);
  piece.slots = std::move(grown.slots);
  piece.size = size;
}

inline void StubTable::insert(const KeyStub& stub) {
  if (pieces_.empty()) pieces_.resize(std::size_t{1} << piece_bits);
  auto& piece = pieces_[piece_at(stub.hash.value)];
  if ((piece.count + 1) * 20 > piece.size * 17) resize(piece, piece.size + piece.size / 4 + 4);
  const auto alarm = static_cast<std::uint64_t>(std::clamp<TimeMs>(stub.alarm_ms, 0, alarm_end_ms));
  place(piece, Slot{stub.hash.value, stub.place.value, stub.mark, alarm >> 32, static_cast<std::uint32_t>(alarm)});
  ++piece.count;
  ++size_;
  ++piece.marked[stub.mark];
  ++marked_[stub.mark];
}

inline void StubTable::erase(Piece& piece, std::uint32_t hole) {
  const auto mark = piece.slots[hole].mark;
  --piece.marked[mark];
  --marked_[mark];
  --piece.count;
  --size_;
  for (auto slot = next(piece, hole); piece.slots[slot].is_used(); slot = next(piece, slot)) {
    const auto home = home_of(piece, piece.slots[slot].hash);
    if (distance(piece, home, slot) < distance(piece, hole, slot)) continue;
    piece.slots[hole] = piece.slots[slot];
    hole = slot;
  }
  piece.slots[hole].place = no_place;
}

template <class Take>
void StubTable::take_alike(std::uint64_t hash_part, int shift, Take&& take) {
  if (empty()) return;
  const auto hash = hash_part << shift;
  auto& piece = pieces_[piece_at(hash)];
  if (piece.size == 0) return;
  for (auto slot = home_of(piece, hash); piece.slots[slot].is_used();) {
    if (piece.slots[slot].hash >> shift == hash_part && take(stub_of(piece.slots[slot])))
      erase(piece, slot);  // another may stand here now
    else
      slot = next(piece, slot);
  }
}

template <class Visit>
void StubTable::for_each_marked(std::uint8_t mark, std::size_t& cursor, Visit&& visit) {
  for (std::size_t seen = 0; seen <= pieces_.size() && marked_[mark] > 0; ++seen) {
    auto& piece = pieces_[cursor %= pieces_.size()];
    for (std::uint32_t at = 0; at < piece.size && piece.marked[mark] > 0; ++at) {
      auto& slot = piece.slots[at];
      if (!slot.is_used() || slot.mark != mark) continue;
      auto stub = stub_of(slot);
      const bool go_on = visit(stub);
      --piece.marked[mark];
      --marked_[mark];
      slot.mark = stub.mark;
      slot.place = stub.place.value;
      ++piece.marked[stub.mark];
      ++marked_[stub.mark];
      if (!go_on) return;
    }
    ++cursor;
  }
}

inline void StubTable::mark_all(std::uint8_t mark) {
  for (auto& piece : pieces_) {
    for (std::uint32_t at = 0; at < piece.size; ++at) piece.slots[at].mark = mark;
    piece.marked = {};
    piece.marked[mark] = piece.count;
  }
  marked_ = {};
  marked_[mark] = size_;
}

}  // namespace vigia
