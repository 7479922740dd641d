// duress, panic, vibration, heat, smoke: an alarm input. An instant. The same alarm over another communication path within
// `path_window` of the first is the same alarm; over the same path it is a new one. An alarm belongs to the oldest that its path
// has not brought yet; so of the alarms whose windows are open each path has brought the oldest ones.
#pragma once

#include <array>

#include "operators/door_fold.h"

namespace vigia {

template <AccessKind alarm>
class AlarmInput : public OperatorBase {
 public:
  // How far a path has come: `count` of the alarms that began at start_ms, and all before.
  struct Brought {
    std::uint32_t path = 0;
    std::uint32_t count = 0;  // 0: nothing of what is open
    TimeMs start_ms = 0;
  };
  // Of more paths within one window the one that is furthest behind is forgotten. Alarms whose windows are open are findings
  // that are open.
  struct State {
    std::uint64_t open = 0;
    std::array<Brought, 8> paths;
  };
  explicit AlarmInput(const RuleSpec& spec) : window_ms_(spec.duration_ms("path_window")) {}

  void on_event(State& state, const DoorFold& fold) const {
    const auto is_over = [&](TimeMs start_ms) { return start_ms + window_ms_ < fold.now_ms(); };
    if (state.open != 0)
      state.open -= fold.emitter.close_where(
          rule, [&](const Candidate& c) { return is_over(c.start_ms) ? c.start_ms : TimeMs{0}; });
    if (fold.event.kind != alarm) return;
    for (Brought& brought : state.paths)
      if (is_over(brought.start_ms)) brought = {};
    auto& brought = brought_by(state, fold.event.path);
    const auto* same = next_behind(brought, fold);
    const auto start_ms = same == nullptr ? fold.now_ms() : same->start_ms;
    brought.count = brought.start_ms == start_ms ? brought.count + 1 : 1;
    brought.start_ms = start_ms;
    if (same != nullptr) return;
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
  [[nodiscard]] static Brought& brought_by(State& state, std::uint32_t path) {
    for (Brought& brought : state.paths)
      if (brought.count != 0 && brought.path == path) return brought;
    auto& furthest_behind = *std::ranges::min_element(state.paths, {}, &Brought::start_ms);
    furthest_behind = {path, 0, 0};
    return furthest_behind;
  }
  // The oldest open alarm that the path has not brought; null: it has brought all.
  [[nodiscard]] const Candidate* next_behind(const Brought& brought, const DoorFold& fold) const {
    if (fold.emitter.ledger() == nullptr) return nullptr;
    std::uint32_t at_start = 0;
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
