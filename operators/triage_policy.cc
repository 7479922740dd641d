#include "operators/triage_policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "operators/alert_words.h"
#include "operators/sigma_plan.h"
#include "operators/triage.h"
#include "schemas/enum_names.h"
#include "schemas/rfc3339.h"

namespace vigia {
namespace {

// Of an instant that left something behind, when that is gone, too: a forced door, when it is closed.
bool is_over(const Alert& alert) {
  if (alert.status == schema::AlertStatus::withdrawn) return true;
  const auto is_open = [](const auto& attribute) { return attribute->key == "door" && attribute->value == "open"; };
  return alert.end_ms != 0 && std::ranges::none_of(alert.attributes, is_open);
}

const char* name_of(AlertRoute route) { return route == AlertRoute::deputy ? "deputy" : "administrator"; }

bool has_say(const StaffMember& member, const std::string& site) {
  return member.site.empty() ||
         std::ranges::any_of(member.site, [&](const std::string& pattern) { return glob_match(pattern, site); });
}

}  // namespace

TriagePolicy::TriagePolicy(const StageConfig& config) : site_(config.site) {
  for (const RuleSpec& rule : config.rules)
    if (rule.triage != TriageSpec{}) specs_.emplace(rule.id, rule.triage);
  if (!config.sigma) return;
  const auto add = [&](const auto& rule) {
    if (rule.head.triage != TriageSpec{}) specs_.emplace(rule.head.rule_id, rule.head.triage);
  };
  for (const auto& stream : config.sigma->streams) std::ranges::for_each(stream.detections, add);
  std::ranges::for_each(config.sigma->correlations, add);
}

const TriageSpec& TriagePolicy::spec_of(const Alert& alert) const {
  static const TriageSpec plain;
  const auto found = specs_.find(alert.rule_id);
  return found == specs_.end() ? plain : found->second;
}

AlertRoute TriagePolicy::route_of(const Alert& alert) const {
  const AlertRoute route = spec_of(alert).route;
  if (route != AlertRoute::by_category) return route;
  return alert.category == schema::Category::attention_major ? AlertRoute::deputy : AlertRoute::administrator;
}

TimeMs TriagePolicy::annotate(Alert& alert, TimeMs clock_ms) const {
  add_attribute(alert, "route", name_of(route_of(alert)));
  if (alert.category == schema::Category::attention_medium) add_attribute(alert, "response", "containment");
  if (alert.category == schema::Category::attention_major) add_attribute(alert, "response", "mitigation");
  const TimeMs until_ms =
      silenced_until_ms(site_->equipment.maintenance(), alert.site_id, alert.kind, alert.start_ms, site_->days);
  if (until_ms == no_time_ms) return never_ms;
  const bool lasts = !is_over(alert);
  if (lasts ? clock_ms >= until_ms : alert.end_ms > until_ms) return never_ms;
  add_attribute(alert, "silenced", "maintenance");
  return lasts ? until_ms : never_ms;
}

std::string TriagePolicy::problem(const schema::CommandT& command) const {
  using enum schema::CommandAction;
  const auto action = command.action;
  if (action != acknowledge && action != attend && action != false_positive && action != note)
    return "action is missing or not known, expected acknowledge, attend, false_positive or note";
  if (command.alert_id.empty()) return "alert_id is missing";
  if (command.by.empty()) return "by is missing: a command says who gives it";
  if (action == note && command.note.empty()) return "note is empty";
  return {};
}

std::string TriagePolicy::problem(const schema::CommandT& command, const Alert& alert) const {
  const auto action = schema::name_of(command.action);
  if (const auto& staff = site_->equipment.staff(); !staff.empty()) {
    const auto member = std::ranges::find(staff, command.by, &StaffMember::id);
    if (member == staff.end()) return fmt::format("{} is not among the staff in the site files", command.by);
    if (!has_say(*member, alert.site_id)) {
      return fmt::format("the alert is of {}, which is none of the sites of {}",
                         alert.site_id.empty() ? "no site" : "site " + alert.site_id, command.by);
    }
    if (closes(command.action) && route_of(alert) == AlertRoute::deputy && !member->is_deputy)
      return fmt::format("{} takes a deputy: the alert is routed to the deputy, and {} is an administrator", action,
                         command.by);
  }
  if (closes(command.action) && spec_of(alert).attend_when_cleared && !is_over(alert))
    return fmt::format("{} before it is over: rule {} has attend_when: cleared, and {} since {}", action, alert.rule_id,
                       alert.end_ms == 0 ? "the alert lasts" : "the door is open", format_rfc3339(alert.start_ms));
  return {};
}

}  // namespace vigia
