// Is a text valid UTF-8? Nearly all texts here are short ASCII ids; they cost a few instructions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace vigia {

// The general case: RFC 3629, no surrogates, nothing above U+10FFFF, no overlong forms.
[[nodiscard]] bool is_utf8_slow(std::string_view text) noexcept;

[[nodiscard]] inline bool is_ascii(std::string_view text) noexcept {
  constexpr std::uint64_t high_bits = 0x8080808080808080u;
  const auto load = [&](std::size_t at, std::size_t bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, bytes);
    return word;
  };
  // The last load overlaps the one before it, which saves a loop over single bytes.
  const std::size_t size = text.size();
  std::uint64_t seen = 0;
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8) seen |= load(at, 8);
    seen |= load(size - 8, 8);
  } else if (size >= 4) {
    seen = load(0, 4) | load(size - 4, 4);
  } else if (size > 0) {
    seen = load(0, 1) | load(size / 2, 1) | load(size - 1, 1);
  }
  return (seen & high_bits) == 0;
}

[[nodiscard]] inline bool is_utf8(std::string_view text) noexcept { return is_ascii(text) || is_utf8_slow(text); }

// Bytes of the valid UTF-8 sequence that text begins with (1 to 4); 0 when it begins with none.
[[nodiscard]] std::size_t utf8_sequence_length(std::string_view text) noexcept;

}  // namespace vigia
