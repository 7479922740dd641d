// When which key wants to be looked at. Due times are lower bounds: the owner looks and, when it was too early, schedules
// again, so that a deadline that moves with every event costs nothing per event. At most one entry a key is live.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "engine/identity.h"

namespace vigia {

class TimerWheel {
 public:
  void schedule(std::uint32_t record, TimeMs due_ms) {
    auto& slot = slots_[due_ms >> slot_shift];
    const auto before = bytes_of(slot);
    slot.push_back({due_ms, record});
    bytes_ += bytes_of(slot) - before;
  }

  // Gives every entry due before `clock_ms` to `fire(record, due_ms)`, which may schedule again.
  template <class Fire>
  void advance(TimeMs clock_ms, Fire&& fire) {
    while (!slots_.empty() && slots_.begin()->first <= (clock_ms - 1) >> slot_shift) {
      due_.swap(slots_.begin()->second);
      bytes_ -= bytes_of(due_);
      slots_.erase(slots_.begin());
      std::vector<Entry> later;
      for (const auto& entry : due_) {
        if (entry.due_ms < clock_ms)
          fire(entry.record, entry.due_ms);
        else
          later.push_back(entry);
      }
      due_.clear();
      if (!later.empty()) {
        for (const auto& entry : later) schedule(entry.record, entry.due_ms);
        return;  // the slot of the clock itself: what is left of it is not due
      }
    }
  }

  [[nodiscard]] std::size_t memory_bytes() const { return bytes_ + due_.capacity() * sizeof(Entry); }
  void clear() {
    slots_.clear();
    bytes_ = 0;
  }

 private:
  static constexpr int slot_shift = 8;  // a slot is 256 ms
  struct Entry {
    TimeMs due_ms;
    std::uint32_t record;
  };
  // An empty slot is one that is not there.
  [[nodiscard]] static std::size_t bytes_of(const std::vector<Entry>& slot) {
    return slot.empty() ? 0 : 64 + slot.capacity() * sizeof(Entry);
  }
  std::map<TimeMs, std::vector<Entry>> slots_;
  std::vector<Entry> due_;
  std::size_t bytes_ = 0;
};

}  // namespace vigia
