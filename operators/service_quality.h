// service_quality, one seal's part of it: how many of its messages of a provider and local day (of device time) came
// without delay, and how many took longer than `required` to arrive (broker time - device time). With scope trip messages
// off trips are not counted, and messages without a provider never are. Another stage adds the parts up
// (operators/service_quality_total.h).
//
// A part is told when the day is over and `allowed_lateness` has passed: its mark. Nearly all messages have come by then;
// they are counted in the state. What comes later is a finding each, and is told at the next mark: full hours after the
// first. What is told at a mark is what had come by then, by broker time; so it does not depend on when keys are judged.
#pragma once

#include <algorithm>
#include <limits>

#include "operators/fold.h"

namespace vigia {

// When a day's numbers are told, for the first time and again.
struct QualityMarks {
  static constexpr TimeMs every_ms = 3'600'000;
  TimeMs first_ms;

  // The one at which a message is told whose record has this broker time.
  [[nodiscard]] TimeMs next_from(TimeMs broker_ms) const {
    if (broker_ms <= first_ms) return first_ms;
    return first_ms + (broker_ms - first_ms + every_ms - 1) / every_ms * every_ms;
  }
};

// Messages without and with delay, in an episode's context; its value is the mark as of which they were counted.
struct QualityCount {
  std::uint32_t without_delay = 0;
  std::uint32_t with_delay = 0;

  void add(bool delayed) { ++(delayed ? with_delay : without_delay); }
  [[nodiscard]] std::uint64_t packed() const { return std::uint64_t{without_delay} << 32 | with_delay; }
  static QualityCount unpack(std::uint64_t packed) {
    return {static_cast<std::uint32_t>(packed >> 32), static_cast<std::uint32_t>(packed)};
  }
  QualityCount& operator+=(const QualityCount& other) {
    without_delay += other.without_delay;
    with_delay += other.with_delay;
    return *this;
  }
};

class ServiceQuality : public OperatorBase {
 public:
  static constexpr std::string_view kind = "service_quality";
  explicit ServiceQuality(const RuleSpec& spec) : required_ms_(spec.duration_ms("required")) {}

#pragma pack(push, 4)
  struct State {
    TimeMs day_end_ms = no_time_ms;  // of the run of messages counted here: one day, one provider
    std::uint32_t provider = 0;
    QualityCount count;
  };
#pragma pack(pop)

  void on_message(State& state, Fold& fold, TimeMs) const {
    const auto provider = fold.provider();
    if (provider == 0) return;
    const auto broker_ms = fold.emitter.head().broker_ms;
    const bool delayed = broker_ms - fold.now_ms() > required_ms_;
    const bool same_run = fold.now_ms() < state.day_end_ms && provider == state.provider;
    const auto day = same_run ? LocalDays::Day{0, state.day_end_ms} : fold.site.days.day_of(fold.now_ms());
    const auto mark_ms = day.end_ms + fold.settings.allowed_lateness_ms;
    if (broker_ms > mark_ms) return add_late(fold, provider, delayed);
    if (!same_run) {
      end_run(state, fold);
      state = {day.end_ms, provider, {}};
      fold.emitter.open(rule, provider, day.start_ms, NAN, NAN, 0);
    }
    state.count.add(delayed);
    if (fold.emitter.next_due_ms() > mark_ms) fold.emitter.touch();  // the mark has passed: told already
  }

  void judge(const State& state, SealJudge& judge) const {
    std::vector<Part> parts;
    judge.for_each_candidate([&](const Candidate& candidate) { add(parts, candidate, state, judge); });
    for (const auto& part : parts) {
      const QualityMarks marks{part.day.end_ms + judge.settings.allowed_lateness_ms};
      if (judge.key.clock_ms <= marks.first_ms) {
        judge.ask_again(marks.first_ms);
        continue;
      }
      if (part.count.packed() == 0) continue;
      auto& episode = judge.add(part.day.start_ms, part.as_of_ms);
      episode.discriminator = part.provider;
      episode.end_ms = part.day.end_ms;
      episode.status = schema::AlertStatus::cleared;
      episode.context = part.count.packed();
      episode.value = static_cast<double>(part.as_of_ms);
      episode.evidence[0] = part.first;
    }
  }

 private:
  enum Tag : std::uint16_t { run = 0, late_without_delay = 1, late_with_delay = 2 };
  struct Part {
    std::uint32_t provider;
    LocalDays::Day day;
    QualityCount count;
    EvidenceRef first;
    TimeMs as_of_ms;  // the mark of the last message counted
  };

  // The counts go with the run's candidate, whose event times take them back and forth.
  void end_run(const State& state, Fold& fold) const {
    if (auto* candidate = fold.emitter.find_open(rule, state.provider)) {
      candidate->context = state.count.packed();
      fold.emitter.close(rule, state.provider, state.day_end_ms);
    }
  }

  void add_late(Fold& fold, std::uint32_t provider, bool delayed) const {
    const auto day = fold.site.days.day_of(fold.now_ms());
    const auto broker_ms = static_cast<std::uint64_t>(fold.emitter.head().broker_ms);
    fold.emitter.instant(rule, provider, day.start_ms, day.end_ms, NAN, NAN, broker_ms).tag =
        delayed ? late_with_delay : late_without_delay;
  }

  static void add(std::vector<Part>& parts, const Candidate& candidate, const State& state, SealJudge& judge) {
    auto part = std::ranges::find_if(parts, [&](const Part& known) {
      return known.provider == candidate.discriminator && known.day.start_ms == candidate.start_ms;
    });
    if (part == parts.end()) {
      const auto day = judge.site.days.day_of(candidate.start_ms);
      const auto first_mark_ms = day.end_ms + judge.settings.allowed_lateness_ms;
      part = parts.insert(part, {candidate.discriminator, day, {}, {}, first_mark_ms});
    }
    if (candidate.tag == run) {
      part->count += candidate.is_open() ? state.count : QualityCount::unpack(candidate.context);
    } else {
      const QualityMarks marks{part->day.end_ms + judge.settings.allowed_lateness_ms};
      const auto told_ms = marks.next_from(static_cast<TimeMs>(candidate.context));
      if (told_ms >= judge.key.clock_ms) return judge.ask_again(told_ms);
      part->count.add(candidate.tag == late_with_delay);
      part->as_of_ms = std::max(part->as_of_ms, told_ms);
    }
    if (part->first.offset.value < 0) part->first = candidate.opened_by;
  }

  TimeMs required_ms_;
};

}  // namespace vigia
