#include "connectors/sigma_reader.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <map>
#include <optional>

#include "connectors/quantity.h"
#include "connectors/sigma_yaml.h"
#include "connectors/suggestion.h"
#include "operators/sigma_condition.h"

namespace vigia {
namespace {

using Member = SigmaYaml::Member;

const Member* find(const std::vector<Member>& members, std::string_view key) {
  const auto found = std::ranges::find(members, key, &Member::key);
  return found == members.end() ? nullptr : &*found;
}

// Without what changes no alert.
std::string hash_of(const YAML::Node& document) {
  YAML::Node hashed = document;
  if (document.IsMap() && (document["route"] || document["attend_when"])) {
    hashed = YAML::Clone(document);
    hashed.remove("route");
    hashed.remove("attend_when");
  }
  const auto text = YAML::Dump(hashed);
  return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size()));
}

// One document: a detection or a correlation.
class DocumentReader {
 public:
  DocumentReader(const SigmaYaml& yaml, const YAML::Node& document)
      : yaml_(yaml), line_(SigmaYaml::line_of(document)), members_(yaml.members(document)), hash_(hash_of(document)) {}

  void read(SigmaRules& out) {
    const auto* detection = find(members_, "detection");
    const auto* correlation = find(members_, "correlation");
    refuse("action", "each rule in full, without action");
    refuse("filter", "detections and correlations; filters are not supported");
    if ((detection == nullptr) == (correlation == nullptr)) {
      yaml_.error(line_, detection == nullptr ? "a document without detection or correlation" : "both in one document",
                  "detection: or correlation:");
    } else if (detection != nullptr) {
      SigmaDetection rule;
      rule.head = read_head();
      read_logsource(rule);
      read_detection(*detection, rule);
      out.detections.push_back(std::move(rule));
    } else {
      SigmaCorrelation rule;
      rule.head = read_head();
      read_correlation(*correlation, rule);
      out.correlations.push_back(std::move(rule));
    }
  }

 private:
  void refuse(std::string_view key, std::string expected) const {
    if (const auto* member = find(members_, key)) yaml_.error(member->line, std::string(key), std::move(expected));
  }

  [[nodiscard]] std::string text(std::string_view key) const {
    const auto* member = find(members_, key);
    return member == nullptr ? std::string() : yaml_.text(*member).value_or("");
  }

  SigmaHead read_head() const {
    SigmaHead head;
    head.id = text("id");
    head.name = text("name");
    head.title = text("title");
    head.file = yaml_.file();
    head.line = line_;
    head.hash = hash_;
    head.rule_id = head.id.empty() ? head.name : head.id;
    if (head.rule_id.empty())
      yaml_.error(line_, "a rule without id and name", "id: or name:, by which its alerts are known");
    if (const auto* generate = find(members_, "generate")) head.generate = yaml_.flag(*generate);
    head.severity = choice<schema::Severity>("level",
                                             {{"informational", schema::Severity::info},
                                              {"low", schema::Severity::low},
                                              {"medium", schema::Severity::medium},
                                              {"high", schema::Severity::high},
                                              {"critical", schema::Severity::critical}},
                                             head.severity);
    head.category = choice<schema::Category>("category",
                                             {{"information", schema::Category::information},
                                              {"attention_medium", schema::Category::attention_medium},
                                              {"attention_major", schema::Category::attention_major}},
                                             default_category(head.severity));
    head.triage.route = choice<AlertRoute>(
        "route", {{"administrator", AlertRoute::administrator}, {"deputy", AlertRoute::deputy}}, head.triage.route);
    head.triage.attend_when_cleared = choice<bool>("attend_when", {{"always", false}, {"cleared", true}}, false);
    return head;
  }

