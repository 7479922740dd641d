// The failure log of the video surveillance and its monthly summary (requirements V3, V4, V5).
#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "app/report.h"
#include "app/report_alerts.h"
#include "app/report_cells.h"

namespace vigia {
namespace {

constexpr std::uint64_t frequent = 2;

// V3: link, equipment, power; and what is no failure of these, but of the image.
std::string_view type_of(const Alert& alert) {
  if (alert.kind == "camera_degraded") return "image";
  return alert.cause.empty() ? std::string_view("link") : std::string_view(alert.cause);
}

struct Failures {
  std::uint64_t count = 0, open = 0;
  TimeMs length_ms = 0, longest_ms = 0;

  void add(const Alert& alert, const ReportPeriod& period) {
    const TimeMs one_ms = length_ms_of(alert, period);
    ++count;
    open += alert.end_ms == 0 ? 1 : 0;
    length_ms += one_ms;
    longest_ms = std::max(longest_ms, one_ms);
  }

  void append_to(std::vector<Cell>& row, const Cells& cells) const {
    row.insert(row.end(), {cells.count(count), cells.count(open), cells.length(length_ms), cells.length(longest_ms)});
  }
};

}  // namespace

Status camera_failure_tables(const ReportContext& context, std::vector<Table>& out) {
  const ReportRequest& request = context.request;
  const ReportPeriod& period = request.period;
  const Cells cells(request.language, context.timezone());
  const ReportScope scope(context.loaded.site, request.site, request.subject);
  Table log = cells.table("failures", {{"start_ms", "start"},
                                       {"camera_id", "camera"},
                                       {"site_id", "site"},
                                       {"type", "type"},
                                       {"reported_ms", "reported"},
                                       {"restored_ms", "restored"},
                                       {"solution", "solution"},
                                       {"duration_ms", "duration"},
                                       {"reported_by", "reported_by"},
                                       {"attended_by", "attended_by"},
                                       {"alert_id", "alert"}});
  log.notes = {cells.words_of("note.incidents"), cells.words_of("note.durations")};
  AlertQuery query = touching(period);
  query.kinds = {"camera_offline", "camera_degraded"};
  std::vector<ReportedAlert> failures;
  const auto wanted = [&](const Alert& alert) { return !is_withdrawn(alert) && scope.covers(alert); };
  if (Status status = alerts_of(context.alerts, query, wanted, failures); !status.ok()) return status;

  std::map<std::tuple<std::string, std::string_view>, Failures> by_type;  // of a unit
  std::map<std::pair<std::string, std::string>, Failures> by_camera;      // likewise
  for (const auto& [alert, reported_ms] : failures) {
    log.rows.push_back({cells.time(alert.start_ms), cells.text(alert.subject_id), cells.text(alert.site_id),
                        cells.named("cause", type_of(alert)), cells.time(reported_ms), cells.time(alert.end_ms),
                        cells.text(alert.triage_note), cells.length(length_ms_of(alert, period)),
                        cells.text(fmt::format("vigia: {}", alert.rule_id)), cells.text(alert.triage_by),
                        cells.text(alert.alert_id)});
    by_type[{alert.site_id, type_of(alert)}].add(alert, period);
    by_camera[{alert.site_id, alert.subject_id}].add(alert, period);
  }

  Table summary = cells.table("summary", {{"site_id", "site"},
                                          {"type", "type"},
                                          {"failures", "failures"},
                                          {"still_open", "still_open"},
                                          {"duration_ms", "duration"},
                                          {"longest_ms", "longest"}});
  for (const auto& [unit, sum] : by_type)
    sum.append_to(
        summary.rows.emplace_back(std::vector{cells.text(std::get<0>(unit)), cells.named("cause", std::get<1>(unit))}),
        cells);

  Table often = cells.table("frequent", {{"camera_id", "camera"},
                                         {"site_id", "site"},
                                         {"failures", "failures"},
                                         {"still_open", "still_open"},
                                         {"duration_ms", "duration"},
                                         {"longest_ms", "longest"}});
  often.notes = {cells.words_of("note.frequent")};
  for (const auto& [camera, sum] : by_camera)
    if (sum.count >= frequent)
      sum.append_to(often.rows.emplace_back(std::vector{cells.text(camera.second), cells.text(camera.first)}), cells);
  std::ranges::stable_sort(often.rows, std::ranges::greater{},
                           [](const auto& row) { return std::get<std::int64_t>(row[2].number); });
  out = {std::move(log), std::move(summary), std::move(often)};
  return Status::good();
}

}  // namespace vigia
