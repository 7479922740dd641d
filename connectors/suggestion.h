// "Did you mean ...?"
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vigia {

// The candidate nearest to `text` by edits (a swap of neighbours is one) when it is near enough to be meant, else
// empty.
[[nodiscard]] std::string_view nearest_name(std::string_view text, const std::vector<std::string_view>& candidates);

// For "expected": "one of a, b, c", and, when one of them is near, "(did you mean b?)" after it.
[[nodiscard]] std::string one_of(std::string_view text, const std::vector<std::string_view>& candidates);

}  // namespace vigia
