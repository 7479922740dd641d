// Cells and columns of reports, in one language and time zone. Cheap to make; any thread.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "app/report_table.h"
#include "app/report_words.h"
#include "engine/identity.h"

namespace vigia {

class Cells {
 public:
  Cells(Language language, const std::string& zone) : language_(language), zone_(zone) {}

  [[nodiscard]] Cell text(std::string text) const { return {std::move(text), {}}; }
  [[nodiscard]] Cell word(std::string_view key) const { return {words(language_, key), {}}; }
  // What is called NAME in the group; an empty name is an empty cell.
  [[nodiscard]] Cell named(std::string_view group, std::string_view name) const;
  // As people read it; 0: none. In a column whose name ends in _ms.
  [[nodiscard]] Cell time(TimeMs time_ms) const;
  [[nodiscard]] Cell length(TimeMs length_ms) const;  // likewise
  [[nodiscard]] Cell count(std::uint64_t count) const;
  [[nodiscard]] Cell number(double value, int decimals) const;

  [[nodiscard]] std::string words_of(std::string_view key) const { return words(language_, key); }
  [[nodiscard]] Column column(std::string_view name, std::string_view key) const {
    return {std::string(name), words(language_, key)};
  }
  // An empty table "table.NAME"; of each column the name, and the key behind "column." of its words.
  [[nodiscard]] Table table(std::string_view name,
                            std::initializer_list<std::pair<std::string_view, std::string_view>> columns) const;

 private:
  Language language_;
  const std::string& zone_;
};

}  // namespace vigia
