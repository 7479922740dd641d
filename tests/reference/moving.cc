// Rules about where a seal is.
#include <algorithm>
#include <cmath>

#include "tests/reference/geometry.h"
#include "tests/reference/rules.h"

namespace vigia::reference {
namespace {

bool zone_selected(const RuleSpec& rule, const PlainZone& zone) {
  const auto any = [](const std::vector<std::string>& patterns, const std::string& text) {
    return patterns.empty() || std::any_of(patterns.begin(), patterns.end(),
                                           [&](const auto& pattern) { return glob_match(pattern, text); });
  };
  return any(rule.only.zone, zone.id) && any(rule.only.site, zone.site);
}

bool exempt(const PlainSite& site, Point anchor) {
  return std::any_of(site.zones.begin(), site.zones.end(), [&](const PlainZone& zone) {
    return (zone.kind == "exempt" || zone.kind == "depot") && inside(zone, anchor);
  });
}

}  // namespace

TimeMs covered_ms(std::vector<Window> windows, TimeMs from_ms, TimeMs until_ms) {
  std::sort(windows.begin(), windows.end(), [](const Window& a, const Window& b) { return a.from_ms < b.from_ms; });
  TimeMs total_ms = 0, counted_to_ms = from_ms;
  for (const auto& window : windows) {
    const TimeMs begin = std::max(window.from_ms, counted_to_ms), end = std::min(window.until_ms, until_ms);
    if (end <= begin) continue;
    total_ms += end - begin;
    counted_to_ms = end;
  }
  return total_ms;
}

TimeMs horizon_of(const Message& message, const Settings& settings) {
  return message.time_ms + (message.event->sequence != 0 ? settings.horizon_ms : settings.allowed_lateness_ms);
}

Findings unauthorized_stop(const View& view) {
  const TimeMs limit_ms = view.rule.duration_ms("limit");
  const double radius_m = view.rule.number("radius_m");
  const auto windows = view.trip ? view.trip->authorised_stops : std::vector<Window>{};
  const auto counts_ms = [&](TimeMs from, TimeMs until) { return until - from - covered_ms(windows, from, until); };

  std::vector<std::vector<Message>> stays;
  for (const auto& message : view.fixes()) {
    if (stays.empty() || haversine_m(*stays.back().front().fix, *message.fix) > radius_m) stays.emplace_back();
    stays.back().push_back(message);
  }
  Findings findings;
  for (const auto& stay : stays) {
    if (exempt(view.site, *stay.front().fix)) continue;
    const TimeMs first_ms = stay.front().time_ms, last_ms = stay.back().time_ms;
    const bool goes_on = &stay == &stays.back() && !view.end_ms();
    if (counts_ms(first_ms, last_ms) > limit_ms)
      findings.push_back(episode(first_ms, goes_on ? std::nullopt : std::optional(last_ms)));
    else if (goes_on && counts_ms(first_ms, view.until_ms) > limit_ms &&
             view.until_ms <= horizon_of(stay.back(), view.settings))
      findings.push_back({first_ms, 0, "provisional", {}});
  }
  return findings;
}

Findings route_deviation(const View& view) {
  if (!view.trip) return {};
  const auto route_id = view.trip->text.find("route_id");
  const PlainRoute* route = route_id == view.trip->text.end() ? nullptr : view.site.route(route_id->second);
  if (!route) return {};
  const auto confirmations = static_cast<std::size_t>(view.rule.integer("confirmations"));

  Findings findings;
  bool away = false;
  TimeMs start_ms = 0;
  std::vector<TimeMs> against;  // consecutive fixes that contradict `away`
  for (const auto& message : view.fixes()) {
    const bool outside = distance_to_route_m(*route, *message.fix) > route->half_width_m;
    if (outside == away) {
      against.clear();
      continue;
    }
    against.push_back(message.time_ms);
    if (against.size() < confirmations) continue;
    if (away) findings.push_back(episode(start_ms, against.front()));
    start_ms = against.front();
    away = outside;
    against.clear();
  }
  if (away) findings.push_back(episode(start_ms, view.end_ms()));
  return findings;
}

namespace {

struct Visit {
  TimeMs entered_ms = 0;
  std::optional<TimeMs> left_ms;
  const Message* last_inside = nullptr;  // null: crossed between two fixes
};

std::vector<Visit> visits_of(const PlainZone& zone, const std::vector<Message>& fixes) {
  std::vector<Visit> visits;
  for (std::size_t i = 0; i < fixes.size(); ++i) {
    const Message& here = fixes[i];
    if (i == 0) {
      if (inside(zone, *here.fix)) visits.push_back({here.time_ms, {}, nullptr});
    } else {
      const Message& before = fixes[i - 1];
      for (const auto& crossing : crossings(zone, *before.fix, *here.fix)) {
        const auto span_ms = static_cast<double>(here.time_ms - before.time_ms);
        const TimeMs at_ms = before.time_ms + std::llround(crossing.fraction * span_ms);
        if (crossing.entering)
          visits.push_back({at_ms, {}, nullptr});
        else if (!visits.empty())
          visits.back().left_ms = at_ms;
      }
    }
    if (inside(zone, *here.fix) && !visits.empty()) visits.back().last_inside = &here;
  }
  return visits;
}

void judge_overstay(const View& view, const PlainZone& zone, const Visit& visit, Findings& findings) {
  const TimeMs limit_ms = view.rule.duration_ms("limit");
  if (visit.left_ms) {
    if (*visit.left_ms - visit.entered_ms > limit_ms)
      findings.push_back(episode(visit.entered_ms, visit.left_ms, zone.id));
    return;
  }
  if (!visit.last_inside) return;
  if (visit.last_inside->time_ms - visit.entered_ms > limit_ms)
    findings.push_back(episode(visit.entered_ms, view.end_ms(), zone.id));
  else if (!view.end_ms() && view.until_ms - visit.entered_ms > limit_ms &&
           view.until_ms <= horizon_of(*visit.last_inside, view.settings))
    findings.push_back({visit.entered_ms, 0, "provisional", zone.id});
}

}  // namespace

Findings zone_rule(const View& view) {
  Findings findings;
  const auto fixes = view.fixes();
  for (const auto& zone : view.site.zones) {
    if (!zone_selected(view.rule, zone)) continue;
    for (const auto& visit : visits_of(zone, fixes)) {
      if (view.rule.kind == "zone_entered") findings.push_back(instant(visit.entered_ms, zone.id));
      if (view.rule.kind == "zone_left" && visit.left_ms) findings.push_back(instant(*visit.left_ms, zone.id));
      if (view.rule.kind == "zone_overstay") judge_overstay(view, zone, visit, findings);
    }
  }
  return findings;
}

}  // namespace vigia::reference
