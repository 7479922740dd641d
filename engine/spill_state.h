// What a shard knows of what it has spilled, and of what it would spill next.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/cold_alarms.h"
#include "engine/cold_store.h"
#include "engine/stub_table.h"

namespace vigia {

struct SpillState {
  std::unique_ptr<ColdStore> store;  // null: nothing is ever spilled
  std::uint64_t limit_bytes = UINT64_MAX;
  StubTable stubs;
  ColdAlarms alarms;
  TimeMs awake_until_ms =
      no_time_ms;        // alarms before it have been taken, or are about to be: what comes goes to the wheel
  std::string fault;     // what was spilled can't be read: the shard is of no more use
  bool is_full = false;  // the last write failed; what was to be spilled is still in memory

  // Keys with blocks before their newest, in the order in which those began (KeyCold::is_long).
  std::deque<std::uint32_t> long_keys;

  // Keys that came, or came back, stand here until they are met a second time: those that are met only once are the first
  // to go, so that a stream of rare keys does not drive out the frequent ones.
  struct Arrival {
    std::uint32_t record;
    TimeMs last_ms;  // KeyRecord::last_ms at the end of the epoch in which it came
  };
  std::vector<std::uint32_t> newcomers;  // of this epoch
  std::deque<Arrival> arrivals;
  std::uint32_t hand = 0;  // the next record to be looked at for having been silent for long
  // The median of how long the keys had been silent that came back last. A key that has been silent for much longer will not be
  // missed sooner than they were.
  TimeMs usual_silence_ms = 0;
  std::vector<TimeMs> silences_ms;

  std::uint64_t brought_back = 0, blocks_read = 0;
  std::size_t saving_piece = 0;  // of the stubs, in the snapshot under way
  std::string buffer;            // what is to be written

  [[nodiscard]] bool is_possible() const { return store != nullptr; }
  [[nodiscard]] std::uint64_t memory_bytes() const {
    if (!store) return 0;
    return stubs.memory_bytes() + alarms.memory_bytes() + store->memory_bytes() + buffer.capacity() +
           long_keys.size() * sizeof(std::uint32_t) + arrivals.size() * sizeof(Arrival) +
           newcomers.capacity() * sizeof(std::uint32_t);
  }
};

}  // namespace vigia
