#include "connectors/alert_ecs.h"

#include "connectors/alert_record.h"
#include "schemas/json_writer.h"
#include "schemas/rfc3339.h"

namespace vigia {
namespace {

void write_event(const Alert& alert, std::string_view application, json::JsonObject& root) {
  auto event = root.object("event");
  event.field("kind", "alert");
  event.key("category") += R"(["intrusion_detection"])";
  event.key("type") += R"(["info"])";
  event.field("id", revision_id(alert));
  event.field("action", alert.kind);
  event.field("module", "vigia");
  event.field("dataset", "vigia.alerts");
  event.field("provider", application);
  event.field("severity", static_cast<int>(alert.severity) + 1);  // 1 info ... 5 critical
  event.field("start", format_rfc3339(alert.start_ms));
  if (alert.end_ms != 0) event.field("end", format_rfc3339(alert.end_ms));
  if (!alert.cause.empty()) event.field("reason", alert.cause);
}

void write_subject(const Alert& alert, json::JsonObject& root) {
  if (alert.subject_type == "holder") root.object("user").field("id", alert.subject_id);
  auto observer = root.object("observer");
  observer.field("vendor", "vigia");
  if (alert.subject_type != "holder") {
    observer.field("name", alert.subject_id);
    observer.field("type", alert.subject_type);
  }
  if (alert.position == nullptr) return;
  auto geo = observer.object("geo");
  auto location = geo.object("location");
  location.field("lat", alert.position->lat_deg);
  location.field("lon", alert.position->lon_deg);
}

}  // namespace

void append_ecs(const Alert& alert, std::string_view application, std::string& out) {
  json::JsonObject root(out);
  root.field("@timestamp", format_rfc3339(alert.detected_ms));
  root.object("ecs").field("version", "8.11.0");
  root.field("message", alert.message);
  write_event(alert, application, root);
  {
    auto rule = root.object("rule");
    rule.field("id", alert.rule_id);
    rule.field("category", alert.kind);
    rule.field("ruleset", application);
    if (!alert.rule_hash.empty()) rule.field("version", alert.rule_hash);
  }
  write_subject(alert, root);
  json::append_json(alert, root.key("vigia"));
}

}  // namespace vigia
