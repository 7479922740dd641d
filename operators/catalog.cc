#include <fmt/format.h>

#include <algorithm>

#include "operators/rule.h"

namespace vigia {
namespace {

// Quoted by length, so that no text can pass for the structure around it.
void append_text(std::string& out, std::string_view text) { out += fmt::format("{}:{};", text.size(), text); }

void append_list(std::string& out, std::string_view name, const std::vector<std::string>& values) {
  append_text(out, name);
  out += fmt::format("[{}", values.size());
  for (const std::string& value : values) append_text(out, value);
  out += ']';
}

struct AppendValue {
  std::string& out;
  void operator()(std::int64_t value) const { out += fmt::format("i{};", value); }
  void operator()(double value) const { out += fmt::format("d{};", value); }  // the shortest that reads back the same
  void operator()(const std::vector<std::string>& values) const { append_list(out, "l", values); }
  void operator()(const std::string& value) const { append_text(out, value); }
};

}  // namespace

std::string_view name_of(StreamId stream) {
  switch (stream) {
    case StreamId::trip: return "trip";
    case StreamId::seal: return "seal";
    case StreamId::access: return "access";
    case StreamId::camera: return "camera";
    case StreamId::security: return "security";
    case StreamId::command: return "command";
    case StreamId::site_model: return "site_model";
  }
  return "unknown";
}

bool has_operators(StreamId stream) {
  return stream == StreamId::trip || stream == StreamId::seal || stream == StreamId::access ||
         stream == StreamId::camera || stream == StreamId::security;
}

const KindSpec* find_kind(std::string_view kind) {
  const auto kinds = rule_kinds();
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const KindSpec& spec) { return spec.kind == kind; });
  return found == kinds.end() ? nullptr : &*found;
}

schema::Category default_category(schema::Severity severity) {
  switch (severity) {
    case schema::Severity::critical:
    case schema::Severity::high: return schema::Category::attention_major;
    case schema::Severity::medium: return schema::Category::attention_medium;
    default: return schema::Category::information;
  }
}

RuleSpec implicit_clock_fault() {
  RuleSpec rule;
  rule.id = rule.kind = "clock_fault";
  rule.severity = find_kind(rule.kind)->default_severity;
  rule.category = default_category(rule.severity);
  rule.scope = Scope::always;
  return rule;
}

std::string canonical_text(const RuleSpec& rule) {
  std::string out;
  append_text(out, rule.id);
  append_text(out, rule.kind);
  append_text(out, schema::EnumNameSeverity(rule.severity));
  append_text(out, schema::EnumNameCategory(rule.category));
  append_text(out, rule.message);
  append_text(out, rule.scope == Scope::always ? "always" : "trip");
  append_list(out, "site", rule.only.site);
  append_list(out, "zone", rule.only.zone);
  append_list(out, "id", rule.only.id);
  for (const auto& [name, value] : rule.params) {
    append_text(out, name);
    std::visit(AppendValue{out}, value);
  }
  if (rule.triage != TriageSpec{})
    out += fmt::format("triage {} {};", static_cast<int>(rule.triage.route), rule.triage.attend_when_cleared);
  return out;
}

}  // namespace vigia
