// The smallest part of a failing input that still fails.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace vigia::scenarios {

// Leaves out what can be left out without the failure going away.
template <class Line, class Fails>
std::vector<Line> smallest(std::vector<Line> lines, Fails&& fails) {
  for (std::size_t piece = lines.size() / 2; piece > 0; piece /= 2)
    for (std::size_t at = 0; at < lines.size();) {
      auto fewer = lines;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(at),
                  fewer.begin() + static_cast<std::ptrdiff_t>(std::min(at + piece, lines.size())));
      if (!fewer.empty() && fails(fewer))
        lines = std::move(fewer);
      else
        at += piece;
    }
  return lines;
}

}  // namespace vigia::scenarios
