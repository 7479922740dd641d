// What every stage's alerts say of themselves, and of the rule and the records behind them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/alert_book.h"
#include "engine/task.h"
#include "operators/stage_config.h"

namespace vigia {

// With id, revision, status, times and rule. Without subject, place, evidence and message.
[[nodiscard]] Alert alert_of(const RuleSpec& rule, const std::string& rule_hash, const ToldAlert& told);

void add_attribute(Alert& alert, std::string key, std::string value);
void add_evidence(const Episode& episode, const std::vector<StageSource>& sources,
                  std::vector<std::unique_ptr<schema::EvidenceT>>& out);
// "40 s", "15 min", "2 h 5 min"
[[nodiscard]] std::string duration_text(TimeMs length_ms);

// The alert as it is told when a change of the configuration has ended it.
void end_by_configuration(Alert& alert);

// The alerts of a key, as the last member of a JSON object that is under way.
void append_told(const AlertBook* book, const std::vector<RuleSpec>& rules, std::string& json);

}  // namespace vigia
