// service_quality: for each provider and local day, every message of the scope that had come by the last full hour after
// midnight + allowed_lateness, told from the set by plain loops.
#include <chrono>

#include <date/tz.h>
#include <fmt/format.h>

#include "tests/reference/rules.h"

namespace vigia::reference {
namespace {

struct Day {
  TimeMs start_ms = 0, end_ms = 0;
};

Day local_day(const std::string& timezone, TimeMs time_ms) {
  using std::chrono::milliseconds;
  const auto* zone = date::locate_zone(timezone);
  const auto local = date::floor<date::days>(zone->to_local(date::sys_time<milliseconds>(milliseconds(time_ms))));
  const auto begin = [&](date::local_days day) {
    return zone->to_sys(day, date::choose::earliest).time_since_epoch() / milliseconds(1);
  };
  return {begin(local), begin(local + date::days(1))};
}

}  // namespace

void count_quality(const View& view, QualityDays& days) {
  constexpr TimeMs hour_ms = 3'600'000;
  for (const auto& message : view.messages) {
    if (message.event->provider_id.empty()) continue;
    const auto day = local_day(view.settings.timezone, message.time_ms);
    const TimeMs first_ms = day.end_ms + view.settings.allowed_lateness_ms;
    TimeMs told_ms = no_time_ms;
    for (TimeMs mark_ms = first_ms; mark_ms < view.until_ms; mark_ms += hour_ms) {
      told_ms = mark_ms;
      if (mark_ms > first_ms + 3 * view.settings.horizon_ms) break;
    }
    if (told_ms == no_time_ms || message.event->broker_ms > told_ms) continue;
    auto& found = days[{message.event->provider_id, day.start_ms}];
    found.end_ms = day.end_ms;
    const bool delayed = message.event->broker_ms - message.time_ms > view.rule.duration_ms("required");
    ++(delayed ? found.with_delay : found.without_delay);
  }
}

void add_quality(const RuleSpec& rule, const QualityDays& days, std::vector<ReferenceAlert>& alerts) {
  for (const auto& [of, found] : days) {
    const auto& [provider, start_ms] = of;
    const double ratio = static_cast<double>(found.without_delay) / (found.without_delay + found.with_delay);
    alerts.push_back({rule.kind, rule.id, provider, "", start_ms, found.end_ms, "cleared",
                      fmt::format("{} {} {:.4f}", found.without_delay, found.with_delay, ratio)});
  }
}

}  // namespace vigia::reference
