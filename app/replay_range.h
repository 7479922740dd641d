// Which part of the log `vigia replay --from-kafka` is asked about.
//
// By time: alerts whose detected_ms lies in it, both ends included. By offset: what the epoch with that record gave, and
// those after it; or those before the first epoch that has that record or one behind it. Other partitions are left alone.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/journal.h"
#include "connectors/record_source.h"
#include "connectors/snapshot_store.h"

namespace vigia {

struct ReplayRange {
  TimeMs from_ms = no_time_ms;
  TimeMs to_ms = never_ms;
  std::vector<std::int32_t> partitions;      // empty: all
  std::vector<PartitionOffset> from_offset;  // empty: by time
  std::vector<PartitionOffset> to_offset;    // likewise

  [[nodiscard]] bool holds(TimeMs detected_ms) const { return detected_ms >= from_ms && detected_ms <= to_ms; }
  [[nodiscard]] bool has_partition(PartitionId number) const;

  // Whether a state has nothing in it of what is asked for, with `slack_ms` for records whose times are not in order.
  [[nodiscard]] bool begins_after(const SnapshotHead& head, PartitionId number, TimeMs slack_ms) const;
  // The position of the first entry whose alerts count; entries.size(): none.
  [[nodiscard]] std::size_t first_entry(std::span<const JournalEntry> entries, PartitionId number) const;
  // The position behind the last one whose alerts count.
  [[nodiscard]] std::size_t end_entry(std::span<const JournalEntry> entries, PartitionId number) const;
};

// "seal.events/3:1200"
[[nodiscard]] std::optional<PartitionOffset> parse_partition_offset(std::string_view text);

}  // namespace vigia
