// The reports that control rooms and inspectors need, made from the alert store and the record store. Each is a function
// from the stores to tables (report_table.h); a new one is a file with that function, a line in app/report.cc, and its
// words.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "app/report_period.h"
#include "app/report_table.h"
#include "app/report_words.h"
#include "connectors/alert_store.h"
#include "connectors/pipeline_config.h"
#include "connectors/record_store.h"

namespace vigia {

struct ReportRequest {
  ReportPeriod period;
  std::string site, subject;  // empty: any
  Language language = Language::english;
};

// What a report is made from. All outlive it.
struct ReportContext {
  const AlertStore& alerts;
  const RecordStore& records;
  const LoadedPipeline& loaded;
  const ReportRequest& request;

  [[nodiscard]] const std::string& timezone() const { return loaded.pipeline.timezone; }
};

struct ReportKind {
  std::string_view name;   // on the command line
  std::string_view title;  // its words
  PeriodForm period = PeriodForm::day;
  bool needs_scope = false;  // a site or a subject
  Status (*tables)(const ReportContext& context, std::vector<Table>& out) = nullptr;
};

[[nodiscard]] std::span<const ReportKind> report_kinds();
// Null: none of that name.
[[nodiscard]] const ReportKind* find_report(std::string_view name);

// A fault of the stores is given back; `out` is then of no use.
[[nodiscard]] Status make_report(const ReportKind& kind, const ReportContext& context, Report& out);

// Each in a file of its name.
Status daily_tables(const ReportContext& context, std::vector<Table>& out);
Status provider_tables(const ReportContext& context, std::vector<Table>& out);
Status camera_failure_tables(const ReportContext& context, std::vector<Table>& out);
Status soc_tables(const ReportContext& context, std::vector<Table>& out);
Status movement_tables(const ReportContext& context, std::vector<Table>& out);
Status file_tables(const ReportContext& context, std::vector<Table>& out);

}  // namespace vigia
