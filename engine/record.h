// What a source hands to the engine, and what the engine hands back about a record that it could not apply.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/identity.h"

namespace vigia {

// One record as read: the bytes belong to the source's batch and live until the epoch that holds it has been applied.
struct InputRecord {
  TopicIndex topic;  // index into the pipeline's sources
  PartitionId partition;
  Offset offset;
  TimeMs broker_ms = 0;  // the record's timestamp
  std::string_view key;
  std::string_view value;  // empty with is_tombstone: a Kafka tombstone
  bool is_tombstone = false;
  const void* headers = nullptr;  // opaque to the engine: the source's own; handed back in RejectedRecord
};

enum class RejectKind : std::uint8_t { dead_letter, too_late };

// An event or record kept aside. Owns its reason; `record` points into the epoch's records.
struct RejectedRecord {
  RejectKind kind = RejectKind::dead_letter;
  const InputRecord* record = nullptr;
  std::int32_t event_index = -1;  // position in its batch; -1: the whole record
  std::string reason;             // for people, e.g. "position.lat_deg is 91, expected -90 to 90"
};

// The account law: applied + duplicate + too_late + dead_letter == decoded + unreadable, always.
struct Account {
  std::uint64_t decoded = 0;     // events decoded
  std::uint64_t unreadable = 0;  // records that can't be read; each is one dead letter
  std::uint64_t applied = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t too_late = 0;
  std::uint64_t dead_letter = 0;
  std::uint64_t unknown_enum_values = 0;  // newer producers: kept as unknown, counted here
  std::uint64_t unknown_fields = 0;       // JSON fields that the schema does not have

  [[nodiscard]] bool adds_up() const { return applied + duplicate + too_late + dead_letter == decoded + unreadable; }
  Account& operator+=(const Account& other);
  friend bool operator==(const Account&, const Account&) = default;
};

inline Account& Account::operator+=(const Account& other) {
  decoded += other.decoded;
  unreadable += other.unreadable;
  applied += other.applied;
  duplicate += other.duplicate;
  too_late += other.too_late;
  dead_letter += other.dead_letter;
  unknown_enum_values += other.unknown_enum_values;
  unknown_fields += other.unknown_fields;
  return *this;
}

}  // namespace vigia
