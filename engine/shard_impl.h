// The bodies of engine/shard.h; included by it alone.
#pragma once

#include <fmt/format.h>
#include <xxhash.h>

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
    if (const auto i = n - 2 * lead; n >= 2 * lead && i < rows.size()) fetch_history(*found[i % ring].record);
    if (const auto i = n - 3 * lead; n >= 3 * lead) step(rows[i], found[i % ring].index, *found[i % ring].record);
  }
}

template <class Stage>
inline typename Shard<Stage>::Found Shard<Stage>::find_row(const EventRow& row) {
  auto index = table_.find(row.hash, row.key);
  if (index == KeyTable::none) {
    static_cast<void>(find_or_add(row.hash, row.key));
    index = slab_.count() - 1;
  }
  const auto* bytes = slab_.at(index);
  for (std::size_t line = 0; line < slab_.stride(); line += 64) __builtin_prefetch(bytes + line, 1);
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
typename Shard<Stage>::Record& Shard<Stage>::find_or_add(KeyHash hash, std::string_view key) {
  if (const auto index = table_.find(hash, key); index != KeyTable::none) return record_at(index);
  const auto index = slab_.add();
  auto& record = *new (slab_.at(index)) Record;
  stage_.new_area(area_of(record));
  stage_.new_state(state_of(record));
  record.cold = new Cold;
  record.cold->key = key;
  usage_.bytes += sizeof(Cold) + (key.size() > 15 ? key.size() + 1 : 0);
  start_block(record);
  table_.insert(hash, key, index);
  return record;
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

// In the newest block, for one more entry. Its header is true afterwards.
template <class Stage>
void Shard<Stage>::make_room(Record& record) {
  record.settle();
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
}

template <class Stage>
void Shard<Stage>::absorb_emitted(const Emitter& emitter, const EventHead& head, std::uint32_t index, Record& record) {
  if (emitter.due_ms() < record.due_ms) schedule(index, emitter.due_ms());
  if (emitter.touched() || record.watched) touch(index, record, head.broker_ms, head.broker_ms - head.time_ms);
}

template <class Stage>
void Shard<Stage>::schedule(std::uint32_t index, TimeMs due_ms) {
  auto& record = record_at(index);
  record.due_ms = due_ms;
  if (due_ms != never_ms) wheel_.schedule(index, due_ms);
}

template <class Stage>
void Shard<Stage>::schedule_restored(std::uint32_t index) {
  auto& record = record_at(index);
  const auto ahead = [&](TimeMs at_ms) { return at_ms >= clock_ms_ ? at_ms : never_ms; };
  schedule(index,
           std::min(ahead(stage_.earliest_due(state_of(record), area_of(record))), ahead(record.cold->judged_due_ms)));
}

template <class Stage>
void Shard<Stage>::touch(std::uint32_t index, Record& record, TimeMs detected_ms, TimeMs late_by_ms) {
  auto& cold = *record.cold;
  if (detected_ms >= cold.detected_ms || !record.touched) {
    cold.detected_ms = detected_ms;
    cold.late_by_ms = late_by_ms;
  }
  if (record.touched) return;
  record.touched = true;
  touched_.push_back(index);
}

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
  if (record.tail->count >= HistoryBlock::full) {
    trim(record);
    start_block(record);
  }
  auto* owner = &cold.head;
  while ((*owner)->next) owner = &(*owner)->next;
  usage_.bytes -= (*owner)->memory_bytes();
  append_to_block(stage_, *owner, PartitionId{record.partition}, head, payload, record.last_ms, cold.newest_sequence);
  usage_.bytes += (*owner)->memory_bytes();
  record.set_tail(owner->get());
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
  const auto pending = std::exchange(cold.pending, nullptr);
  const auto before = history_bytes(record);
  Rebuild<Stage> rebuild(stage_, offsets, record, state_of(record), area_of(record), cold.detected_ms);
  const auto accepted = [&](const PendingEvent<Payload>& event) {
    ++account_.applied;
    offsets.see(event.head.evidence);
    Emitter emitter(cold.ledger, event.head, event.head.broker_ms);
    stage_.arrived(area_of(record), cold.context, event.head, event.payload, emitter);
    if (emitter.due_ms() < record.due_ms) schedule(index, emitter.due_ms());
  };
  rebuild.run(*pending, std::exchange(cold.redo_from_ms, never_ms), accepted, [&] { ++account_.duplicate; });
  if (rebuild.due_ms() < record.due_ms) schedule(index, rebuild.due_ms());
  if (rebuild.reached_end()) {
    record.last_ms = rebuild.newest_ms();
    cold.newest_sequence = rebuild.newest_sequence();
    const bool regular = cold.newest_sequence != 0 && cold.newest_sequence == cold.run_high;
    record.last_sequence = regular ? cold.newest_sequence : 0;
  }
  usage_.bytes += history_bytes(record) - before;
  trim(record);
}

template <class Stage>
void Shard<Stage>::judge(std::uint32_t index, Record& record, TimeMs clock_ms, std::vector<Alert>& alerts) {
  auto& cold = *record.cold;
  Judgement judgement;
  ask(record, clock_ms, judgement);
  if (!judgement.episodes.empty() || cold.book) {
    if (!cold.book) cold.book = std::make_unique<AlertBook>();
    cold.book->reconcile(
        judgement.episodes, cold.key, {cold.detected_ms, cold.late_by_ms, told_until_ms_},
        [&](std::uint16_t rule) { return stage_.names_of(rule); },
        [&](const ToldAlert& told) {
          // What only the clock says, or a withdrawal, is told on the strength of what was last heard.
          auto shown = told;
          if (shown.last.evidence[0].offset.value < 0) shown.last.evidence[0] = newest_evidence(record);
          alerts.push_back(stage_.describe(shown, cold.key, cold.context.get()));
        });
  }
  forget(record, clock_ms);
  cold.judged_due_ms = judgement.due_ms;
  record.watched = judgement.watch || (cold.book && cold.book->has_provisional());
  if (judgement.due_ms != never_ms && judgement.due_ms < record.due_ms)
    schedule(index, std::max(judgement.due_ms, clock_ms));
  account_found(record);
}

// Of the newest event that is kept; none when nothing is.
template <class Stage>
EvidenceRef Shard<Stage>::newest_evidence(const Record& record) const {
  record.settle();
  BlockReader<Stage> reader(stage_, offsets, PartitionId{record.partition}, *record.tail);
  EventHead head;
  Payload payload;
  while (reader.next(head, payload)) {
  }
  return head.evidence;
}

template <class Stage>
void Shard<Stage>::ask(Record& record, TimeMs clock_ms, Judgement& judgement) const {
  const auto& cold = *record.cold;
  stage_.episodes({cold.key, state_of(record), area_of(record), cold.context.get(), cold.ledger.get(), clock_ms,
                   record.last_ms, cold.contact_sequence != 0},
                  judgement);
}

// Lets go of what no event can change any more: what ended a horizon ago and what made it has left the history. Only once
// it has been told: an epoch may be longer than the horizon. An alert goes with what it was told from, neither sooner (it
// would be told again) nor later (it would be withdrawn).
template <class Stage>
void Shard<Stage>::forget(Record& record, TimeMs clock_ms) {
  auto& cold = *record.cold;
  const auto forget_ms = clock_ms - settings_.horizon_ms - broker_disorder_ms;
  if (cold.ledger) {
    std::erase_if(cold.ledger->candidates, [&](const Candidate& c) {
      return c.closed_at_ms < cold.base_ms &&
             (stage_.is_internal(c.rule) || std::max(c.start_ms, c.end_ms) < forget_ms);
    });
    if (cold.ledger->candidates.empty()) cold.ledger.reset();
  }
  if (cold.context) stage_.trim(*cold.context, std::min(forget_ms, cold.base_ms));
  if (cold.heard) {
    std::erase_if(*cold.heard, [&](const auto& identity) { return identity.second < clock_ms; });
    if (cold.heard->empty()) cold.heard.reset();
  }
  const auto is_old = [&](const ToldAlert& told) {
    return told.last.end_ms < forget_ms && told.last.start_ms < forget_ms;
  };
  if (!cold.book || std::none_of(cold.book->alerts.begin(), cold.book->alerts.end(), is_old)) return;
  Judgement remaining;
  ask(record, clock_ms, remaining);
  cold.book->forget(remaining.episodes, forget_ms);
  if (cold.book->alerts.empty()) cold.book.reset();
}

template <class Stage>
void Shard<Stage>::account_found(Record& record) {
  auto& cold = *record.cold;
  const auto found = (cold.context ? stage_.context_bytes(*cold.context) : 0) +
                     (cold.ledger ? sizeof(Ledger) + cold.ledger->candidates.capacity() * sizeof(Candidate) : 0) +
                     (cold.book ? sizeof(AlertBook) + cold.book->alerts.capacity() * sizeof(ToldAlert) : 0) +
                     (cold.gaps ? sizeof(*cold.gaps) + cold.gaps->capacity() * sizeof(SequenceGap) : 0) +
                     (cold.heard ? sizeof(*cold.heard) + cold.heard->size() * heard_bytes : 0);
  usage_.bytes += found - cold.found_bytes;
  cold.found_bytes = static_cast<std::uint32_t>(found);
}

template <class Stage>
void Shard<Stage>::adopt_history(Record& record, std::unique_ptr<HistoryBlock> head, HistoryBlock* tail) {
  usage_.bytes -= history_bytes(record);
  record.cold->head = std::move(head);
  record.set_tail(tail);
  usage_.bytes += history_bytes(record);
}

template <class Stage>
void Shard<Stage>::finish(TimeMs clock_ms, std::vector<Alert>& alerts) {
  clock_ms_ = std::max(clock_ms_, clock_ms);
  for (const auto index : touched_) flush(index, record_at(index));
  wheel_.advance(clock_ms_, [&](std::uint32_t index, TimeMs due_ms) {
    auto& record = record_at(index);
    if (record.due_ms != due_ms) return;  // scheduled anew since
    record.due_ms = never_ms;
    // Most deadlines have moved with the events that came meanwhile: then there is nothing to judge.
    const auto by_state_ms = stage_.earliest_due(state_of(record), area_of(record));
    const auto by_judgement_ms = record.cold->judged_due_ms;
    if (by_state_ms >= clock_ms_ && by_judgement_ms >= clock_ms_)
      return schedule(index, std::min(by_state_ms, by_judgement_ms));
    const auto passed = [&](TimeMs at_ms) { return at_ms < clock_ms_ ? at_ms : no_time_ms; };
    about_to_change(index, record);
    touch(index, record, std::max(passed(by_state_ms), passed(by_judgement_ms)), 0);
  });
  for (const auto index : touched_) judge(index, record_at(index), clock_ms_, alerts);
  for (const auto index : touched_) record_at(index).touched = false;
  touched_.clear();
  for (auto& alert : alone_) alerts.push_back(std::move(alert));
  alone_.clear();
  told_until_ms_ = clock_ms_;
}

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
