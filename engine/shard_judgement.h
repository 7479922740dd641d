// Bodies of engine/shard.h: deadlines, what the findings amount to, and what is let go of.
#pragma once

#include "engine/shard.h"

namespace vigia {

template <class Stage>
void Shard<Stage>::schedule(std::uint32_t index, TimeMs due_ms) {
  auto& record = record_at(index);
  record.due_ms = due_ms;
  if (due_ms == never_ms) return;
  if (spill_.is_possible()) {
    // While keys come and go, deadlines lie where they outlast that; and one that is no later than this will do.
    if (record.cold->alarm_ms <= due_ms) return;
    if (!spill_.stubs.empty() && due_ms >= spill_.awake_until_ms) return set_alarm(*record.cold, due_ms);
  }
  wheel_.schedule(index, due_ms);
}

// For the earliest of the key's deadlines that has not passed yet. The latest of those that have; no_time_ms: none.
template <class Stage>
TimeMs Shard<Stage>::schedule_next(std::uint32_t index) {
  auto& record = record_at(index);
  Deadlines deadlines{clock_ms_};
  stage_.deadlines(state_of(record), area_of(record), deadlines);
  deadlines.offer(record.cold->judged_due_ms);
  schedule(index, deadlines.next_ms);
  return deadlines.passed_ms;
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
          tell(shown, cold, alerts);
        });
  }
  forget(record, clock_ms);
  cold.judged_due_ms = judgement.due_ms;
  record.watched = judgement.watch || (cold.book && cold.book->has_provisional());
  if (judgement.due_ms != never_ms && judgement.due_ms < record.due_ms)
    schedule(index, std::max(judgement.due_ms, clock_ms));
  account_found(record);
}

// As an alert, or as a signal: a finding that is only a part of what another stage will judge.
template <class Stage>
void Shard<Stage>::tell(const ToldAlert& told, const Cold& cold, std::vector<Alert>& alerts) {
  if constexpr (requires { stage_.is_signal(told.last.rule); }) {
    if (stage_.is_signal(told.last.rule)) {
      signals_.push_back(stage_.describe_signal(told, cold.key, cold.context.get()));
      return;
    }
  }
  alerts.push_back(stage_.describe(told, cold.key, cold.context.get()));
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
// it has been told: an epoch may be longer than the horizon. Findings that make one episode together go together. An alert
// goes with what it was told from, neither sooner (it would be told again) nor later (it would be withdrawn).
template <class Stage>
void Shard<Stage>::forget(Record& record, TimeMs clock_ms) {
  auto& cold = *record.cold;
  const auto forget_ms = clock_ms - settings_.horizon_ms - broker_disorder_ms;
  if (cold.ledger) {
    cold.ledger->forget([&](const Candidate& c) {
      if constexpr (requires { stage_.needs(*cold.context, c); })
        if (cold.context && stage_.needs(*cold.context, c)) return false;
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
void Shard<Stage>::finish(TimeMs clock_ms, std::vector<Alert>& alerts) {
  constexpr std::size_t spilled_keys_max = 4096;  // whose deadlines pass at once
  if (!waiting_.empty()) apply_waiting();
  clock_ms_ = spill_.awake_until_ms = std::max(clock_ms_, clock_ms);
  if (spill_.is_possible()) fill_for_pending();
  for (const auto index : touched_) flush(index, record_at(index));
  for (bool all_awake = false; !all_awake;) {
    all_awake = !spill_.is_possible() || wake_spilled(spilled_keys_max);
    fire_due();
    for (const auto index : touched_) judge(index, record_at(index), clock_ms_, alerts);
    for (const auto index : touched_) record_at(index).touched = false;
    touched_.clear();
    if (!all_awake) shed();
  }
  for (auto& alert : alone_) alerts.push_back(std::move(alert));
  alone_.clear();
  told_until_ms_ = clock_ms_;
  if (spill_.is_possible()) shed();
}

template <class Stage>
void Shard<Stage>::fire_due() {
  wheel_.advance(clock_ms_, [&](std::uint32_t index, TimeMs due_ms) {
    auto& record = record_at(index);
    if (record.due_ms != due_ms) return;  // scheduled anew since
    // Most deadlines have moved with the events that came meanwhile: then there is nothing to judge.
    const auto passed_ms = schedule_next(index);
    if (passed_ms == no_time_ms) return;
    about_to_change(index, record);
    touch(index, record, passed_ms, 0);
  });
}

}  // namespace vigia
