// The protocol between the keyed engine and a stage: what a stage of operators must provide. The engine knows nothing of
// seals or doors; a stage knows nothing of shards, histories and snapshots.
//
// The life of a key, call by call. All calls for one key come from one thread at a time; calls for different keys may run
// at the same time on different Shards, so a stage has no mutable members.
//
//   decode(record, ...)          bytes to rows; bad bytes to rejections. Called in parallel for pieces of an epoch.
//   new_state(state)             before the first event of a key.
//   enter(area, context, payload)  may be absent. Each event, whether it will be accepted or not, before anything is done
//                                with it: writes what only the key knows into the mutable parts of the payload, such as a
//                                number in place of a name, so that it can be compacted. True: the context has grown.
//   count_unlisted(area, key, ids)  may be absent. Likewise each event, behind enter: counts the key where the site lacks it.
//   absorb(context, event)       an event of a rare stream was accepted (whenever it came): what it says about the whole
//                                past of the key. Answers from when on the fold must be made again.
//   arrived(area, context, ...)  an event was accepted; called once for each, in any order: must not depend on it.
//   apply(state, event, ...)     the fold: the next event in the order of time. Must depend on state, event and context
//                                alone; findings go to the Emitter. Called again for the same event whenever the history
//                                before it changes. The state is bytes that are copied and compared.
//   episodes(...)                what the findings and the clock amount to now. Called when something was found, when a
//                                due time that apply, arrived or episodes gave has passed, and after each event while
//                                the last answer said watch.
//   deadlines(state, area, out)  offers all due times that apply and arrived would give for this state now; asked when a
//                                due time has passed, so that a deadline that moves costs no judgement.
//   describe(episode, alert)     the words of an alert.
//   is_signal(rule), describe_signal(told, key, context)  may be absent. Rules whose episodes are only parts of
//                                what another stage judges: they live as alerts do, but leave as signals.
//   tell_findings(head, key, alerts, signals)  may be absent. An event with findings was accepted: what they say leaves at once,
//                                outside of ledger and alert book. Called once for each.
//   tell_alerts(alerts, signals) may be absent. Once an epoch, of all alerts that it brought: what the next stage hears of them.
//   judge_alone(row, ...)        what an event says that comes too late to be put in its place.
//
// When the configuration changes, Stage::Change(before, after) says how what one stage has of a key goes on under the other
// (docs/reload.md); it is made once for each change, and its calls may run at the same time:
//
//   move(told, key, context)     gives what was told its rule's new number; false: its rule is gone, or not for this key.
//   is_changed(rule)             the rule, by its old number, may judge otherwise than before: what was decided stands.
//   carry(old_state, old_area, state, area, context, ledger)
//                                the state behind the last event that has left the history, with the findings of then, and
//                                area and context, as they are under the new rules.
//   hears_again()                `arrived` is called again for what is kept.
//   describe_end(told, ...)      the words of an alert that ends because its rule is gone.
//
// A timer is nothing but a time at which `episodes` is asked again: it needs no state of its own, so it survives a
// restart, fires with its true due time, and can't fire wrongly.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/alert_book.h"
#include "engine/event.h"
#include "engine/history.h"
#include "engine/ledger.h"
#include "engine/record.h"

namespace vigia {

// What a key has beyond its record when something was found about it, or something waits to be put in its place.
template <class Payload>
struct PendingEvent {
  EventHead head;
  Payload payload;
};

// Collects what the fold finds. Times of findings are event times.
class Emitter {
 public:
  Emitter(std::unique_ptr<Ledger>& ledger, const EventHead& head, TimeMs detected_ms, TimeMs next_due_ms = no_time_ms)
      : ledger_(ledger), head_(head), detected_ms_(detected_ms), next_due_ms_(next_due_ms) {}

  // Something began at start_ms and lasts. Position NaN: unknown. The caller may fill in further members.
  Candidate& open(std::uint16_t rule, std::uint32_t discriminator, TimeMs start_ms, double lat_deg, double lon_deg,
                  std::uint64_t context);
  // What was open under (rule, discriminator) ended; nothing when nothing was open.
  void close(std::uint16_t rule, std::uint32_t discriminator, TimeMs end_ms);
  void close_all(std::uint16_t rule, TimeMs end_ms);
  // Of what is open under the rule, ends what end_of(candidate) gives an end for; 0: it goes on. Answers how many ended.
  template <class EndOf>
  std::uint32_t close_where(std::uint16_t rule, EndOf&& end_of);
  // It began and ended with this event (or ended with it: report intervals).
  Candidate& instant(std::uint16_t rule, std::uint32_t discriminator, TimeMs start_ms, TimeMs end_ms, double lat_deg,
                     double lon_deg, std::uint64_t context);
  [[nodiscard]] Candidate* find_open(std::uint16_t rule, std::uint32_t discriminator) {
    return ledger_ ? ledger_->find_open(rule, discriminator) : nullptr;
  }
  // What is told about the key may change though nothing was opened or closed.
  void touch() { touched_ = true; }
  [[nodiscard]] Ledger* ledger() { return ledger_.get(); }
  // Ask `episodes` again once the clock is past due_ms.
  void deadline(TimeMs due_ms) { due_ms_ = due_ms < due_ms_ ? due_ms : due_ms_; }
  // No deadline that was given, here or by a judgement, and that the clock has not passed yet is earlier: what waits for its
  // own need not look before. A bound only for being quick; no_time_ms when it is not known.
  [[nodiscard]] TimeMs next_due_ms() const { return next_due_ms_; }

