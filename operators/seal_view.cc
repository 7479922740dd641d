#include "operators/seal_view.h"

#include "operators/seal_change.h"

namespace vigia {

using schema::Lock;
using schema::TripAction;

namespace {

// Calls a member of each operator that has it, with the operator's state first when the member wants it.
#define VIGIA_EACH(member, ...)                                                                       \
  operators_.each(state, [&]<class Operator>(const Operator& op, [[maybe_unused]] std::byte* bytes) { \
    if constexpr (HasState<Operator>) {                                                               \
      if constexpr (requires { op.member(state_of<Operator>(bytes), __VA_ARGS__); })                  \
        op.member(state_of<Operator>(bytes), __VA_ARGS__);                                            \
    } else if constexpr (requires { op.member(__VA_ARGS__); }) {                                      \
      op.member(__VA_ARGS__);                                                                         \
    }                                                                                                 \
  })

}  // namespace

bool SealView::add(const RuleSpec& spec, std::uint16_t rule, const SiteModel& site) {
  return operators_.add(spec, rule, site, [&]<class Operator>(const Operator&) {
    follows_zones_ |= requires(Operator op, Fold fold) { op.on_crossing(fold, 0u, TimeMs{}, true, LatLon{}); };
    follows_zones_ |= requires { Operator::follows_zones; };
    has_clock_rule_ |= requires(Operator op, Fold fold) { op.on_clock(fold, true); };
  });
}

TimeMs SealView::shortest_silence_ms() const {
  auto shortest_ms = never_ms;
  for (const auto& placed : operators_.all<SignalLost>()) shortest_ms = std::min(shortest_ms, placed.op.interval_ms());
  return shortest_ms;
}

void SealView::new_state(std::byte* state) const {
  new (state) ViewState;
  if (scope_ == Scope::always) reinterpret_cast<ViewState*>(state)->flags = view_active;
  operators_.new_state(state);
}

void SealView::apply(std::byte* state, const EventHead& head, const SealPayload& payload, const SiteModel& site,
                     const JudgeSettings& settings, SealArea& area, const std::unique_ptr<SealContext>& context,
                     Emitter& emitter) const {
  Fold fold{site, settings, *reinterpret_cast<ViewState*>(state), area, emitter, context, payload.provider_code};
  if (const auto* event = payload.trip()) return trip_event(fold, state, *event);
  if (has_clock_rule_ && (head.clock_fault || fold.view.is(view_clock_fault))) clock(fold, state, head.clock_fault);
  if (fold.view.is(view_active)) message(fold, state, payload);
}

void SealView::clock(Fold& fold, std::byte* state, bool fault) const {
  if (fold.view.is(view_clock_fault) == fault) return;
  fold.view.flags ^= view_clock_fault;
  VIGIA_EACH(on_clock, fold, fault);
}

void SealView::trip_event(Fold& fold, std::byte* state, const schema::TripEvent& event) const {
  const auto* trip = fold.context->find(event.trip_id()->string_view());
  const auto serial = trip == nullptr ? std::uint16_t{0} : trip->serial;
  if (event.action() == TripAction::start) {
    if (fold.view.trip != 0) end_trip(fold, state, fold.now_ms());
    fold.view.trip = serial;
    fold.view.flags |= view_active;
    VIGIA_EACH(on_trip_start, fold);
  } else if (fold.view.trip != 0 && fold.view.trip == serial) {
    if (event.action() == TripAction::finish || event.action() == TripAction::cancel)
      end_trip(fold, state, fold.now_ms());
    else
      VIGIA_EACH(on_trip_event, fold);
  }
}

// State starts afresh on each trip; a view of scope always only learns which trip it is on.
void SealView::end_trip(Fold& fold, std::byte* state, TimeMs at_ms) const {
  if (scope_ == Scope::always) {
    fold.view.trip = 0;
    return;
  }
  VIGIA_EACH(on_trip_end, fold, at_ms);
  if (fold.view.is(view_suspect)) fold.emitter.close(suspect_rule_, 0, at_ms);
  const auto kept = fold.view.flags & view_clock_fault;
  fold.view = {};
  fold.view.flags = static_cast<std::uint8_t>(kept);
}

void SealView::message(Fold& fold, std::byte* state, const SealPayload& payload) const {
  if (payload.has_fix()) take_fix(fold, state, {payload.lat_deg, payload.lon_deg});
  const auto previous_ms = std::exchange(fold.view.message_ms, fold.now_ms());
  VIGIA_EACH(on_message, fold, previous_ms);
  if (payload.lock != 0 && payload.lock != fold.view.lock) change_lock(fold, state, static_cast<Lock>(payload.lock));
  if (payload.conditions != fold.view.conditions) {
    const auto appeared = static_cast<std::uint8_t>(payload.conditions & ~fold.view.conditions);
    const auto gone = static_cast<std::uint8_t>(fold.view.conditions & ~payload.conditions);
    fold.view.conditions = payload.conditions;
    VIGIA_EACH(on_conditions, fold, appeared, gone);
  }
}

void SealView::change_lock(Fold& fold, std::byte* state, Lock to) const {
  const auto from = static_cast<Lock>(std::exchange(fold.view.lock, static_cast<std::uint8_t>(to)));
  VIGIA_EACH(on_lock, fold, from, to);
  if (to == Lock::removed) fold.view.flags |= view_removed;
  if (to == Lock::opened && !fold.view.is(view_opening)) {
    fold.view.flags |= view_opening;
    VIGIA_EACH(on_opened, fold);
  }
  if (to != Lock::closed) return;
  if (fold.view.is(view_opening)) VIGIA_EACH(on_closed, fold);
  fold.view.flags &= static_cast<std::uint8_t>(~(view_opening | view_removed));
}

// Equal times: the speed over one second.
bool SealView::too_fast(LatLon from, TimeMs from_ms, LatLon to, TimeMs to_ms) const {
  const auto took_ms = static_cast<double>(to_ms > from_ms ? to_ms - from_ms : 1000);
  // A bound that needs neither trigonometry nor a division: the way along the two axes is never shorter than the straight one.
  const double along_axes_m =
      (std::abs(to.lat_deg - from.lat_deg) + std::abs(wrap_lon_deg(to.lon_deg - from.lon_deg))) * metres_per_degree;
  if (along_axes_m * 3600 < max_speed_kmh_ * took_ms * 0.999) return false;
  return distance_m(from, to) > max_speed_kmh_ / 3.6 * (took_ms / 1000.0);
}

void SealView::take_fix(Fold& fold, std::byte* state, LatLon fix) const {
  auto& view = fold.view;
  const auto now_ms = fold.now_ms();
  if (view.is(view_suspect)) {
    view.flags &= static_cast<std::uint8_t>(~view_suspect);
    const auto suspect = *fold.emitter.find_open(suspect_rule_, 0);
    fold.emitter.close(suspect_rule_, 0, now_ms);
    const LatLon at{suspect.lat_deg, suspect.lon_deg};
    const bool good = !too_fast(at, suspect.start_ms, fix, now_ms) && distance_m(at, fix) < distance_m(view.fix(), fix);
    if (good) {
      promote_suspect(fold, state, suspect);
      return good_fix(fold, state, fix, now_ms);
    }
  }
  if (view.has_fix() && too_fast(view.fix(), view.fix_ms, fix, now_ms)) {
    view.flags |= view_suspect;
    fold.emitter.open(suspect_rule_, 0, now_ms, fix.lat_deg, fix.lon_deg, 0);
    return;
  }
  good_fix(fold, state, fix, now_ms);
}

// The suspect fix was good after all: it counts, for what was found with its message too.
void SealView::promote_suspect(Fold& fold, std::byte* state, const Candidate& suspect) const {
  for (auto& candidate : fold.emitter.ledger()->candidates)
    if (candidate.opened_at_ms == suspect.opened_at_ms && candidate.opened_by == suspect.opened_by) {
      candidate.lat_deg = suspect.lat_deg;
      candidate.lon_deg = suspect.lon_deg;
    }
  good_fix(fold, state, {suspect.lat_deg, suspect.lon_deg}, suspect.start_ms);
}

void SealView::good_fix(Fold& fold, std::byte* state, LatLon fix, TimeMs at_ms) const {
  if (follows_zones_) cross_zones(fold, state, fix, at_ms);
  VIGIA_EACH(on_fix, fold, fix, at_ms);
  fold.view.lat_deg = fix.lat_deg;
  fold.view.lon_deg = fix.lon_deg;
  fold.view.fix_ms = at_ms;
}

void SealView::cross_zones(Fold& fold, std::byte* state, LatLon fix, TimeMs at_ms) const {
  const auto from = fold.view.has_fix() ? fold.view.fix() : fix;
  if (fold.site.index.none_near(from, fix)) return;
  const auto crossed = [&](std::uint32_t zone, TimeMs when_ms, bool enters, LatLon where) {
    fold.view.zones = static_cast<std::uint16_t>(fold.view.zones + (enters ? 1 : -1));
    VIGIA_EACH(on_crossing, fold, zone, when_ms, enters, where);
  };
  if (!fold.view.has_fix()) {
    thread_local std::vector<std::uint32_t> zones;
    fold.site.index.zones_at(fix, zones);
    for (const auto zone : zones) crossed(zone, at_ms, true, fix);
    return;
  }
  thread_local std::vector<Crossing> crossings;
  fold.site.index.crossings(from, fix, crossings);
  const auto length_ms = static_cast<double>(at_ms - fold.view.fix_ms);
  for (const auto& crossing : crossings)
    crossed(crossing.zone, fold.view.fix_ms + static_cast<TimeMs>(std::llround(crossing.fraction * length_ms)),
            crossing.entering, interpolate(from, fix, crossing.fraction));
}

void SealView::deadlines(const std::byte* state, Deadlines& out) const {
  operators_.each(const_cast<std::byte*>(state),
                  [&]<class Operator>(const Operator& op, [[maybe_unused]] std::byte* bytes) {
                    if constexpr (HasState<Operator>)
                      if constexpr (requires { op.due(state_of<Operator>(bytes)); })
                        out.offer(op.due(std::as_const(state_of<Operator>(bytes))));
                  });
}

void SealView::carry(std::byte* state, const SealView& before, const std::byte* old_state,
                     const RuleMoves& moved) const {
  const auto from = [&](std::uint16_t rule) { return moved.from[rule]; };
  operators_.carry(state, before.operators_, old_state, from, [&]<class Operator>(const Operator&, std::byte* bytes) {
    if constexpr (requires { Operator::carry(state_of<Operator>(bytes), moved.before, moved.after); })
      if (moved.sites_differ) Operator::carry(state_of<Operator>(bytes), moved.before, moved.after);
  });
}

void SealView::find_inside(std::byte* state, Fold& fold, std::uint32_t zone, const RuleMoves& moved) const {
  operators_.each(state, [&]<class Operator>(const Operator& op, std::byte*) {
    if constexpr (requires { op.on_found_inside(fold, zone); })
      if (moved.is_fresh(op.rule)) op.on_found_inside(fold, zone);
  });
}

void SealView::judge(const std::byte* state, SealJudge& judge) const {
  operators_.each(const_cast<std::byte*>(state),
                  [&](const auto& op, std::byte* bytes) {  // judge takes its state as const
                    using Operator = std::remove_cvref_t<decltype(op)>;
                    judge.rule = op.rule;
                    if constexpr (HasState<Operator>)
                      op.judge(std::as_const(state_of<Operator>(bytes)), judge);
                    else
                      op.judge(judge);
                  });
}

}  // namespace vigia
