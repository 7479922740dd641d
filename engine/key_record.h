// What the engine keeps of one key. The record is the hot part, 40 bytes followed by the stage's area and state; the rest
// hangs off it and is touched only when something is rare, late or found.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "engine/alert_book.h"
#include "engine/history.h"
#include "engine/large_pages.h"
#include "engine/ledger.h"
#include "engine/stage.h"

namespace vigia {

// Numbers that the device still owes us.
struct SequenceGap {
  std::uint32_t low = 0;
  std::uint32_t high = 0;  // inclusive
  TimeMs before_ms = 0;    // time of the event before the gap: the history is kept from there
  TimeMs after_ms = 0;     // time of the event that showed the gap: forgiven a horizon later
};

template <class Stage>
struct KeyCold {
  std::string key;
  std::unique_ptr<HistoryBlock> head;
  std::unique_ptr<typename Stage::Context> context;
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<AlertBook> book;
  std::unique_ptr<std::vector<SequenceGap>> gaps;                               // null: none
  std::unique_ptr<std::vector<PendingEvent<typename Stage::Payload>>> pending;  // waiting for the end of the epoch
  // Identities of events whose time was not taken as sent, or may not be: a second delivery can't be told by its place in the
  // history. Each with the clock until which it is kept.
  std::unique_ptr<std::map<std::uint64_t, TimeMs>> heard;
  TimeMs run_start_ms = no_time_ms;  // first event of the counter's current run
  TimeMs redo_from_ms = never_ms;    // what is pending asks for more than its own place
  TimeMs detected_ms = no_time_ms;   // broker time of the last record that touched the key in this epoch
  TimeMs late_by_ms = 0;
  std::uint32_t contact_sequence = 0;  // first number of the current run; 0: the device never sent one
  TimeMs run_high_ms = no_time_ms;     // time of the event with the highest number of the run, and
  std::uint32_t run_high = 0;  // that number; the record's last_ms and last_sequence are newer when that is not 0
  std::uint32_t newest_sequence = 0;  // number of the newest event; KeyRecord::last_sequence is newer when it is not 0
  std::uint32_t found_bytes = 0;      // of context, ledger, book, gaps and what was heard, as last accounted
  bool is_long = false;               // in the list of keys that have older blocks to spill
  TimeMs base_ms = no_time_ms;        // time of the newest event that has left the history
  TimeMs judged_due_ms = never_ms;    // when the last judgement wanted to be asked again
  TimeMs alarm_ms = never_ms;  // an entry of this key in Shard::alarms_, from when it was spilled; never_ms: none
};

// The hot part; stands at the front of its slot, followed by the stage's area and state.
template <class Stage>
struct KeyRecord {
  TimeMs last_ms = no_time_ms;   // time of the newest event
  TimeMs due_ms = never_ms;      // the live entry in the timer wheel
  HistoryBlock* tail = nullptr;  // the newest block of the history
  KeyCold<Stage>* cold = nullptr;
  std::uint32_t last_sequence = 0;  // number of the newest event when it is the highest of a regular run; else 0
  std::uint16_t partition = 0;      // of the key; what lies elsewhere is kept as an extended entry
  std::uint8_t touched : 1 = 0;     // in the list of keys to be judged at the end of the epoch
  std::uint8_t watched : 1 = 0;     // each event is a reason to judge: a provisional alert stands, or the stage said so
  std::uint8_t mark : 2 = 0;        // 0: as in the last snapshot; else changed, see Shard::about_to_change
  std::uint8_t tail_count = 0;      // events of the newest block, up to HistoryBlock::full; else just more than that

  // The short way appends without touching the newest block's header; settle() makes it true again before anybody else
  // reads the history, and set_tail() is for whoever gave the history another end.
  void settle() const {
    if (tail_count > HistoryBlock::full || tail_count == 0) return;
    tail->count = tail_count;
    tail->last_ms = last_ms;
  }
  void set_tail(HistoryBlock* newest) {
    tail = newest;
    tail_count = static_cast<std::uint8_t>(std::min(newest->count, HistoryBlock::full + 1));
  }
};

// Records in chunks, each as large as all before it: a record never moves.
class RecordSlab {
 public:
  explicit RecordSlab(std::size_t record_bytes) : stride_((record_bytes + 63) / 64 * 64) {}

  [[nodiscard]] std::byte* at(std::uint32_t record) const {
    const auto place = record + first_chunk_records;
    const auto chunk = static_cast<unsigned>(std::bit_width(place)) - first_chunk_width;
    return chunks_[chunk].get() + (place - (first_chunk_records << chunk)) * stride_;
  }
  // A zeroed record: the place of one that was removed, else its number counts up from 0.
  std::uint32_t add() {
    if (!free_.empty()) {
      const auto record = free_.back();
      free_.pop_back();
      std::memset(at(record), 0, stride_);
      return record;
    }
    const auto room = (first_chunk_records << chunks_.size()) - first_chunk_records;
    if (count_ == room)
      chunks_.push_back(allocate_large((std::size_t{first_chunk_records} << chunks_.size()) * stride_));
    std::memset(at(count_), 0, stride_);
    return count_++;
  }
  void remove(std::uint32_t record) { free_.push_back(record); }
  [[nodiscard]] std::uint32_t count() const { return count_; }  // with those that were removed
  [[nodiscard]] std::uint32_t used() const { return count_ - static_cast<std::uint32_t>(free_.size()); }
  [[nodiscard]] std::size_t stride() const { return stride_; }
  [[nodiscard]] std::size_t memory_bytes() const {
    return std::size_t{count_} * stride_ + free_.capacity() * sizeof(std::uint32_t);
  }

 private:
  static constexpr std::uint32_t first_chunk_records = 256;
  static constexpr unsigned first_chunk_width = std::bit_width(first_chunk_records);
  std::size_t stride_;
  std::uint32_t count_ = 0;
  std::vector<std::uint32_t> free_;
  std::vector<LargeMemory> chunks_;
};

}  // namespace vigia