  [[nodiscard]] const EventHead& head() const { return head_; }
  [[nodiscard]] bool touched() const { return touched_; }
  [[nodiscard]] TimeMs due_ms() const { return due_ms_; }

 private:
  void end(Candidate& candidate, TimeMs end_ms);

  std::unique_ptr<Ledger>& ledger_;
  const EventHead& head_;
  TimeMs detected_ms_;
  TimeMs next_due_ms_;
  TimeMs due_ms_ = never_ms;
  bool touched_ = false;
};

// One event on its way to its key. Views point into the epoch's records or the decoder's arena.
template <class Payload>
struct Row {
  EventHead head;
  Payload payload;
  std::string_view key;
  KeyHash hash;
  TimeMs clock_ms = 0;             // the stage clock that its record sets
  std::uint32_t record_index = 0;  // within the epoch
  std::int32_t event_index = -1;   // within its batch; -1: not a batch
  bool buffered = false;
  bool is_device = true;  // false: never too late, never a clock fault (semantics 1.5)
};

// What `episodes` needs to know, and its answer.
template <class Context>
struct JudgeInput {
  std::string_view key;
  const std::byte* state;
  const std::byte* area;
  const Context* context;  // null: none
  const Ledger* ledger;    // null: nothing found
  TimeMs clock_ms;
  TimeMs last_event_ms;  // time of the newest event of the key
  bool numbered;         // the device has a counter: it may owe messages for the whole horizon
};
struct Judgement {
  std::vector<Episode> episodes;
  TimeMs due_ms = never_ms;  // ask again once the clock is past it
  bool watch = false;        // ask again after each event
};

// Sorts due times by whether the clock has passed them.
struct Deadlines {
  TimeMs clock_ms;
  TimeMs next_ms = never_ms;      // the earliest that it has not
  TimeMs passed_ms = no_time_ms;  // the latest that it has; no_time_ms: none

  void offer(TimeMs due_ms) {
    if (due_ms < clock_ms)
      passed_ms = due_ms > passed_ms ? due_ms : passed_ms;
    else
      next_ms = due_ms < next_ms ? due_ms : next_ms;
  }
};

struct AbsorbEffect {
  TimeMs redo_from_ms = never_ms;  // the fold must be made again from the first event at or after this time
};

inline Candidate& Emitter::open(std::uint16_t rule, std::uint32_t discriminator, TimeMs start_ms, double lat_deg,
                                double lon_deg, std::uint64_t context) {
  if (!ledger_) ledger_ = std::make_unique<Ledger>();
  touched_ = true;
  Candidate candidate;
  candidate.rule = rule;
  candidate.discriminator = discriminator;
  candidate.start_ms = start_ms;
  candidate.opened_at_ms = head_.time_ms;
  candidate.detected_ms = detected_ms_;
  candidate.late_by_ms = head_.broker_ms - head_.time_ms;
  candidate.lat_deg = lat_deg;
  candidate.lon_deg = lon_deg;
  candidate.context = context;
  candidate.opened_by = head_.evidence;
  ledger_->candidates.push_back(candidate);
  return ledger_->candidates.back();
}

inline void Emitter::end(Candidate& candidate, TimeMs end_ms) {
  touched_ = true;
  candidate.end_ms = end_ms;
  candidate.closed_at_ms = head_.time_ms;
  candidate.detected_ms = detected_ms_;
  candidate.late_by_ms = head_.broker_ms - head_.time_ms;
  candidate.closed_by = head_.evidence;
}

inline void Emitter::close(std::uint16_t rule, std::uint32_t discriminator, TimeMs end_ms) {
  if (auto* candidate = find_open(rule, discriminator)) end(*candidate, end_ms);
}

inline void Emitter::close_all(std::uint16_t rule, TimeMs end_ms) {
  if (!ledger_) return;
  for (auto& candidate : ledger_->candidates)
    if (candidate.is_open() && candidate.rule == rule) end(candidate, end_ms);
}

template <class EndOf>
std::uint32_t Emitter::close_where(std::uint16_t rule, EndOf&& end_of) {
  std::uint32_t count = 0;
  if (!ledger_) return count;
  for (auto& candidate : ledger_->candidates) {
    if (!candidate.is_open() || candidate.rule != rule) continue;
    const TimeMs end_ms = end_of(std::as_const(candidate));
    if (end_ms == 0) continue;
    end(candidate, end_ms);
    ++count;
  }
  return count;
}

inline Candidate& Emitter::instant(std::uint16_t rule, std::uint32_t discriminator, TimeMs start_ms, TimeMs end_ms,
                                   double lat_deg, double lon_deg, std::uint64_t context) {
  auto& candidate = open(rule, discriminator, start_ms, lat_deg, lon_deg, context);
  candidate.end_ms = end_ms;
  candidate.closed_at_ms = head_.time_ms;
  candidate.is_instant = true;
  return candidate;
}

}  // namespace vigia
