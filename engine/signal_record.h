// Signals as records: the bytes, and the key under which all that belong together meet in one partition.
#pragma once

#include <string>
#include <string_view>

#include "engine/task.h"

namespace vigia {

// Names the rule and the group-by values, each by its length.
[[nodiscard]] std::string key_of_group(std::string_view rule_id, const std::vector<std::string>& values);

// The record's key: 16 hex digits, the hash of key_of_group.
[[nodiscard]] std::string record_key(const Signal& signal);

// The record's value: a FlatBuffer.
[[nodiscard]] std::string record_value(const Signal& signal);

}  // namespace vigia
