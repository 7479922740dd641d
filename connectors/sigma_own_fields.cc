#include "connectors/sigma_own_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "connectors/own_fields.h"
#include "connectors/suggestion.h"

namespace vigia {
namespace {

std::vector<std::string_view> views_of(const std::vector<std::string>& names) { return {names.begin(), names.end()}; }

std::string with_suggestion(std::string expected, std::string_view text, const std::vector<std::string>& names) {
  const auto near = nearest_name(text, views_of(names));
  return near.empty() ? expected : fmt::format("{} (did you mean {}?)", expected, near);
}

// Looks at one detection.
class Check {
 public:
  Check(const SigmaDetection& rule, Diagnostics& diagnostics) : rule_(rule), diagnostics_(diagnostics) {}

  void expression(const SigmaExpression& expression) {
    for (const auto& part : expression.parts) this->expression(part);
    if (!expression.test || expression.test->field.empty()) return;
    const OwnField field = look_up(rule_.head, expression.test->field);
    for (const auto& other : expression.test->references) static_cast<void>(look_up(rule_.head, other.field));
    if (field.enumerators.empty()) return;
    for (const auto& pattern : expression.test->patterns) values(expression.test->field, pattern, field.enumerators);
  }

  // `head`: of the rule that names it.
  OwnField look_up(const SigmaHead& head, const std::string& name) {
    const auto alias = rule_.names.find(name);
    const std::string& path = alias == rule_.names.end() ? name : alias->second;
    OwnField field = find_own_field(rule_.logsource.service, path);
    if (field.is_known || !told_.insert(head.rule_id + ' ' + path).second) return field;
    diagnostics_.error(
        head.file, head.line,
        fmt::format("{}{}, which is no field of {}", path, path == name ? "" : fmt::format(" (as {})", name), of()),
        with_suggestion("one of its fields, or an alias of sigma_pipeline", path, own_fields(rule_.logsource.service)));
    return field;
  }

 private:
  [[nodiscard]] std::string of() const {
    return rule_.logsource.service == "alert" ? "alerts" : fmt::format("stream {}", rule_.logsource.service);
  }

  // A whole text, without wildcards, is one of the enumerators or matches nothing.
  void values(const std::string& name, const SigmaPattern& pattern, const std::vector<std::string>& enumerators) {
    for (const SigmaHint& hint : pattern.hints()) {
      if (hint.kind != SigmaHint::Kind::text && hint.kind != SigmaHint::Kind::either) continue;
      if (std::ranges::find(enumerators, hint.text) != enumerators.end()) continue;
      diagnostics_.error(rule_.head.file, rule_.head.line, fmt::format("{}: {}", name, hint.text),
                         one_of(hint.text, views_of(enumerators)));
    }
  }

  const SigmaDetection& rule_;
  Diagnostics& diagnostics_;
  std::set<std::string> told_;
};

}  // namespace

void check_own_fields(const SigmaRules& rules, Diagnostics& diagnostics) {
  for (const SigmaDetection& rule : rules.detections) {
    if (rule.logsource.product != "vigia" || rule.logsource.service == "command") continue;
    Check check(rule, diagnostics);
    check.expression(rule.condition);
    for (const SigmaCorrelation& correlation : rules.correlations) {
      const auto refers = [&](const std::string& name) { return rule.head.is_called(name); };
      if (std::ranges::none_of(correlation.rules, refers)) continue;
      std::vector<std::string> used = correlation.group_by;
      if (correlation.type == CorrelationType::value_count) used.push_back(correlation.value_field);
      for (const std::string& name : used)
        static_cast<void>(check.look_up(correlation.head, correlation.name_in(name, rule.head)));
    }
  }
}

}  // namespace vigia
