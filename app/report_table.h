// What a report is, before it is drawn: tables of cells, in one language. Reports make these, and renderers draw them
// without knowing any report.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace vigia {

struct Cell {
  std::string text;  // for people; empty: nothing to say
  std::variant<std::monostate, std::int64_t, double>
      number;  // for machines, in the column's unit; none: it is the text
};

struct Column {
  std::string name;  // for machines: lower_snake_case, with its unit at the end, the same in every language
  std::string title;
};

struct Table {
  std::string name;  // as a column's
  std::string title;
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  // a cell for each column
  std::vector<std::string> notes;       // for people: what was counted, and what is not known
};

struct Report {
  std::string name;
  std::string title;
  std::string language;                       // "es", "en"
  std::vector<std::pair<Column, Cell>> head;  // what it is about: period, site, ...
  std::vector<Table> tables;
};

}  // namespace vigia
