// Alerts as reports look at them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/report.h"
#include "app/report_cells.h"
#include "app/report_scope.h"

namespace vigia {

struct ReportedAlert {
  Alert last;              // revision
  TimeMs reported_ms = 0;  // when the first was detected
};

// Last revisions that fit the query and `wanted`, by their start, with what their first ones say.
[[nodiscard]] Status alerts_of(const AlertStore& store, const AlertQuery& query,
                               const std::function<bool(const Alert&)>& wanted, std::vector<ReportedAlert>& out);

// Of alerts that touch the period.
[[nodiscard]] AlertQuery touching(const ReportPeriod& period);

// Late data have taken it back.
[[nodiscard]] inline bool is_withdrawn(const Alert& alert) { return alert.status == schema::AlertStatus::withdrawn; }

// "topic/partition/offset, ...", and what the alert itself links to.
[[nodiscard]] std::string evidence_words(const Alert& alert);

// How long it was, or at the end of the period has been; empty for an instant.
[[nodiscard]] Cell length_of(const Alert& alert, const ReportPeriod& period, const Cells& cells);
[[nodiscard]] TimeMs length_ms_of(const Alert& alert, const ReportPeriod& period);

}  // namespace vigia
