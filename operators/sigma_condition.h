// The condition of a detection: names of its selections with and, or, not, parentheses, `1 of x_*`, `all of them`.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operators/sigma_rule.h"

namespace vigia {

using SigmaSelections = std::vector<std::pair<std::string, SigmaExpression>>;  // by name, as they stand

struct SigmaConditionProblem {
  std::string found, expected;  // for people; empty: none
};

// Reads `text` into `out`. `not` binds closest, then `and`, then `or`. `them` is all selections but those whose names begin
// with `_`.
[[nodiscard]] SigmaConditionProblem parse_condition(std::string_view text, const SigmaSelections& selections,
                                                    SigmaExpression& out);

}  // namespace vigia
