// How what is known of a seal under one configuration goes on under another one, as engine/stage.h wants it. The meaning is
// in docs/reload.md.
//
// A rule goes on when another one of the same id and kind is there; what it had found lasts, is judged by the new rule and
// the new site model. A zone or a route is known by its id.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "operators/seal_domain.h"
#include "operators/zone_choice.h"

namespace vigia {

// What became of the rules' numbers.
struct RuleMoves {
  const SiteModel& before;
  const SiteModel& after;
  std::vector<std::uint16_t> to;    // by old number: the new one; no_rule: it is gone
  std::vector<std::uint16_t> from;  // by new number: the old one; no_rule: it is new
  std::vector<bool> is_changed;     // by old number: it may judge otherwise than before
  bool sites_differ = false;

  [[nodiscard]] bool is_fresh(std::uint16_t rule) const { return from[rule] == no_rule || is_changed[from[rule]]; }
};

// Both stages outlive it. Thread-safe.
class SealChange {
 public:
  SealChange(const SealDomain& before, const SealDomain& after);

  // The state behind the last event that has left the history, and what had been found by then.
  void carry(const std::byte* old_state, const std::byte* old_area, std::byte* state, std::byte* area,
             std::unique_ptr<SealContext>& context, std::unique_ptr<Ledger>& ledger) const;
  // Gives what was told the number of its rule and zone. False, and nothing has changed: one of them, or its route, is gone, or
  // the rule is limited to others now. `context` is that of before.
  [[nodiscard]] bool move(Episode& told, std::string_view key, const SealContext* context) const;
  [[nodiscard]] bool is_changed(std::uint16_t old_rule) const {
    return old_rule == no_rule || moved_.is_changed[old_rule];
  }
  // Silence was of no interest before, and is now: what is kept is heard again.
  [[nodiscard]] bool hears_again() const;
  // The words of an alert that ends because its rule, zone or route is gone.
  [[nodiscard]] Alert describe_end(const ToldAlert& told, std::string_view key, const SealContext* context) const;

 private:
  // Where a view has its facts from.
  struct ViewSource {
    std::size_t view = 0;     // of the old ones
    bool is_its_own = false;  // the same scope and bound of speed
  };

  void compare_sites();
  void pair_rules();
  void pair_views();
  [[nodiscard]] bool site_matters(const RuleSpec& rule) const;
  [[nodiscard]] ViewState view_state(std::size_t view, const std::byte* old_state) const;
  // Where the zone of a finding is now; npos: it is gone, or the rule is limited to others.
  [[nodiscard]] std::uint32_t zone_of(std::uint16_t rule, std::uint32_t old_number) const;
  void carry_context(SealContext& context) const;
  void carry_findings(Ledger& ledger, const std::byte* state, const SealContext* context) const;
  // The rule's view is another one than before, and does not judge the seal now.
  [[nodiscard]] bool is_dormant(std::uint16_t rule, const std::byte* state) const;
  [[nodiscard]] bool carry_finding(Candidate& candidate, const std::byte* state, const SealContext* context) const;
  void enter_zones(std::byte* state, std::byte* area, const std::unique_ptr<SealContext>& context,
                   std::unique_ptr<Ledger>& ledger) const;

  const SealDomain& before_;
  const SealDomain& after_;
  RuleMoves moved_;
  std::vector<ViewSource> sources_;       // by new view
  std::vector<ZoneChoice> zone_choices_;  // by new rule
  bool zones_differ_ = false;             // in any way
  bool exempting_differ_ = false;         // depots and exempt zones
  bool old_zones_differ_ = false;         // one that was there has changed or is gone
  bool old_routes_differ_ = false;
};

}  // namespace vigia
