#include "app/report_alerts.h"

#include <algorithm>

#include <fmt/format.h>

namespace vigia {

Status alerts_of(const AlertStore& store, const AlertQuery& query, const std::function<bool(const Alert&)>& wanted,
                 std::vector<ReportedAlert>& out) {
  out.clear();
  Status status = store.query(query, [&](const Alert& alert) {
    if (wanted(alert)) out.push_back({alert, alert.detected_ms});
    return true;
  });
  for (ReportedAlert& one : out) {
    if (!status.ok()) break;
    if (one.last.revision <= 1) continue;
    AlertQuery first;
    first.alert_id = one.last.alert_id;
    first.all_revisions = true;
    status = store.query(first, [&](const Alert& alert) {
      one.reported_ms = alert.detected_ms;
      return false;
    });
  }
  return status;
}

AlertQuery touching(const ReportPeriod& period) {
  AlertQuery query;
  query.from_ms = period.from_ms;
  query.to_ms = period.to_ms - 1;
  return query;
}

std::string evidence_words(const Alert& alert) {
  std::string words;
  const auto add = [&](const std::string& text) { words += (words.empty() ? "" : ", ") + text; };
  for (const EvidencePlace& place : evidence_of(alert))
    add(fmt::format("{}/{}/{}", place.topic, place.partition, place.offset));
  if (const auto uri = attribute_of(alert, "evidence_uri"); !uri.empty()) add(std::string(uri));
  return words;
}

TimeMs length_ms_of(const Alert& alert, const ReportPeriod& period) {
  const TimeMs end_ms = alert.end_ms != 0 ? alert.end_ms : period.to_ms;
  return std::max<TimeMs>(end_ms - alert.start_ms, 0);
}

Cell length_of(const Alert& alert, const ReportPeriod& period, const Cells& cells) {
  return alert.end_ms == alert.start_ms ? Cell{} : cells.length(length_ms_of(alert, period));
}

}  // namespace vigia
