// source_silent: a source from which nothing has come for `time.source_silence`, by the wall clock, whatever the reason. One
// alert about the source, instead of one about everything that reports through it: while its brokers do not answer, or a
// transaction upstream hides what is behind it, the stage clock stands still and no device is accused of silence.
//
// Judged by the process that has partition number 0. What the partitions of others give it knows by their ends, which it asks
// for while nothing comes here: so a silence may begin and end an eighth of the limit later than by records of its own, and never
// earlier. What changes goes into the journal, so that the alerts can be derived again.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "connectors/journal.h"
#include "schemas/alert_generated.h"

namespace vigia {

inline constexpr std::int64_t no_others = -1;

// One thread.
class SourceSilence {
 public:
  // `limit_ms` 0: nothing is ever silent.
  SourceSilence(std::vector<std::string> topics, TimeMs limit_ms);

  // From now on this process judges. `open`: the silences that last.
  void begin(TimeMs wall_ms, std::span<const JournalSilence> open);
  // A record of the topic came, the last so far.
  void heard(std::size_t topic, TimeMs broker_ms, TimeMs wall_ms);
  // The brokers of the topic answer and have nothing more, as far as is known.
  void set_answered(std::size_t topic, bool answered) { sources_[topic].answered = answered; }

  // Whether it should be known how far others are with the topic: before it is silent, and while it is.
  [[nodiscard]] bool asks_for_others(std::size_t topic, TimeMs wall_ms) const;
  // The sum of their ends; no_others: all partitions are ours.
  void others_are_at(std::size_t topic, std::int64_t end, TimeMs wall_ms);

  // What has begun or ended since the last call.
  [[nodiscard]] std::vector<JournalSilence> changes(TimeMs wall_ms);

 private:
  struct Source {
    std::string topic;
    TimeMs heard_ms = 0;        // wall
    TimeMs broker_ms = 0;       // of the last record
    TimeMs silent_from_ms = 0;  // 0: it is not
    TimeMs asked_ms = 0;        // wall: the last answer about the others
    std::int64_t others_end = no_others;
    bool answered = false;
    bool spoke = false;  // since it has been silent

    [[nodiscard]] bool is_silent() const { return silent_from_ms != 0; }
  };

  // Whether what is known of the others is from behind the limit.
  [[nodiscard]] bool has_asked(const Source& source) const { return source.asked_ms >= source.heard_ms + limit_ms_; }

  TimeMs limit_ms_;
  std::vector<Source> sources_;
};

// Takes what changed over into what lasts.
void update_silences(std::vector<JournalSilence>& open, std::span<const JournalSilence> changes);

// The revision that tells of the change: the first when it begins, the second when it ends.
[[nodiscard]] schema::AlertT silence_alert(const JournalSilence& silence, const std::string& application,
                                           TimeMs limit_ms);

}  // namespace vigia
