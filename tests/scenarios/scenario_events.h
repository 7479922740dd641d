// Turns the lines of a scenario that are events into records.
#pragma once

#include <string>
#include <vector>

#include "tests/scenarios/scenario.h"

namespace vigia::scenarios {

// words: everything after `seal`, `trip` and so on. A `seal` line with `to` and `every` makes several records. Throws
// std::runtime_error for a line that it does not understand.
[[nodiscard]] std::vector<Input> seal_records(const std::vector<std::string>& words);
[[nodiscard]] std::vector<Input> door_records(const std::vector<std::string>& words);
[[nodiscard]] std::vector<Input> camera_records(const std::vector<std::string>& words);
[[nodiscard]] std::vector<Input> security_records(const std::vector<std::string>& words);
[[nodiscard]] std::vector<Input> trip_records(const std::vector<std::string>& words);

// One record of all their events, at the broker time of `header` (words after `batch`: seal|trip KEY broker=TIME).
[[nodiscard]] Input batch_record(const std::vector<std::string>& header, const std::vector<Input>& members);

}  // namespace vigia::scenarios
