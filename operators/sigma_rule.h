// Detections and correlations as loaded from Sigma's format: checked, patterns made ready, names of fields as the rules
// write them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/identity.h"
#include "operators/rule.h"
#include "operators/sigma_pattern.h"
#include "schemas/alert_generated.h"

namespace vigia {

// A pattern whose text is another field's value.
struct SigmaReference {
  std::string field;
  SigmaPattern::Place place = SigmaPattern::Place::whole;
  bool cased = false;
};

// One line of a selection: a field and what it is asked for.
struct SigmaTest {
  std::string field;  // empty: keywords, which are looked for in all texts of the event
  std::vector<SigmaPattern> patterns;
  std::vector<SigmaReference> references;
  bool all = false;  // all patterns must match (each by a value of its own if need be), not one of them
};

struct SigmaExpression {
  enum class Kind : std::uint8_t { all_of, any_of, negation, test };
  Kind kind = Kind::all_of;
  std::vector<SigmaExpression> parts;     // of a negation one
  std::shared_ptr<const SigmaTest> test;  // of a test
};

struct SigmaLogSource {
  std::string product, category, service;  // empty: not said
};

// What detections and correlations have in common.
struct SigmaHead {
  std::string rule_id;  // of the alerts: the rule's `id`, else its `name`
  std::string id, name, title;
  schema::Severity severity = schema::Severity::medium;
  schema::Category category = schema::Category::attention_medium;
  TriageSpec triage;
  bool generate = false;
  std::string hash;  // 16 hex digits, of all that the rule says but `triage`
  std::string file;
  int line = 0;

  // Other rules refer to it so.
  [[nodiscard]] bool is_called(const std::string& text) const { return text == id || text == name; }
};

struct SigmaDetection {
  SigmaHead head;
  SigmaLogSource logsource;
  SigmaExpression condition;
  // Where the log source's events and fields are: told by the file that sigma_pipeline names, else left empty.
  SigmaExpression when;
  std::map<std::string, std::string> names;
};

enum class CorrelationType : std::uint8_t { event_count, value_count, temporal, temporal_ordered, absence };

struct SigmaCorrelation {
  SigmaHead head;
  CorrelationType type = CorrelationType::event_count;
  std::vector<std::string> rules;  // as written: ids or names
  std::vector<std::string> group_by;
  std::map<std::string, std::map<std::string, std::string>> aliases;  // alias, rule as written: field
  TimeMs timespan_ms = 0;
  std::int64_t at_least = 1;  // event_count and value_count
  std::string value_field;    // value_count
  bool before = false;        // absence

  // What a name of the correlation is called in the events of the rule.
  [[nodiscard]] const std::string& name_in(const std::string& name, const SigmaHead& rule) const {
    if (const auto alias = aliases.find(name); alias != aliases.end())
      for (const auto& [of_rule, field] : alias->second)
        if (rule.is_called(of_rule)) return field;
    return name;
  }
};

// All that the files of a configuration hold. Plain data; safe to read from any thread.
struct SigmaRules {
  std::vector<SigmaDetection> detections;
  std::vector<SigmaCorrelation> correlations;  // those that a correlation refers to stand before it
};

}  // namespace vigia
