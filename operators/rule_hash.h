// The hash of a rule and its parameters, and of the route or zone it used: what an investigator compares a year later.
#pragma once

#include <cstdint>
#include <string>

#include "operators/rule.h"

namespace vigia {

// 16 hex digits over everything in the rule but its message and what it says of triage.
[[nodiscard]] std::string hash_of(const RuleSpec& rule);
// The same with the content of a route or zone.
[[nodiscard]] std::string hash_with(const std::string& rule_hash, std::uint64_t content_hash);

}  // namespace vigia
