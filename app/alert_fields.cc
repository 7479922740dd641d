#include "app/alert_fields.h"

#include <string_view>

#include <fmt/format.h>

#include "app/time_text.h"
#include "schemas/enum_names.h"

namespace vigia {
namespace {

std::string time_field(TimeMs time_ms, const std::string& zone) {
  return time_ms == 0 ? "0" : fmt::format("{} ({})", time_ms, format_time(time_ms, zone));
}

template <class Enum>
std::string enum_field(Enum value) {
  const std::string_view name = schema::name_of(value);
  return name.empty() ? std::to_string(static_cast<int>(value)) : std::string(name);
}

std::string position_text(const schema::PositionT* position) {
  if (position == nullptr) return {};
  std::string text = fmt::format("{}, {}", position->lat_deg, position->lon_deg);
  if (position->speed_kmh) text += fmt::format(", {} km/h", *position->speed_kmh);
  if (position->heading_deg) text += fmt::format(", heading {} deg", *position->heading_deg);
  if (position->accuracy_m) text += fmt::format(", within {} m", *position->accuracy_m);
  return text;
}

std::string attributes_text(const Alert& alert) {
  std::string text;
  for (const auto& attribute : alert.attributes)
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", attribute->key, attribute->value);
  return text;
}

}  // namespace

std::string evidence_text(const Alert& alert) {
  std::string text;
  for (const auto& evidence : alert.evidence) {
    text += fmt::format("{}{}/{}:{}", text.empty() ? "" : ", ", evidence->topic, evidence->partition, evidence->offset);
  }
  return text;
}

std::vector<std::pair<std::string, std::string>> alert_fields(const Alert& alert, const std::string& zone) {
  return {
      {"alert_id", alert.alert_id},
      {"revision", std::to_string(alert.revision)},
      {"status", enum_field(alert.status)},
      {"kind", alert.kind},
      {"rule_id", alert.rule_id},
      {"rule_hash", alert.rule_hash},
      {"severity", enum_field(alert.severity)},
      {"category", enum_field(alert.category)},
      {"subject_type", alert.subject_type},
      {"subject_id", alert.subject_id},
      {"trip_id", alert.trip_id},
      {"site_id", alert.site_id},
      {"start_ms", time_field(alert.start_ms, zone)},
      {"end_ms", time_field(alert.end_ms, zone)},
      {"position", position_text(alert.position.get())},
      {"detected_ms", time_field(alert.detected_ms, zone)},
      {"late_by_ms", std::to_string(alert.late_by_ms)},
      {"cause", alert.cause},
      {"message", alert.message},
      {"evidence", evidence_text(alert)},
      {"attributes", attributes_text(alert)},
      {"triage_status", enum_field(alert.triage_status)},
      {"triage_revision", std::to_string(alert.triage_revision)},
      {"triage_by", alert.triage_by},
      {"triage_note", alert.triage_note},
      {"triage_ms", time_field(alert.triage_ms, zone)},
  };
}

}  // namespace vigia
