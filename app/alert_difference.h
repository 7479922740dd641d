// What a difference between derived and published alerts is, in words.
#pragma once

#include <string>

#include "app/alert_comparison.h"

namespace vigia {

// Several lines, each with its end: what was expected, what was found, field by field, the epoch and the records behind
// it, and where on `alert_topic` it lies.
[[nodiscard]] std::string difference_words(const AlertDifference& difference, const std::string& alert_topic,
                                           const std::string& zone);

}  // namespace vigia
