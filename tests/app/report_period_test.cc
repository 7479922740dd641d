#include "app/report_period.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/time_text.h"

namespace vigia {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string guayaquil = "America/Guayaquil";  // UTC-5
constexpr TimeMs hour_ms = 3'600'000;
const TimeMs now_ms = *parse_time("2026-03-04T07:59", guayaquil);

// "FROM TO" in the zone.
std::string period(const PeriodOptions& options, PeriodForm form, const std::string& zone = guayaquil,
                   TimeMs now = now_ms) {
  std::vector<std::string> errors;
  const auto found = period_of(options, form, now, zone, errors);
  EXPECT_THAT(errors, IsEmpty());
  return found ? format_time(found->from_ms, zone) + " " + format_time(found->to_ms, zone) : "";
}

TEST(ReportPeriod, ADayIsFromMidnightToMidnightAndThatOfTheDailyRecordFromEightToEight) {
  EXPECT_EQ(period({.day = "2026-03-01"}, PeriodForm::day), "2026-03-01 00:00:00 2026-03-02 00:00:00");
  EXPECT_EQ(period({.day = "2026-03-01"}, PeriodForm::day_at_eight), "2026-02-28 08:00:00 2026-03-01 08:00:00");
  EXPECT_EQ(period({.month = "2026-12"}, PeriodForm::day_at_eight), "2026-12-01 00:00:00 2027-01-01 00:00:00");
  EXPECT_EQ(period({.from = "2026-03-01", .to = "2026-03-01T05:30"}, PeriodForm::day_at_eight),
            "2026-03-01 00:00:00 2026-03-01 05:30:00");
}

TEST(ReportPeriod, WithoutOneItIsTheLastThatIsOver) {
  EXPECT_EQ(period({}, PeriodForm::day), "2026-03-03 00:00:00 2026-03-04 00:00:00");
  EXPECT_EQ(period({}, PeriodForm::month), "2026-02-01 00:00:00 2026-03-01 00:00:00");
  EXPECT_EQ(period({}, PeriodForm::day_at_eight), "2026-03-02 08:00:00 2026-03-03 08:00:00") << "not eight yet";
  EXPECT_EQ(period({}, PeriodForm::day_at_eight, guayaquil, now_ms + 60'000),
            "2026-03-03 08:00:00 2026-03-04 08:00:00");
}

TEST(ReportPeriod, OneThatIsNotOverEndsNow) {
  EXPECT_EQ(period({.day = "2026-03-04"}, PeriodForm::day), "2026-03-04 00:00:00 2026-03-04 07:59:00");
  EXPECT_EQ(period({.day = "2026-03-04"}, PeriodForm::day_at_eight), "2026-03-03 08:00:00 2026-03-04 07:59:00");
  EXPECT_EQ(period({.month = "2026-03"}, PeriodForm::month), "2026-03-01 00:00:00 2026-03-04 07:59:00");
  EXPECT_EQ(period({.from = "2026-03-01", .to = "2027-01-01"}, PeriodForm::must_be_given),
            "2026-03-01 00:00:00 2026-03-04 07:59:00");
  EXPECT_EQ(period({.day = "2026-03-05"}, PeriodForm::day), "2026-03-05 00:00:00 2026-03-06 00:00:00");
}

TEST(ReportPeriod, DaysAreShorterAndLongerWhereTheClocksChange) {
  const auto hours = [](const std::string& day) {
    std::vector<std::string> errors;
    const auto found = period_of({.day = day}, PeriodForm::day, now_ms, "Europe/Madrid", errors);
    return (found->to_ms - found->from_ms) / hour_ms;
  };
  EXPECT_EQ(hours("2026-03-29"), 23);
  EXPECT_EQ(hours("2026-10-25"), 25);
  EXPECT_EQ(hours("2026-10-26"), 24);
}

TEST(ReportPeriod, EverythingThatIsWrongIsSaid) {
  std::vector<std::string> errors;
  EXPECT_FALSE(
      period_of({.day = "2026-02-30", .month = "2026-13", .from = "soon"}, PeriodForm::day, now_ms, guayaquil, errors));
  EXPECT_THAT(errors, ElementsAre(HasSubstr("found several of"), HasSubstr("the day 2026-02-30"),
                                  HasSubstr("the month 2026-13"), HasSubstr("the time --from soon"),
                                  HasSubstr("found one of --from and --to")));
  const auto first_error = [&](const PeriodOptions& options) {
    errors.clear();
    EXPECT_FALSE(period_of(options, PeriodForm::must_be_given, now_ms, guayaquil, errors));
    return errors.empty() ? "" : errors.front();
  };
  EXPECT_THAT(first_error({}), HasSubstr("found no period"));
  EXPECT_THAT(first_error({.from = "2026-03-02", .to = "2026-03-02"}), HasSubstr("expected --to behind --from"));
  for (const char* day : {"2026-3-4", "2026-03-04T08:00", "20260304", "yesterday", "2026-03-04 "})
    EXPECT_THAT(first_error({.day = day}), HasSubstr("found the day")) << day;
}

}  // namespace
}  // namespace vigia
