// From a selection's line, `field|modifier|modifier: value or values`, to the test that it is.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "operators/sigma_rule.h"

namespace vigia {

// A value as it stands in the file.
struct SigmaScalar {
  enum class Type : std::uint8_t { null, boolean, number, text };
  Type type = Type::text;
  std::string text;   // as written, without quotes
  double number = 0;  // of a number
  bool flag = false;  // of a boolean
  int line = 0;
};

// Called for each mistake: where, what was found, what was expected.
using SigmaComplaint = std::function<void(int line, std::string found, std::string expected)>;

// `key` is the field's name with its modifiers; without a name it is of keywords. False: something was complained of, and
// `out` is of no use. `is_negated`: with the modifier neq, the line holds when the test does not.
[[nodiscard]] bool read_sigma_test(std::string_view key, int line, const std::vector<SigmaScalar>& values,
                                   SigmaTest& out, bool& is_negated, const SigmaComplaint& complain);

}  // namespace vigia
