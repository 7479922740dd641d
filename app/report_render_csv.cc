#include <string_view>

#include "app/report_render.h"

namespace vigia {
namespace {

constexpr std::string_view line_end = "\r\n";

void append_field(std::string& out, const std::string& text, bool is_number) {
  const bool is_formula =
      !is_number && !text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string::npos;
  if (!is_formula && text.find_first_of(",\"\r\n") == std::string::npos) {
    out += text;
    return;
  }
  out += '"';
  if (is_formula) out += '\'';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

std::string report_csv(const Report& report) {
  std::string out;
  for (const Table& table : report.tables) {
    if (!out.empty()) out += line_end;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (i > 0) out += ',';
      append_field(out, table.columns[i].title, false);
    }
    out += line_end;
    for (const auto& row : table.rows) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (i > 0) out += ',';
        append_field(out, row[i].text, row[i].number.index() != 0);
      }
      out += line_end;
    }
  }
  return out;
}

}  // namespace vigia
