// How what is known of a door or a camera under one configuration goes on under another one, as engine/stage.h wants it. The
// meaning is in docs/reload.md. A rule goes on when another one of the same id and kind is there.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "operators/device_stage.h"

namespace vigia {

// Both stages outlive it. Thread-safe.
template <class Device>
class DeviceChange {
 public:
  using Context = typename Device::Context;

  DeviceChange(const DeviceStage<Device>& before, const DeviceStage<Device>& after) : before_(before), after_(after) {
    const auto& old_site = *before.config_.site;
    const auto& site = *after.config_.site;
    const bool sites_differ = old_site.content_hash() != site.content_hash() ||
                              old_site.equipment.content_hash() != site.equipment.content_hash();
    const auto& rules = after.config_.rules;
    from_.assign(rules.size(), no_rule);
    for (std::uint16_t old = 0; old < before.config_.rules.size(); ++old) {
      const auto& rule = before.config_.rules[old];
      const auto found = std::ranges::find_if(
          rules, [&](const RuleSpec& other) { return other.id == rule.id && other.kind == rule.kind; });
      const auto now = found == rules.end() ? no_rule : static_cast<std::uint16_t>(found - rules.begin());
      to_.push_back(now);
      if (now != no_rule) from_[now] = old;
      is_changed_.push_back(now == no_rule || sites_differ || before.rule_hashes_[old] != after.rule_hashes_[now]);
    }
  }

  void carry(const std::byte* old_state, const std::byte* old_area, std::byte* state, std::byte* area_bytes,
             std::unique_ptr<Context>& context, std::unique_ptr<Ledger>& ledger) const {
    after_.new_state(state);
    std::memcpy(state, old_state, sizeof(typename Device::State));
    DeviceArea area;
    std::memcpy(&area, old_area, sizeof area);
    const auto old_rules = before_.masks_.of(area.place);
    area.place = Device::find(after_.config_.site->equipment, area.device);
    const auto rules = after_.masks_.of(area.place);
    // Of a rule that did not concern the device, or does not any more, nothing was followed: it begins afresh.
    const auto from = [&](std::uint16_t rule) {
      const auto old = from_[rule];
      return old != no_rule && old_rules.holds(old) && rules.holds(rule) ? old : no_rule;
    };
    after_.operators_.carry(state, before_.operators_, old_state, from, [](const auto&, std::byte*) {});
    if (!stays_listening()) {
      area.heard_ms = no_time_ms;
      if constexpr (requires { Device::listens(after_.wishes_); })
        if (context) context->silences = {};
    }
    std::memcpy(area_bytes, &area, sizeof area);
    if (!ledger) return;
    std::erase_if(ledger->candidates, [&](Candidate& candidate) { return !carry_finding(candidate, rules); });
    if (ledger->candidates.empty()) ledger.reset();
  }
  // Gives what was told the number of its rule. False, and nothing has changed: it is gone, or limited to others now.
  [[nodiscard]] bool move(Episode& told, std::string_view key, const Context* context) const {
    if (told.rule == no_rule || to_[told.rule] == no_rule) return false;
    auto moved = told;
    moved.rule = to_[told.rule];
    if (is_changed_[told.rule] && !after_.concerns(moved, key, context)) return false;
    told = moved;
    return true;
  }
  [[nodiscard]] bool is_changed(std::uint16_t old_rule) const { return old_rule == no_rule || is_changed_[old_rule]; }
  [[nodiscard]] bool hears_again() const {
    if constexpr (requires { Device::listens(after_.wishes_); })
      return !Device::listens(before_.wishes_) && Device::listens(after_.wishes_);
    return false;
  }
  [[nodiscard]] Alert describe_end(const ToldAlert& told, std::string_view key, const Context* context) const {
    auto alert = before_.describe(told, key, context);
    end_by_configuration(alert);
    return alert;
  }

 private:
  [[nodiscard]] bool stays_listening() const {
    if constexpr (requires { Device::listens(after_.wishes_); })
      return Device::listens(before_.wishes_) && Device::listens(after_.wishes_);
    return false;
  }
  // False: it is of no more use.
  [[nodiscard]] bool carry_finding(Candidate& candidate, RuleMask rules) const {
    const auto old_rule = static_cast<std::uint16_t>(candidate.rule & ~internal_rule(0));
    if (to_[old_rule] == no_rule || (is_changed_[old_rule] && !candidate.is_open())) return false;
    if (!rules.holds(to_[old_rule])) return false;
    candidate.rule = is_internal_rule(candidate.rule) ? internal_rule(to_[old_rule]) : to_[old_rule];
    return true;
  }

  const DeviceStage<Device>& before_;
  const DeviceStage<Device>& after_;
  std::vector<std::uint16_t> to_, from_;  // numbers of rules, by old and by new ones; no_rule: gone, or new
  std::vector<bool> is_changed_;          // by old number
};

}  // namespace vigia
