// Which members an alert has.
#include "schemas/json_fields.h"

namespace vigia::json {
namespace {

struct AlertFields {
  schema::AlertT& out;
  std::optional<PositionFields> position;
  Attributes attributes;

  bool take(Field& field) {
    return field("alert_id", out.alert_id) || field("revision", out.revision) || field("status", out.status) ||
           field("kind", out.kind) || field("rule_id", out.rule_id) || field("rule_hash", out.rule_hash) ||
           field("severity", out.severity) || field("category", out.category) ||
           field("subject_type", out.subject_type) || field("subject_id", out.subject_id) ||
           field("trip_id", out.trip_id) || field("site_id", out.site_id) || field("start_ms", out.start_ms) ||
           field("end_ms", out.end_ms) || field("position", position) || field("detected_ms", out.detected_ms) ||
           field("late_by_ms", out.late_by_ms) || field("cause", out.cause) || field("message", out.message) ||
           field("evidence", out.evidence) || field("attributes", attributes) ||
           field("triage_status", out.triage_status) || field("triage_revision", out.triage_revision) ||
           field("triage_by", out.triage_by) || field("triage_note", out.triage_note) ||
           field("triage_ms", out.triage_ms);
  }
};

std::unique_ptr<schema::PositionT> to_object(const PositionFields& fields) {
  auto position = std::make_unique<schema::PositionT>();
  position->lat_deg = *fields.lat_deg;
  position->lon_deg = *fields.lon_deg;
  position->speed_kmh = fields.speed_kmh;
  position->heading_deg = fields.heading_deg;
  position->accuracy_m = fields.accuracy_m;
  return position;
}

}  // namespace

void read_alert_object(dom::object object, Findings& findings, schema::AlertT& out) {
  AlertFields f{out, {}, {}};
  for_each_field(object, "", findings, [&](Field& field) { return f.take(field); });
  if (out.alert_id.empty()) findings.complain("alert_id is missing");
  if (!findings.error.empty()) return;
  if (f.position) out.position = to_object(*f.position);
  for (const auto& [key, value] : f.attributes) {
    out.attributes.push_back(std::make_unique<schema::AttributeT>());
    out.attributes.back()->key = key;
    out.attributes.back()->value = value;
  }
}

}  // namespace vigia::json
