// One view of a seal: filters stray fixes, follows the lock and the trip, and drives the operators of its scope, fused over
// each event. See operators/fold.h for what a view is.
#pragma once

#include <utility>
#include <vector>

#include "operators/seal_operators.h"

namespace vigia {

struct RuleMoves;

class SealView {
 public:
  SealView(Scope scope, double max_speed_kmh, std::uint16_t suspect_rule)
      : scope_(scope), max_speed_kmh_(max_speed_kmh), suspect_rule_(suspect_rule), operators_(sizeof(ViewState)) {}

  [[nodiscard]] bool serves(const RuleSpec& rule, double max_speed_kmh) const {
    return scope_ == rule.scope && (max_speed_kmh == 0 || max_speed_kmh == max_speed_kmh_);
  }
  // False when no operator is of the rule's kind.
  [[nodiscard]] bool add(const RuleSpec& spec, std::uint16_t rule, const SiteModel& site);

  // Bytes of the key's state: the view's own, then each operator's.
  [[nodiscard]] std::size_t state_bytes() const { return operators_.state_bytes(); }
  void new_state(std::byte* state) const;
  void apply(std::byte* state, const EventHead& head, const SealPayload& payload, const SiteModel& site,
             const JudgeSettings& settings, SealArea& area, const std::unique_ptr<SealContext>& context,
             Emitter& emitter) const;
  void judge(const std::byte* state, SealJudge& judge) const;
  void deadlines(const std::byte* state, Deadlines& out) const;
  [[nodiscard]] static const ViewState& view_of(const std::byte* state) {
    return *reinterpret_cast<const ViewState*>(state);
  }

  [[nodiscard]] Scope scope() const { return scope_; }
  [[nodiscard]] double max_speed_kmh() const { return max_speed_kmh_; }
  [[nodiscard]] std::uint16_t suspect_rule() const { return suspect_rule_; }
  [[nodiscard]] bool follows_zones() const { return follows_zones_; }
  [[nodiscard]] bool has_rule(std::uint16_t rule) const { return operators_.has_rule(rule); }

  // A change of configuration (operators/seal_change.h). Takes over what the operators of `before` know, for those whose rule
  // goes on; `moved` says how numbers have changed.
  void carry(std::byte* state, const SealView& before, const std::byte* old_state, const RuleMoves& moved) const;
  // The seal is in this zone, and the rules that are new, or whose zones are, have not seen it come.
  void find_inside(std::byte* state, Fold& fold, std::uint32_t zone, const RuleMoves& moved) const;

  // The shortest interval of a signal_lost rule; never_ms without one.
  [[nodiscard]] TimeMs shortest_silence_ms() const;

 private:
  void trip_event(Fold& fold, std::byte* state, const schema::TripEvent& event) const;
  void end_trip(Fold& fold, std::byte* state, TimeMs at_ms) const;
  void clock(Fold& fold, std::byte* state, bool fault) const;
  void message(Fold& fold, std::byte* state, const SealPayload& payload) const;
  void take_fix(Fold& fold, std::byte* state, LatLon fix) const;
  void good_fix(Fold& fold, std::byte* state, LatLon fix, TimeMs at_ms) const;
  void cross_zones(Fold& fold, std::byte* state, LatLon fix, TimeMs at_ms) const;
  void change_lock(Fold& fold, std::byte* state, schema::Lock to) const;
  [[nodiscard]] bool too_fast(LatLon from, TimeMs from_ms, LatLon to, TimeMs to_ms) const;
  void promote_suspect(Fold& fold, std::byte* state, const Candidate& suspect) const;

  Scope scope_;
  double max_speed_kmh_;
  std::uint16_t suspect_rule_;  // internal rule: its candidate is the suspect fix
  bool follows_zones_ = false;
  bool has_clock_rule_ = false;
  SealOperators operators_;
};

}  // namespace vigia
