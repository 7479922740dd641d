// Puts late events in their place: merges them into a key's history from the block where the earliest belongs, makes the
// fold again from that block's checkpoint, and stops where the state is again what it was; if another event belongs further
// on, it begins again there.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "engine/block_reader.h"
#include "engine/key_record.h"

namespace vigia {

// Bytes of histories and findings of a shard.
struct MemoryUsage {
  std::uint64_t bytes = 0;
};

template <class Stage>
class Rebuild {
 public:
  using Payload = typename Stage::Payload;
  using Pending = PendingEvent<Payload>;

  // `state` and `area` are the key's own. `detected_ms` is the broker time of the record that made this necessary.
  Rebuild(const Stage& stage, const OffsetReference& offsets, KeyRecord<Stage>& record, std::byte* state,
          std::byte* area, TimeMs detected_ms)
      : stage_(stage),
        offsets_(offsets),
        cold_(*record.cold),
        record_(record),
        state_(state),
        area_(area),
        detected_ms_(detected_ms) {}

  // `pending` in the order of their arrival. Calls accepted(event) for each that was new, duplicate() for each that was not;
  // and fill(owner) for a hollow block that the fold comes to: false when it can't be read, which is the end.
  // Afterwards `state`, the history and the ledger are what they would be had the events come in order.
  template <class Accepted, class Duplicate, class Fill>
  void run(std::vector<Pending>& pending, TimeMs redo_from_ms, Accepted&& accepted, Duplicate&& duplicate, Fill&& fill);

  [[nodiscard]] bool touched() const { return touched_; }
  [[nodiscard]] TimeMs due_ms() const { return due_ms_; }
  // Of the newest event, when the fold was made again up to the end.
  [[nodiscard]] bool reached_end() const { return reached_end_; }
  [[nodiscard]] TimeMs newest_ms() const { return previous_ms_; }
  [[nodiscard]] std::uint32_t newest_sequence() const { return previous_sequence_; }

 private:
  // From the place of pending[at] on, until the end or until all is the same again; `at` is then behind what was merged in.
  template <class Accepted, class Duplicate, class Fill>
  void merge(const std::vector<Pending>& pending, std::size_t& at, TimeMs redo_from_ms, Accepted&& accepted,
             Duplicate&& duplicate, Fill&& fill);
  void cut_at(TimeMs from_ms);
  void begin_block();
  void fold(const EventHead& head, const Payload& payload, bool room_for_more);
  [[nodiscard]] bool converged_at(const HistoryBlock& old) const {
    return std::memcmp(state_now_.get(), old.checkpoint(), stage_.state_bytes()) == 0;
  }
  void attach_rest(std::unique_ptr<HistoryBlock> rest);

  const Stage& stage_;
  const OffsetReference& offsets_;
  KeyCold<Stage>& cold_;
  KeyRecord<Stage>& record_;
  std::byte* state_;
  std::byte* area_;
  TimeMs detected_ms_;
  TimeMs caused_ms_ = no_time_ms;  // broker time of what is behind a change found from here on
  bool touched_ = false;
  bool reached_end_ = false;
  TimeMs due_ms_ = never_ms;

