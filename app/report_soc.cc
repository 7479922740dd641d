// The daily report of the security operations centre, and its indicator (requirements S4, S5).
#include <algorithm>

#include "app/report.h"
#include "app/report_alerts.h"
#include "app/report_cells.h"
#include "schemas/enum_names.h"

namespace vigia {
namespace {

using schema::Category;
using schema::TriageStatus;

struct Activity {
  std::uint64_t raised = 0, withdrawn = 0, information = 0, medium = 0, major = 0;
  std::uint64_t false_positive = 0, acknowledged = 0, reported = 0, attended = 0;

  void add(const Alert& alert) {
    ++raised;
    if (is_withdrawn(alert)) {
      ++withdrawn;
      return;
    }
    if (alert.triage_status == TriageStatus::false_positive) {
      ++false_positive;
      return;
    }
    if (alert.category == Category::information) {
      ++information;
      return;
    }
    ++(alert.category == Category::attention_major ? major : medium);
    ++reported;
    attended += alert.triage_status == TriageStatus::attended ? 1 : 0;
    acknowledged += alert.triage_status == TriageStatus::acknowledged ? 1 : 0;
  }

  [[nodiscard]] Table table(const Cells& cells) const {
    Table table = cells.table("figures", {{"figure", "figure"}, {"number", "number"}});
    const auto add = [&](const char* key, Cell cell) { table.rows.push_back({cells.word(key), std::move(cell)}); };
    add("figure.raised", cells.count(raised));
    add("figure.withdrawn", cells.count(withdrawn));
    add("figure.false_positive", cells.count(false_positive));
    add("figure.information", cells.count(information));
    add("figure.attention_medium", cells.count(medium));
    add("figure.attention_major", cells.count(major));
    add("figure.acknowledged", cells.count(acknowledged));
    add("figure.reported", cells.count(reported));
    add("figure.attended", cells.count(attended));
    add("figure.indicator",
        attended == 0 ? Cell{}
                      : cells.number(100.0 * static_cast<double>(reported) / static_cast<double>(attended), 1));
    if (attended == 0) table.notes.push_back(cells.words_of("note.attended"));
    table.notes.push_back(cells.words_of("note.triage"));
    return table;
  }
};

// S3: major attention is for mitigation, medium for containment.
Cell response_to(Category category, const Cells& cells) {
  return category == Category::information ? Cell{} : cells.named("response", schema::name_of(category));
}

}  // namespace

// What was reported in the period, whenever it began: late data may tell of a day before.
Status soc_tables(const ReportContext& context, std::vector<Table>& out) {
  const ReportRequest& request = context.request;
  const Cells cells(request.language, context.timezone());
  const ReportScope scope(context.loaded.site, request.site, request.subject);
  Table log = cells.table("log", {{"reported_ms", "reported"},
                                  {"start_ms", "start"},
                                  {"kind", "kind"},
                                  {"rule_id", "rule"},
                                  {"subject_id", "subject"},
                                  {"site_id", "site"},
                                  {"severity", "severity"},
                                  {"category", "category"},
                                  {"response", "response"},
                                  {"status", "state"},
                                  {"triage_status", "triage"},
                                  {"triage_by", "attended_by"},
                                  {"triage_note", "note"},
                                  {"message", "message"},
                                  {"alert_id", "alert"}});
  std::vector<ReportedAlert> all;
  const auto wanted = [&](const Alert& alert) {
    return alert.detected_ms >= request.period.from_ms && scope.covers(alert);  // its first revision is no later
  };
  if (Status status = alerts_of(context.alerts, {}, wanted, all); !status.ok()) return status;
  std::ranges::stable_sort(all, {}, &ReportedAlert::reported_ms);
  Activity activity;
  for (const auto& [alert, reported_ms] : all) {
    if (!request.period.holds(reported_ms)) continue;
    activity.add(alert);
    log.rows.push_back({cells.time(reported_ms), cells.time(alert.start_ms), cells.named("kind", alert.kind),
                        cells.text(alert.rule_id), cells.text(alert.subject_id), cells.text(alert.site_id),
                        cells.named("severity", schema::name_of(alert.severity)),
                        cells.named("category", schema::name_of(alert.category)), response_to(alert.category, cells),
                        cells.named("status", schema::name_of(alert.status)),
                        cells.named("triage", schema::name_of(alert.triage_status)), cells.text(alert.triage_by),
                        cells.text(alert.triage_note), cells.text(alert.message), cells.text(alert.alert_id)});
  }
  out = {activity.table(cells), std::move(log)};
  return Status::good();
}

}  // namespace vigia
