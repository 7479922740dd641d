#include "app/report.h"

#include <algorithm>

#include <fmt/format.h>

#include "app/report_cells.h"

namespace vigia {
namespace {

constexpr ReportKind kinds[] = {
    {"daily", "report.daily", PeriodForm::day_at_eight, false, daily_tables},
    {"providers", "report.providers", PeriodForm::day, false, provider_tables},
    {"camera-failures", "report.camera_failures", PeriodForm::month, false, camera_failure_tables},
    {"soc", "report.soc", PeriodForm::day, false, soc_tables},
    {"movements", "report.movements", PeriodForm::day, false, movement_tables},
    {"file", "report.file", PeriodForm::must_be_given, true, file_tables},
};

}  // namespace

std::span<const ReportKind> report_kinds() { return kinds; }

const ReportKind* find_report(std::string_view name) {
  const auto* found = std::ranges::find(kinds, name, &ReportKind::name);
  return found == std::end(kinds) ? nullptr : found;
}

Status make_report(const ReportKind& kind, const ReportContext& context, Report& out) {
  const ReportRequest& request = context.request;
  const Cells cells(request.language, context.timezone());
  out = {};
  out.name = kind.name;
  out.title = words(request.language, kind.title);
  out.language = name_of(request.language);
  const auto head = [&](const char* name, Cell cell) {
    if (!cell.text.empty()) out.head.emplace_back(cells.column(name, std::string("head.") + name), std::move(cell));
  };
  head("application", cells.text(context.loaded.pipeline.application));
  head("period", cells.text(fmt::format("{} - {}", cells.time(request.period.from_ms).text,
                                        cells.time(request.period.to_ms).text)));
  head("timezone", cells.text(context.timezone()));
  head("site", cells.text(request.site));
  head("subject", cells.text(request.subject));
  return kind.tables(context, out.tables);
}

}  // namespace vigia
