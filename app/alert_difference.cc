#include "app/alert_difference.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "app/alert_fields.h"
#include "app/time_text.h"

namespace vigia {
namespace {

constexpr std::size_t shown_bytes = 200;  // of a record that is no alert

struct FieldRow {
  std::string name, derived, published;
};

// What people may see on their terminal, whatever somebody has sent.
std::string printable(std::string_view bytes) {
  std::string text;
  for (const char c : bytes.substr(0, shown_bytes)) text += c >= ' ' && c <= '~' ? c : '.';
  return bytes.size() > shown_bytes ? text + "..." : text;
}

std::string headline(const AlertDifference& d, const std::string& zone) {
  const Alert* alert = d.derived ? &d.derived->alert : d.published->alert ? &*d.published->alert : nullptr;
  if (alert == nullptr) return "a record that is no alert was published, and none was derived";
  const char* what = "";
  switch (d.kind) {
    case AlertDifference::Kind::not_published: what = "was derived, and was never published"; break;
    case AlertDifference::Kind::not_derived: what = "was published, and does not follow from the records"; break;
    case AlertDifference::Kind::other_bytes: what = "was published with other bytes than those derived"; break;
    case AlertDifference::Kind::twice: what = "was published twice"; break;
  }
  return fmt::format("alert {}, revision {} ({} of {}, detected {}) {}", printable(alert->alert_id), alert->revision,
                     printable(alert->kind), printable(alert->subject_id), format_time(alert->detected_ms, zone), what);
}

// The fields of both that differ; of one alone those that are not empty.
void add_fields(const AlertDifference& d, const std::string& zone, std::vector<FieldRow>& rows) {
  const bool has_published = d.published && d.published->alert;
  const auto derived = alert_fields(d.derived ? d.derived->alert : Alert(), zone);
  const auto published = alert_fields(has_published ? *d.published->alert : Alert(), zone);
  const bool both = d.derived && has_published;
  for (std::size_t i = 0; i < derived.size(); ++i) {
    const std::string& own = d.derived ? derived[i].second : published[i].second;
    if (both ? derived[i].second == published[i].second : own.empty()) continue;
    rows.push_back({derived[i].first, d.derived ? derived[i].second : "", has_published ? published[i].second : ""});
  }
}

void add_headers(const AlertRecord& derived, const AlertRecord& published, std::vector<FieldRow>& rows) {
  if (derived.key != published.key) rows.push_back({"record key", derived.key, published.key});
  std::map<std::string, std::pair<std::string, std::string>> headers;  // a name that stands twice: all its values
  for (const auto& [name, value] : derived.headers) headers[name].first += value;
  for (const auto& [name, value] : published.headers) headers[name].second += value;
  for (const auto& [name, values] : headers) {
    if (values.first != values.second) rows.push_back({"header " + name, values.first, values.second});
  }
}

// Where fields and headers are the same, the bytes are not all the same.
void add_layout(const std::string& derived, const std::string& published, std::vector<FieldRow>& rows) {
  const auto at = std::ranges::mismatch(derived, published).in1 - derived.begin();
  rows.push_back({"layout", fmt::format("{} bytes", derived.size()),
                  fmt::format("{} bytes, the first other one at {}", published.size(), at)});
}

std::vector<FieldRow> rows_of(const AlertDifference& d, const std::string& zone) {
  std::vector<FieldRow> rows;
  if (d.kind == AlertDifference::Kind::twice) return rows;
  if (d.published && !d.published->alert) {
    rows.push_back({"no alert", "", d.published->trouble});
    rows.push_back({"payload", "", printable(d.published->record.payload)});
    return rows;
  }
  add_fields(d, zone, rows);
  if (d.kind != AlertDifference::Kind::other_bytes) return rows;
  add_headers(d.derived->record, d.published->record, rows);
  const bool same_payload = d.derived->record.payload == d.published->record.payload;
  if (rows.empty() && !same_payload) add_layout(d.derived->record.payload, d.published->record.payload, rows);
  return rows;
}

std::string epoch_words(const JournalEntry& entry, const std::string& zone) {
  std::string ranges;
  for (const JournalRange& range : entry.ranges) {
    if (range.end <= range.first) continue;
    ranges += fmt::format("{}{}/{} offsets {} to {}", ranges.empty() ? "" : ", ", range.topic, range.partition.value,
                          range.first.value, range.end.value - 1);
  }
  return fmt::format("{}, epoch {}, clock {}, {}", entry.task, entry.epoch, format_time(entry.clock_ms, zone),
                     ranges.empty() ? "without records: the clock alone" : ranges);
}

}  // namespace

std::string difference_words(const AlertDifference& d, const std::string& alert_topic, const std::string& zone) {
  std::string text = headline(d, zone) + "\n";
  for (const FieldRow& row : rows_of(d, zone)) {
    text += fmt::format("  {}:", row.name);
    if (d.derived) text += fmt::format(" derived '{}'", printable(row.derived));
    if (d.derived && d.published) text += ',';
    if (d.published) text += fmt::format(" published '{}'", printable(row.published));
    text += '\n';
  }
  if (d.derived && d.published && d.published->alert && d.derived->alert.rule_hash != d.published->alert->rule_hash) {
    text += "  The hashes of the rule differ: the rule, its parameters, or its route or zone are not those of then.\n";
  }
  const Alert* alert = d.derived ? &d.derived->alert : d.published->alert ? &*d.published->alert : nullptr;
  if (d.derived) text += fmt::format("  derived by {}\n", epoch_words(*d.derived->epoch, zone));
  if (alert != nullptr && !alert->evidence.empty())
    text += fmt::format("  records behind it: {}\n", printable(evidence_text(*alert)));
  if (d.published) {
    text +=
        fmt::format("  published at {}/{}:{}\n", alert_topic, d.published->partition.value, d.published->offset.value);
  }
  return text;
}

}  // namespace vigia
