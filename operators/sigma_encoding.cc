#include "operators/sigma_encoding.h"

#include <cctype>
#include <cstdint>

namespace vigia {

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j) out += i + j > bytes.size() ? '=' : digits[group >> (18 - 6 * j) & 63];
  }
  return out;
}

std::vector<std::string> base64_offsets(std::string_view bytes) {
  constexpr std::size_t skipped_start[] = {0, 2, 3}, skipped_end[] = {0, 3, 2};
  std::vector<std::string> out;
  for (std::size_t offset = 0; offset < 3; ++offset) {
    const auto encoded = base64(std::string(offset, ' ') + std::string(bytes));
    const auto end = encoded.size() - skipped_end[(bytes.size() + offset) % 3];
    out.push_back(encoded.substr(skipped_start[offset], end - skipped_start[offset]));
  }
  return out;
}

std::string utf16(std::string_view text, bool big_endian) {
  std::string out;
  const auto unit = [&](std::uint32_t value) {
    const char high = static_cast<char>(value >> 8), low = static_cast<char>(value & 0xFF);
    out += big_endian ? high : low;
    out += big_endian ? low : high;
  };
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i++]);
    const int more = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    std::uint32_t code = more == 0 ? first : first & (0x3Fu >> more);
    for (int j = 0; j < more && i < text.size(); ++j)
      code = code << 6 | (static_cast<unsigned char>(text[i++]) & 0x3Fu);
    if (code < 0x10000) {
      unit(code);
    } else {
      unit(0xD800 + ((code - 0x10000) >> 10));
      unit(0xDC00 + ((code - 0x10000) & 0x3FF));
    }
  }
  return out;
}

std::vector<std::string> windash(std::string_view text) {
  constexpr const char* dashes[] = {"-", "/", "\xE2\x80\x93", "\xE2\x80\x94", "\xE2\x80\x95"};
  constexpr std::size_t texts_max = 625;
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  std::vector<std::string> out{""};
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins_word = (text[i] == '-' || text[i] == '/') && (i == 0 || !is_word(text[i - 1])) &&
                             i + 1 < text.size() && is_word(text[i + 1]);
    if (!begins_word) {
      for (auto& one : out) one += text[i];
      continue;
    }
    std::vector<std::string> longer;
    for (const auto& one : out)
      for (const auto* dash : dashes) longer.push_back(one + dash);
    if (longer.size() > texts_max) return {};
    out = std::move(longer);
  }
  return out;
}

}  // namespace vigia
