// unauthorized_stop: longer than `limit` within `radius_m` of the place where the stay began, announced stops not counted,
// outside depots and exempt zones (semantics 3.3 to 3.5).
#pragma once

#include "operators/fold.h"
#include "operators/stop_radius.h"

namespace vigia {

class UnauthorizedStop : public OperatorBase {
 public:
  static constexpr std::string_view kind = "unauthorized_stop";
  static constexpr bool follows_zones = true;

  // The anchor, the first position of the stay; `since` is its time * 4 + exempt * 2 + has a candidate.
  struct State {
    double lat_deg = 0;
    double lon_deg = 0;
    TimeMs since = no_time_ms;

    [[nodiscard]] bool has_anchor() const { return since != no_time_ms; }
    [[nodiscard]] TimeMs since_ms() const { return since >> 2; }
    [[nodiscard]] bool is_exempt() const { return (since & 2) != 0; }
    [[nodiscard]] bool is_candidate() const { return (since & 1) != 0; }
  };

  explicit UnauthorizedStop(const RuleSpec& spec)
      : limit_ms_(spec.duration_ms("limit")), radius_(spec.number("radius_m")) {}

  void on_fix(State& state, Fold& fold, LatLon fix, TimeMs at_ms) const {
    if (state.has_anchor() && radius_.holds({state.lat_deg, state.lon_deg}, fix)) {
      if (state.is_exempt() || at_ms - state.since_ms() <= limit_ms_) return;
      if (state.is_candidate()) return fold.emitter.touch();  // what counts of it may just have passed the limit
      state.since |= 1;
      fold.emitter.open(rule, 0, state.since_ms(), state.lat_deg, state.lon_deg, fold.view.trip);
      return;
    }
    end_stay(state, fold);
    const bool is_exempt = fold.view.zones != 0 && is_exempt_at(fold.site, fix);
    state = {fix.lat_deg, fix.lon_deg, at_ms * 4 + (is_exempt ? 2 : 0)};
    if (!state.is_exempt()) fold.emitter.deadline(at_ms + limit_ms_);
  }

  void on_trip_end(State& state, Fold& fold, TimeMs) const {
    end_stay(state, fold);
    state = {};
  }

  [[nodiscard]] TimeMs due(const State& state) const {
    return state.has_anchor() && !state.is_exempt() ? state.since_ms() + limit_ms_ : never_ms;
  }

  void judge(const State& state, SealJudge& judge) const {
    bool proven = false;
    judge.for_each_candidate([&](const Candidate& candidate) {
      const auto last_ms = candidate.is_open() ? judge.view.fix_ms : candidate.end_ms;
      const auto* trip = judge.trip(candidate.context);
      const auto counted_ms = last_ms - candidate.start_ms - covered_ms(trip, candidate.start_ms, last_ms);
      if (counted_ms <= limit_ms_) return;
      proven |= candidate.is_open();
      judge.add(candidate);
    });
    if (proven || !judge.view.is(view_active) || !state.has_anchor() || state.is_exempt()) return;
    const auto due_ms = uncovered_until_ms(judge.trip(judge.view.trip), state.since_ms(), limit_ms_);
    const auto horizon_ms = judge.view.fix_ms + judge.message_horizon_ms();
    if (due_ms == never_ms || due_ms > horizon_ms) return;
    judge.ask_again(due_ms);
    judge.ask_again(horizon_ms);
    if (judge.key.clock_ms <= due_ms || judge.key.clock_ms > horizon_ms) return;
    auto& episode = judge.add(state.since_ms(), due_ms);
    episode.status = schema::AlertStatus::provisional;
    episode.lat_deg = state.lat_deg;
    episode.lon_deg = state.lon_deg;
  }

  // Another site model: the anchor may lie in a zone that exempts it now, or no longer does.
  static void carry(State& state, const SiteModel&, const SiteModel& after) {
    if (!state.has_anchor()) return;
    const bool is_exempt = is_exempt_at(after, {state.lat_deg, state.lon_deg});
    state.since = is_exempt ? (state.since | 2) & ~TimeMs{1} : state.since & ~TimeMs{2};
  }

 private:
  // The last position inside is the last good fix: the first one outside ends the stay.
  void end_stay(const State& state, Fold& fold) const {
    if (state.is_candidate()) fold.emitter.close(rule, 0, fold.view.fix_ms);
  }

  TimeMs limit_ms_;
  StopRadius radius_;
};

}  // namespace vigia
