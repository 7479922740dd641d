#include "engine/stage_clock.h"

#include <algorithm>

namespace vigia {

std::size_t StageClock::add_partition() {
  partitions_.push_back({});
  ++behind_;
  return partitions_.size() - 1;
}

StageClock::Taken StageClock::take(TimeMs broker_ms, TimeMs wall_ms, TimeMs limit_ms) {
  if (!believable(broker_ms, wall_ms)) return {wall_ms, clock_ms_};
  set(std::min(broker_ms, limit_ms));
  return {broker_ms, clock_ms_};
}

TimeMs StageClock::limit_ms() const {
  TimeMs limit_ms = never_ms;
  for (const Partition& partition : partitions_) {
    if (!partition.at_end) limit_ms = std::min(limit_ms, partition.read_ms);
  }
  return limit_ms;
}

void StageClock::found_end(std::size_t partition, TimeMs fetched_ms) {
  Partition& at = partitions_[partition];
  if (!at.at_end) --behind_;
  at.at_end = true;
  at.end_found_ms = std::max(at.end_found_ms, fetched_ms);
}

void StageClock::found_more(std::size_t partition) {
  Partition& at = partitions_[partition];
  if (at.at_end) ++behind_;
  at.at_end = false;
}

TimeMs StageClock::follow(TimeMs wall_ms) {
  if (mode_ != Mode::wall || !caught_up() || partitions_.empty()) return clock_ms_;
  TimeMs known_ms = wall_ms;
  for (const Partition& partition : partitions_) known_ms = std::min(known_ms, partition.end_found_ms);
  set(known_ms);
  return clock_ms_;
}

void StageClock::set(TimeMs clock_ms) { clock_ms_ = std::max(clock_ms_, clock_ms); }

}  // namespace vigia
