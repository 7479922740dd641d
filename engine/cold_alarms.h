// When which spilled key wants to be looked at: due time and hash in 8 bytes. An entry may be for a key that has been
// brought back meanwhile, or for another whose hash is alike: the owner looks.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "engine/identity.h"

namespace vigia {

class ColdAlarms {
 public:
  // A slot is 8.2 s; what is left of a due time takes the place of the hash's low bits.
  static constexpr int part_shift = 13;

  void add(KeyHash hash, TimeMs due_ms) {
    auto& slot = slots_[due_ms >> part_shift];
    const auto before = bytes_of(slot);
    if (slot.size() == slot.capacity()) slot.reserve(slot.size() + slot.size() / 4 + 4);  // by a quarter, not by half
    slot.push_back(hash.value >> part_shift << part_shift | (static_cast<std::uint64_t>(due_ms) & rest_mask));
    bytes_ += bytes_of(slot) - before;
  }

  // Takes out entries due before `clock_ms`, at most `entries_max`, and calls due(hash >> part_shift, due_ms) for each. True:
  // there are none left.
  template <class Due>
  bool take_due(TimeMs clock_ms, std::size_t entries_max, Due&& due) {
    while (!slots_.empty() && slots_.begin()->first <= (clock_ms - 1) >> part_shift) {
      auto& [at, entries] = *slots_.begin();
      const auto begin_ms = at << part_shift;
      for (auto i = entries.size(); i-- > 0 && entries_max > 0;) {
        const auto entry = entries[i];
        const auto due_ms = begin_ms + static_cast<TimeMs>(entry & rest_mask);
        if (due_ms >= clock_ms) continue;
        entries[i] = entries.back();
        entries.pop_back();
        --entries_max;
        due(entry >> part_shift, due_ms);
      }
      const bool is_last = at == (clock_ms - 1) >> part_shift;
      if (entries.empty()) {
        bytes_ -= bytes_of(entries);
        slots_.erase(slots_.begin());
      }
      if (entries_max == 0) return false;
      if (is_last) break;  // what is left of it is not due
    }
    return true;
  }

  [[nodiscard]] std::size_t memory_bytes() const { return bytes_; }

 private:
  static constexpr std::uint64_t rest_mask = (1u << part_shift) - 1;
  [[nodiscard]] static std::size_t bytes_of(const std::vector<std::uint64_t>& slot) {
    return slot.capacity() == 0 ? 0 : 64 + slot.capacity() * sizeof(std::uint64_t);
  }

  std::map<TimeMs, std::vector<std::uint64_t>> slots_;
  std::size_t bytes_ = 0;
};

}  // namespace vigia
