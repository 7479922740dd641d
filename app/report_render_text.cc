#include <algorithm>

#include "app/report_render.h"

namespace vigia {
namespace {

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }));
}

// A cell's line breaks and other controls would break the table.
std::string one_line(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return text;
}

void append_padded(std::string& out, const std::string& text, std::size_t width, bool to_the_right) {
  const std::string blanks(width - std::min(width, characters(text)), ' ');
  out += to_the_right ? blanks + text : text + blanks;
}

void append_table(std::string& out, const Table& table) {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    std::size_t width = characters(table.columns[i].title);
    for (const auto& row : table.rows) width = std::max(width, characters(row[i].text));
    widths.push_back(width);
  }
  const auto line = [&](auto&& cell, auto&& is_number) {
    std::string text;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (i > 0) text += "  ";
      append_padded(text, one_line(cell(i)), widths[i], is_number(i));
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + '\n';
  };
  out += '\n' + table.title + '\n';
  line([&](std::size_t i) { return table.columns[i].title; }, [](std::size_t) { return false; });
  line([&](std::size_t i) { return std::string(widths[i], '-'); }, [](std::size_t) { return false; });
  for (const auto& row : table.rows)
    line([&](std::size_t i) { return row[i].text; },
         [&](std::size_t i) { return row[i].number.index() != 0 && row[i].text.find(' ') == std::string::npos; });
  for (const std::string& note : table.notes) out += "* " + note + '\n';
}

}  // namespace

std::string report_text(const Report& report) {
  std::string out = report.title + '\n';
  for (const auto& [column, cell] : report.head) out += column.title + ": " + one_line(cell.text) + '\n';
  for (const Table& table : report.tables) append_table(out, table);
  return out;
}

}  // namespace vigia
