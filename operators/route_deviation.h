// route_deviation: further from the trip's route than its corridor's half-width. `confirmations` positions outside in a row
// raise it, starting at the first of them; as many inside in a row clear it, ending at the first of those.
#pragma once

#include "operators/fold.h"

namespace vigia {

class RouteDeviation : public OperatorBase {
 public:
  static constexpr std::string_view kind = "route_deviation";

#pragma pack(push, 4)
  // The run of positions on the other side than the last decided one: when it began, * 65536 + length.
  struct State {
    std::uint64_t run = 0;
    std::uint32_t route_and_side = no_route << 1;  // lowest bit: decided to be outside

    [[nodiscard]] std::uint32_t route() const { return route_and_side >> 1; }
    [[nodiscard]] bool is_outside() const { return (route_and_side & 1) != 0; }
    [[nodiscard]] std::uint32_t length() const { return static_cast<std::uint32_t>(run & 0xffff); }
    [[nodiscard]] TimeMs begun_ms() const { return static_cast<TimeMs>(run >> 16); }
  };
#pragma pack(pop)
  static_assert(sizeof(State) == 12);

  explicit RouteDeviation(const RuleSpec& spec)
      : confirmations_(static_cast<std::uint32_t>(spec.integer("confirmations"))) {}

  void on_trip_start(State& state, Fold& fold) const { take_route(state, fold); }
  void on_trip_event(State& state, Fold& fold) const { take_route(state, fold); }

  void on_fix(State& state, Fold& fold, LatLon fix, TimeMs at_ms) const {
    if (state.route() == no_route) return;
    const bool outside = !fold.site.routes[state.route()].corridor.inside(fix, fold.area.segment_hint);
    if (outside == state.is_outside()) {
      state.run = 0;
      return;
    }
    if (state.run == 0) state.run = static_cast<std::uint64_t>(at_ms) << 16;
    if (++state.run, state.length() < confirmations_) return;
    if (outside)
      fold.emitter.open(rule, 0, state.begun_ms(), fix.lat_deg, fix.lon_deg, fold.view.trip);
    else
      fold.emitter.close(rule, 0, state.begun_ms());
    state.run = 0;
    state.route_and_side ^= 1;
  }

  void on_trip_end(State& state, Fold& fold, TimeMs at_ms) const {
    if (state.is_outside()) fold.emitter.close(rule, 0, at_ms);
    state = {};
  }

  void judge(const State&, SealJudge& judge) const { judge.add_all(); }

  // Another site model: its routes have other numbers. A route that is gone leaves the trip without one.
  static void carry(State& state, const SiteModel& before, const SiteModel& after) {
    if (state.route() == no_route) return;
    const auto route = after.find_route(before.routes[state.route()].id);
    if (route == SiteModel::npos)
      state = {};
    else
      state.route_and_side = route << 1 | (state.route_and_side & 1);
  }

 private:
  static constexpr std::uint32_t no_route = UINT32_MAX >> 1;

  static void take_route(State& state, const Fold& fold) {
    const auto* trip = fold.trip();
    const auto route = trip == nullptr || trip->route.value == SiteModel::npos ? no_route : trip->route.value;
    state.route_and_side = route << 1 | (state.route_and_side & 1);
  }

  std::uint32_t confirmations_;
};

}  // namespace vigia
