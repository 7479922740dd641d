// signal_lost: nothing heard for longer than `interval`, by broker time: from the last time heard to the next. Its cause is
// told from what the seal reported before, and is revised when the backlog of the silence comes:
//   jamming      it reported jamming or a cut antenna before or during the silence
//   battery      it reported a low battery or a power cut before, and has kept no message from during it
//   coverage     it went on making messages (the backlog shows them), or may have: nothing speaks against it yet
//   device_off   it was heard again, and no message kept from during it came within the allowed lateness
#pragma once

#include "operators/fold.h"

namespace vigia {

enum class SignalCause : std::uint16_t { none = 0, coverage = 1, jamming = 2, battery = 3, device_off = 4 };

class SignalLost : public OperatorBase {
 public:
  static constexpr std::string_view kind = "signal_lost";
  explicit SignalLost(const RuleSpec& spec)
      : interval_ms_(spec.duration_ms("interval")), is_always_(spec.scope == Scope::always) {}

  [[nodiscard]] TimeMs interval_ms() const { return interval_ms_; }

  void judge(SealJudge& judge) const {
    const auto heard = judge.area.heard;
    if (heard == no_time_ms) return;
    if (judge.key.context != nullptr) {
      const Silences& silences = judge.key.context->silences;
      for (const auto& silence : silences.all()) judge_silence(judge, silence, silences.backlog_of(silence), false);
    }
    const Silence current{heard >> 8, never_ms, static_cast<std::uint8_t>(heard & 0xff), {}};
    judge_silence(judge, current, {}, true);
  }

 private:
  void judge_silence(SealJudge& judge, const Silence& silence, Silences::Backlog backlog, bool lasts) const {
    auto until_ms = silence.to_ms;
    std::uint16_t trip = 0;
    if (!is_always_) {
      const auto spans = judge.key.context ? judge.key.context->spans() : std::vector<TripSpan>{};
      const auto span = std::find_if(spans.begin(), spans.end(), [&](const TripSpan& s) {
        return s.start_ms <= silence.from_ms && silence.from_ms < s.end_ms;
      });
      if (span == spans.end()) return;
      trip = span->trip;
      until_ms = std::min(until_ms, span->end_ms);
    }
    const auto due_ms = silence.from_ms + interval_ms_;
    if (until_ms == never_ms) {
      judge.ask_again(due_ms);
      if (judge.key.clock_ms <= due_ms) return;
    } else if (until_ms <= due_ms) {
      return;
    }
    const bool ended = until_ms != never_ms;
    auto& episode = judge.add(silence.from_ms, ended ? until_ms : due_ms);
    episode.status = ended ? schema::AlertStatus::cleared : schema::AlertStatus::confirmed;
    episode.end_ms = ended ? until_ms : 0;
    episode.context = trip;
    episode.cause = static_cast<std::uint16_t>(cause_of(judge, silence, backlog, lasts, episode));
    episode.evidence[0] = silence.heard_again;
  }

  [[nodiscard]] static SignalCause cause_of(SealJudge& judge, const Silence& silence, Silences::Backlog backlog,
                                            bool lasts, Episode& episode) {
    constexpr auto jammed = static_cast<std::uint8_t>(condition_bit(schema::Condition::jamming) |
                                                      condition_bit(schema::Condition::antenna_cut));
    constexpr auto powerless = static_cast<std::uint8_t>(condition_bit(schema::Condition::low_battery) |
                                                         condition_bit(schema::Condition::power_cut));
    if (((silence.conditions_before | backlog.conditions) & jammed) != 0) return SignalCause::jamming;
    if (backlog.any) return SignalCause::coverage;
    if ((silence.conditions_before & powerless) != 0) return SignalCause::battery;
    if (lasts) return SignalCause::coverage;
    const auto decided_ms = silence.to_ms + judge.settings.allowed_lateness_ms;
    judge.ask_again(decided_ms);
    if (judge.key.clock_ms <= decided_ms) return SignalCause::coverage;
    episode.detected_ms = decided_ms;
    return SignalCause::device_off;
  }

  TimeMs interval_ms_;
  bool is_always_;
};

}  // namespace vigia
