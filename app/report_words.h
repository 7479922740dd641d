// What reports say, in the languages that they are made in.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace vigia {

enum class Language : std::uint8_t { english, spanish };

[[nodiscard]] std::string_view name_of(Language language);  // "en", "es"
[[nodiscard]] std::optional<Language> language_of(std::string_view name);

struct Words {
  std::string_view key;  // "GROUP.NAME"; of enumerators and kinds of rules the NAME is theirs
  std::string_view english, spanish;
};

// All of them, by key. A new text is a line in app/report_words.cc.
[[nodiscard]] std::span<const Words> report_words();

// REQUIRES: there is that key.
[[nodiscard]] std::string words(Language language, std::string_view key);

// What is called NAME in the group; a name that is not in the table stands for itself.
[[nodiscard]] std::string words_for(Language language, std::string_view group, std::string_view name);

}  // namespace vigia