  std::unique_ptr<HistoryBlock> old_;                    // what is read again
  HistoryBlock* kept_tail_ = nullptr;                    // the block before it; null: none
  std::unique_ptr<HistoryBlock> fresh_;                  // what is written anew
  std::unique_ptr<HistoryBlock>* fresh_tail_ = nullptr;  // its newest block; null: none
  std::unique_ptr<std::byte[]> state_now_;
  TimeMs previous_ms_ = no_time_ms;
  std::uint32_t previous_sequence_ = 0;
  std::size_t fresh_count_ = 0;  // events written anew
};

template <class Stage>
void Rebuild<Stage>::cut_at(TimeMs from_ms) {
  auto* link = &cold_.head;
  while ((*link)->next && (*link)->next->first_ms <= from_ms) {
    kept_tail_ = link->get();
    link = &(*link)->next;
  }
  old_ = std::move(*link);
}

template <class Stage>
void Rebuild<Stage>::begin_block() {
  auto& owner = fresh_tail_ ? (*fresh_tail_)->next : fresh_;
  owner = HistoryBlock::make(state_now_.get(), stage_.state_bytes());
  fresh_tail_ = &owner;
}

template <class Stage>
void Rebuild<Stage>::fold(const EventHead& head, const Payload& payload, bool room_for_more) {
  const bool may_begin = fresh_tail_ == nullptr || head.time_ms > previous_ms_;
  const bool should_begin =
      fresh_tail_ == nullptr ||
      ((*fresh_tail_)->is_full(head.time_ms) && (room_for_more || (*fresh_tail_)->count >= HistoryBlock::capacity_max));
  if (may_begin && should_begin) begin_block();
  HistoryBlock::reserve_one_more(*fresh_tail_);
  append_to_block(stage_, **fresh_tail_, PartitionId{record_.partition}, head, payload, previous_ms_,
                  previous_sequence_);
  previous_ms_ = head.time_ms;
  previous_sequence_ = head.sequence;
  ++fresh_count_;
  Emitter emitter(cold_.ledger, head, std::max(caused_ms_, head.broker_ms));
  stage_.apply(state_now_.get(), area_, head, payload, cold_.context, emitter);
  touched_ |= emitter.touched();
  due_ms_ = std::min(due_ms_, emitter.due_ms());
}

template <class Stage>
void Rebuild<Stage>::attach_rest(std::unique_ptr<HistoryBlock> rest) {
  if (fresh_tail_ == nullptr && rest == nullptr) begin_block();
  if (fresh_tail_)
    (*fresh_tail_)->next = std::move(rest);
  else
    fresh_ = std::move(rest);
  (kept_tail_ ? kept_tail_->next : cold_.head) = std::move(fresh_);
  auto* tail = kept_tail_ ? kept_tail_ : cold_.head.get();
  while (tail->next) tail = tail->next.get();
  record_.set_tail(tail);
}

template <class Stage>
template <class Accepted, class Duplicate, class Fill>
void Rebuild<Stage>::run(std::vector<Pending>& pending, TimeMs redo_from_ms, Accepted&& accepted, Duplicate&& duplicate,
                         Fill&& fill) {
  std::stable_sort(pending.begin(), pending.end(),
                   [](const Pending& a, const Pending& b) { return ordered_before(a.head, b.head); });
  if (pending.empty() && redo_from_ms == never_ms) return;
  std::size_t at = 0;
  do {
    merge(pending, at, redo_from_ms, accepted, duplicate, fill);
  } while (at < pending.size());
}

template <class Stage>
template <class Accepted, class Duplicate, class Fill>
void Rebuild<Stage>::merge(const std::vector<Pending>& pending, std::size_t& at, TimeMs redo_from_ms,
                           Accepted&& accepted, Duplicate&& duplicate, Fill&& fill) {
  const auto from_ms = std::min(redo_from_ms, pending.empty() ? never_ms : pending[at].head.time_ms);
  kept_tail_ = nullptr;
  fresh_tail_ = nullptr;
  previous_ms_ = caused_ms_ = no_time_ms;
  previous_sequence_ = 0;
  fresh_count_ = 0;
  cut_at(from_ms);
  const auto give_up = [&](std::unique_ptr<HistoryBlock> rest) {
    at = pending.size();
    attach_rest(std::move(rest));
  };
  if (old_->is_hollow() && !fill(old_)) return give_up(std::move(old_));
  const auto bytes = stage_.state_bytes();
  state_now_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
  std::memcpy(state_now_.get(), old_->checkpoint(), bytes);
  // What events found that have left the history stands, whatever is folded again.
  const auto boundary_ms = std::min(old_->first_ms, std::max(from_ms, cold_.base_ms + 1));
  std::vector<Candidate> before;
  if (cold_.ledger) before = cold_.ledger->roll_back(boundary_ms);
  touched_ |= !before.empty();
  // Where a context changed there is no stopping early: what the state does not hold may have changed the findings.
  const bool may_converge = redo_from_ms == never_ms;
  if (!may_converge) caused_ms_ = detected_ms_;

  const auto put = [&](const Pending& late) {
    accepted(late);
    caused_ms_ = std::max(caused_ms_, late.head.broker_ms);
    fold(late.head, late.payload, true);
  };
  for (auto block = std::move(old_); block;) {
    if (block->is_hollow() && !fill(block)) return give_up(std::move(block));
    const bool may_stop = at == pending.size() || (block->next && pending[at].head.time_ms >= block->next->first_ms);
    if (may_converge && may_stop && fresh_tail_ && block->first_ms > previous_ms_ && converged_at(*block)) {
      const bool same = !cold_.ledger || cold_.ledger->converge(before, block->first_ms);
      if (same) return attach_rest(std::move(block));
    }
    BlockReader<Stage> reader(stage_, offsets_, PartitionId{record_.partition}, *block);
    EventHead head;
    Payload payload;
    while (reader.next(head, payload)) {
      while (at < pending.size() && !ordered_before(head, pending[at].head)) {
        const auto& late = pending[at++];
        const bool known =
            same_identity(late.head, head) || (at >= 2 && same_identity(late.head, pending[at - 2].head));
        if (known) {
          duplicate();
          continue;
        }
        put(late);
      }
      fold(head, payload, reader.remaining() + (pending.size() - at) >= HistoryBlock::full / 2);
    }
    block = std::move(block->next);
  }
  for (; at < pending.size(); ++at) {
    const auto& late = pending[at];
    if (at >= 1 && same_identity(late.head, pending[at - 1].head)) {
      duplicate();
      continue;
    }
    put(late);
  }
  attach_rest(nullptr);
  std::memcpy(state_, state_now_.get(), bytes);
  reached_end_ = fresh_count_ != 0;
}

}  // namespace vigia
