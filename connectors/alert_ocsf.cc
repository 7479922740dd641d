#include "connectors/alert_ocsf.h"

#include "connectors/alert_record.h"
#include "schemas/enum_names.h"
#include "schemas/json_writer.h"

namespace vigia {
namespace {

using schema::AlertStatus, schema::Severity, schema::TriageStatus;

struct Named {
  int id;
  std::string_view name;
};

Named activity_of(const Alert& alert) {
  if (alert.status == AlertStatus::withdrawn) return {3, "Close"};
  return alert.revision == 1 ? Named{1, "Create"} : Named{2, "Update"};
}

Named severity_of(Severity severity) {
  switch (severity) {
    case Severity::info: return {1, "Informational"};
    case Severity::low: return {2, "Low"};
    case Severity::medium: return {3, "Medium"};
    case Severity::high: return {4, "High"};
    case Severity::critical: return {5, "Critical"};
  }
  return {0, "Unknown"};
}

// What people have made of it; how the engine sees it is in `status_detail`.
Named status_of(const Alert& alert) {
  if (alert.status == AlertStatus::withdrawn) return {4, "Resolved"};
  switch (alert.triage_status) {
    case TriageStatus::acknowledged: return {2, "In Progress"};
    case TriageStatus::false_positive: return {3, "Suppressed"};
    case TriageStatus::attended: return {4, "Resolved"};
    case TriageStatus::new_: break;
  }
  return {1, "New"};
}

void write_metadata(const Alert& alert, std::string_view application, json::JsonObject& root) {
  auto metadata = root.object("metadata");
  metadata.field("version", "1.4.0");
  metadata.field("uid", revision_id(alert));
  metadata.field("log_provider", application);
  auto product = metadata.object("product");
  product.field("name", "vigia");
  product.field("vendor_name", "vigia");
}

void write_finding(const Alert& alert, json::JsonObject& root) {
  auto finding = root.object("finding_info");
  finding.field("uid", alert.alert_id);
  finding.field("title", alert.message.empty() ? alert.kind : alert.message);
  std::string& types = finding.key("types") += '[';
  json::append_json_string(alert.kind, types);
  types += ']';
  finding.field("first_seen_time", alert.start_ms);
  finding.field("modified_time", alert.detected_ms);
  auto analytic = finding.object("analytic");
  analytic.field("type_id", 1);
  analytic.field("type", "Rule");
  analytic.field("name", alert.kind);
  analytic.field("uid", alert.rule_id);
}

}  // namespace

void append_ocsf(const Alert& alert, std::string_view application, std::string& out) {
  const auto [activity_id, activity] = activity_of(alert);
  const auto [severity_id, severity] = severity_of(alert.severity);
  const auto [status_id, status] = status_of(alert);
  json::JsonObject root(out);
  root.field("activity_id", activity_id);
  root.field("activity_name", activity);
  root.field("category_uid", 2);
  root.field("category_name", "Findings");
  root.field("class_uid", 2004);
  root.field("class_name", "Detection Finding");
  root.field("type_uid", 200400 + activity_id);
  root.field("severity_id", severity_id);
  root.field("severity", severity);
  root.field("status_id", status_id);
  root.field("status", status);
  root.field("status_detail", schema::name_of(alert.status));
  root.field("is_alert", alert.status != AlertStatus::withdrawn);
  root.field("time", alert.detected_ms);
  root.field("start_time", alert.start_ms);
  if (alert.end_ms != 0) root.field("end_time", alert.end_ms);
  root.field("message", alert.message);
  write_metadata(alert, application, root);
  write_finding(alert, root);
  {
    std::string& resources = root.key("resources") += '[';
    {
      json::JsonObject resource(resources);
      resource.field("uid", alert.subject_id);
      resource.field("type", alert.subject_type);
    }
    resources += ']';
  }
  auto unmapped = root.object("unmapped");
  json::append_json(alert, unmapped.key("vigia"));
}

}  // namespace vigia
