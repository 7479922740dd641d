// Bodies of engine/shard.h: keys on their way to a shard of the same stage under another configuration. The idea is in
// docs/reload.md.
//
// A key goes on from its history's floor: the state behind the last event that has left the history is carried over, and what
// is kept is folded again under the new rules. So what may still be revised is judged by them, and what was decided stands.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "engine/shard.h"

namespace vigia {

// Gives the image of each key and lets go of it: the two shards together hold each key once.
template <class Stage>
void Shard<Stage>::hand_over(const std::function<void(std::string_view key, std::string_view image)>& sink) {
  std::string image;
  for (std::uint32_t i = 0; i < slab_.count(); ++i) {
    if (record_at(i).cold == nullptr) continue;
    image.clear();
    append_key_image(stage_, *this, i, image);
    if (!spill_.fault.empty()) return;
    const std::string key = record_at(i).cold->key;
    let_go(i, stage_.hash(key));
    sink(key, image);
  }
  const std::uint8_t saving_mark = changed_mark_ ^ 3;
  spill_.stubs.mark_all(saving_mark);
  static_cast<void>(save_spilled(SIZE_MAX, [&](KeyImage&& spilled) { sink(spilled.key, spilled.bytes); }));
}

template <class Stage>
void Shard<Stage>::take_over(Shard& before, const typename Stage::Change& change, std::vector<Alert>& alerts) {
  constexpr std::size_t keys_at_once = 1024;
  const auto limit_bytes = spill_.limit_bytes;
  std::unique_ptr<Shard> aside;  // where images are read as they were written
  std::size_t count = 0;
  before.hand_over([&](std::string_view key, std::string_view image) {
    if (count++ % keys_at_once == 0) {
      aside = std::make_unique<Shard>(before.stage_, settings_);
      aside->offsets = offsets;
      const auto there_bytes = before.memory_bytes();
      spill_.limit_bytes = limit_bytes > there_bytes ? limit_bytes - there_bytes : 0;
      shed();
    }
    if (auto error = read_sound_image(aside->stage_, *aside, key, image, never_ms); !error.empty())
      return fail(std::move(error));
    const auto from = aside->table_.find(aside->stage_.hash(key), key);
    go_on(*aside, from, change, alerts);
    aside->let_go(from, aside->stage_.hash(key));
  });
  spill_.limit_bytes = limit_bytes;
  shed();
  if (!before.spill_.fault.empty()) fail(before.spill_.fault);
}

template <class Stage>
void Shard<Stage>::go_on(Shard& before, std::uint32_t from, const typename Stage::Change& change,
                         std::vector<Alert>& alerts) {
  auto& old = before.record_at(from);
  auto& left = *old.cold;
  old.settle();
  const auto index = add_key(stage_.hash(left.key), left.key, false);
  auto& record = record_at(index);
  auto& cold = *record.cold;
  record.last_ms = old.last_ms;
  record.last_sequence = old.last_sequence;
  record.partition = old.partition;
  cold.run_start_ms = left.run_start_ms;
  cold.contact_sequence = left.contact_sequence;
  cold.run_high_ms = left.run_high_ms;
  cold.run_high = left.run_high;
  cold.newest_sequence = left.newest_sequence;
  cold.base_ms = left.base_ms;
  cold.gaps = std::move(left.gaps);
  cold.heard = std::move(left.heard);

  const auto floor_ms = left.head->first_ms;
  if (left.ledger) static_cast<void>(left.ledger->roll_back(floor_ms));
  if (left.book) settle_book(before, old, change, floor_ms, alerts);
  cold.book = std::move(left.book);
  cold.context = std::move(left.context);
  cold.ledger = std::move(left.ledger);
  change.carry(left.head->checkpoint(), before.area_of(old), state_of(record), area_of(record), cold.context,
               cold.ledger);

  fold_again(record, std::move(left.head), change.hears_again());
  touch(index, record, clock_ms_, 0);
  judge(index, record, clock_ms_, alerts);
  record.touched = false;
  touched_.clear();
  static_cast<void>(schedule_next(index));
}

// What was told: of a rule that is gone it ends here; what was decided under a rule that has changed stands as it was told.
template <class Stage>
void Shard<Stage>::settle_book(Shard& before, Record& old, const typename Stage::Change& change, TimeMs floor_ms,
                               std::vector<Alert>& alerts) {
  auto& left = *old.cold;
  for (auto& told : left.book->alerts) {
    const bool is_open = told.last.end_ms == 0 && told.last.status != schema::AlertStatus::withdrawn;
    const auto changed = change.is_changed(told.last.rule);
    if (change.move(told.last, left.key, left.context.get())) {
      const bool is_decided = !is_open && told.last.status != schema::AlertStatus::withdrawn &&
                              std::max(told.last.start_ms, told.last.end_ms) < floor_ms;
      told.is_settled |= changed && is_decided;
      continue;
    }
    if (is_open && !told.is_settled) {
      const bool is_provisional = told.last.status == schema::AlertStatus::provisional;
      told.last.status = is_provisional ? schema::AlertStatus::withdrawn : schema::AlertStatus::cleared;
      told.last.end_ms = is_provisional ? 0 : std::max(told.last.start_ms, clock_ms_);
      told.last.detected_ms = clock_ms_;
      told.last.late_by_ms = 0;
      ++told.revision;
      auto shown = told;
      if (shown.last.evidence[0].offset.value < 0) shown.last.evidence[0] = before.newest_evidence(old);
      alerts.push_back(change.describe_end(shown, left.key, left.context.get()));
    }
    told.is_settled = true;
    told.last.rule = no_rule;
  }
}

// What is kept, behind the state that the record has: in the same blocks, each with the state before it.
template <class Stage>
void Shard<Stage>::fold_again(Record& record, std::unique_ptr<HistoryBlock> kept, bool hears_again) {
  auto& cold = *record.cold;
  HistoryBlock* tail = nullptr;
  for (auto* owner = &kept; *owner; owner = &(*owner)->next) {
    *owner = HistoryBlock::behind(state_of(record), stage_.state_bytes(), std::move(*owner));
    tail = owner->get();
    BlockReader<Stage> reader(stage_, offsets, PartitionId{record.partition}, *tail);
    EventHead head;
    Payload payload;
    while (reader.next(head, payload)) {
      Emitter emitter(cold.ledger, head, head.broker_ms);
      if (hears_again) stage_.arrived(area_of(record), cold.context, head, payload, emitter);
      stage_.apply(state_of(record), area_of(record), head, payload, cold.context, emitter);
    }
  }
  adopt_history(record, std::move(kept), tail);
}

}  // namespace vigia
