#include "app/report_cells.h"

#include <fmt/format.h>

#include "app/time_text.h"

namespace vigia {

Cell Cells::named(std::string_view group, std::string_view name) const {
  return {name.empty() ? std::string() : words_for(language_, group, name), {}};
}

Cell Cells::time(TimeMs time_ms) const {
  if (time_ms == 0 || time_ms == no_time_ms) return {};
  return {format_time(time_ms, zone_), time_ms};
}

Cell Cells::length(TimeMs length_ms) const { return {length_words(length_ms), length_ms}; }

Cell Cells::count(std::uint64_t count) const { return {fmt::format("{}", count), static_cast<std::int64_t>(count)}; }

Cell Cells::number(double value, int decimals) const { return {fmt::format("{:.{}f}", value, decimals), value}; }

Table Cells::table(std::string_view name,
                   std::initializer_list<std::pair<std::string_view, std::string_view>> columns) const {
  Table table;
  table.name = name;
  table.title = words(language_, "table." + std::string(name));
  for (const auto& [column_name, key] : columns)
    table.columns.push_back(column(column_name, "column." + std::string(key)));
  return table;
}

}  // namespace vigia
