// `${NAME}` and `${NAME:-default}` in configuration files.
//
// They are taken out of the text before it is parsed and put back into the scalars afterwards. So they work in YAML's
// flow style too, where a brace would end the scalar; a value never turns into YAML of its own; and one that stands
// in a comment asks for nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigia {

// The value of a variable; nothing when it is not set.
using EnvironmentLookup = std::function<std::optional<std::string>(const std::string& name)>;

// getenv.
[[nodiscard]] EnvironmentLookup process_environment();

// The references of one text. Not thread-safe.
class EnvironmentReferences {
 public:
  // The text with each reference hidden behind a mark that YAML takes for a letter; lines stay where they are.
  [[nodiscard]] std::string hide(std::string_view text);

  struct Expanded {
    std::string text;
    bool substituted = false;  // at least one reference was in it
    std::string error;         // empty when good, else what is wrong, for "found"
  };

  // A scalar with the references' values in the place of the marks. As in a shell, `:-` also stands in for a variable
  // that is set to nothing.
  [[nodiscard]] Expanded expand(std::string_view scalar, const EnvironmentLookup& lookup) const;

  // A scalar with its references as they are written, for messages about what can't hold any.
  [[nodiscard]] std::string as_written(std::string_view scalar) const;

 private:
  // Each mark in `scalar` goes to put(reference, out), what is between them to the text as it is.
  template <class Put>
  std::string replace_marks(std::string_view scalar, Put&& put) const;

  std::vector<std::string> references_;  // as written, "${NAME:-default}"
};

}  // namespace vigia
