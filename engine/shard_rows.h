// Bodies of engine/shard.h: rows on their short way.
#pragma once

#include "engine/shard.h"

namespace vigia {

// A row goes through in four steps, `lead` rows apart: where its bucket lies, its record, the place of its history entry, and
// at last the work itself, for which everything has come into the cache meanwhile. The steps of different rows take turns,
// so that the memory is kept busy evenly.
template <class Stage>
void Shard<Stage>::apply(std::span<const EventRow> rows) {
  constexpr std::size_t ring = 4 * lead;
  Found found[ring];
  for (std::size_t n = 0; n < rows.size() + 3 * lead; ++n) {
    if (n < rows.size()) {
      table_.prefetch(rows[n].hash);
      __builtin_prefetch(rows[n].key.data());
    }
    if (const auto i = n - lead; n >= lead && i < rows.size()) found[i % ring] = find_row(rows[i]);
    if (const auto i = n - 2 * lead; n >= 2 * lead && i < rows.size() && found[i % ring].record != nullptr)
      fetch_history(*found[i % ring].record);
    if (const auto i = n - 3 * lead; n >= 3 * lead && found[i % ring].record != nullptr)
      step(rows[i], found[i % ring].index, *found[i % ring].record);
  }
}

template <class Stage>
inline typename Shard<Stage>::Found Shard<Stage>::find_row(const EventRow& row) {
  auto index = table_.find(row.hash, row.key);
  if (index == KeyTable::none) {
    if (!spill_.stubs.empty() && spill_.stubs.may_hold(row.hash)) {
      waiting_.push_back(&row);
      return {KeyTable::none, nullptr};
    }
    index = add_key(row.hash, row.key);
  }
  // Of a large record the ends, which every event touches; between them lies what operators of rare events have.
  constexpr std::size_t ends = 256;
  const auto* bytes = slab_.at(index);
  const auto stride = slab_.stride();
  for (std::size_t line = 0; line < std::min(stride, ends); line += 64) __builtin_prefetch(bytes + line, 1);
  for (std::size_t line = stride > 2 * ends ? stride - 128 : ends; line < stride; line += 64)
    __builtin_prefetch(bytes + line, 1);
  return {index, &record_at(index)};
}

// Where the next entry goes; and what is needed to make room for it, when there is none. Inlined by force: g++ 12 takes a
// function that only prefetches for one without effect, and leaves its calls out.
template <class Stage>
[[gnu::always_inline]] inline void Shard<Stage>::fetch_history(const Record& record) const {
  const auto* entry =
      reinterpret_cast<const std::byte*>(record.tail->entries(stage_.state_bytes()) + record.tail_count);
  if (!HistoryBlock::is_step(record.tail_count)) {
    __builtin_prefetch(entry, 1);
    __builtin_prefetch(entry + sizeof(HistoryEntry) - 1, 1);
    return;
  }
  for (std::size_t line = 0; line < sizeof(Cold); line += 64)
    __builtin_prefetch(reinterpret_cast<const std::byte*>(record.cold) + line, 1);
  for (const auto* at = reinterpret_cast<const std::byte*>(record.tail); at < entry; at += 64)
    __builtin_prefetch(at, 1);
}

template <class Stage>
std::uint32_t Shard<Stage>::add_key(KeyHash hash, std::string_view key, bool with_history) {
  const auto index = slab_.add();
  auto& record = *new (slab_.at(index)) Record;
  stage_.new_area(area_of(record));
  stage_.new_state(state_of(record));
  record.cold = new Cold;
  record.cold->key = key;
  usage_.bytes += sizeof(Cold) + (key.size() > 15 ? key.size() + 1 : 0);
  if (with_history) start_block(record);
  table_.insert(hash, key, index);
  if (spill_.is_possible()) spill_.newcomers.push_back(index);
  return index;
}

// REQUIRES: the newest event lies before any that will follow, or the key is new.
template <class Stage>
void Shard<Stage>::start_block(Record& record) {
  auto block = HistoryBlock::make(state_of(record), stage_.state_bytes());
  usage_.bytes += block->memory_bytes();
  auto& owner = record.tail ? record.tail->next : record.cold->head;
  owner = std::move(block);
  record.set_tail(owner.get());
}

template <class Stage>
bool Shard<Stage>::takes_short_way(const EventRow& row, const Record& record) const {
  const auto& head = row.head;
  return record.last_sequence != 0 && head.sequence == record.last_sequence + 1 && head.time_ms > record.last_ms &&
         head.time_ms <= head.broker_ms + settings_.max_clock_skew_ms &&
         head.time_ms >= head.broker_ms - settings_.horizon_ms && record.tail_count < HistoryBlock::full &&
         head.evidence.partition.value == record.partition;
}

template <class Stage>
void Shard<Stage>::step(const EventRow& row, std::uint32_t index, Record& record) {
  clock_ms_ = std::max(clock_ms_, row.clock_ms);
  ++account_.decoded;
  about_to_change(index, record);
  if constexpr (requires { stage_.enter(area_of(record), record.cold->context, row.payload); })
    if (stage_.enter(area_of(record), record.cold->context, row.payload)) account_found(record);
  if constexpr (requires { stage_.count_unlisted(area_of(record), row.key, unlisted_); })
    stage_.count_unlisted(area_of(record), row.key, unlisted_);
  if (!row.is_device || !takes_short_way(row, record)) return place(row, index, record);
  if (HistoryBlock::is_step(record.tail_count)) make_room(record);
  CompactPayload compact;
  auto& entry = record.tail->entries(stage_.state_bytes())[record.tail_count];
  if (!stage_.compact(row.payload, compact) ||
      !make_plain_entry(row.head, compact, record.last_ms, record.last_sequence, entry))
    return place(row, index, record);
  ++record.tail_count;
  ++record.last_sequence;
  accept(row.head, row.payload, index, record);
}

// In the newest block, for one more. Whose owner is looked for only when it has to move: a chain may be long.
template <class Stage>
void Shard<Stage>::make_room(Record& record) {
  record.settle();
  if (record.tail->has_room()) return;
  auto* owner = &record.cold->head;
  while ((*owner)->next) owner = &(*owner)->next;
  usage_.bytes -= (*owner)->memory_bytes();
  HistoryBlock::reserve_one_more(*owner);
  usage_.bytes += (*owner)->memory_bytes();
  record.set_tail(owner->get());
}

// Applies an event that stands behind all others of its key; its entry has been written.
template <class Stage>
void Shard<Stage>::accept(const EventHead& head, const Payload& payload, std::uint32_t index, Record& record) {
  record.last_ms = head.time_ms;
  ++account_.applied;
  offsets.see(head.evidence);
  Emitter emitter(record.cold->ledger, head, head.broker_ms, record.due_ms);
  stage_.arrived(area_of(record), record.cold->context, head, payload, emitter);
  stage_.apply(state_of(record), area_of(record), head, payload, record.cold->context, emitter);
  absorb_emitted(emitter, head, index, record);
  tell_findings(head, record);
}

template <class Stage>
void Shard<Stage>::absorb_emitted(const Emitter& emitter, const EventHead& head, std::uint32_t index, Record& record) {
  if (emitter.due_ms() < record.due_ms) schedule(index, emitter.due_ms());
  if (emitter.touched() || record.watched)
    touch(index, record, head.broker_ms, std::max<TimeMs>(0, head.broker_ms - head.time_ms));
}

}  // namespace vigia
