#include "app/revision_story.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "app/time_text.h"
#include "schemas/enum_names.h"

namespace vigia {
namespace {

using schema::AlertStatus;

std::string place_words(const Alert& alert) {
  return alert.position == nullptr ? std::string()
                                   : fmt::format("{:.6f}, {:.6f}", alert.position->lat_deg, alert.position->lon_deg);
}

std::map<std::string, std::string> attributes_of(const Alert& alert) {
  std::map<std::string, std::string> attributes;
  for (const auto& attribute : alert.attributes) attributes[attribute->key] = attribute->value;
  return attributes;
}

}  // namespace

std::string why_of(const Alert* before, const Alert& now) {
  if (before == nullptr) {
    switch (now.status) {
      case AlertStatus::provisional: return "raised by the clock alone; what is still to come may disprove it";
      case AlertStatus::confirmed: return "raised: the data say so";
      case AlertStatus::cleared: return "raised when it had already ended";
      case AlertStatus::withdrawn: return "withdrawn: the data say that it was not so";
    }
  }
  const bool is_same = before->status == now.status;
  switch (now.status) {
    case AlertStatus::provisional:
      return is_same ? "corrected; still by the clock alone" : "open again: what is still to come may disprove it";
    case AlertStatus::confirmed:
      if (is_same) return "corrected by later data";
      if (before->status == AlertStatus::withdrawn) return "back again: later data say that it was so after all";
      return before->status == AlertStatus::cleared ? "open again: later data say that it had not ended"
                                                    : "confirmed: the data say so";
    case AlertStatus::cleared:
      if (is_same) return "corrected by later data";
      return before->status == AlertStatus::withdrawn ? "back again: later data say that it was so, and has ended"
                                                      : "it has ended";
    case AlertStatus::withdrawn:
      return is_same ? "corrected by later data" : "withdrawn: later data say that it was not so";
  }
  return {};
}

std::string end_words(const Alert& alert, const std::string& zone) {
  const bool lasts = alert.end_ms == 0 && alert.status != AlertStatus::withdrawn;
  return lasts ? "it lasts" : format_time(alert.end_ms, zone);
}

std::vector<RevisionChange> changes_of(const Alert& before, const Alert& now, const std::string& zone) {
  std::vector<RevisionChange> changes;
  const auto shown = [](const std::string& text) { return text.empty() ? std::string("-") : text; };
  const auto compare = [&](const std::string& what, const std::string& from, const std::string& to) {
    if (from != to) changes.push_back({what, shown(from), shown(to)});
  };
  compare("status", schema::EnumNameAlertStatus(before.status), schema::EnumNameAlertStatus(now.status));
  compare("severity", schema::EnumNameSeverity(before.severity), schema::EnumNameSeverity(now.severity));
  compare("start", format_time(before.start_ms, zone), format_time(now.start_ms, zone));
  if (before.end_ms != now.end_ms) compare("end", end_words(before, zone), end_words(now, zone));
  compare("position", place_words(before), place_words(now));
  compare("trip", before.trip_id, now.trip_id);
  compare("site", before.site_id, now.site_id);
  compare("cause", before.cause, now.cause);
  compare("message", before.message, now.message);
  compare("rule hash", before.rule_hash, now.rule_hash);
  auto from = attributes_of(before), to = attributes_of(now);
  std::set<std::string> names;
  for (const auto& [name, value] : from) names.insert(name);
  for (const auto& [name, value] : to) names.insert(name);
  for (const std::string& name : names) compare(name, from[name], to[name]);
  return changes;
}

}  // namespace vigia
