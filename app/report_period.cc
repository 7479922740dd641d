#include "app/report_period.h"

#include <date/date.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "app/time_text.h"

namespace vigia {
namespace {

constexpr int eight = 8;

std::optional<date::year_month_day> parse_date(const std::string& text) {
  int year = 0, month = 0, day = 0, end = 0;
  const int read = std::sscanf(text.c_str(), "%4d-%2d-%2d%n", &year, &month, &day, &end);
  if (read != 3 || end != 10 || text.size() != 10) return std::nullopt;
  const date::year_month_day date{date::year(year), date::month(static_cast<unsigned>(month)),
                                  date::day(static_cast<unsigned>(day))};
  return date.ok() ? std::optional(date) : std::nullopt;
}

date::year_month_day moved(date::year_month_day date, int days) { return date::sys_days(date) + date::days(days); }

// At that hour by the clocks of the zone.
TimeMs at(date::year_month_day date, int hour, const std::string& zone) {
  const auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:00", static_cast<int>(date.year()),
                                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), hour);
  return parse_time(text, zone).value_or(0);
}

ReportPeriod whole_day(date::year_month_day date, PeriodForm form, const std::string& zone) {
  if (form == PeriodForm::day_at_eight) return {at(moved(date, -1), eight, zone), at(date, eight, zone)};
  return {at(date, 0, zone), at(moved(date, 1), 0, zone)};
}

ReportPeriod whole_month(date::year_month month, const std::string& zone) {
  const date::year_month next = month + date::months(1);
  return {at(month / date::day(1), 0, zone), at(next / date::day(1), 0, zone)};
}

// The last one that is over.
ReportPeriod last_period(PeriodForm form, TimeMs now_ms, const std::string& zone) {
  const auto today = *parse_date(format_time(now_ms, zone).substr(0, 10));
  if (form == PeriodForm::month) return whole_month(today.year() / today.month() - date::months(1), zone);
  if (form == PeriodForm::day) return whole_day(moved(today, -1), form, zone);
  const bool is_made = at(today, eight, zone) <= now_ms;
  return whole_day(is_made ? today : moved(today, -1), form, zone);
}

// Of what is not over nothing is known behind now. One that has not begun stays as it was asked for.
ReportPeriod until_now(ReportPeriod period, TimeMs now_ms) {
  if (period.from_ms < now_ms) period.to_ms = std::min(period.to_ms, now_ms);
  return period;
}

}  // namespace

std::optional<ReportPeriod> period_of(const PeriodOptions& options, PeriodForm form, TimeMs now_ms,
                                      const std::string& zone, std::vector<std::string>& errors) {
  const std::size_t before = errors.size();
  const bool has_range = !options.from.empty() || !options.to.empty();
  if (!options.day.empty() + !options.month.empty() + has_range > 1)
    errors.emplace_back("found several of --day, --month and --from with --to, expected one of them");
  const auto day = parse_date(options.day);
  if (!options.day.empty() && !day)
    errors.push_back(fmt::format("found the day {}, expected one such as 2026-03-04", options.day));
  const auto month = parse_date(options.month + "-01");
  if (!options.month.empty() && !month)
    errors.push_back(fmt::format("found the month {}, expected one such as 2026-03", options.month));
  const auto time = [&](const std::string& text, const char* name) -> TimeMs {
    if (text.empty()) return 0;
    const auto parsed = parse_time(text, zone);
    if (!parsed) errors.push_back(no_time_words(fmt::format("{} {}", name, text)));
    return parsed.value_or(0);
  };
  const ReportPeriod range{time(options.from, "--from"), time(options.to, "--to")};
  if (has_range && (options.from.empty() || options.to.empty()))
    errors.emplace_back("found one of --from and --to, expected both");
  const bool is_given = day || month || has_range;
  if (!is_given && form == PeriodForm::must_be_given && errors.size() == before)
    errors.emplace_back("found no period, expected --day, --month, or --from and --to");
  if (errors.size() == before && has_range && range.from_ms >= range.to_ms)
    errors.push_back(fmt::format("found --from {} and --to {}, expected --to behind --from", options.from, options.to));
  if (errors.size() != before) return std::nullopt;
  if (has_range) return until_now(range, now_ms);
  if (day) return until_now(whole_day(*day, form, zone), now_ms);
  if (month) return until_now(whole_month(month->year() / month->month(), zone), now_ms);
  return last_period(form, now_ms, zone);
}

}  // namespace vigia
