// The table of everything that may stand in a pipeline or site YAML file: names, types, defaults, bounds, help. The
// reader, the JSON Schema and the error messages all come from it. A new key is one line in connectors/config_table.cc
// and one where its value is used.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "operators/rule.h"

namespace vigia {

enum class ValueType : std::uint8_t {
  text,
  choice,  // a text out of `allowed`
  boolean,
  integer,
  number,
  duration,   // held in ms
  size,       // held in bytes
  text_list,  // each out of `allowed`, if there are any
  text_map,   // names to scalars of any type, kept as text
  section,    // a map that `section` describes
  sections,   // a list of such maps
};

struct KeySpec {
  std::string_view name;
  ValueType type = ValueType::text;
  std::string_view help;
  bool required = false;
  std::string_view default_text = {};  // as it would stand in the file; of a text_list, its one element; empty: none
  double min = 0, max = 0;             // inclusive, in ms, bytes or the key's unit; max 0: no bounds
  std::vector<std::string_view> allowed = {};
  std::string_view section = {};
  bool filled = false;  // an empty list is refused where the key is given; required ones always are
};

// An empty text can't stand for what is needed, nor for one of a list.
[[nodiscard]] inline bool may_be_empty(const KeySpec& key) {
  return key.type == ValueType::text && !key.required && key.default_text.empty();
}

struct SectionSpec {
  std::string_view name;  // for messages: "a NAME"
  std::string_view help;
  std::vector<KeySpec> keys;
};

// "pipeline", "kafka", "time", "state", "source", "outputs", "rule", "only"; "site" is the top of a site YAML file,
// with "door", "camera", "holder", "member" and "window" below it. In the order of the documentation.
[[nodiscard]] std::span<const SectionSpec> config_sections();

// REQUIRES: there is one of that name.
[[nodiscard]] const SectionSpec& config_section(std::string_view name);

// What a rule of that kind may hold: the keys of "rule" and the kind's parameters. Lives as long as the program.
[[nodiscard]] const SectionSpec& rule_section(const KindSpec& kind);

}  // namespace vigia
