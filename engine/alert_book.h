// The life of a key's alerts: which alert an episode is, under which id, and which revision says so.
//
// An episode is what the data and the clock say now; an alert is what was told. When they differ, the alert whose interval
// overlaps the episode is revised; an alert left without an episode is withdrawn; an episode left without an alert revives
// a withdrawn one of the same start or becomes a new alert.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <vector>

#include "engine/bytes.h"
#include "engine/ledger.h"
#include "schemas/alert_generated.h"

namespace vigia {

// A judged candidate, or what the clock alone says.
struct Episode {
  std::uint16_t rule = 0;
  std::uint16_t cause = 0;  // the stage's own number of the cause; 0: none
  std::uint32_t discriminator = 0;
  TimeMs start_ms = 0;
  TimeMs end_ms = 0;                                            // 0 while it lasts
  schema::AlertStatus status = schema::AlertStatus::confirmed;  // never withdrawn
  TimeMs detected_ms = 0;  // broker time of the record behind it, or the due time of the timer
  TimeMs late_by_ms = 0;
  double lat_deg = NAN;
  double lon_deg = NAN;
  std::uint64_t context = 0;
  double value = 0;       // the stage's own number for the message and the attributes
  bool is_alone = false;  // judged by itself, for its key's history is gone
  EvidenceRef evidence[2];
};

using AlertId = std::array<std::uint8_t, 16>;

// An alert as told, and its last content.
struct ToldAlert {
  AlertId id{};
  Episode last;  // with status withdrawn when withdrawn
  TimeMs first_start_ms = 0;
  std::uint32_t revision = 0;
  bool is_settled = false;  // told under an earlier configuration, and stands as it was told
};

// Of settled alerts whose rule is gone: the number of no rule.
inline constexpr std::uint16_t no_rule = UINT16_MAX;

// What touched a key last: broker time of the record, or due time of the timer, and how late the record's event was.
struct RevisionCause {
  TimeMs detected_ms = 0;
  TimeMs late_by_ms = 0;
  TimeMs told_until_ms = no_time_ms;  // everything up to this time was told before
};

// All alerts of one key within the horizon.
struct AlertBook {
  std::vector<ToldAlert> alerts;

  [[nodiscard]] bool has_provisional() const {
    return std::any_of(alerts.begin(), alerts.end(),
                       [](const ToldAlert& a) { return a.last.status == schema::AlertStatus::provisional; });
  }

  // Brings the alerts in line with `episodes`. Calls tell(alert) for each alert that got a new revision; its first is
  // never a withdrawal. A settled alert is never revised, and the episode that it was told of not told again. `cause`:
  // what a revision carries as its cause that has none of its own since the last time.
  // `application_rule(rule)` names the application and rule in the id's hash. Not thread-safe.
  template <class RuleName, class Tell>
  void reconcile(std::vector<Episode>& episodes, std::string_view subject, const RevisionCause& cause,
                 RuleName&& application_rule, Tell&& tell);

  // Forgets alerts that none of the episodes is, withdrawn and settled ones only when they ended before `end_ms`: nothing can
  // revise them any more, and no other alert gets their ids. `remaining`: the episodes of reconcile, less what can't change
  // any more and has been let go of.
  void forget(std::vector<Episode>& remaining, TimeMs end_ms);
};

[[nodiscard]] AlertId make_alert_id(std::string_view application, std::string_view rule_id, std::string_view subject,
                                    TimeMs start_ms, std::uint32_t discriminator, std::uint32_t attempt);
[[nodiscard]] std::string hex(const AlertId& id);

// Same content for a reader: everything but who detected it when.
[[nodiscard]] bool same_content(const Episode& a, const Episode& b);

void sort_for_matching(std::vector<Episode>& episodes);

// Pairs alerts with episodes: result[i] is the alert of episodes[i], or -1. REQUIRES: sort_for_matching(episodes).
[[nodiscard]] std::vector<int> match_alerts(const std::vector<ToldAlert>& alerts, const std::vector<Episode>& episodes);

template <class RuleName, class Tell>
void AlertBook::reconcile(std::vector<Episode>& episodes, std::string_view subject, const RevisionCause& cause,
                          RuleName&& application_rule, Tell&& tell) {
  sort_for_matching(episodes);
  // A finding of an earlier time is told now because of what came now: a stay that the last position has proven.
  for (auto& episode : episodes) {
    if (episode.detected_ms > cause.told_until_ms) continue;
    episode.detected_ms = cause.detected_ms;
    episode.late_by_ms = cause.late_by_ms;
  }
  const auto matched = match_alerts(alerts, episodes);
  std::vector<bool> has_episode(alerts.size(), false);
  for (const auto alert : matched)
    if (alert >= 0) has_episode[static_cast<std::size_t>(alert)] = true;
  for (std::size_t i = 0; i < has_episode.size(); ++i) {
    auto& alert = alerts[i];
    if (has_episode[i] || alert.is_settled || alert.last.status == schema::AlertStatus::withdrawn) continue;
    alert.last.status = schema::AlertStatus::withdrawn;
    alert.last.detected_ms = cause.detected_ms;
    alert.last.late_by_ms = cause.late_by_ms;
    ++alert.revision;
    tell(alert);
  }
  const auto hash_of = [](const AlertId& id) { return std::bit_cast<std::array<std::size_t, 2>>(id)[0]; };
  std::unordered_set<AlertId, decltype(hash_of)> ids;  // of all, once there is a new one
  for (std::size_t i = 0; i < episodes.size(); ++i) {
    const auto& episode = episodes[i];
    if (matched[i] >= 0) {
      auto& alert = alerts[static_cast<std::size_t>(matched[i])];
      if (alert.is_settled || same_content(alert.last, episode)) continue;
      alert.last = episode;
      ++alert.revision;
      tell(alert);
      continue;
    }
    const auto [application, rule_id] = application_rule(episode.rule);
    ToldAlert alert{.id = {}, .last = episode, .first_start_ms = episode.start_ms, .revision = 1};
    if (ids.empty())
      for (const auto& other : alerts) ids.insert(other.id);
    std::uint32_t attempt = 0;
    do {
      alert.id = make_alert_id(application, rule_id, subject, episode.start_ms, episode.discriminator, attempt++);
    } while (!ids.insert(alert.id).second);
    alerts.push_back(alert);
    tell(alerts.back());
  }
}

}  // namespace vigia
