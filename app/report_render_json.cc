#include "app/report_render.h"
#include "schemas/json_object.h"

namespace vigia {
namespace {

// Where a number is expected no word for people stands instead: what has none is left out, such as the end of what lasts.
void append_cell(json::JsonObject& object, const std::string& name, const Cell& cell) {
  if (const auto* whole = std::get_if<std::int64_t>(&cell.number))
    object.field(name, *whole);
  else if (const auto* real = std::get_if<double>(&cell.number))
    object.field(name, *real);
  else if (!cell.text.empty() && !name.ends_with("_ms"))
    object.field(name, std::string_view(cell.text));
}

template <class Items, class Each>
void append_list(std::string& out, const Items& items, Each&& each) {
  out += '[';
  bool is_first = true;
  for (const auto& item : items) {
    if (!is_first) out += ',';
    is_first = false;
    each(item);
  }
  out += ']';
}

void append_table(const Table& table, std::string& out) {
  json::JsonObject object(out);
  object.field("name", std::string_view(table.name));
  object.field("title", std::string_view(table.title));
  append_list(object.key("rows"), table.rows, [&](const std::vector<Cell>& row) {
    json::JsonObject cells(out);
    for (std::size_t i = 0; i < row.size(); ++i) append_cell(cells, table.columns[i].name, row[i]);
  });
  append_list(object.key("notes"), table.notes, [&](const std::string& note) { json::append_json_string(note, out); });
}

}  // namespace

std::string report_json(const Report& report) {
  std::string out;
  {
    json::JsonObject object(out);
    object.field("report", std::string_view(report.name));
    object.field("title", std::string_view(report.title));
    object.field("language", std::string_view(report.language));
    {
      json::JsonObject head = object.object("head");
      for (const auto& [column, cell] : report.head) append_cell(head, column.name, cell);
    }
    append_list(object.key("tables"), report.tables, [&](const Table& table) { append_table(table, out); });
  }
  out += '\n';
  return out;
}

}  // namespace vigia
