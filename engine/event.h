// One event of a key as the engine orders, keeps and folds it. The payload is the stage's.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/identity.h"

namespace vigia {

// Where a record lies; what an alert names as its evidence.
struct EvidenceRef {
  TopicIndex topic;
  PartitionId partition;
  Offset offset{-1};  // -1: none
  friend bool operator==(const EvidenceRef&, const EvidenceRef&) = default;
};

// Everything but the payload. `time_ms` is the time by which the event is ordered and judged: the device's own, unless its
// clock was at fault (then the broker's) or it came later than its stream may (then the latest that it may claim).
struct EventHead {
  TimeMs time_ms = 0;
  TimeMs sent_ms = 0;  // the time in the event, before any correction: the identity for duplicates
  TimeMs broker_ms = 0;
  std::uint32_t sequence = 0;    // 0: the device has no counter
  std::uint8_t stream_rank = 0;  // order of streams at equal times
  bool clock_fault = false;
  EvidenceRef evidence;
  std::string_view canonical;  // the canonical form; only for events without a sequence number
  // What the stage found in the event by itself, and says when it is accepted; null: nothing, as of what is kept.
  const void* findings = nullptr;
};

// The order of semantics 1.1 within one key.
[[nodiscard]] inline bool ordered_before(const EventHead& a, const EventHead& b) {
  if (a.time_ms != b.time_ms) return a.time_ms < b.time_ms;
  if (a.sequence != b.sequence) return a.sequence < b.sequence;
  if (a.stream_rank != b.stream_rank) return a.stream_rank < b.stream_rank;
  return a.canonical < b.canonical;
}

// Semantics 1.2: the same device, number and device time; without a number the same canonical form.
[[nodiscard]] inline bool same_identity(const EventHead& a, const EventHead& b) {
  if (a.sequence != b.sequence || a.stream_rank != b.stream_rank || a.sent_ms != b.sent_ms) return false;
  return a.sequence != 0 || a.canonical == b.canonical;
}

}  // namespace vigia
