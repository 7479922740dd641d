// The image of a key for a task of another partition: the topics have more partitions now, and the key belongs elsewhere.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/block_image.h"
#include "engine/block_reader.h"
#include "engine/key_image.h"

namespace vigia {

namespace image {

// The block with extended entries only. A plain one leaves it to its key in which partition its record lay, and the upper
// half of the offset to what its task has seen of the topic.
template <class Stage>
std::unique_ptr<HistoryBlock> extended(const Stage& stage, const OffsetReference& offsets, PartitionId partition,
                                       const HistoryBlock& block) {
  constexpr PartitionId nowhere{-1};
  auto copy = HistoryBlock::make(block.checkpoint(), stage.state_bytes(), block.count);
  BlockReader<Stage> reader(stage, offsets, partition, block);
  EventHead head;
  typename Stage::Payload payload;
  while (reader.next(head, payload)) append_to_block(stage, *copy, nowhere, head, payload, 0, 0);
  copy->first_ms = block.first_ms;
  copy->last_ms = block.last_ms;
  copy->first_sequence = block.first_sequence;
  return copy;
}

}  // namespace image

// `offsets`: of the task that the image is of. An error text, empty when good.
template <class Stage>
std::string move_key_image(const Stage& stage, const OffsetReference& offsets, std::string_view bytes, PartitionId to,
                           std::string& moved) {
  constexpr std::size_t before_partition = sizeof(std::uint8_t) + sizeof(TimeMs) + sizeof(std::uint32_t);
  constexpr std::size_t behind_partition = 4 * sizeof(TimeMs) + 3 * sizeof(std::uint32_t) + sizeof(std::uint8_t);
  if (!is_sound_image(bytes) || !is_readable_version(ByteReader(bytes).get<std::uint8_t>()))
    return "the image of a key is damaged, or of another version";
  moved.clear();
  ByteReader in(bytes.substr(0, bytes.size() - sizeof(XXH64_hash_t)));
  ByteWriter out(moved);
  const auto copy = [&](std::size_t size) {
    const auto raw = in.take(size);
    out.put_raw(raw.data(), raw.size());
  };
  copy(before_partition);
  const PartitionId from{in.get<std::uint16_t>()};
  out.put(static_cast<std::uint16_t>(to.value));
  copy(behind_partition + stage.area_bytes() + stage.state_bytes());
  HistoryBlock* tail = nullptr;
  auto head = image::get_blocks(in, stage.state_bytes(), tail);
  if (in.failed || !head) return "the image of a key is damaged";
  for (auto* link = &head; *link; link = &(*link)->next) {
    auto next = std::move((*link)->next);
    *link = image::extended(stage, offsets, from, **link);
    (*link)->next = std::move(next);
  }
  image::put_blocks(out, head.get(), stage.state_bytes(), [](const HistoryBlock&) { return std::string_view(); });
  copy(in.rest_bytes());
  out.put(XXH3_64bits(moved.data(), moved.size()));
  return {};
}

}  // namespace vigia