  template <class Value>
  [[nodiscard]] Value choice(std::string_view key, const std::vector<std::pair<std::string_view, Value>>& choices,
                             Value absent) const {
    const auto* member = find(members_, key);
    if (member == nullptr) return absent;
    const auto name = text(key);
    std::vector<std::string_view> names;
    for (const auto& [one, value] : choices) {
      if (one == name) return value;
      names.push_back(one);
    }
    yaml_.error(member->line, fmt::format("{}: {}", key, name), one_of(name, names));
    return absent;
  }

  void read_logsource(SigmaDetection& rule) const {
    const auto* member = find(members_, "logsource");
    if (member == nullptr) return yaml_.error(line_, "a detection without logsource", "logsource: {product: ...}");
    const auto logsource = yaml_.logsource(member->value);
    if (!logsource) return;
    rule.logsource = *logsource;
    if (logsource->product != "vigia") return;
    const std::vector<std::string_view> services = {"seal", "trip", "access", "camera", "alert", "command"};
    if (std::ranges::find(services, logsource->service) == services.end())
      yaml_.error(member->line, fmt::format("product vigia with service {}", logsource->service),
                  one_of(logsource->service, services));
  }

  void read_detection(const Member& detection, SigmaDetection& rule) const {
    if (!detection.value.IsMap()) return yaml_.error(detection.line, "detection: no map", "selections and a condition");
    SigmaSelections selections;
    const auto parts = yaml_.members(detection.value);
    for (const auto& part : parts) {
      if (part.key == "condition") continue;
      if (part.key == "timeframe") {
        yaml_.error(part.line, "timeframe", "a correlation with timespan");
      } else {
        selections.emplace_back(part.key, yaml_.selection(part.value));
      }
    }
    const auto* condition = find(parts, "condition");
    if (condition == nullptr) return yaml_.error(detection.line, "a detection without condition", "condition:");
    if (!condition->value.IsScalar()) return yaml_.error(condition->line, "condition: no text", "one condition a rule");
    auto problem = parse_condition(condition->value.Scalar(), selections, rule.condition);
    if (!problem.found.empty()) yaml_.error(condition->line, std::move(problem.found), std::move(problem.expected));
  }

  void read_correlation(const Member& correlation, SigmaCorrelation& rule) const {
    if (!correlation.value.IsMap())
      return yaml_.error(correlation.line, "correlation: no map", "type, rules, timespan");
    const auto parts = yaml_.members(correlation.value);
    const std::vector<std::string_view> known = {"type",    "rules",     "group-by", "timespan",
                                                 "aliases", "condition", "generate", "direction"};
    for (const auto& part : parts)
      if (std::ranges::find(known, part.key) == known.end())
        yaml_.error(part.line, "correlation: " + part.key, one_of(part.key, known));
    if (const auto* part = find(parts, "generate")) rule.head.generate = yaml_.flag(*part) || rule.head.generate;
    read_type(correlation, find(parts, "type"), rule);
    if (const auto* part = find(parts, "rules")) rule.rules = yaml_.texts(*part);
    if (const auto* part = find(parts, "group-by")) rule.group_by = yaml_.texts(*part);
    read_timespan(correlation, find(parts, "timespan"), rule);
    if (rule.rules.empty()) yaml_.error(correlation.line, "a correlation without rules", "rules: names of rules");
    const bool is_absence = rule.type == CorrelationType::absence;
    if (is_absence && rule.rules.size() != 2)
      yaml_.error(correlation.line, fmt::format("absence of {} rules", rule.rules.size()), "exactly two");
    read_condition(correlation, find(parts, "condition"), rule);
    if (const auto* part = find(parts, "direction")) {
      const auto direction = yaml_.text(*part).value_or("after");
      rule.before = direction == "before";
      if (!is_absence) yaml_.error(part->line, "direction", "it only with type: absence");
      if (!rule.before && direction != "after") yaml_.error(part->line, "direction: " + direction, "after or before");
    }
    if (const auto* part = find(parts, "aliases")) read_aliases(*part, rule);
  }

