#include "app/replay_range.h"

#include <algorithm>
#include <charconv>

namespace vigia {
namespace {

template <class Number>
bool parse_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out >= 0;
}

// The position of the first entry with a record at one of the offsets or behind it; entries.size(): none.
std::size_t first_reaching(std::span<const PartitionOffset> offsets, std::span<const JournalEntry> entries,
                           PartitionId number) {
  const auto reaches_one = [&](const JournalEntry& entry) {
    return std::ranges::any_of(entry.ranges, [&](const JournalRange& range) {
      return std::ranges::any_of(offsets, [&](const PartitionOffset& offset) {
        return offset.partition == number && offset.topic == range.topic && range.first < range.end &&
               offset.next < range.end;
      });
    });
  };
  return static_cast<std::size_t>(std::ranges::find_if(entries, reaches_one) - entries.begin());
}

}  // namespace

bool ReplayRange::has_partition(PartitionId number) const {
  return partitions.empty() || std::ranges::find(partitions, number.value) != partitions.end();
}

bool ReplayRange::begins_after(const SnapshotHead& head, PartitionId number, TimeMs slack_ms) const {
  if (from_offset.empty()) return from_ms != no_time_ms && head.clock_ms < from_ms - slack_ms;
  return std::ranges::all_of(from_offset, [&](const PartitionOffset& from) {
    return from.partition != number || std::ranges::any_of(head.offsets, [&](const PartitionOffset& read) {
             return read.topic == from.topic && read.partition == number && read.next <= from.next;
           });
  });
}

std::size_t ReplayRange::first_entry(std::span<const JournalEntry> entries, PartitionId number) const {
  return from_offset.empty() ? 0 : first_reaching(from_offset, entries, number);
}

std::size_t ReplayRange::end_entry(std::span<const JournalEntry> entries, PartitionId number) const {
  return first_reaching(to_offset, entries, number);
}

std::optional<PartitionOffset> parse_partition_offset(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto slash = text.substr(0, colon).rfind('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  PartitionOffset out;
  out.topic = text.substr(0, slash);
  const bool good = parse_number(text.substr(slash + 1, colon - slash - 1), out.partition.value) &&
                    parse_number(text.substr(colon + 1), out.next.value);
  return good ? std::optional(out) : std::nullopt;
}

}  // namespace vigia
