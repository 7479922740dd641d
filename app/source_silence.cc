#include "app/source_silence.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "app/source_alert.h"

namespace vigia {
namespace {

constexpr TimeMs looks_per_limit = 8;  // at what others have

RuleSpec silence_rule(TimeMs limit_ms) {
  RuleSpec rule = source_rule("source_silent");
  rule.params = {{"source_silence", limit_ms}};
  return rule;
}

}  // namespace

SourceSilence::SourceSilence(std::vector<std::string> topics, TimeMs limit_ms) : limit_ms_(limit_ms) {
  for (std::string& topic : topics) sources_.push_back({.topic = std::move(topic)});
}

void SourceSilence::begin(TimeMs wall_ms, std::span<const JournalSilence> open) {
  for (Source& source : sources_) {
    const auto known = std::ranges::find(open, source.topic, &JournalSilence::topic);
    source.heard_ms = source.broker_ms = wall_ms;
    source.silent_from_ms = known == open.end() ? 0 : known->from_ms;
    source.spoke = false;
    source.asked_ms = 0;
    source.others_end = no_others;
  }
}

void SourceSilence::heard(std::size_t topic, TimeMs broker_ms, TimeMs wall_ms) {
  Source& source = sources_[topic];
  source.heard_ms = wall_ms;
  source.broker_ms = broker_ms;
  source.spoke = true;
}

bool SourceSilence::asks_for_others(std::size_t topic, TimeMs wall_ms) const {
  const Source& source = sources_[topic];
  const TimeMs pause_ms = limit_ms_ / looks_per_limit;
  if (limit_ms_ == 0 || wall_ms - source.heard_ms < pause_ms) return false;
  return wall_ms - source.asked_ms >= pause_ms || (wall_ms - source.heard_ms >= limit_ms_ && !has_asked(source));
}

void SourceSilence::others_are_at(std::size_t topic, std::int64_t end, TimeMs wall_ms) {
  Source& source = sources_[topic];
  source.asked_ms = wall_ms;
  const std::int64_t before = std::exchange(source.others_end, end);
  if (end == before) return;
  if (before != no_others)
    heard(topic, wall_ms, wall_ms);
  else if (!source.is_silent())
    source.heard_ms = wall_ms;  // whether they spoke until now nobody knows
}

std::vector<JournalSilence> SourceSilence::changes(TimeMs wall_ms) {
  std::vector<JournalSilence> changed;
  if (limit_ms_ == 0) return changed;
  for (Source& source : sources_) {
    const TimeMs quiet_ms = wall_ms - source.heard_ms;
    if (source.is_silent()) {
      if (!source.spoke) continue;
      changed.push_back({source.topic, source.silent_from_ms, source.broker_ms, true});
      source.silent_from_ms = 0;
    } else if (quiet_ms >= limit_ms_ && (has_asked(source) || quiet_ms >= limit_ms_ + limit_ms_ / looks_per_limit)) {
      changed.push_back({source.topic, source.broker_ms, 0, source.answered && has_asked(source)});
      source.silent_from_ms = source.broker_ms;
      source.spoke = false;
    }
  }
  return changed;
}

void update_silences(std::vector<JournalSilence>& open, std::span<const JournalSilence> changes) {
  for (const JournalSilence& change : changes) {
    std::erase_if(open, [&](const JournalSilence& other) { return other.topic == change.topic; });
    if (change.end_ms == 0) open.push_back(change);
  }
}

schema::AlertT silence_alert(const JournalSilence& silence, const std::string& application, TimeMs limit_ms) {
  const bool lasts = silence.end_ms == 0;
  schema::AlertT alert = source_alert(silence_rule(limit_ms), application, silence.topic, silence.from_ms, 0);
  alert.revision = lasts ? 1 : 2;
  alert.status = lasts ? schema::AlertStatus::confirmed : schema::AlertStatus::cleared;
  alert.end_ms = silence.end_ms;
  alert.detected_ms = lasts ? silence.from_ms + limit_ms : silence.end_ms;
  alert.cause = silence.answered ? "no_records" : "no_answer";
  if (!lasts)
    alert.message = fmt::format("{} gives records again", silence.topic);
  else if (silence.answered)
    alert.message = fmt::format("{} has given no record for {} s; its brokers answer", silence.topic, limit_ms / 1000);
  else
    alert.message = fmt::format(
        "{} has given no record for {} s: its brokers do not answer, or a transaction upstream is still open",
        silence.topic, limit_ms / 1000);
  return alert;
}

}  // namespace vigia
