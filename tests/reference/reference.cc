#include "tests/reference/reference.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "tests/reference/history.h"
#include "tests/reference/rules.h"

namespace vigia::reference {

const PlainZone* PlainSite::zone(const std::string& id) const {
  const auto found = std::find_if(zones.begin(), zones.end(), [&](const auto& zone) { return zone.id == id; });
  return found == zones.end() ? nullptr : &*found;
}

const PlainRoute* PlainSite::route(const std::string& id) const {
  const auto found = std::find_if(routes.begin(), routes.end(), [&](const auto& route) { return route.id == id; });
  return found == routes.end() ? nullptr : &*found;
}

Finding instant(TimeMs at_ms, std::string discriminator) {
  return {at_ms, at_ms, "confirmed", std::move(discriminator)};
}

Finding episode(TimeMs start_ms, std::optional<TimeMs> end_ms, std::string discriminator) {
  return {start_ms, end_ms.value_or(0), end_ms ? "cleared" : "confirmed", std::move(discriminator)};
}

std::vector<Message> View::fixes() const {
  std::vector<Message> good;
  std::copy_if(messages.begin(), messages.end(), std::back_inserter(good),
               [](const Message& m) { return m.fix.has_value(); });
  return good;
}

double number_or(const RuleSpec& rule, std::string_view name, double otherwise) {
  return rule.params.find(name) == rule.params.end() ? otherwise : rule.number(name);
}

Findings trip_delayed(const View& view) {
  const auto due_ms = view.trip ? view.trip->due_ms : std::nullopt;
  if (!due_ms) return {};
  if (const auto end_ms = view.end_ms()) {
    if (*end_ms <= *due_ms) return {};
    return {episode(*due_ms, end_ms)};
  }
  if (view.until_ms <= *due_ms) return {};
  const bool may_still_come = view.until_ms <= *due_ms + view.settings.allowed_lateness_ms;
  return {{*due_ms, 0, may_still_come ? "provisional" : "confirmed", {}}};
}

Findings weight_difference(const View& view) {
  if (!view.trip) return {};
  Findings findings;
  std::optional<double> entry_kg;
  for (std::size_t at = view.trip->first; at < view.trip->last; ++at) {
    const auto& [event, time_ms, fault] = view.history.events[at];
    if (!event.is_trip || event.trip_id != view.trip->id || event.action != "weigh" || !event.weight_kg) continue;
    if (!entry_kg)
      entry_kg = event.weight_kg;
    else if (std::abs(*event.weight_kg - *entry_kg) * 100 > view.rule.number("percent") * *entry_kg)
      findings.push_back(instant(time_ms));
  }
  return findings;
}

namespace {

using RuleFunction = Findings (*)(const View&);
const std::map<std::string, RuleFunction>& functions() {
  static const std::map<std::string, RuleFunction> table = {{"unauthorized_stop", unauthorized_stop},
                                                            {"route_deviation", route_deviation},
                                                            {"zone_entered", zone_rule},
                                                            {"zone_left", zone_rule},
                                                            {"zone_overstay", zone_rule},
                                                            {"report_interval", report_rule},
                                                            {"report_distance", report_rule},
                                                            {"signal_lost", signal_lost},
                                                            {"clock_fault", clock_fault},
                                                            {"seal_opened", seal_opened},
                                                            {"seal_tampered", lock_instant},
                                                            {"seal_removed", lock_instant},
                                                            {"seal_wrong_unlock", lock_instant},
                                                            {"second_placement", second_placement},
                                                            {"seal_condition", condition_rule},
                                                            {"panic", condition_rule},
                                                            {"trip_delayed", trip_delayed},
                                                            {"weight_difference", weight_difference}};
  return table;
}

bool applies_to(const RuleSpec& rule, const std::string& seal_id) {
  const auto& patterns = rule.only.id;
  return patterns.empty() || std::any_of(patterns.begin(), patterns.end(),
                                         [&](const auto& pattern) { return glob_match(pattern, seal_id); });
}

// An alarm beyond the bounds is judged by itself: in no trip, at its own time.
Findings judge_alone(const RuleSpec& rule, const Event& event) {
  const bool panic = std::find(event.conditions.begin(), event.conditions.end(), "panic") != event.conditions.end();
  if (rule.kind == "panic" ? panic : rule.kind == "seal_" + event.lock) return {instant(event.time_ms)};
  return {};
}

class OneSeal {
 public:
  OneSeal(std::vector<Event> events, const PlainSite& site, const Settings& settings, TimeMs until_ms)
      : seal_id_(events.front().seal_id),
        site_(site),
        settings_(settings),
        until_ms_(until_ms),
        history_(make_history(std::move(events), settings)),
        trips_(trips_of(history_)) {}

