// A JSON text as a tree in which every value knows its line: for configuration and site files, whose mistakes have to
// be shown where they are. Not for events.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/config_error.h"

namespace vigia {

struct JsonNode {
  enum class Type : unsigned char { null, boolean, number, string, array, object };

  Type type = Type::null;
  int line = 1;                   // 1-based, where the value begins
  double number = 0;              // of a number; of a boolean 0 or 1
  std::string text;               // of a string
  std::vector<JsonNode> items;    // of an array, or an object's values
  std::vector<std::string> keys;  // of an object, beside `items`

  // An object's member (the first of that name), or nullptr; also when this is no object.
  [[nodiscard]] const JsonNode* find(std::string_view key) const;

  // The value in a few words, for the "found" of an error: `the string "x"`, `an array`, `the number 3`.
  [[nodiscard]] std::string describe() const;
};

// Reads a whole text. On a mistake nothing is returned and one error, with `name` as its file, is appended.
// Nesting deeper than 64 and numbers that no double holds are mistakes too.
[[nodiscard]] std::optional<JsonNode> parse_json_tree(std::string_view name, std::string_view text,
                                                      std::vector<ConfigError>& errors);

}  // namespace vigia
