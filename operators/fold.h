// What an operator sees: the fold of one seal's events in the order of time, and the judgement of what was found.
//
// A view is a scope (on a trip, or always) with one bound of speed for stray fixes. It gives its operators the good fixes
// in order, each with the one before, and the changes of the lock. An operator is a small class with some of
//
//   struct State                                     bytes of the key's state; equal states must be equal bytes
//   on_fix(state, fold, fix, at_ms)                  the next good fix; fold.view.fix() is the one before
//   on_crossing(fold, zone, at_ms, entering, where)  between the two; called before on_fix
//   on_lock(fold, from, to)                          the lock changed (never to unknown)
//   on_opened(fold), on_closed(fold)                 an opening began or ended
//   on_conditions(fold, appeared, gone)              bits of what a message reports anew or no longer
//   on_message(fold, previous_ms)                    the next message, with or without a fix
//   on_trip_start(state, fold), on_trip_event(state, fold), on_trip_end(state, fold, at_ms)
//   on_clock(fold, fault)                            the device's clock is at fault now, or is sound again
//   on_found_inside(fold, zone)                      the rule or its zone is new, and the last good fix lies in the zone
//   due(state)                                       the deadline it would give for its state now; never_ms: none
//   judge(state, judge)                              episodes of this rule, from its candidates and the clock
//   carry(state, before, after)                      static: the state, which was of another site model, for this one
//
// and a constructor from its rule. An operator without on_crossing that reads view.zones says so: follows_zones. The same
// calls come again when late data change what lies before; an operator must depend on nothing but its arguments. A changed
// rule goes on with the state that it had (docs/reload.md).
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "engine/stage.h"
#include "operators/geo.h"
#include "operators/judge.h"
#include "operators/operator_set.h"
#include "operators/rule.h"
#include "operators/seal_payload.h"
#include "operators/site_model.h"
#include "operators/trip_context.h"

namespace vigia {

inline constexpr std::uint8_t view_active = 1;        // on a trip; always, in a view of scope always
inline constexpr std::uint8_t view_suspect = 2;       // a suspect fix waits for the next one (an internal candidate)
inline constexpr std::uint8_t view_opening = 4;       // an opening is open
inline constexpr std::uint8_t view_removed = 8;       // removed and not placed again
inline constexpr std::uint8_t view_clock_fault = 16;  // only in the first view: the device's clock is at fault

// The causal state that a view's operators share.
struct ViewState {
  double lat_deg = NAN;  // last good fix; NaN: none yet
  double lon_deg = NAN;
  TimeMs fix_ms = no_time_ms;
  TimeMs message_ms = no_time_ms;  // last message
  std::uint16_t trip = 0;          // serial of the running trip; 0: none
  std::uint16_t zones = 0;         // how many zones the last good fix lies in; only in a view that follows zones
  std::uint8_t lock = 0;           // last known
  std::uint8_t conditions = 0;     // of the last message
  std::uint8_t flags = 0;
  std::uint8_t unused = 0;  // states are compared as bytes

  [[nodiscard]] bool has_fix() const { return fix_ms != no_time_ms; }
  [[nodiscard]] LatLon fix() const { return {lat_deg, lon_deg}; }
  [[nodiscard]] bool is(std::uint8_t flag) const { return (flags & flag) != 0; }
};
static_assert(sizeof(ViewState) == 40);

// What is remembered only to be quick, or depends on the arrival: not part of what is folded again.
#pragma pack(push, 1)
struct SealArea {
  std::uint32_t segment_hint = UINT32_MAX;  // of the route's corridor
  TimeMs heard = no_time_ms;                // last broker time heard * 256 + conditions then; no_time_ms: never
  std::uint32_t provider = 0;               // hash of the one with code 1; 0: none yet
};
#pragma pack(pop)

struct Fold {
  const SiteModel& site;
  const JudgeSettings& settings;
  ViewState& view;
  SealArea& area;
  Emitter& emitter;
  const std::unique_ptr<SealContext>& context;  // touching it costs a cache line: only when something is rare
  std::uint8_t provider_code = 0;               // of the message

  [[nodiscard]] const Trip* trip() const { return context && view.trip != 0 ? context->find(view.trip) : nullptr; }
  [[nodiscard]] TimeMs now_ms() const { return emitter.head().time_ms; }
  // The hash of the message's provider; 0: it names none.
  [[nodiscard]] std::uint32_t provider() const {
    if (provider_code <= 1) return provider_code == 0 ? 0 : area.provider;
    return context ? context->providers.hash_of(provider_code) : 0;
  }
};

struct SealJudge : Judge<SealContext> {
  const ViewState& view;
  const SealArea& area;

  [[nodiscard]] const Trip* trip(std::uint64_t serial) const {
    return key.context && serial != 0 ? key.context->find(static_cast<std::uint16_t>(serial)) : nullptr;
  }
  using Judge::add;
  // What only the clock says, of the running trip.
  Episode& add(TimeMs start_ms, TimeMs detected_ms) const {
    auto& episode = Judge::add(start_ms, detected_ms);
    episode.context = view.trip;
    return episode;
  }
};

}  // namespace vigia
