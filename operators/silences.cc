#include "operators/silences.h"

#include <algorithm>

namespace vigia {

void Silences::begin(const Message& message) {
  first_heard_ms_ = message.broker_ms;
  if (message.was_kept()) kept_.push_back({message.made_ms, message.conditions});
}

bool Silences::hear(const Message& message, TimeMs heard_before, TimeMs silence_ms) {
  const auto heard_ms = heard_before >> 8;
  const auto now_ms = message.broker_ms;
  bool changed = false;
  if (now_ms < first_heard_ms_) {
    changed = first_heard_ms_ - now_ms > silence_ms;
    if (changed) silences_.insert(silences_.begin(), {now_ms, first_heard_ms_, message.conditions, {}});
    first_heard_ms_ = now_ms;
  }
  if (now_ms - heard_ms > silence_ms) {
    silences_.push_back({heard_ms, now_ms, static_cast<std::uint8_t>(heard_before & 0xff), message.evidence});
    changed = true;
  }
  for (std::size_t i = 0; i < silences_.size(); ++i) {
    auto& silence = silences_[i];
    if (silence.from_ms == now_ms && silence.conditions_before < message.conditions) {
      silence.conditions_before = message.conditions;  // of several heard at once: as in heard_before
      changed = true;
    }
    if (silence.from_ms >= now_ms || now_ms >= silence.to_ms) continue;
    auto later = silence;  // a record from within it, read later
    later.from_ms = now_ms;
    later.conditions_before = message.conditions;
    silence.to_ms = now_ms;
    silence.heard_again = message.evidence;
    silences_.insert(silences_.begin() + static_cast<std::ptrdiff_t>(i) + 1, later);
    changed = true;
    break;
  }
  std::erase_if(silences_, [&](const Silence& silence) { return silence.to_ms - silence.from_ms <= silence_ms; });
  if (!message.was_kept()) return changed;
  const bool before_all = message.made_ms < first_heard_ms_;
  const bool in_one = std::ranges::any_of(silences_, [&](const Silence& silence) {
    return silence.from_ms < message.made_ms && message.made_ms < silence.to_ms;
  });
  if (!before_all && !in_one) return changed;
  keep(message, silence_ms);
  return true;
}

void Silences::keep(const Message& message, TimeMs silence_ms) {
  const auto after = std::ranges::upper_bound(kept_, message.made_ms, {}, &Kept::made_ms);
  kept_.insert(after, {message.made_ms, message.conditions});
  for (std::size_t i = 1; i + 1 < kept_.size();) {
    const Kept &before = kept_[i - 1], &between = kept_[i], &next = kept_[i + 1];
    const bool dispensable = before.conditions == between.conditions && between.conditions == next.conditions &&
                             next.made_ms - before.made_ms <= silence_ms;
    if (dispensable)
      kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(i));
    else
      ++i;
  }
}

Silences::Backlog Silences::backlog_of(const Silence& silence) const {
  Backlog backlog;
  for (const Kept& kept : kept_) {
    if (kept.made_ms <= silence.from_ms || kept.made_ms >= silence.to_ms) continue;
    backlog.any = true;
    backlog.conditions |= kept.conditions;
  }
  return backlog;
}

void Silences::trim(TimeMs before_ms) {
  std::erase_if(silences_, [&](const Silence& silence) { return silence.to_ms < before_ms; });
  const auto needed_from_ms = silences_.empty() ? before_ms : std::min(before_ms, silences_.front().from_ms);
  std::erase_if(kept_, [&](const Kept& kept) { return kept.made_ms < needed_from_ms; });
}

std::size_t Silences::memory_bytes() const {
  return silences_.capacity() * sizeof(Silence) + kept_.capacity() * sizeof(Kept);
}

namespace {

// Of image version 1: what was made meanwhile was summed up when it came.
struct SummedSilence {
  TimeMs from_ms;
  TimeMs to_ms;
  std::uint8_t conditions_before;
  std::uint8_t conditions_within;
  bool has_backlog;
  EvidenceRef heard_again;
};

}  // namespace

void Silences::write(ByteWriter& out) const {
  out.put(first_heard_ms_);
  out.put(static_cast<std::uint32_t>(silences_.size()));
  for (const Silence& silence : silences_) {
    out.put(silence.from_ms);
    out.put(silence.to_ms);
    out.put(silence.conditions_before);
    out.put(silence.heard_again);
  }
  out.put(static_cast<std::uint32_t>(kept_.size()));
  for (const Kept& kept : kept_) {
    out.put(kept.made_ms);
    out.put(kept.conditions);
  }
}

void Silences::read(ByteReader& in) {
  first_heard_ms_ = in.get<TimeMs>();
  for (auto count = in.get<std::uint32_t>(); count > 0 && !in.failed; --count) {
    Silence& silence = silences_.emplace_back();
    silence.from_ms = in.get<TimeMs>();
    silence.to_ms = in.get<TimeMs>();
    silence.conditions_before = in.get<std::uint8_t>();
    silence.heard_again = in.get<EvidenceRef>();
  }
  for (auto count = in.get<std::uint32_t>(); count > 0 && !in.failed; --count) {
    Kept& kept = kept_.emplace_back();
    kept.made_ms = in.get<TimeMs>();
    kept.conditions = in.get<std::uint8_t>();
  }
}

void Silences::read_summed(ByteReader& in, TimeMs first_heard_ms) {
  first_heard_ms_ = first_heard_ms;
  for (auto count = in.get<std::uint32_t>(); count > 0 && !in.failed; --count) {
    const auto summed = in.get<SummedSilence>();
    silences_.push_back({summed.from_ms, summed.to_ms, summed.conditions_before, summed.heard_again});
    if (summed.has_backlog) kept_.push_back({summed.to_ms - 1, summed.conditions_within});
  }
}

}  // namespace vigia
