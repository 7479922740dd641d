// An explanation in words, for people.
#pragma once

#include <cstddef>
#include <string>

#include "app/explanation.h"

namespace vigia {

[[nodiscard]] std::string explanation_text(const Explanation& explanation, std::size_t width = 110);

// Appends `text` in lines of at most `width` characters, broken at blanks, after commas, or where it must be. The first
// line goes behind `lead`, the others are indented as far.
void append_wrapped(std::string& out, const std::string& lead, std::string_view text, std::size_t width);

}  // namespace vigia
