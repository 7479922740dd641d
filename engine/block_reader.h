// Reads a block of history back into events, in order, and writes events into blocks.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "engine/history.h"
#include "engine/stage.h"

namespace vigia {

// The highest offset seen of each topic that plain entries may name: gives back the upper half of an offset.
class OffsetReference {
 public:
  void see(const EvidenceRef& evidence) {
    if (evidence.topic.value < highest_.size())
      highest_[evidence.topic.value] = std::max(highest_[evidence.topic.value], evidence.offset.value);
  }
  [[nodiscard]] Offset expand(TopicIndex topic, std::uint32_t low) const {
    const auto highest = highest_[topic.value];
    auto offset = (highest & ~std::int64_t{UINT32_MAX}) | low;
    if (offset > highest) offset -= std::int64_t{1} << 32;
    return Offset{offset < 0 ? static_cast<std::int64_t>(low) : offset};
  }
  std::array<std::int64_t, 4> highest_{-1, -1, -1, -1};
};

// What stands in side bytes begins at multiples of 8, so that a stage may read its payload in place.
[[nodiscard]] inline std::size_t aligned_bytes(std::size_t size) { return (size + 7) / 8 * 8; }
static_assert(sizeof(ExtendedHead) % 8 == 0);

// Walks the entries of one block. The views in what it gives point into the block.
template <class Stage>
class BlockReader {
 public:
  BlockReader(const Stage& stage, const OffsetReference& offsets, PartitionId partition, const HistoryBlock& block)
      : stage_(stage),
        offsets_(offsets),
        partition_(partition),
        block_(block),
        previous_ms_(block.first_ms),
        previous_sequence_(block.first_sequence - 1) {}

  [[nodiscard]] bool next(EventHead& head, typename Stage::Payload& payload) {
    if (at_ == block_.count) return false;
    const auto& entry = block_.entries()[at_++];
    if ((entry.bits & entry_extended) != 0)
      read_extended(entry, head, payload);
    else
      read_plain(entry, head, payload);
    previous_ms_ = head.time_ms;
    previous_sequence_ = head.sequence;
    return true;
  }
  [[nodiscard]] std::uint32_t remaining() const { return block_.count - at_; }

 private:
  void read_plain(const HistoryEntry& entry, EventHead& head, typename Stage::Payload& payload) {
    head.time_ms = previous_ms_ + read_unsigned_24(entry.since_previous_ms);
    head.sent_ms = head.time_ms;
    head.broker_ms = head.time_ms + read_signed_24(entry.delay_ms);
    head.sequence = previous_sequence_ + 1;
    head.stream_rank = Stage::plain_stream_rank;
    head.clock_fault = false;
    head.canonical = {};
    const TopicIndex topic{static_cast<std::uint16_t>(entry.bits >> 13 & 3)};
    head.evidence = {topic, partition_, offsets_.expand(topic, entry.offset_low)};
    stage_.expand({entry.a, entry.b, static_cast<std::uint16_t>(entry.bits & (history_bits_end - 1))}, payload);
  }

  void read_extended(const HistoryEntry& entry, EventHead& head, typename Stage::Payload& payload) {
    const std::string_view side(*block_.side);
    ExtendedHead kept;
    std::memcpy(&kept, side.data() + entry.a, sizeof kept);
    head.time_ms = kept.time_ms;
    head.sent_ms = kept.sent_ms;
    head.broker_ms = kept.broker_ms;
    head.sequence = kept.sequence;
    head.stream_rank = kept.stream_rank;
    head.clock_fault = kept.clock_fault != 0;
    head.evidence = {TopicIndex{kept.topic}, PartitionId{kept.partition}, Offset{kept.offset}};
    const auto at = static_cast<std::size_t>(entry.a) + sizeof kept;
    head.canonical = side.substr(at, kept.canonical_bytes);
    stage_.read_payload(side.substr(at + aligned_bytes(kept.canonical_bytes), static_cast<std::size_t>(entry.b)), head,
                        payload);
  }

  const Stage& stage_;
  const OffsetReference& offsets_;
  PartitionId partition_;
  const HistoryBlock& block_;
  TimeMs previous_ms_;
  std::uint32_t previous_sequence_;
  std::uint32_t at_ = 0;
};

// Appends one event behind an event at `previous_ms` with `previous_sequence`; the first of a block stands behind itself.
// REQUIRES: the block has room.
template <class Stage>
void append_to_block(const Stage& stage, HistoryBlock& block, PartitionId partition, const EventHead& head,
                     const typename Stage::Payload& payload, TimeMs previous_ms, std::uint32_t previous_sequence) {
  if (block.count == 0) {
    block.first_ms = previous_ms = head.time_ms;
    block.first_sequence = head.sequence;
    previous_sequence = head.sequence - 1;
  }
  auto& entry = block.entries()[block.count];
  CompactPayload compact;
  const bool plain = head.stream_rank == Stage::plain_stream_rank && head.evidence.partition == partition &&
                     stage.compact(payload, compact) &&
                     make_plain_entry(head, compact, previous_ms, previous_sequence, entry);
  if (!plain) {
    if (!block.side) block.side = std::make_unique<std::string>();
    auto& side = *block.side;
    side.resize(aligned_bytes(side.size()));
    entry = {};
    entry.bits = entry_extended;
    entry.a = static_cast<std::int32_t>(side.size());
    const ExtendedHead kept{head.time_ms,
                            head.sent_ms,
                            head.broker_ms,
                            head.evidence.offset.value,
                            head.sequence,
                            head.evidence.partition.value,
                            head.evidence.topic.value,
                            head.stream_rank,
                            static_cast<std::uint8_t>(head.clock_fault),
                            static_cast<std::uint32_t>(head.canonical.size())};
    side.append(reinterpret_cast<const char*>(&kept), sizeof kept);
    side.append(head.canonical);
    side.resize(aligned_bytes(side.size()));
    const auto before = side.size();
    stage.write_payload(payload, side);
    entry.b = static_cast<std::int32_t>(side.size() - before);
  }
  ++block.count;
  block.last_ms = head.time_ms;
}

}  // namespace vigia
