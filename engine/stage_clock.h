// The stage clock of one task: what time it is for timers, decided by the records read and, once there is nothing left
// to read, by the wall clock. Pure: the wall clock is handed in. Not thread-safe; one per task.
//
//   behind      at least one partition has unread records. The clock is the broker time up to which every partition
//               that is not read to its end has been read; the wall clock plays no part.
//   caught up   every partition was read to its end. Mode::wall: the clock follows the wall clock, but only up to the
//               last fetch that found the end (the earliest over the partitions): while a broker is away, time stands
//               still and nobody is accused of silence. Mode::records: the clock stays where the records put it.
//
// The clock starts at 0 and never goes back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/identity.h"

namespace vigia {

class StageClock {
 public:
  enum class Mode : std::uint8_t { wall, records };

  // max_clock_skew_ms: how far a record's broker time may lie beyond the wall clock before it is not believed.
  StageClock(Mode mode, TimeMs max_clock_skew_ms) : mode_(mode), max_clock_skew_ms_(max_clock_skew_ms) {}

  // A new partition is behind and has nothing read. Returns its slot, counted from 0.
  std::size_t add_partition();

  struct Taken {
    TimeMs broker_ms;  // the broker time that the record is taken at
    TimeMs clock_ms;   // the stage clock that the record sets
  };
  // Takes a record. The clock that it sets is its broker time, but not beyond limit_ms(), so that no record of a
  // partition that is behind can be far behind the clock. A record that is not believable is taken at wall_ms and does
  // not move it.
  [[nodiscard]] Taken take(TimeMs broker_ms, TimeMs wall_ms) { return take(broker_ms, wall_ms, limit_ms()); }
  // The same with a limit from a journal.
  [[nodiscard]] Taken take(TimeMs broker_ms, TimeMs wall_ms, TimeMs limit_ms);

  // False for a record from beyond wall_ms + max_clock_skew_ms (Mode::wall; otherwise every record is believed and
  // wall_ms is not looked at).
  [[nodiscard]] bool believable(TimeMs broker_ms, TimeMs wall_ms) const {
    return mode_ != Mode::wall || broker_ms - max_clock_skew_ms_ <= wall_ms;
  }

  // The partition has been read up to a record of this broker time. Tell it before the records are taken.
  void read_up_to(std::size_t partition, TimeMs broker_ms) { partitions_[partition].read_ms = broker_ms; }
  // And of a batch that ends there, each record: where broker times run back, the newest believable one counts.
  void has_read(std::size_t partition, TimeMs broker_ms, TimeMs wall_ms) {
    TimeMs& read_ms = partitions_[partition].read_ms;
    if (broker_ms > read_ms && believable(broker_ms, wall_ms)) read_ms = broker_ms;
  }
  // The smallest of those times over the partitions that are behind; 0 where nothing was read yet, never_ms when caught
  // up.
  [[nodiscard]] TimeMs limit_ms() const;

  // A fetch at fetched_ms (wall) found nothing more to read in the partition; or found more.
  void found_end(std::size_t partition, TimeMs fetched_ms);
  void found_more(std::size_t partition);
  [[nodiscard]] bool at_end(std::size_t partition) const { return partitions_[partition].at_end; }
  [[nodiscard]] bool caught_up() const { return behind_ == 0; }

  // Lets a caught-up clock follow the wall. Returns the clock.
  TimeMs follow(TimeMs wall_ms);

  // Puts the clock where a journal or a snapshot says that it was; never back.
  void set(TimeMs clock_ms);
  [[nodiscard]] TimeMs clock_ms() const { return clock_ms_; }

 private:
  struct Partition {
    bool at_end = false;
    TimeMs end_found_ms = no_time_ms;
    TimeMs read_ms = 0;
  };

  Mode mode_;
  TimeMs max_clock_skew_ms_;
  TimeMs clock_ms_ = 0;
  std::size_t behind_ = 0;
  std::vector<Partition> partitions_;
};

}  // namespace vigia
