// What every operator's judgement is made with, whatever the stage: its candidates, the clock, and how an episode is made of a
// candidate.
#pragma once

#include <cstdint>

#include "engine/stage.h"
#include "operators/site_model.h"

namespace vigia {

struct JudgeSettings {
  TimeMs horizon_ms = 0;
  TimeMs allowed_lateness_ms = 0;
};

template <class Context>
struct Judge {
  const SiteModel& site;
  const JudgeSettings& settings;
  const JudgeInput<Context>& key;
  Judgement& out;
  std::uint16_t rule = 0;

  // How long after an event of this device a message that lay behind it may still come.
  [[nodiscard]] TimeMs message_horizon_ms() const {
    return key.numbered ? settings.horizon_ms : settings.allowed_lateness_ms;
  }
  void ask_again(TimeMs due_ms) const {
    if (due_ms >= key.clock_ms && due_ms < out.due_ms) out.due_ms = due_ms;
  }
  template <class Visit>
  void for_each_candidate(Visit&& visit) const {
    if (key.ledger == nullptr) return;
    for (const auto& candidate : key.ledger->candidates)
      if (candidate.rule == rule) visit(candidate);
  }
  Episode& add(const Candidate& candidate) const;
  // What only the clock says; the caller sets status and end.
  Episode& add(TimeMs start_ms, TimeMs detected_ms) const;
  // Every candidate is an alert: confirmed while it lasts or when it is instant, else cleared.
  void add_all() const {
    for_each_candidate([&](const Candidate& candidate) { add(candidate); });
  }
};

template <class Context>
Episode& Judge<Context>::add(const Candidate& candidate) const {
  Episode episode;
  episode.rule = rule;
  episode.discriminator = candidate.discriminator;
  episode.start_ms = candidate.start_ms;
  episode.end_ms = candidate.end_ms;
  const bool is_point = candidate.is_instant && candidate.end_ms == candidate.start_ms;
  const bool ended = candidate.end_ms != 0 && !is_point;
  episode.status = ended ? schema::AlertStatus::cleared : schema::AlertStatus::confirmed;
  episode.detected_ms = candidate.detected_ms;
  episode.late_by_ms = candidate.late_by_ms < 0 ? 0 : candidate.late_by_ms;
  episode.lat_deg = candidate.lat_deg;
  episode.lon_deg = candidate.lon_deg;
  episode.context = candidate.context;
  episode.evidence[0] = candidate.opened_by;
  episode.evidence[1] = candidate.closed_by;
  out.episodes.push_back(episode);
  return out.episodes.back();
}

template <class Context>
Episode& Judge<Context>::add(TimeMs start_ms, TimeMs detected_ms) const {
  Episode episode;
  episode.rule = rule;
  episode.start_ms = start_ms;
  episode.detected_ms = detected_ms;
  out.episodes.push_back(episode);
  return out.episodes.back();
}

}  // namespace vigia
