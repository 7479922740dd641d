// Bodies of engine/shard.h: what is spilled first.
//
//   1. Blocks of history before a key's newest: only late events need them.
//   2. Keys that have been silent for much longer than those usually are that come back.
//   3. Keys that came, or came back, and have not been met a second time: of a stream of keys larger than the memory a part
//      stays, instead of each being driven out just before it is met again.
//   4. Of any others, those that have been silent for longest.
#pragma once

#include <algorithm>
#include <vector>

#include "engine/shard.h"

namespace vigia {

template <class Stage>
void Shard<Stage>::shed() {
  if (!spill_.is_possible() || !spill_.fault.empty()) return;
  settle_newcomers();
  clean_store();
  if (memory_bytes() <= spill_.limit_bytes) return;
  const auto enough_bytes = spill_.limit_bytes - spill_.limit_bytes / 64;
  // Once around and nothing found: there is nothing to spill.
  std::uint32_t idle_rounds = 0;
  while (memory_bytes() > enough_bytes && spill_.fault.empty() && idle_rounds <= slab_.count() / window_records + 1) {
    bool found = spill_blocks(1024);
    if (!found && !spill_.is_full) found = spill_silent(false);
    if (!found && !spill_.is_full) found = spill_arrivals();
    if (!found && !spill_.is_full) found = spill_silent(true);
    if (spill_.is_full) return;
    idle_rounds = found ? 0 : idle_rounds + 1;
  }
}

template <class Stage>
void Shard<Stage>::settle_newcomers() {
  for (const auto index : spill_.newcomers) spill_.arrivals.push_back({index, record_at(index).last_ms});
  spill_.newcomers.clear();
  // Keys that go and come leave numbers behind in lists, which stand for nothing any more.
  const auto many = 2 * std::size_t{slab_.count()} + 64;
  if (spill_.arrivals.size() > many)
    std::erase_if(spill_.arrivals, [&](const auto& arrival) {
      return record_at(arrival.record).cold == nullptr || record_at(arrival.record).last_ms != arrival.last_ms;
    });
  if (changed_.size() < many) return;
  std::erase_if(changed_,
                [&](std::uint32_t i) { return record_at(i).cold == nullptr || record_at(i).mark != changed_mark_; });
  std::sort(changed_.begin(), changed_.end());
  changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
}

// Among the next records under the hand: those that have been silent for more than twice the usual; with `any`, the quarter
// that has been silent for longest. True: some were spilled.
template <class Stage>
bool Shard<Stage>::spill_silent(bool any) {
  std::vector<std::uint32_t> keys;
  const auto count = std::min(window_records, slab_.count());
  const auto silent_before_ms = clock_ms_ - 2 * std::max<TimeMs>(1, spill_.usual_silence_ms);
  for (std::uint32_t n = 0; n < count; ++n) {
    spill_.hand = spill_.hand + 1 < slab_.count() ? spill_.hand + 1 : 0;
    const auto& record = record_at(spill_.hand);
    if (record.cold == nullptr || (!any && (spill_.usual_silence_ms == 0 || record.last_ms >= silent_before_ms)))
      continue;
    keys.push_back(spill_.hand);
  }
  if (any && keys.size() > 4) {
    const auto quarter = keys.begin() + static_cast<std::ptrdiff_t>(keys.size() / 4);
    std::nth_element(keys.begin(), quarter, keys.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return record_at(a).last_ms < record_at(b).last_ms; });
    keys.erase(quarter, keys.end());
  }
  return !keys.empty() && spill_keys(keys);
}

template <class Stage>
bool Shard<Stage>::spill_arrivals() {
  constexpr std::size_t at_once = 256;
  std::vector<std::uint32_t> keys;
  while (!spill_.arrivals.empty() && keys.size() < at_once) {
    const auto arrival = spill_.arrivals.front();
    spill_.arrivals.pop_front();
    auto& record = record_at(arrival.record);
    if (record.cold == nullptr) continue;  // it has gone meanwhile; another may have come under its number
    if (record.last_ms == arrival.last_ms)
      keys.push_back(arrival.record);
    else
      note_long(arrival.record,
                record);  // it stays, so its older blocks may go; till now that would have been for nothing
  }
  // A number may have been left by one key and taken by another, both of which came.
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return !keys.empty() && spill_keys(keys);
}

// Reads a stretch of the store that holds little any more, and takes back into memory what it holds: it is spilled again in
// its turn, and the stretch is free.
template <class Stage>
void Shard<Stage>::clean_store() {
  const auto stretch = spill_.store->sparse();
  if (!stretch) return;
  std::string bytes;
  if (!spill_.store->read_at(stretch->offset_bytes, stretch->bytes, bytes)) return fail(spill_.store->error());
  std::vector<KeyStub> wanted;
  std::vector<std::pair<std::uint32_t, std::unique_ptr<HistoryBlock>*>> hollow;
  ColdItem item;
  for (std::size_t at = 0; at < bytes.size() && item.read(std::string_view(bytes).substr(at)); at += item.size) {
    const auto offset_bytes = stretch->offset_bytes + at;
    if (!item.is_block) {
      spill_.stubs.take(item.hash, [&](const KeyStub& stub) {
        if (stub.place.offset_bytes() != offset_bytes) return false;
        wanted.push_back(stub);
        return true;
      });
      continue;
    }
    table_.for_each_alike(item.hash.value >> KeyTable::hash_part_shift, [&](std::uint32_t index) {
      for (auto* owner = &record_at(index).cold->head; *owner; owner = &(*owner)->next)
        if ((*owner)->is_hollow() && (*owner)->spilled().place.offset_bytes() == offset_bytes)
          hollow.push_back({index, owner});
    });
  }
  // The blocks of one key stand in the order in which they were written; their owners change from the newest on.
  std::stable_sort(hollow.begin(), hollow.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first, (*a.second)->first_ms) < std::pair(b.first, (*b.second)->first_ms);
  });
  if (fill(hollow) && bring_back(wanted)) settle_newcomers();
}

}  // namespace vigia
