#include <fmt/format.h>

#include "app/report_render.h"

namespace vigia {
namespace {

constexpr const char* style = R"(
  @page { size: A4 landscape; margin: 12mm; }
  body { font: 10pt/1.35 "Liberation Sans", Arial, sans-serif; color: #111; margin: 1.5em; }
  h1 { font-size: 15pt; margin: 0 0 .4em; }
  h2 { font-size: 11.5pt; margin: 1.4em 0 .4em; break-after: avoid; }
  dl { display: grid; grid-template-columns: max-content auto; gap: .1em 1em; margin: 0; }
  dt { color: #555; }
  dd { margin: 0; }
  table { border-collapse: collapse; width: 100%; font-size: 8.5pt; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  th, td { border: 1px solid #999; padding: .2em .4em; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
  th { background: #eee; overflow-wrap: normal; }
  td.number { text-align: right; white-space: nowrap; }
  p { font-size: 8.5pt; color: #444; margin: .3em 0; }
  @media print { body { margin: 0; } th { print-color-adjust: exact; } }
)";

// Text and attributes alike.
void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      case '\0': break;
      default: out += c;
    }
  }
}

void append_element(std::string& out, std::string_view name, std::string_view text, std::string_view attributes = "") {
  out += fmt::format("<{}{}>", name, attributes);
  append_escaped(out, text);
  out += fmt::format("</{}>", name);
}

void append_table(std::string& out, const Table& table) {
  append_element(out, "h2", table.title);
  out += "\n<table>\n<thead><tr>";
  for (const Column& column : table.columns) append_element(out, "th", column.title);
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (const Cell& cell : row)
      append_element(out, "td", cell.text, cell.number.index() == 0 ? "" : R"( class="number")");
    out += "</tr>\n";
  }
  out += "</tbody>\n</table>\n";
  for (const std::string& note : table.notes) {
    append_element(out, "p", note);
    out += '\n';
  }
}

}  // namespace

std::string report_html(const Report& report) {
  std::string out =
      fmt::format("<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n", report.language);
  append_element(out, "title", report.title);
  out += fmt::format("\n<style>{}</style>\n</head>\n<body>\n", style);
  append_element(out, "h1", report.title);
  out += "\n<dl>";
  for (const auto& [column, cell] : report.head) {
    append_element(out, "dt", column.title);
    append_element(out, "dd", cell.text);
  }
  out += "</dl>\n";
  for (const Table& table : report.tables) append_table(out, table);
  return out + "</body>\n</html>\n";
}

}  // namespace vigia
