// How modifiers rewrite the text that a detection asks for, before it is compared.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vigia {

[[nodiscard]] std::string base64(std::string_view bytes);

// The three ways in which the bytes show within a longer base64 text, by where in its groups they begin; without the
// characters that depend on their neighbours.
[[nodiscard]] std::vector<std::string> base64_offsets(std::string_view bytes);

// UTF-8 to UTF-16 without a byte order mark.
[[nodiscard]] std::string utf16(std::string_view text, bool big_endian);

// The text with each `-` or `/` that begins a word as any of - / – — ―. Empty: there would be more than 625 texts.
[[nodiscard]] std::vector<std::string> windash(std::string_view text);

}  // namespace vigia
