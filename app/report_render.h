// A report as text, JSON, CSV or a page for the printer. UTF-8; what is no UTF-8 in a cell becomes U+FFFD where the format
// needs it. Pure functions.
#pragma once

#include <string>

#include "app/report_table.h"

namespace vigia {

// Columns aligned, tables one after another.
[[nodiscard]] std::string report_text(const Report& report);

// One object: report, title, language, head, tables with rows as objects by the columns' names. Numbers where a cell has one.
[[nodiscard]] std::string report_json(const Report& report);

// RFC 4180, each table with a line of titles, an empty line between tables. A cell that a spreadsheet would take for a
// formula has an apostrophe before it.
[[nodiscard]] std::string report_csv(const Report& report);

// One page without scripts or anything from elsewhere.
[[nodiscard]] std::string report_html(const Report& report);

}  // namespace vigia
