#include "operators/maintenance.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "operators/rule.h"

namespace vigia {
namespace {

constexpr std::array<std::string_view, 8> never_silenced = {"camera_offline", "camera_degraded", "panel_offline",
                                                            "panel_tamper",   "seal_tampered",   "source_silent",
                                                            "records_lost",   "clock_fault"};
constexpr TimeMs minute_ms = 60'000, week_ms = 7 * 24 * 60 * minute_ms;
constexpr int steps_max = 16;  // spans that follow each other without a gap: beyond a week of them it is for good

bool fits(const std::vector<std::string>& patterns, std::string_view text) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) { return glob_match(pattern, text); });
}

// The end of the latest span that holds the moment; no_time_ms: none does.
TimeMs end_of_span_ms(const std::vector<OpenSpan>& spans, TimeMs time_ms, const LocalDays& days) {
  constexpr TimeMs monday_ms = 3 * 24 * 60 * minute_ms;  // 1970-01-01 was a Thursday
  const TimeMs rest_ms = (days.local_ms(time_ms) + monday_ms) % week_ms;
  const TimeMs in_week_ms = rest_ms < 0 ? rest_ms + week_ms : rest_ms;
  TimeMs left_ms = 0;
  for (const OpenSpan& span : spans) {
    for (const TimeMs at_ms : {in_week_ms, in_week_ms + week_ms}) {
      if (span.start_min * minute_ms <= at_ms && at_ms < span.end_min * minute_ms)
        left_ms = std::max(left_ms, span.end_min * minute_ms - at_ms);
    }
  }
  return left_ms == 0 ? no_time_ms : days.reached_ms(days.local_ms(time_ms) + left_ms, time_ms + 1);
}

TimeMs end_of(const Maintenance& window, TimeMs time_ms, const LocalDays& days) {
  if (time_ms < window.from_ms || time_ms >= window.to_ms) return no_time_ms;
  if (window.hours.empty()) return window.to_ms;
  TimeMs end_ms = end_of_span_ms(window.hours, time_ms, days);
  for (int step = 0; end_ms != no_time_ms && end_ms < window.to_ms; ++step) {
    if (step == steps_max) return window.to_ms;
    const TimeMs next_ms = end_of_span_ms(window.hours, end_ms, days);
    if (next_ms == no_time_ms) break;
    end_ms = next_ms;
  }
  return std::min(end_ms, window.to_ms);
}

}  // namespace

std::string canonical_text(const Maintenance& window) {
  std::string text = fmt::format("{};{};", window.from_ms, window.to_ms);
  for (const auto* list : {&window.site, &window.except}) {
    for (const auto& pattern : *list) text += fmt::format("{}:{},", pattern.size(), pattern);
    text += ';';
  }
  for (const OpenSpan& span : window.hours) text += fmt::format("{}-{},", span.start_min, span.end_min);
  return text;
}

bool is_never_silenced(std::string_view kind) {
  return std::ranges::find(never_silenced, kind) != never_silenced.end();
}

TimeMs silenced_until_ms(const std::vector<Maintenance>& windows, std::string_view site, std::string_view kind,
                         TimeMs start_ms, const LocalDays& days) {
  TimeMs until_ms = no_time_ms;
  if (site.empty() || is_never_silenced(kind)) return until_ms;
  for (const Maintenance& window : windows)
    if (fits(window.site, site) && !fits(window.except, kind))
      until_ms = std::max(until_ms, end_of(window, start_ms, days));
  return until_ms;
}

}  // namespace vigia
