// The table of rules of the second stage that are no correlations. A new one is one line in it.
#pragma once

#include <memory>
#include <vector>

#include "operators/group_rule.h"

namespace vigia {

using GroupRules = std::vector<std::shared_ptr<const GroupRule>>;

// Of `rules` those that are of the table, in their order.
[[nodiscard]] GroupRules make_group_rules(const std::vector<RuleSpec>& rules,
                                          const std::shared_ptr<const SiteModel>& site);

[[nodiscard]] bool is_group_rule(const RuleSpec& rule);

}  // namespace vigia
