// Bodies of engine/shard.h: keys and blocks of history on their way out of memory and back. A key is spilled as its image
// (engine/key_image.h), the same bytes that a snapshot has of it, and is the same afterwards as after a restart.
#pragma once

#include <algorithm>
#include <utility>

#include "engine/block_image.h"
#include "engine/shard.h"

namespace vigia {

template <class Stage>
void Shard<Stage>::fail(std::string why) {
  if (spill_.fault.empty()) spill_.fault = std::move(why);
}

// Reads and checks; sink(i, item) for each. False: a fault.
template <class Stage>
bool Shard<Stage>::read_items(std::span<const ColdPlace> places,
                              const std::function<void(std::size_t, const ColdItem&)>& sink) {
  if (!spill_.fault.empty()) return false;
  std::string whole;
  const bool read = spill_.store->read(places, [&](std::size_t i, std::string_view bytes) {
    ColdItem item;
    if (places[i].is_beginning()) {
      if (!spill_.store->read_at(places[i].offset_bytes(), ColdItem::size_of(bytes), whole))
        return fail(spill_.store->error());
      bytes = whole;
    }
    if (!item.read(bytes)) return fail("what was spilled is not what was written");
    if (spill_.fault.empty()) sink(i, item);
  });
  if (!read) fail(spill_.store->error());
  return spill_.fault.empty();
}

// ------------------------------------------------------------------------------------------------------------ keys, back

// Brings back the keys of stubs that were taken out of the table.
template <class Stage>
bool Shard<Stage>::bring_back(std::span<const KeyStub> stubs) {
  if (stubs.empty()) return true;
  std::vector<ColdPlace> places;
  places.reserve(stubs.size());
  for (const auto& stub : stubs) places.push_back(stub.place);
  return read_items(places, [&](std::size_t i, const ColdItem& item) {
    if (item.is_block || item.hash != stubs[i].hash || stage_.hash(item.key) != item.hash)
      return fail("what was spilled lies elsewhere");
    restore_spilled(stubs[i], item);
  });
}

template <class Stage>
void Shard<Stage>::restore_spilled(const KeyStub& stub, const ColdItem& item) {
  // As of the end of the last epoch: what has become due since is still to fire.
  const auto clock_ms = std::exchange(clock_ms_, told_until_ms_);
  const auto error = read_sound_image(stage_, *this, item.key, item.bytes, stub.alarm_ms);
  clock_ms_ = clock_ms;
  if (!error.empty()) return fail(error);
  const auto index = table_.find(item.hash, item.key);
  auto& record = record_at(index);
  record.mark = stub.mark;
  if (stub.mark != 0) note_marked(index, stub.mark);
  spill_.store->release(stub.place.offset_bytes(), item.size);
  ++spill_.brought_back;
}

// A key that is in a snapshot under way, or will be in the next one, is in its list.
template <class Stage>
void Shard<Stage>::note_marked(std::uint32_t index, std::uint8_t mark) {
  (mark == changed_mark_ ? changed_ : saving_).push_back(index);
}

// Rows whose keys were not in memory, in their order, once those are back: piece by piece, so that what has been brought back
// is still in the cache when its row is applied. For each key it is as if nobody had waited: the clock is that of its row.
template <class Stage>
void Shard<Stage>::apply_waiting() {
  constexpr std::size_t rows_at_once = 512;
  const auto clock_ms = clock_ms_;
  spill_.silences_ms.clear();
  const std::span<const EventRow* const> all(waiting_);
  for (std::size_t at = 0; at < all.size() && spill_.fault.empty(); at += rows_at_once)
    apply_waiting(all.subspan(at, std::min(rows_at_once, all.size() - at)));
  waiting_.clear();
  clock_ms_ = std::max(clock_ms, clock_ms_);
  if (spill_.silences_ms.empty()) return;
  const auto middle = spill_.silences_ms.begin() + static_cast<std::ptrdiff_t>(spill_.silences_ms.size() / 2);
  std::nth_element(spill_.silences_ms.begin(), middle, spill_.silences_ms.end());
  spill_.usual_silence_ms = std::max<TimeMs>(1, *middle);
}

template <class Stage>
void Shard<Stage>::apply_waiting(std::span<const EventRow* const> rows) {
  for (const auto* row : rows) {
    spill_.stubs.prefetch(row->hash);
    table_.prefetch(row->hash);
  }
  std::vector<KeyStub> wanted;
  for (const auto* row : rows)
    spill_.stubs.take(row->hash, [&](const KeyStub& stub) {
      wanted.push_back(stub);
      return true;
    });
  if (!bring_back(wanted)) return;
  for (const auto* row : rows) {
    auto index = table_.find(row->hash, row->key);
    if (index == KeyTable::none) index = add_key(row->hash, row->key);  // another key of the same hash was spilled
    auto& record = record_at(index);
    if (record.last_ms != no_time_ms) spill_.silences_ms.push_back(row->head.broker_ms - record.last_ms);
    clock_ms_ = std::max(told_until_ms_, row->clock_ms);
    step(*row, index, record);
  }
}

// Brings back keys with a deadline before the clock, at most about keys_max. True: there are no more.
template <class Stage>
bool Shard<Stage>::wake_spilled(std::size_t keys_max) {
  std::vector<KeyStub> wanted;
  std::vector<std::uint32_t> in_memory;
  const bool all = spill_.alarms.take_due(clock_ms_, keys_max, [&](std::uint64_t hash_part, TimeMs due_ms) {
    spill_.stubs.take_alike(hash_part, ColdAlarms::part_shift, [&](KeyStub stub) {
      if (stub.alarm_ms != due_ms) return false;
      stub.alarm_ms = never_ms;
      wanted.push_back(stub);
      return true;
    });
    table_.for_each_alike(hash_part, [&](std::uint32_t index) {
      auto& cold = *record_at(index).cold;
      if (cold.alarm_ms != due_ms) return;
      cold.alarm_ms = never_ms;
      in_memory.push_back(index);
    });
  });
  for (const auto index : in_memory) {
    const auto due_ms = record_at(index).due_ms;
    if (due_ms < clock_ms_)
      wheel_.schedule(index, due_ms);  // which fires it now
    else
      schedule(index, due_ms);
  }
  return !bring_back(wanted) || all;
}

template <class Stage>
std::string Shard<Stage>::read_spilled(std::string_view key) {
  std::vector<ColdPlace> places;
  spill_.stubs.take(stage_.hash(key), [&](const KeyStub& stub) {
    places.push_back(stub.place);
    return false;
  });
  std::string image;
  if (places.empty()) return image;
  static_cast<void>(read_items(places, [&](std::size_t, const ColdItem& item) {
    if (item.key == key) image = item.bytes;
  }));
  return image;
}

// ------------------------------------------------------------------------------------------------------------- keys, out

// What is spilled has not been touched for long: the memory of the next ones is fetched step by step, as for rows.
template <class Stage>
[[gnu::always_inline]] inline void Shard<Stage>::fetch_for_image(std::span<const std::uint32_t> indices,
                                                                 std::size_t n) const {
  const auto fetch = [](const void* at, std::size_t bytes) {
    for (std::size_t line = 0; line < bytes; line += 64) __builtin_prefetch(static_cast<const std::byte*>(at) + line);
  };
  if (n + 9 < indices.size()) fetch(slab_.at(indices[n + 9]), slab_.stride());
  if (n + 6 < indices.size()) fetch(record_at(indices[n + 6]).cold, sizeof(Cold));
  if (n + 3 >= indices.size()) return;
  const auto& cold = *record_at(indices[n + 3]).cold;
  fetch(cold.context.get(), sizeof(*cold.context));
  for (const auto* block = cold.head.get(); block != nullptr; block = block->next.get()) fetch(block, 1024);
}

// False: nothing more can be written now.
template <class Stage>
bool Shard<Stage>::spill_keys(std::span<const std::uint32_t> indices) {
  struct Leaving {
    std::uint32_t index;
    KeyHash hash;
    std::size_t begin, size;
  };
  std::vector<Leaving> leaving;
  auto& buffer = spill_.buffer;
  buffer.clear();
  const auto write = [&] {
    if (leaving.empty()) return true;
    const auto at = spill_.store->write(buffer);
    spill_.is_full = !at;
    if (!at) return false;
    for (const auto& key : leaving) {
      spill_.stubs.prefetch(key.hash);
      table_.prefetch(key.hash);
    }
    for (const auto& key : leaving) leave_stub(key.index, key.hash, ColdPlace::of(*at + key.begin, key.size));
    leaving.clear();
    buffer.clear();
    return true;
  };
  for (std::size_t n = 0; n < indices.size(); ++n) {
    const auto index = indices[n];
    fetch_for_image(indices, n);
    const std::string_view key = record_at(index).cold->key;
    const auto hash = stage_.hash(key);
    const auto begin = buffer.size();
    append_cold_item(buffer, hash, false, key, [&](std::string& out) { append_key_image(stage_, *this, index, out); });
    if (!spill_.fault.empty()) return false;
    leaving.push_back({index, hash, begin, buffer.size() - begin});
    if (buffer.size() >= ColdStore::write_bytes_max / 2 && !write()) return false;
  }
  return write();
}

template <class Stage>
void Shard<Stage>::set_alarm(Cold& cold, TimeMs due_ms) {
  cold.alarm_ms = std::clamp<TimeMs>(due_ms, 0, StubTable::alarm_end_ms - 1);
  spill_.alarms.add(stage_.hash(cold.key), cold.alarm_ms);
}

// The key's image lies in the store: its memory is let go of.
template <class Stage>
void Shard<Stage>::leave_stub(std::uint32_t index, KeyHash hash, ColdPlace place) {
  auto& record = record_at(index);
  auto& cold = *record.cold;
  if (record.due_ms != never_ms && cold.alarm_ms > record.due_ms) set_alarm(cold, record.due_ms);
  spill_.stubs.insert({hash, place, record.mark, record.due_ms == never_ms ? never_ms : cold.alarm_ms});
  let_go(index, hash);
}

template <class Stage>
void Shard<Stage>::let_go(std::uint32_t index, KeyHash hash) {
  auto& record = record_at(index);
  auto& cold = *record.cold;
  for (const auto* block = cold.head.get(); block != nullptr; block = block->next.get())
    if (block->is_hollow()) spill_.store->release(block->spilled().place.offset_bytes(), block->spilled().bytes);
  table_.erase(hash, index);
  usage_.bytes -=
      sizeof(Cold) + (cold.key.size() > 15 ? cold.key.size() + 1 : 0) + cold.found_bytes + history_bytes(record);
  delete record.cold;
  record = Record();  // no key: what still names its number finds nothing
  slab_.remove(index);
}

// ---------------------------------------------------------------------------------------------------------------- blocks

template <class Stage>
void Shard<Stage>::note_long(std::uint32_t index, Record& record) {
  auto& cold = *record.cold;
  if (!spill_.is_possible() || cold.is_long || !cold.head->next) return;
  cold.is_long = true;
  spill_.long_keys.push_back(index);
}

// Of the keys that have been long for longest: all blocks but the newest. False: there is nothing, or no room.
template <class Stage>
bool Shard<Stage>::spill_blocks(std::size_t keys_max) {
  struct Leaving {
    std::unique_ptr<HistoryBlock>* owner;
    std::size_t begin, size;
  };
  std::vector<Leaving> leaving;
  std::vector<std::uint32_t> keys;
  auto& buffer = spill_.buffer;
  buffer.clear();
  while (keys.size() < keys_max && !spill_.long_keys.empty() && buffer.size() < ColdStore::write_bytes_max / 2) {
    const auto index = spill_.long_keys.front();
    spill_.long_keys.pop_front();
    auto& record = record_at(index);
    if (record.cold == nullptr || !record.cold->is_long) continue;  // it has gone meanwhile
    record.cold->is_long = false;
    keys.push_back(index);
    for (auto* owner = &record.cold->head; (*owner)->next; owner = &(*owner)->next) {
      if ((*owner)->is_hollow()) continue;
      if (buffer.size() >= ColdStore::write_bytes_max / 2) {
        note_long(index, record);  // the rest another time
        break;
      }
      const auto begin = buffer.size();
      append_cold_item(buffer, stage_.hash(record.cold->key), true, {}, [&](std::string& out) {
        ByteWriter writer(out);
        image::put_block(writer, **owner, stage_.state_bytes());
      });
      leaving.push_back({owner, begin, buffer.size() - begin});
    }
  }
  if (leaving.empty()) return !keys.empty();
  const auto at = spill_.store->write(buffer);
  spill_.is_full = !at;
  if (!at) {
    for (const auto index : keys) note_long(index, record_at(index));
    return false;
  }
  // From the newest to the oldest: a block owns the next.
  for (auto i = leaving.size(); i-- > 0;) {
    auto& owner = *leaving[i].owner;
    auto hollow =
        HistoryBlock::make_hollow(*owner, {ColdPlace::of(*at + leaving[i].begin, leaving[i].size), leaving[i].size});
    usage_.bytes += hollow->memory_bytes();
    usage_.bytes -= owner->memory_bytes();
    hollow->next = std::move(owner->next);
    owner = std::move(hollow);
  }
  return true;
}

template <class Stage>
std::string_view Shard<Stage>::read_block(KeyHash hash, const HistoryBlock& block, std::string& bytes) {
  const ColdPlace places[] = {block.spilled().place};
  const bool good = read_items(places, [&](std::size_t, const ColdItem& item) {
    if (!item.is_block || item.hash != hash) return fail("a block of history lies elsewhere");
    bytes = item.bytes;
    ++spill_.blocks_read;
  });
  return good ? std::string_view(bytes) : std::string_view();
}

// The owner of the block into which an event of this time falls: all from there on are folded again.
template <class Stage>
std::unique_ptr<HistoryBlock>* Shard<Stage>::first_to_fold(Record& record, TimeMs from_ms) {
  auto* link = &record.cold->head;
  while ((*link)->next && (*link)->next->first_ms <= from_ms) link = &(*link)->next;
  return link;
}

// The blocks that lie there.
template <class Stage>
bool Shard<Stage>::read_blocks(std::span<const ColdPlace> places, std::vector<std::unique_ptr<HistoryBlock>>& blocks) {
  blocks.resize(places.size());
  const bool good = read_items(places, [&](std::size_t i, const ColdItem& item) {
    ByteReader in(item.bytes);
    blocks[i] = image::get_block(in, stage_.state_bytes());
    if (!item.is_block || !blocks[i] || !in.at_end()) fail("a block of history is damaged");
  });
  if (good) spill_.blocks_read += places.size();
  return good;
}

// In the place of a hollow one, which is let go of.
template <class Stage>
void Shard<Stage>::put_back(std::unique_ptr<HistoryBlock>& owner, std::unique_ptr<HistoryBlock> block) {
  spill_.store->release(owner->spilled().place.offset_bytes(), owner->spilled().bytes);
  block->next = std::move(owner->next);
  owner = std::move(block);
}

// Reads blocks into their places. `hollow`: keys and owners, in the order of the chains.
template <class Stage>
bool Shard<Stage>::fill(const std::vector<std::pair<std::uint32_t, std::unique_ptr<HistoryBlock>*>>& hollow) {
  if (hollow.empty()) return true;
  std::vector<ColdPlace> places;
  std::vector<std::unique_ptr<HistoryBlock>> blocks;
  for (const auto& [index, owner] : hollow) places.push_back((*owner)->spilled().place);
  if (!read_blocks(places, blocks)) return false;
  for (auto i = hollow.size(); i-- > 0;) {
    auto& owner = *hollow[i].second;
    usage_.bytes += blocks[i]->memory_bytes();
    usage_.bytes -= owner->memory_bytes();
    put_back(owner, std::move(blocks[i]));
  }
  for (const auto& [index, owner] : hollow) note_long(index, record_at(index));
  return true;
}

// The block that a fold has come to, whose bytes are accounted when it has ended.
template <class Stage>
bool Shard<Stage>::fill_alone(std::unique_ptr<HistoryBlock>& owner) {
  const ColdPlace places[] = {owner->spilled().place};
  std::vector<std::unique_ptr<HistoryBlock>> blocks;
  if (!read_blocks(places, blocks)) return false;
  put_back(owner, std::move(blocks[0]));
  return true;
}

// What late events will fold again, for all keys at once; of a long history its beginning, where most folds end.
template <class Stage>
void Shard<Stage>::fill_for_pending() {
  constexpr std::size_t blocks_at_once = 4;  // of a key
  std::vector<std::pair<std::uint32_t, std::unique_ptr<HistoryBlock>*>> hollow;
  for (const auto index : touched_) {
    auto& record = record_at(index);
    if (!record.cold->pending || !record.cold->head->next) continue;
    auto from_ms = record.cold->redo_from_ms;
    for (const auto& event : *record.cold->pending) from_ms = std::min(from_ms, event.head.time_ms);
    auto left = record.cold->redo_from_ms == never_ms ? blocks_at_once : SIZE_MAX;  // else the fold goes to the end
    for (auto* owner = first_to_fold(record, from_ms); *owner && left > 0; owner = &(*owner)->next, --left)
      if ((*owner)->is_hollow()) hollow.push_back({index, owner});
  }
  static_cast<void>(fill(hollow));
}

}  // namespace vigia
