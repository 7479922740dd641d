// Blocks of history as bytes, and back: in the image of a key, and by themselves when they are spilled.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/bytes.h"
#include "engine/history.h"

namespace vigia::image {

inline void put_block(ByteWriter& out, const HistoryBlock& block, std::size_t state_bytes) {
  out.put(block.first_ms);
  out.put(block.last_ms);
  out.put(block.first_sequence);
  out.put(block.count);
  out.put_raw(block.entries(), block.count * sizeof(HistoryEntry));
  out.put_text(block.side ? std::string_view(*block.side) : std::string_view());
  out.put_raw(block.checkpoint(), state_bytes);
}

// Null when the bytes make no sense.
[[nodiscard]] inline std::unique_ptr<HistoryBlock> get_block(ByteReader& in, std::size_t state_bytes) {
  const auto first_ms = in.get<TimeMs>();
  const auto last_ms = in.get<TimeMs>();
  const auto first_sequence = in.get<std::uint32_t>();
  const auto events = in.get<std::uint32_t>();
  const auto entries = in.take(std::size_t{events} * sizeof(HistoryEntry));
  const auto side = in.get_text();
  const auto checkpoint = in.take(state_bytes);
  if (in.failed) return nullptr;
  auto block = HistoryBlock::make(reinterpret_cast<const std::byte*>(checkpoint.data()), state_bytes, events);
  block->first_ms = first_ms;
  block->last_ms = last_ms;
  block->first_sequence = first_sequence;
  block->count = events;
  if (!entries.empty()) std::memcpy(block->entries(), entries.data(), entries.size());
  if (!side.empty()) block->side = std::make_unique<std::string>(side);
  return block;
}

// `hollow(block)`: the bytes of one that is spilled, as put_block wrote them.
template <class Hollow>
void put_blocks(ByteWriter& out, const HistoryBlock* head, std::size_t state_bytes, Hollow&& hollow) {
  std::uint32_t count = 0;
  for (const auto* block = head; block != nullptr; block = block->next.get()) ++count;
  out.put(count);
  for (const auto* block = head; block != nullptr; block = block->next.get()) {
    if (!block->is_hollow()) {
      put_block(out, *block, state_bytes);
      continue;
    }
    const auto bytes = hollow(*block);
    out.put_raw(bytes.data(), bytes.size());
  }
}

// The newest block goes to `tail`. Null when the bytes make no sense.
[[nodiscard]] inline std::unique_ptr<HistoryBlock> get_blocks(ByteReader& in, std::size_t state_bytes,
                                                              HistoryBlock*& tail) {
  std::unique_ptr<HistoryBlock> head;
  auto* link = &head;
  for (auto count = in.get<std::uint32_t>(); count > 0 && !in.failed; --count) {
    *link = get_block(in, state_bytes);
    if (!*link) return nullptr;
    tail = link->get();
    link = &tail->next;
  }
  return head;
}

}  // namespace vigia::image
