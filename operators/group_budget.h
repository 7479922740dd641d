// How much one rule over groups may keep, in one task: the one place where something goes for want of room. Beyond it the
// group that was heard of longest ago goes, is counted, and is an alert about the rule.
#pragma once

#include <cstdint>

namespace vigia {

struct GroupBudget {
  std::uint64_t groups_max = 1'000'000;
  std::uint64_t bytes_max = 512ull << 20;

  friend bool operator==(const GroupBudget&, const GroupBudget&) = default;
};

}  // namespace vigia