  void judge(const RuleSpec& rule, std::vector<ReferenceAlert>& alerts) const {
    const auto function = functions().find(rule.kind);
    if (function == functions().end() || !applies_to(rule, seal_id_)) return;
    const bool always = rule.kind == "clock_fault" || (rule.scope == Scope::always && rule.kind != "trip_delayed");
    if (always)
      judge_scope(rule, function->second, nullptr, alerts);
    else
      for (const auto& trip : trips_) judge_scope(rule, function->second, &trip, alerts);
    for (const auto& event : history_.alone) add(rule, nullptr, judge_alone(rule, event), alerts);
  }

  // Its part of what is one alert over all seals.
  void count(const RuleSpec& rule, QualityDays& days) const {
    if (!applies_to(rule, seal_id_)) return;
    const auto view = [&](const Trip* trip, std::size_t first, std::size_t last) {
      count_quality({rule, site_, settings_, history_, trip, messages_of(history_, first, last), until_ms_}, days);
    };
    if (rule.scope == Scope::always) return view(nullptr, 0, history_.events.size());
    for (const auto& trip : trips_) view(&trip, trip.first, trip.last);
  }

 private:
  void judge_scope(const RuleSpec& rule, RuleFunction function, const Trip* trip,
                   std::vector<ReferenceAlert>& alerts) const {
    const double max_speed_kmh = number_or(rule, "max_speed_kmh", 200);
    auto messages =
        messages_of(history_, trip ? trip->first : 0, trip ? trip->last : history_.events.size(), max_speed_kmh);
    add(rule, trip, function(View{rule, site_, settings_, history_, trip, std::move(messages), until_ms_}), alerts);
  }

  void add(const RuleSpec& rule, const Trip* trip, const Findings& findings,
           std::vector<ReferenceAlert>& alerts) const {
    for (const auto& found : findings)
      alerts.push_back({rule.kind, rule.id, seal_id_, trip ? trip->id : "", found.start_ms, found.end_ms, found.status,
                        found.discriminator});
  }

  std::string seal_id_;
  const PlainSite& site_;
  const Settings& settings_;
  TimeMs until_ms_;
  History history_;
  std::vector<Trip> trips_;
};

}  // namespace

std::vector<ReferenceAlert> recompute(const std::vector<Event>& events, std::span<const RuleSpec> rules,
                                      const PlainSite& site, const Settings& settings, TimeMs until_ms) {
  std::map<std::string, std::vector<Event>> by_seal;
  for (const auto& event : events) by_seal[event.seal_id].push_back(event);
  std::vector<ReferenceAlert> alerts;
  std::vector<OneSeal> seals;
  for (auto& [seal_id, of_seal] : by_seal) seals.emplace_back(std::move(of_seal), site, settings, until_ms);
  for (const auto& rule : rules) {
    for (const auto& seal : seals) seal.judge(rule, alerts);
    if (rule.kind != "service_quality") continue;
    QualityDays days;
    for (const auto& seal : seals) seal.count(rule, days);
    add_quality(rule, days, alerts);
  }
  std::sort(alerts.begin(), alerts.end());
  return alerts;
}

namespace {

bool same(const ReferenceAlert& a, const ReferenceAlert& b, const Comparison& how) {
  const TimeMs tolerance_ms = a.kind.starts_with("zone_") ? how.zone_tolerance_ms : 0;
  const bool both_have_numbers = !a.discriminator.empty() && !b.discriminator.empty();
  if (a.kind == "service_quality" && both_have_numbers && a.discriminator != b.discriminator) return false;
  return a.kind == b.kind && a.rule_id == b.rule_id && a.subject_id == b.subject_id &&
         std::abs(a.start_ms - b.start_ms) <= tolerance_ms && std::abs(a.end_ms - b.end_ms) <= tolerance_ms &&
         (!how.with_status || a.status == b.status) && (!how.with_trip || a.trip_id == b.trip_id);
}

std::string line(const char* what, const ReferenceAlert& alert) {
  return fmt::format("  {}: {} {} {} {} - {} {} trip={} {}\n", what, alert.kind, alert.rule_id, alert.subject_id,
                     alert.start_ms, alert.end_ms, alert.status, alert.trip_id, alert.discriminator);
}

}  // namespace

std::string difference(std::vector<ReferenceAlert> expected, std::vector<ReferenceAlert> got, const Comparison& how) {
  std::string text;
  for (const auto& want : expected) {
    const auto found = std::find_if(got.begin(), got.end(), [&](const auto& have) { return same(want, have, how); });
    if (found == got.end())
      text += line("missing", want);
    else
      got.erase(found);
  }
  for (const auto& extra : got) text += line("extra", extra);
  return text;
}

}  // namespace vigia::reference
