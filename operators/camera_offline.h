// camera_offline, one alert for each cause: link (signal_lost to signal_restored), equipment (recorder_failed to
// recorder_restored), power (power_lost to power_restored), by device time. Where the rule or the camera has a limit for it,
// nothing heard for longer, by broker time, is of the cause link too, but for what the camera has reported as lost itself.
#pragma once

#include <algorithm>

#include "operators/camera_fold.h"

namespace vigia {

enum class CameraCause : std::uint16_t { none = 0, link = 1, equipment = 2, power = 3 };

class CameraOffline : public OperatorBase {
 public:
  static constexpr std::string_view kind = "camera_offline";
  explicit CameraOffline(const RuleSpec& spec) : limit_ms_(spec.duration_ms("heartbeat_limit")) {}

  void on_event(const CameraFold& fold) const {
    switch (fold.event.kind) {
      case CameraKind::signal_lost: return begin(fold, CameraCause::link);
      case CameraKind::signal_restored: return end(fold, CameraCause::link);
      case CameraKind::recorder_failed: return begin(fold, CameraCause::equipment);
      case CameraKind::recorder_restored: return end(fold, CameraCause::equipment);
      case CameraKind::power_lost: return begin(fold, CameraCause::power);
      case CameraKind::power_restored: return end(fold, CameraCause::power);
      default: return;
    }
  }
  void judge(CameraJudge& judge) const {
    judge.for_each_candidate([&](const Candidate& candidate) {
      judge.add(candidate).cause = static_cast<std::uint16_t>(candidate.discriminator);
    });
    judge_silences(judge);
  }

  // Silence that is longer is one; never_ms: none is.
  [[nodiscard]] static TimeMs limit_ms(TimeMs of_rule_ms, const SiteModel& site, std::uint32_t place) {
    if (of_rule_ms != 0) return of_rule_ms;
    const auto every_ms = place == Equipment::npos ? 0 : site.equipment.cameras()[place].heartbeat_every_ms;
    return every_ms == 0 ? never_ms : every_ms;
  }

 private:
  static constexpr std::uint32_t by_silence = 4;  // the discriminator behind those of the causes

  void begin(const CameraFold& fold, CameraCause cause) const {
    const auto discriminator = static_cast<std::uint32_t>(cause);
    if (fold.emitter.find_open(rule, discriminator) != nullptr) return;
    const CameraNote note{0, fold.event.zone_code};
    fold.emitter.open(rule, discriminator, fold.now_ms(), NAN, NAN, note.packed());
  }
  void end(const CameraFold& fold, CameraCause cause) const {
    fold.emitter.close(rule, static_cast<std::uint32_t>(cause), fold.now_ms());
  }

  void judge_silences(CameraJudge& judge) const {
    const auto heard_ms = judge.area.heard_ms;
    const auto limit = limit_ms(limit_ms_, judge.site, judge.area.place);
    if (heard_ms == no_time_ms || limit == never_ms) return;
    if (judge.key.context != nullptr)
      for (const auto& silence : judge.key.context->silences.all()) judge_silence(judge, silence, limit);
    judge_silence(judge, {heard_ms, never_ms, 0, {}}, limit);
  }
  // What the camera has said itself of its link is taken out of it.
  void judge_silence(CameraJudge& judge, Silence rest, TimeMs limit) const {
    judge.for_each_candidate([&](const Candidate& loss) {
      const auto end_ms = loss.is_open() ? never_ms : loss.end_ms;
      if (loss.discriminator != static_cast<std::uint32_t>(CameraCause::link) || end_ms < rest.from_ms) return;
      Silence before = rest;
      before.to_ms = std::min(rest.to_ms, loss.start_ms);
      add_silence(judge, before, limit);
      rest.from_ms = end_ms;
    });
    add_silence(judge, rest, limit);
  }
  void add_silence(CameraJudge& judge, const Silence& silence, TimeMs limit) const {
    if (silence.from_ms >= silence.to_ms || silence.to_ms - silence.from_ms <= limit) return;
    const auto due_ms = silence.from_ms + limit;
    judge.ask_again(due_ms);
    if (judge.key.clock_ms <= due_ms) return;
    const bool ended = silence.to_ms != never_ms;
    auto& episode = judge.add(silence.from_ms, ended ? silence.to_ms : due_ms);
    episode.discriminator = by_silence;
    episode.status = ended ? schema::AlertStatus::cleared : schema::AlertStatus::confirmed;
    episode.end_ms = ended ? silence.to_ms : 0;
    episode.cause = static_cast<std::uint16_t>(CameraCause::link);
    episode.evidence[0] = silence.heard_again;
  }

  TimeMs limit_ms_;
};

}  // namespace vigia