  void read_type(const Member& correlation, const Member* part, SigmaCorrelation& rule) const {
    const std::vector<std::pair<std::string_view, CorrelationType>> types = {
        {"event_count", CorrelationType::event_count},
        {"value_count", CorrelationType::value_count},
        {"temporal", CorrelationType::temporal},
        {"temporal_ordered", CorrelationType::temporal_ordered},
        {"absence", CorrelationType::absence}};
    if (part == nullptr) return yaml_.error(correlation.line, "a correlation without type", "type: event_count, ...");
    const auto name = yaml_.text(*part).value_or("");
    const auto found = std::ranges::find(types, name, [](const auto& type) { return type.first; });
    if (found == types.end()) {
      yaml_.error(part->line, "type: " + name,
                  one_of(name, {"event_count", "value_count", "temporal", "temporal_ordered", "absence"}));
    } else {
      rule.type = found->second;
    }
  }

  void read_timespan(const Member& correlation, const Member* part, SigmaCorrelation& rule) const {
    if (part == nullptr) return yaml_.error(correlation.line, "a correlation without timespan", "timespan: 10m");
    const auto name = yaml_.text(*part).value_or("");
    const auto timespan = parse_duration(name);
    if (!timespan || *timespan <= 0)
      return yaml_.error(part->line, "timespan: " + name, "a duration such as 30s, 10m, 2h, 1d");
    rule.timespan_ms = *timespan;
  }

  void read_condition(const Member& correlation, const Member* part, SigmaCorrelation& rule) const {
    const bool counts = rule.type == CorrelationType::event_count || rule.type == CorrelationType::value_count;
    if (part == nullptr) {
      if (counts) yaml_.error(correlation.line, "a count without condition", "condition: {gte: 5}");
      return;
    }
    if (!counts) return yaml_.error(part->line, "condition", "none with this type");
    if (!part->value.IsMap()) return yaml_.error(part->line, "condition: no map", "condition: {gte: 5}");
    bool is_given = false;
    for (const auto& member : yaml_.members(part->value)) {
      if (member.key == "field" && rule.type == CorrelationType::value_count) {
        rule.value_field = yaml_.text(member).value_or("");
        continue;
      }
      const auto value = yaml_.text(member).value_or("");
      double number = -1;
      const bool is_count = parse_number(value, number) && number >= 0 && number < 1e9 &&
                            number == static_cast<double>(static_cast<std::int64_t>(number));
      if (member.key != "gte" && member.key != "gt") {
        yaml_.error(member.line, "condition: " + member.key, "gt or gte, and for value_count field");
      } else if (is_given || !is_count || (member.key == "gte" && number < 1)) {
        yaml_.error(member.line, fmt::format("{}: {}", member.key, value), "one whole number of at least 1 (gt: 0)");
      } else {
        rule.at_least = static_cast<std::int64_t>(number) + (member.key == "gt" ? 1 : 0);
      }
      is_given = true;
    }
    if (!is_given) yaml_.error(part->line, "a condition without gt and gte", "condition: {gte: 5}");
    if (rule.type == CorrelationType::value_count && rule.value_field.empty())
      yaml_.error(part->line, "value_count without field", "condition: {field: user.name, gte: 5}");
  }

  void read_aliases(const Member& part, SigmaCorrelation& rule) const {
    if (!part.value.IsMap()) return yaml_.error(part.line, "aliases: no map", "aliases: {who: {rule: field}}");
    for (const auto& alias : yaml_.members(part.value)) {
      if (!alias.value.IsMap()) {
        yaml_.error(alias.line, "alias " + alias.key, "a map of rules and their fields");
        continue;
      }
      auto& fields = rule.aliases[alias.key];
      for (const auto& member : yaml_.members(alias.value)) {
        if (std::ranges::find(rule.rules, member.key) == rule.rules.end())
          yaml_.error(member.line, fmt::format("alias {} of rule {}", alias.key, member.key),
                      "one of the correlation's rules");
        fields[member.key] = yaml_.text(member).value_or("");
      }
      for (const auto& name : rule.rules)
        if (!fields.contains(name))
          yaml_.error(alias.line, fmt::format("alias {} without a field of rule {}", alias.key, name),
                      "one for each rule");
    }
  }

