// One scalar of a configuration file as the value that its key asks for.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "connectors/config_table.h"

namespace vigia {

struct ScalarValue {
  std::variant<std::monostate, bool, std::int64_t, double, std::string> value;  // monostate: it is not one
};

// The value of `text`, in its bounds and among the allowed ones. REQUIRES: a key of a scalar type or a text_list, of
// which it reads one element. `is_plain`: the text stands unquoted in the file, so that YAML takes 12 or true for
// something else than text.
[[nodiscard]] ScalarValue parse_scalar(const KeySpec& key, const std::string& text, bool is_plain);

// What the key wants, for "expected": "a duration between 1s and 31d, such as 15m". `text` is what was found instead.
[[nodiscard]] std::string expectation(const KeySpec& key, const std::string& text = {});

}  // namespace vigia
