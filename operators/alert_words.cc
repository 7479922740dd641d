#include "operators/alert_words.h"

#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "operators/service_quality.h"
#include "schemas/enum_names.h"
#include "schemas/json_object.h"

namespace vigia {

Alert alert_of(const RuleSpec& rule, const std::string& rule_hash, const ToldAlert& told) {
  const auto& episode = told.last;
  Alert alert;
  alert.alert_id = hex(told.id);
  alert.revision = told.revision;
  alert.status = episode.status;
  alert.kind = rule.kind;
  alert.rule_id = rule.id;
  alert.rule_hash = rule_hash;
  alert.severity = rule.severity;
  alert.category = rule.category;
  alert.start_ms = episode.start_ms;
  alert.end_ms = episode.end_ms;
  alert.detected_ms = episode.detected_ms;
  alert.late_by_ms = episode.late_by_ms;
  return alert;
}

void add_attribute(Alert& alert, std::string key, std::string value) {
  auto attribute = std::make_unique<schema::AttributeT>();
  attribute->key = std::move(key);
  attribute->value = std::move(value);
  alert.attributes.push_back(std::move(attribute));
}

void add_evidence(const Episode& episode, const std::vector<StageSource>& sources,
                  std::vector<std::unique_ptr<schema::EvidenceT>>& out) {
  for (const auto& evidence : episode.evidence) {
    if (evidence.offset.value < 0) continue;
    auto entry = std::make_unique<schema::EvidenceT>();
    entry->topic = sources[evidence.topic.value].topic;
    entry->partition = evidence.partition.value;
    entry->offset = evidence.offset.value;
    out.push_back(std::move(entry));
  }
}

std::string duration_text(TimeMs length_ms) {
  const auto seconds = length_ms / 1000;
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min", seconds / 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
}

void end_by_configuration(Alert& alert) {
  alert.message += "; ended by a change of the configuration";
  add_attribute(alert, "ended_by", "configuration");
}

void append_told(const AlertBook* book, const std::vector<RuleSpec>& rules, std::string& json) {
  const auto to = std::back_inserter(json);
  json += ",\"alerts\":[";
  bool first = true;
  for (const auto& told : book ? book->alerts : std::vector<ToldAlert>{}) {
    if (told.last.rule == no_rule) continue;  // its rule is gone
    const auto& rule = rules[told.last.rule];
    if (rule.kind == ServiceQuality::kind) continue;  // a signal: the alert is its provider's
    fmt::format_to(to, "{}{{\"alert_id\":\"{}\",\"revision\":{},\"status\":\"{}\",\"kind\":\"{}\",\"rule_id\":",
                   first ? "" : ",", hex(told.id), told.revision, schema::name_of(told.last.status), rule.kind);
    json::append_json_string(rule.id, json);
    fmt::format_to(to, ",\"start_ms\":{},\"end_ms\":{}}}", told.last.start_ms, told.last.end_ms);
    first = false;
  }
  json += "]}";
}

}  // namespace vigia