  const SigmaYaml& yaml_;
  int line_;
  std::vector<Member> members_;
  std::string hash_;
};

// Names across all files, and the order of correlations.
class Links {
 public:
  Links(SigmaRules& rules, Diagnostics& diagnostics) : rules_(rules), diagnostics_(diagnostics) {}

  void check() {
    for (const auto& rule : rules_.detections) note(rule.head, nullptr);
    for (const auto& rule : rules_.correlations) note(rule.head, &rule);
    std::vector<SigmaCorrelation> ordered;
    for (const auto& rule : rules_.correlations) visit(rule, ordered);
    rules_.correlations = std::move(ordered);
  }

 private:
  struct Named {
    const SigmaHead* head;
    const SigmaCorrelation* correlation;  // null: a detection
  };

  void note(const SigmaHead& head, const SigmaCorrelation* correlation) {
    for (const auto* name : {&head.id, &head.name}) {
      if (name->empty() || (name == &head.name && head.name == head.id)) continue;
      const auto [first, is_new] = named_.emplace(*name, Named{&head, correlation});
      if (is_new) continue;
      diagnostics_.error(
          head.file, head.line,
          fmt::format("rule {} again (first in {}:{})", *name, first->second.head->file, first->second.head->line),
          "each id and name once");
    }
  }

  void visit(const SigmaCorrelation& rule, std::vector<SigmaCorrelation>& ordered) {
    auto& mark = marks_[&rule];
    if (mark == Mark::done) return;
    if (mark == Mark::open) {
      diagnostics_.error(rule.head.file, rule.head.line,
                         fmt::format("correlation {} that refers to itself by way of others", rule.head.rule_id),
                         "no cycles");
      return;
    }
    mark = Mark::open;
    for (const auto& name : rule.rules) {
      const auto found = named_.find(name);
      if (found == named_.end()) {
        std::vector<std::string_view> names;
        for (const auto& [other, what] : named_) names.push_back(other);
        const auto near = nearest_name(name, names);
        diagnostics_.error(rule.head.file, rule.head.line, fmt::format("rule {}, which is in no file", name),
                           "the id or name of a rule in the sigma files" +
                               (near.empty() ? std::string() : fmt::format(" (did you mean {}?)", near)));
      } else if (found->second.correlation != nullptr) {
        visit(*found->second.correlation, ordered);
      }
    }
    marks_[&rule] = Mark::done;
    ordered.push_back(rule);
  }

  enum class Mark { none, open, done };
  SigmaRules& rules_;
  Diagnostics& diagnostics_;
  std::map<std::string, Named, std::less<>> named_;
  std::map<const SigmaCorrelation*, Mark> marks_;
};

}  // namespace

SigmaRules read_sigma_files(const std::vector<SigmaFile>& files, Diagnostics& diagnostics) {
  SigmaRules out;
  for (const auto& file : files) {
    const SigmaYaml yaml(file.name, diagnostics);
    try {
      for (const auto& document : yaml.parse(file.content)) {
        if (document.IsNull()) continue;
        if (!document.IsMap()) {
          yaml.error(SigmaYaml::line_of(document), "a document that is no map", "a Sigma rule");
        } else {
          DocumentReader(yaml, document).read(out);
        }
      }
    } catch (const YAML::Exception& e) {  // not known to happen: every node is asked for its type first
      yaml.error(e.mark.is_null() ? 0 : e.mark.line + 1, "broken YAML (" + e.msg + ")", "Sigma rules");
    }
  }
  Links(out, diagnostics).check();
  return out;
}

}  // namespace vigia
