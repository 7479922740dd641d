#include "app/ground_truth.h"

#include <cstdio>
#include <utility>

#include "schemas/json_object.h"

namespace vigia {
namespace {

bool touches(const GroundTruth& truth, const Alert& alert, TimeMs tolerance_ms) {
  const TimeMs truth_end_ms = truth.end_ms == 0 ? never_ms - tolerance_ms : truth.end_ms;
  const TimeMs alert_end_ms = alert.end_ms == 0 ? never_ms - tolerance_ms : alert.end_ms;
  return truth.start_ms <= alert_end_ms + tolerance_ms && alert.start_ms <= truth_end_ms + tolerance_ms;
}

void count_status(schema::AlertStatus status, KindScore& score) {
  switch (status) {
    case schema::AlertStatus::provisional: ++score.provisional; break;
    case schema::AlertStatus::confirmed: ++score.confirmed; break;
    case schema::AlertStatus::withdrawn: ++score.withdrawn; break;
    case schema::AlertStatus::cleared: ++score.cleared; break;
  }
}

}  // namespace

bool write_ground_truth(const std::string& path, const std::vector<GroundTruth>& truth) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return false;
  std::string text;
  for (const GroundTruth& item : truth) {
    {
      json::JsonObject object(text);
      object.field("kind", item.kind);
      object.field("subject_id", item.subject_id);
      object.field("trip_id", item.trip_id);
      object.field("start_ms", item.start_ms);
      object.field("end_ms", item.end_ms);
    }
    text += '\n';
  }
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return std::fclose(file) == 0 && written;
}

std::map<std::string, KindScore> score(const std::vector<GroundTruth>& truth, const std::vector<Alert>& alerts,
                                       TimeMs tolerance_ms) {
  std::map<std::string, KindScore> scores;
  std::multimap<std::pair<std::string, std::string>, const GroundTruth*> happened;
  std::multimap<std::pair<std::string, std::string>, const Alert*> raised;
  for (const GroundTruth& item : truth) {
    ++scores[item.kind].happened;
    happened.emplace(std::pair(item.kind, item.subject_id), &item);
  }
  for (const Alert& alert : alerts) {
    KindScore& score = scores[alert.kind];
    count_status(alert.status, score);
    if (alert.status == schema::AlertStatus::withdrawn) continue;
    raised.emplace(std::pair(alert.kind, alert.subject_id), &alert);
    const auto [begin, end] = happened.equal_range({alert.kind, alert.subject_id});
    bool explained = false;
    for (auto it = begin; it != end; ++it) explained |= touches(*it->second, alert, tolerance_ms);
    if (!explained) ++score.unexplained;
  }
  for (const GroundTruth& item : truth) {
    const auto [begin, end] = raised.equal_range({item.kind, item.subject_id});
    bool found = false;
    for (auto it = begin; it != end; ++it) found |= touches(item, *it->second, tolerance_ms);
    if (found) ++scores[item.kind].found;
  }
  return scores;
}

}  // namespace vigia
