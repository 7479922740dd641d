// duress, panic, vibration, heat, smoke: an alarm input. An instant. The same alarm over another communication path within
// `path_window` of the first is the same alarm; over the same path it is a new one. An alarm belongs to the oldest that its path
// has not brought yet; so of the alarms whose windows are open each path has brought the oldest ones.
#pragma once

#include <algorithm>

#include "operators/door_fold.h"

namespace vigia {

template <AccessKind alarm>
class AlarmInput : public OperatorBase {
 public:
  // Of more paths within one window the one that is furthest behind is forgotten.
  static constexpr int paths_max = 8;
  // Alarms whose windows are open are findings that are open. So is how far each path has come, as internal ones: `context` of
  // the alarms that began at their start, and all before.
  struct State {
    std::uint64_t open = 0;
  };
  explicit AlarmInput(const RuleSpec& spec) : window_ms_(spec.duration_ms("path_window")) {}

  void on_event(State& state, const DoorFold& fold) const {
    const auto is_over = [&](TimeMs start_ms) { return start_ms + window_ms_ < fold.now_ms(); };
    const auto end_of = [&](const Candidate& c) { return is_over(c.start_ms) ? c.start_ms : TimeMs{0}; };
    if (state.open != 0) {
      state.open -= fold.emitter.close_where(rule, end_of);
      fold.emitter.close_where(internal_rule(rule), end_of);
    }
    if (fold.event.kind != alarm) return;
    const auto path = fold.event.path;
    const auto* brought = fold.emitter.find_open(internal_rule(rule), path);
    const Brought last = brought == nullptr ? Brought{} : Brought{brought->start_ms, brought->context};
    const auto* same = next_behind(last, fold);
    const auto start_ms = same == nullptr ? fold.now_ms() : same->start_ms;
    const bool is_new = same == nullptr;
    if (brought == nullptr)
      make_room(fold);
    else
      fold.emitter.close(internal_rule(rule), path, answered_ms);
    fold.emitter.open(internal_rule(rule), path, start_ms, NAN, NAN, last.start_ms == start_ms ? last.count + 1 : 1);
    if (!is_new) return;
    fold.emitter.open(rule, 0, start_ms, NAN, NAN, 0);
    ++state.open;
  }
  void judge(const State&, DoorJudge& judge) const {
    judge.for_each_candidate([&](const Candidate& candidate) {
      auto& episode = judge.add(candidate);
      episode.status = schema::AlertStatus::confirmed;
      episode.end_ms = candidate.start_ms;
      episode.evidence[1] = {};
    });
  }

 private:
  // How far a path has come: `count` of the alarms that began at start_ms, and all before.
  struct Brought {
    TimeMs start_ms = 0;
    std::uint64_t count = 0;  // 0: nothing of what is open
  };

  void make_room(const DoorFold& fold) const {
    if (fold.emitter.ledger() == nullptr) return;
    int paths = 0;
    const Candidate* furthest_behind = nullptr;
    for (const Candidate& candidate : fold.emitter.ledger()->candidates) {
      if (candidate.rule != internal_rule(rule) || !candidate.is_open()) continue;
      ++paths;
      if (furthest_behind == nullptr || candidate.start_ms < furthest_behind->start_ms) furthest_behind = &candidate;
    }
    if (paths >= paths_max) fold.emitter.close(internal_rule(rule), furthest_behind->discriminator, answered_ms);
  }
  // The oldest open alarm that the path has not brought; null: it has brought all.
  [[nodiscard]] const Candidate* next_behind(Brought brought, const DoorFold& fold) const {
    if (fold.emitter.ledger() == nullptr) return nullptr;
    std::uint64_t at_start = 0;
    for (const Candidate& candidate : fold.emitter.ledger()->candidates) {
      if (candidate.rule != rule || !candidate.is_open() || candidate.start_ms < brought.start_ms) continue;
      if (candidate.start_ms == brought.start_ms && ++at_start <= brought.count) continue;
      return &candidate;
    }
    return nullptr;
  }

  TimeMs window_ms_;
};

struct Duress : AlarmInput<AccessKind::duress> {
  static constexpr std::string_view kind = "duress";
  using AlarmInput::AlarmInput;
};
struct DoorPanic : AlarmInput<AccessKind::panic> {
  static constexpr std::string_view kind = "panic";
  using AlarmInput::AlarmInput;
};
struct Vibration : AlarmInput<AccessKind::vibration> {
  static constexpr std::string_view kind = "vibration";
  using AlarmInput::AlarmInput;
};
struct Heat : AlarmInput<AccessKind::heat> {
  static constexpr std::string_view kind = "heat";
  using AlarmInput::AlarmInput;
};
struct Smoke : AlarmInput<AccessKind::smoke> {
  static constexpr std::string_view kind = "smoke";
  using AlarmInput::AlarmInput;
};

}  // namespace vigia
