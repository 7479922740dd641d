// Bodies of engine/shard.h: the long way. Where an event that is not simply the next one belongs, and how it gets there.
#pragma once

#include <fmt/format.h>
#include <xxhash.h>

#include "engine/shard.h"

namespace vigia {

template <class Stage>
void Shard<Stage>::begin_run(const EventHead& head, Record& record) {
  auto& cold = *record.cold;
  cold.contact_sequence = head.sequence;
  cold.run_high = head.sequence;
  cold.run_high_ms = head.time_ms;
  cold.run_start_ms = head.time_ms;
  cold.gaps.reset();
}

// Takes note of the event's number. True when it was seen before, or would have been: its run is complete around it.
template <class Stage>
bool Shard<Stage>::count_number(const EventHead& head, Record& record) {
  auto& cold = *record.cold;
  const auto sequence = head.sequence;
  if (cold.contact_sequence == 0) {
    begin_run(head, record);
    return false;
  }
  const bool newest = head.time_ms > cold.run_high_ms;  // of those with numbers
  bool known = false;
  if (head.time_ms < cold.run_start_ms) {
    // before the first contact, or before the counter was reset: nothing announced it
  } else if (sequence > cold.run_high) {
    if (head.time_ms >= cold.run_high_ms && sequence > cold.run_high + 1) {
      if (!cold.gaps) cold.gaps = std::make_unique<std::vector<SequenceGap>>();
      cold.gaps->push_back({cold.run_high + 1, sequence - 1, cold.run_high_ms, head.time_ms});
    }
    cold.run_high = sequence;
    cold.run_high_ms = std::max(cold.run_high_ms, head.time_ms);
  } else if (newest) {
    begin_run(head, record);  // a number that was used, at a later time: the counter was reset
  } else {
    known = true;
    for (std::size_t i = 0; cold.gaps && i < cold.gaps->size(); ++i) {
      auto gap = (*cold.gaps)[i];
      if (sequence < gap.low || sequence > gap.high) continue;
      known = false;
      auto& gaps = *cold.gaps;
      const auto place = gaps.erase(gaps.begin() + static_cast<std::ptrdiff_t>(i)) - gaps.begin();
      if (sequence < gap.high) gaps.insert(gaps.begin() + place, {sequence + 1, gap.high, gap.before_ms, gap.after_ms});
      if (sequence > gap.low) gaps.insert(gaps.begin() + place, {gap.low, sequence - 1, gap.before_ms, gap.after_ms});
      if (gaps.empty()) cold.gaps.reset();
      break;
    }
  }
  return known;
}

template <class Stage>
void Shard<Stage>::reject_too_late(const EventRow& row) {
  ++account_.too_late;
  too_late_.push_back({row.record_index, row.event_index,
                       fmt::format("event time {} is {} ms before its record's time {}, later than its time allows",
                                   row.head.time_ms, row.head.broker_ms - row.head.time_ms, row.head.broker_ms)});
}

template <class Stage>
void Shard<Stage>::judge_alone(const EventRow& row, Record& record) {
  std::vector<Episode> episodes;
  stage_.judge_alone(row, episodes);
  if (episodes.empty()) return reject_too_late(row);
  ++account_.applied;
  tell_findings(row.head, record);
  AlertBook book;
  book.reconcile(
      episodes, record.cold->key, {}, [&](std::uint16_t rule) { return stage_.names_of(rule); },
      [&](const ToldAlert& told) { alone_.push_back(stage_.describe(told, record.cold->key, nullptr)); });
}

// The long way: everything that is not the next number of a device that owes nothing.
template <class Stage>
void Shard<Stage>::place(const EventRow& row, std::uint32_t index, Record& record) {
  auto& cold = *record.cold;
  record.settle();
  if (record.last_ms == no_time_ms) record.partition = static_cast<std::uint16_t>(row.head.evidence.partition.value);
  const auto regular = record.last_sequence;
  if (regular != 0) {
    cold.run_high = cold.newest_sequence = regular;
    cold.run_high_ms = record.last_ms;
  }
  record.last_sequence = 0;
  auto placed = row;
  auto& head = placed.head;
  switch (find_place(placed, record)) {
    case Place::end: return append(head, row.payload, index, record);
    case Place::before: put_aside(placed, index, record); break;
    case Place::duplicate: ++account_.duplicate; break;
    case Place::nowhere: judge_alone(row, record); break;
  }
  if (cold.run_high == regular) record.last_sequence = regular;
}

[[nodiscard]] inline std::uint64_t identity_hash(const EventHead& head) {
  const std::uint64_t who[] = {static_cast<std::uint64_t>(head.sent_ms), head.sequence, head.stream_rank};
  const auto seed = XXH3_64bits(who, sizeof who);
  return head.sequence != 0 ? seed : XXH3_64bits_withSeed(head.canonical.data(), head.canonical.size(), seed);
}

template <class Stage>
bool Shard<Stage>::heard_before(const EventHead& head, const Record& record) const {
  const auto& heard = record.cold->heard;
  return heard && heard->contains(identity_hash(head));
}

template <class Stage>
void Shard<Stage>::remember(const EventHead& head, TimeMs kept_ms, Record& record) {
  auto& heard = record.cold->heard;
  if (!heard) heard = std::make_unique<std::map<std::uint64_t, TimeMs>>();
  heard->emplace(identity_hash(head), clock_ms_ + kept_ms + broker_disorder_ms);
}

// Corrects the event's time where its clock is at fault or its stream may not be so late, counts its number, and says where
// it belongs.
template <class Stage>
typename Shard<Stage>::Place Shard<Stage>::find_place(EventRow& row, Record& record) {
  auto& cold = *record.cold;
  auto& head = row.head;
  const auto oldest_ms = head.broker_ms - settings_.allowed_lateness_ms;
  const auto horizon_ms = head.broker_ms - settings_.horizon_ms;
  bool known = false;
  if (heard_before(head, record)) return Place::duplicate;
  if (!row.is_device) {
    remember(head, settings_.horizon_ms, record);
    head.time_ms = std::max({head.time_ms, oldest_ms, cold.base_ms == no_time_ms ? no_time_ms : cold.base_ms + 1});
  } else if (head.time_ms > head.broker_ms + settings_.max_clock_skew_ms ||
             (head.time_ms < horizon_ms && !row.buffered)) {
    remember(head, settings_.allowed_lateness_ms, record);
    head.clock_fault = true;
    head.time_ms = head.broker_ms;
    if (head.sequence > cold.run_high) static_cast<void>(count_number(head, record));
  } else {
    const bool numbered = head.sequence != 0;
    const bool before_run = numbered && cold.contact_sequence != 0 && head.time_ms < cold.run_start_ms;
    if (head.time_ms < horizon_ms || ((!numbered || before_run) && head.time_ms < oldest_ms)) return Place::nowhere;
    if (numbered) known = count_number(head, record);
  }
  if (cold.gaps) account_found(record);
  if (head.time_ms <= cold.base_ms) return known ? Place::duplicate : Place::nowhere;
  return row.is_device && !head.clock_fault && head.time_ms > record.last_ms ? Place::end : Place::before;
}

// An event behind all others of its key that does not fit the short way.
template <class Stage>
void Shard<Stage>::append(const EventHead& head, const Payload& payload, std::uint32_t index, Record& record) {
  auto& cold = *record.cold;
  if (record.tail->is_full(head.time_ms)) {
    trim(record);
    start_block(record);
    note_long(index, record);
  }
  make_room(record);
  auto& tail = *record.tail;
  const auto before = tail.memory_bytes();
  append_to_block(stage_, tail, PartitionId{record.partition}, head, payload, record.last_ms, cold.newest_sequence);
  usage_.bytes += tail.memory_bytes() - before;
  record.set_tail(&tail);
  cold.newest_sequence = head.sequence;
  record.last_sequence = head.sequence == cold.run_high ? head.sequence : 0;
  accept(head, payload, index, record);
}

template <class Stage>
void Shard<Stage>::put_aside(const EventRow& row, std::uint32_t index, Record& record) {
  auto& cold = *record.cold;
  if (!cold.pending) cold.pending = std::make_unique<std::vector<PendingEvent<Payload>>>();
  cold.pending->push_back({row.head, row.payload});
  if (!row.is_device) {
    const auto effect = stage_.absorb(cold.context, row.head, row.payload);
    cold.redo_from_ms = std::min(cold.redo_from_ms, effect.redo_from_ms);
  }
  touch(index, record, row.head.broker_ms, std::max<TimeMs>(0, row.head.broker_ms - row.head.time_ms));
}

// Lets go of history that no event can fall into any more. Records that come within broker_disorder_ms of the clock still
// find theirs.
template <class Stage>
void Shard<Stage>::trim(Record& record) {
  auto& cold = *record.cold;
  if (cold.pending) return;  // what waits may belong there; after the flush
  auto floor_ms = clock_ms_ - settings_.allowed_lateness_ms - broker_disorder_ms;
  const auto horizon_ms = clock_ms_ - settings_.horizon_ms - broker_disorder_ms;
  // The next number may show a gap behind the last one, though events without numbers have come since.
  if (cold.contact_sequence != 0 && record.last_sequence == 0)
    floor_ms = std::min(floor_ms, std::max(cold.run_high_ms, horizon_ms));
  if (cold.gaps) {
    std::erase_if(*cold.gaps, [&](const SequenceGap& gap) { return gap.after_ms < horizon_ms; });
    if (cold.gaps->empty())
      cold.gaps.reset();
    else
      floor_ms = std::min(floor_ms, std::max(cold.gaps->front().before_ms, horizon_ms));
  }
  while (cold.head->next && cold.head->last_ms < floor_ms) {
    usage_.bytes -= cold.head->memory_bytes();
    if (cold.head->is_hollow())
      spill_.store->release(cold.head->spilled().place.offset_bytes(), cold.head->spilled().bytes);
    cold.base_ms = cold.head->last_ms;
    cold.head = std::move(cold.head->next);
  }
}

template <class Stage>
std::uint64_t Shard<Stage>::history_bytes(const Record& record) const {
  std::uint64_t bytes = 0;
  for (const auto* block = record.cold->head.get(); block != nullptr; block = block->next.get())
    bytes += block->memory_bytes();
  return bytes;
}

// Puts what waits in its place.
template <class Stage>
void Shard<Stage>::flush(std::uint32_t index, Record& record) {
  auto& cold = *record.cold;
  if (!cold.pending) return;
  record.settle();
  if (record.last_sequence != 0) {  // what came the short way since
    cold.run_high = cold.newest_sequence = record.last_sequence;
    cold.run_high_ms = record.last_ms;
  }
  const auto pending = std::exchange(cold.pending, nullptr);
  const auto before = history_bytes(record);
  Rebuild<Stage> rebuild(stage_, offsets, record, state_of(record), area_of(record), cold.detected_ms);
  const auto accepted = [&](const PendingEvent<Payload>& event) {
    ++account_.applied;
    offsets.see(event.head.evidence);
    Emitter emitter(cold.ledger, event.head, event.head.broker_ms);
    stage_.arrived(area_of(record), cold.context, event.head, event.payload, emitter);
    tell_findings(event.head, record);
    if (emitter.due_ms() < record.due_ms) schedule(index, emitter.due_ms());
  };
  rebuild.run(
      *pending, std::exchange(cold.redo_from_ms, never_ms), accepted, [&] { ++account_.duplicate; },
      [&](std::unique_ptr<HistoryBlock>& owner) { return fill_alone(owner); });
  if (rebuild.due_ms() < record.due_ms) schedule(index, rebuild.due_ms());
  if (rebuild.reached_end()) {
    record.last_ms = rebuild.newest_ms();
    cold.newest_sequence = rebuild.newest_sequence();
    const bool regular = cold.newest_sequence != 0 && cold.newest_sequence == cold.run_high;
    record.last_sequence = regular ? cold.newest_sequence : 0;
  }
  usage_.bytes += history_bytes(record) - before;
  trim(record);
  note_long(index, record);
}

template <class Stage>
void Shard<Stage>::adopt_history(Record& record, std::unique_ptr<HistoryBlock> head, HistoryBlock* tail) {
  usage_.bytes -= history_bytes(record);
  record.cold->head = std::move(head);
  record.set_tail(tail);
  usage_.bytes += history_bytes(record);
}

}  // namespace vigia
