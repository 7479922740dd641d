// Bodies of engine/shard.h: the images of keys, of one moment, while the keys go on changing.
#pragma once

#include "engine/shard.h"

namespace vigia {

template <class Stage>
void Shard<Stage>::first_change(std::uint32_t index, Record& record) {
  if (record.mark != 0) saved_early_.push_back({record.cold->key, write_key_image(stage_, *this, index)});
  record.mark = changed_mark_;
  changed_.push_back(index);
}

template <class Stage>
void Shard<Stage>::begin_snapshot(bool all) {
  if (all) {
    changed_.clear();
    for (std::uint32_t i = 0; i < slab_.count(); ++i) {
      if (record_at(i).cold == nullptr) continue;
      record_at(i).mark = changed_mark_;
      changed_.push_back(i);
    }
    spill_.stubs.mark_all(changed_mark_);
  }
  saving_ = std::exchange(changed_, {});
  saving_at_ = 0;
  changed_mark_ ^= 3;
}

// A key that was spilled since, and came back, is in the list again, perhaps under another number: its mark says whether it is still
// to be saved.
template <class Stage>
bool Shard<Stage>::continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) {
  if (!spill_.fault.empty()) return false;
  for (auto& image : saved_early_) sink(std::move(image));
  saved_early_.clear();
  const std::uint8_t saving_mark = changed_mark_ ^ 3;
  for (; saving_at_ < saving_.size() && keys_max > 0; ++saving_at_) {
    auto& record = record_at(saving_[saving_at_]);
    if (record.cold == nullptr || record.mark != saving_mark) continue;  // or changed since: its image was kept
    KeyImage image{record.cold->key, write_key_image(stage_, *this, saving_[saving_at_])};
    if (!spill_.fault.empty()) return false;
    record.mark = 0;
    sink(std::move(image));
    --keys_max;
  }
  if (saving_at_ < saving_.size()) return false;
  if (!save_spilled(keys_max, sink)) return false;
  saving_.clear();
  return true;
}

// Those of the spilled keys that are in the snapshot; they cost a read each. True: all are done.
template <class Stage>
bool Shard<Stage>::save_spilled(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) {
  constexpr std::size_t at_once = 512;
  const std::uint8_t saving_mark = changed_mark_ ^ 3;
  std::vector<ColdPlace> places;
  for (auto left = keys_max; spill_.stubs.marked(saving_mark) > 0; left -= places.size()) {
    if (left == 0) return false;
    places.clear();
    spill_.stubs.for_each_marked(saving_mark, spill_.saving_piece, [&](KeyStub& stub) {
      places.push_back(stub.place);
      stub.mark = 0;
      return places.size() < std::min(left, at_once);
    });
    const bool good = read_items(places, [&](std::size_t, const ColdItem& item) {
      sink({std::string(item.key), std::string(item.bytes)});
    });
    if (!good) return false;
  }
  return true;
}

}  // namespace vigia
