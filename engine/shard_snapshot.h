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
    changed_.resize(slab_.count());
    for (std::uint32_t i = 0; i < slab_.count(); ++i) record_at(changed_[i] = i).mark = changed_mark_;
  }
  saving_ = std::exchange(changed_, {});
  saving_at_ = 0;
  changed_mark_ ^= 3;
}

template <class Stage>
bool Shard<Stage>::continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) {
  for (auto& image : saved_early_) sink(std::move(image));
  saved_early_.clear();
  for (; saving_at_ < saving_.size() && keys_max > 0; ++saving_at_) {
    auto& record = record_at(saving_[saving_at_]);
    if (record.mark == changed_mark_) continue;  // changed since: its image was kept
    record.mark = 0;
    sink({record.cold->key, write_key_image(stage_, *this, saving_[saving_at_])});
    --keys_max;
  }
  if (saving_at_ < saving_.size()) return false;
  saving_.clear();
  return true;
}

}  // namespace vigia
