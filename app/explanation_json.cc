#include "app/explanation_json.h"

#include <algorithm>

#include "app/revision_story.h"
#include "connectors/json_bytes.h"
#include "schemas/enum_names.h"
#include "schemas/json_writer.h"

namespace vigia {
namespace {

using json::JsonObject;

// Writes `each(item, out)` for all items, as a list.
template <class Items, class Each>
void list(JsonObject& object, std::string_view name, const Items& items, Each each) {
  std::string& out = object.key(name);
  out += '[';
  for (const auto& item : items) {
    if (out.back() != '[') out += ',';
    each(item, out);
  }
  out += ']';
}

void append_change(const RevisionChange& change, std::string& out) {
  JsonObject object(out);
  object.field("what", std::string_view(change.what));
  object.field("from", std::string_view(change.from));
  object.field("to", std::string_view(change.to));
}

void append_revision(const Alert* before, const Alert& now, const std::string& zone, std::string& out) {
  JsonObject object(out);
  object.field("revision", now.revision);
  object.field("why", std::string_view(why_of(before, now)));
  if (before != nullptr) list(object, "changes", changes_of(*before, now, zone), append_change);
  json::append_json(now, object.key("alert"));
}

void append_content(const ExplainedRecord& explained, JsonObject& object) {
  if (!explained.record.value) {
    object.key("content") += "null";
  } else if (explained.content.problem.empty()) {
    object.key("content") += explained.content.json;
  } else {
    object.field("problem", std::string_view(explained.content.problem));
    append_bytes_field(object, "value", *explained.record.value);
  }
}

void append_record(const EvidencePlace& place, const ExplainedRecord& explained, const std::vector<Alert>& revisions,
                   std::string& out) {
  using From = ExplainedRecord::From;
  JsonObject object(out);
  object.field("topic", std::string_view(place.topic));
  object.field("partition", place.partition);
  object.field("offset", place.offset);
  std::vector<std::uint32_t> behind;
  for (const Alert& alert : revisions) {
    const auto places = evidence_of(alert);
    if (std::ranges::find(places, place) != places.end()) behind.push_back(alert.revision);
  }
  list(object, "revisions", behind, [](std::uint32_t revision, std::string& to) { to += std::to_string(revision); });
  object.field("from", explained.from == From::store ? "store" : explained.from == From::kafka ? "kafka" : "nowhere");
  if (explained.from == From::nowhere) return object.field("missing", std::string_view(explained.missing));
  object.field("timestamp_ms", explained.record.timestamp_ms);
  append_bytes_field(object, "key", explained.record.key);
  if (!explained.record.headers.empty()) {
    list(object, "headers", explained.record.headers, [](const auto& header, std::string& to) {
      JsonObject item(to);
      item.field("name", std::string_view(header.first));
      append_bytes_field(item, "value", header.second);
    });
  }
  append_content(explained, object);
}

void append_sigma(const SigmaHead& sigma, JsonObject& object) {
  if (!sigma.title.empty()) object.field("title", std::string_view(sigma.title));
  if (!sigma.name.empty()) object.field("name", std::string_view(sigma.name));
  object.field("file", std::string_view(sigma.file));
  object.field("line", sigma.line);
  object.field("severity", schema::EnumNameSeverity(sigma.severity));
}

void append_rule(const ExplainedRule& explained, const Alert& alert, std::string& out) {
  JsonObject object(out);
  object.field("id", std::string_view(alert.rule_id));
  object.field("alert_hash", std::string_view(alert.rule_hash));
  object.field("same", explained.is_same);
  object.field("remark", std::string_view(explained.remark));
  if (!explained.rule && !explained.sigma) return;
  object.field("hash", std::string_view(explained.hash));
  if (explained.sigma) return append_sigma(*explained.sigma, object);
  object.field("kind", std::string_view(explained.rule->kind));
  object.field("severity", schema::EnumNameSeverity(explained.rule->severity));
  object.field("scope", explained.rule->scope == Scope::always ? "always" : "trip");
  JsonObject parameters = object.object("parameters");
  for (const auto& [name, text] : explained.parameters()) parameters.field(name, std::string_view(text));
}

}  // namespace

std::string explanation_json(const Explanation& explanation) {
  std::string out;
  {
    JsonObject object(out);
    object.field("alert_id", std::string_view(explanation.revisions.back().alert_id));
    object.field("timezone", std::string_view(explanation.timezone));
    list(object, "revisions", explanation.revisions, [&](const Alert& now, std::string& to) {
      append_revision(&now == explanation.revisions.data() ? nullptr : &now - 1, now, explanation.timezone, to);
    });
    list(object, "records", explanation.records, [&](const auto& entry, std::string& to) {
      append_record(entry.first, entry.second, explanation.revisions, to);
    });
    append_rule(explanation.rule, explanation.revisions.back(), object.key("rule"));
  }
  return out;
}

}  // namespace vigia
