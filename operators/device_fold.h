// What an operator on a device of a site sees: the fold of one door's or one camera's events in the order of time, and the
// judgement of what was found. An operator is a small class with some of
//
//   struct State               bytes of the key's state (operators/operator_set.h)
//   on_event(state, fold)      the next event
//   due(state, device)         the deadline that it would give for this state now; never_ms: none
//   judge(state, judge)        episodes of this rule, from its candidates and the clock
//
// without `state` where it has none, and a constructor from its rule, or from that and the site model. The same calls come
// again when late data change what lies before; an operator must depend on nothing but its arguments.
#pragma once

#include <cstdint>

#include "engine/stage.h"
#include "operators/judge.h"
#include "operators/operator_set.h"
#include "operators/site_model.h"

namespace vigia {

// What is known of the device beside its events, or depends on the arrival: not part of what is folded again.
#pragma pack(push, 1)
struct DeviceArea {
  std::uint64_t device = 0;               // id_hash of the key; 0: nothing heard yet
  TimeMs heard_ms = no_time_ms;           // last broker time heard, where a rule asks for it
  std::uint32_t place = Equipment::npos;  // its position in the site's list; npos: not listed
};
#pragma pack(pop)

// Facts: the kinds of state, payload and context of a kind of device.
template <class Facts>
struct DeviceFold {
  const SiteModel& site;
  const typename Facts::State& device;  // before this event
  const typename Facts::Payload& event;
  std::uint32_t place;  // as in DeviceArea
  Emitter& emitter;
  const typename Facts::Context* context;  // null: none

  [[nodiscard]] TimeMs now_ms() const { return emitter.head().time_ms; }
};

template <class Facts>
struct DeviceJudge : Judge<typename Facts::Context> {
  const typename Facts::State& device;
  const DeviceArea& area;
};

// How long a name is kept that a finding may need: as long as findings are, and what brokers are out of step.
[[nodiscard]] constexpr TimeMs name_keep_ms(TimeMs horizon_ms) { return horizon_ms + 5 * 60'000; }

// Findings under it are an operator's memory, and no alerts.
[[nodiscard]] constexpr std::uint16_t internal_rule(std::uint16_t rule) { return rule | 0x8000; }
[[nodiscard]] constexpr bool is_internal_rule(std::uint16_t rule) { return (rule & 0x8000) != 0; }

// The end of a finding that a later event has answered, as an escort's badge answers a visitor's: it is no alert.
inline constexpr TimeMs answered_ms = 1;

// clock_fault: the device's clock is ahead, or far behind: from the first event with a faulty time to the next sound one.
template <class Facts>
class DeviceClockFault : public OperatorBase {
 public:
  static constexpr std::string_view kind = "clock_fault";
  struct State {
    std::uint64_t is_at_fault = 0;
  };
  explicit DeviceClockFault(const RuleSpec&) {}

  void on_event(State& state, const DeviceFold<Facts>& fold) const {
    const bool is_at_fault = fold.emitter.head().clock_fault;
    if (is_at_fault == (state.is_at_fault != 0)) return;
    state.is_at_fault = is_at_fault ? 1 : 0;
    if (is_at_fault)
      fold.emitter.open(rule, 0, fold.now_ms(), NAN, NAN, 0);
    else
      fold.emitter.close(rule, 0, fold.now_ms());
  }
  void judge(const State&, DeviceJudge<Facts>& judge) const { judge.add_all(); }
};

}  // namespace vigia
