// Reads YAML maps against the table of connectors/config_table.h: every mistake is noted with its place, and the
// reading goes on.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "connectors/config_diagnostics.h"
#include "connectors/config_table.h"
#include "connectors/environment.h"

namespace vigia {

struct ConfigValue {
  std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<std::string>,
               std::map<std::string, std::string>>
      value;                            // of the type that the key's ValueType asks for
  int line = 0;                         // where it stands; of a default, where its section does
  bool given = false;                   // false: the default
  std::vector<YAML::Node> maps = {};    // of a section (at most one) or sections
  std::vector<int> element_lines = {};  // of a text_list
};

// A map that has been read: every key of its SectionSpec, defaults filled in. REQUIRES of the typed access: the key's
// type. A key without value and default gives 0, "", false or an empty list.
class Section {
 public:
  [[nodiscard]] bool given(std::string_view key) const { return at(key).given; }
  [[nodiscard]] int line(std::string_view key) const { return at(key).line; }
  [[nodiscard]] int line() const { return line_; }

  [[nodiscard]] const std::string& text(std::string_view key) const { return get<std::string>(key); }  // and choices
  [[nodiscard]] bool flag(std::string_view key) const { return get<bool>(key); }
  [[nodiscard]] std::int64_t integer(std::string_view key) const { return get<std::int64_t>(key); }  // ms and bytes too
  [[nodiscard]] double number(std::string_view key) const { return get<double>(key); }
  [[nodiscard]] const std::vector<std::string>& list(std::string_view key) const {
    return get<std::vector<std::string>>(key);
  }
  [[nodiscard]] const std::map<std::string, std::string>& map(std::string_view key) const {
    return get<std::map<std::string, std::string>>(key);
  }
  [[nodiscard]] const ConfigValue& at(std::string_view key) const;

 private:
  friend class SectionReader;

  template <class T>
  [[nodiscard]] const T& get(std::string_view key) const {
    static const T nothing{};
    const T* value = std::get_if<T>(&at(key).value);
    return value ? *value : nothing;
  }

  std::map<std::string, ConfigValue, std::less<>> values_;
  int line_ = 0;
};

// Reads one file. Keeps references to its arguments. Not thread-safe.
class SectionReader {
 public:
  SectionReader(const std::string& file, const EnvironmentLookup& environment, Diagnostics& diagnostics)
      : file_(file), environment_(environment), diagnostics_(diagnostics) {}

  // The root of a YAML text, which must be one document and a map; nothing, and an error noted, when it is not.
  [[nodiscard]] std::optional<YAML::Node> parse(const std::string& text, std::string_view expected);

  // REQUIRES: a map of the text last parsed.
  [[nodiscard]] Section read(const YAML::Node& map, const SectionSpec& spec);

  // The map below a key of type section; one of defaults when it isn't given.
  [[nodiscard]] Section read_below(const Section& section, std::string_view key, const SectionSpec& spec);

  // The value of one text key alone, before the section's spec is known (a rule's kind); nothing when it has none.
  [[nodiscard]] std::optional<std::string> peek_text(const YAML::Node& map, std::string_view key) const;

  void error(int line, std::string found, std::string expected) const {
    diagnostics_.error(file_, line, std::move(found), std::move(expected));
  }
  void warning(int line, std::string text) const { diagnostics_.warning(file_, line, std::move(text)); }
  [[nodiscard]] static int line_of(const YAML::Node& node) { return node.Mark().line + 1; }

 private:
  struct Scalar {
    std::string text;
    bool quoted = false;       // in the file, so meant as text
    bool substituted = false;  // holds a variable's value
  };

  void read_value(const KeySpec& key, const YAML::Node& node, ConfigValue& out) const;
  void read_scalar(const KeySpec& key, const YAML::Node& node, ConfigValue& out) const;
  void read_list(const KeySpec& key, const YAML::Node& node, ConfigValue& out) const;
  void read_texts_by_name(const KeySpec& key, const YAML::Node& node, ConfigValue& out) const;
  void read_maps(const KeySpec& key, const YAML::Node& node, ConfigValue& out) const;
  void wrong_type(const KeySpec& key, const YAML::Node& node) const;
  [[nodiscard]] std::optional<Scalar> expand(const KeySpec& key, const YAML::Node& node) const;

  const std::string& file_;
  const EnvironmentLookup& environment_;
  Diagnostics& diagnostics_;
  EnvironmentReferences references_;
};

}  // namespace vigia
