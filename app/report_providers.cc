// The quality of each provider's service, ECOM (requirement G7): messages received without delay against those with.
#include <algorithm>
#include <charconv>
#include <map>

#include "app/report.h"
#include "app/report_alerts.h"
#include "app/report_cells.h"
#include "app/time_text.h"

namespace vigia {
namespace {

std::uint64_t number_in(const Alert& alert, std::string_view attribute) {
  const std::string_view text = attribute_of(alert, attribute);
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

struct Counts {
  std::uint64_t without_delay = 0, with_delay = 0;

  void append_to(std::vector<Cell>& row, const Cells& cells) const {
    const std::uint64_t all = without_delay + with_delay;
    const double ratio = all == 0 ? 0 : static_cast<double>(without_delay) / static_cast<double>(all);
    for (const std::uint64_t count : {without_delay, with_delay, all}) row.push_back(cells.count(count));
    row.push_back(cells.number(ratio, 4));
  }
};

// As the rule is configured now.
Cell required_delay(const Pipeline& pipeline, const std::string& rule_id, const Cells& cells) {
  const auto rule = std::ranges::find(pipeline.rules, rule_id, &RuleSpec::id);
  if (rule == pipeline.rules.end() || !rule->params.contains("required")) return {};
  return cells.length(rule->duration_ms("required"));
}

}  // namespace

Status provider_tables(const ReportContext& context, std::vector<Table>& out) {
  const ReportRequest& request = context.request;
  const Cells cells(request.language, context.timezone());
  const ReportScope scope(context.loaded.site, request.site, request.subject);
  Table days = cells.table("days", {{"provider_id", "provider"},
                                    {"date", "day"},
                                    {"rule_id", "rule"},
                                    {"required_ms", "required"},
                                    {"without_delay", "without_delay"},
                                    {"with_delay", "with_delay"},
                                    {"messages", "messages"},
                                    {"ratio", "ratio"}});
  Table totals = cells.table("totals", {{"provider_id", "provider"},
                                        {"rule_id", "rule"},
                                        {"without_delay", "without_delay"},
                                        {"with_delay", "with_delay"},
                                        {"messages", "messages"},
                                        {"ratio", "ratio"}});
  days.notes = {cells.words_of("note.delay")};
  std::map<std::pair<std::string, std::string>, Counts> sums;  // by provider and rule
  AlertQuery query = touching(request.period);
  query.kinds = {"service_quality"};
  Status status = context.alerts.query(query, [&](const Alert& alert) {
    if (is_withdrawn(alert) || !request.period.holds(alert.start_ms) || !scope.covers(alert)) return true;
    const Counts counts{number_in(alert, "without_delay"), number_in(alert, "with_delay")};
    auto& row = days.rows.emplace_back(std::vector{
        cells.text(alert.subject_id), cells.text(format_time(alert.start_ms, context.timezone()).substr(0, 10)),
        cells.text(alert.rule_id), required_delay(context.loaded.pipeline, alert.rule_id, cells)});
    counts.append_to(row, cells);
    Counts& sum = sums[{alert.subject_id, alert.rule_id}];
    sum.without_delay += counts.without_delay;
    sum.with_delay += counts.with_delay;
    return true;
  });
  std::ranges::stable_sort(days.rows, {}, [](const auto& row) { return row[0].text; });
  for (const auto& [provider, sum] : sums)
    sum.append_to(totals.rows.emplace_back(std::vector{cells.text(provider.first), cells.text(provider.second)}),
                  cells);
  out = {std::move(days), std::move(totals)};
  return status;
}

}  // namespace vigia
