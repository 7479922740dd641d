#include "connectors/offset_gap.h"

#include <fmt/format.h>

namespace vigia {
namespace {

std::string gap_words(const std::string& where, const OffsetGap& gap) {
  return fmt::format("{}: {} offsets, {} to {}, are not there any more", where, gap.end.value - gap.first.value,
                     gap.first.value, gap.end.value - 1);
}

constexpr const char* begin_anew =
    "stop all instances, choose another `application`, and start with empty state "
    "directories";

}  // namespace

Status judge_position(const std::string& where, Offset position, OffsetBounds log, bool accepts_loss, OffsetGap& gap) {
  gap = {position, position};
  if (position > log.end) {
    return Status::of(
        Fault::refused,
        fmt::format("{} ends at offset {}, and was read up to {}: was the topic replaced, or cut off when "
                    "another broker became its leader? Restore it, or let the topics be read from where "
                    "they begin now: {}",
                    where, log.end.value, position.value, begin_anew));
  }
  if (position >= log.begin) return Status::good();
  gap.end = log.begin;
  if (accepts_loss) return Status::good();
  return Status::of(
      Fault::refused,
      fmt::format("{} and were never read (the log has {} to {}): restore the topic, and have it keep its "
                  "records for longer than an outage lasts; or set kafka.lost_offsets: accept, and the "
                  "engine goes on behind them, with an alert (records_lost) in their place",
                  gap_words(where, gap), log.begin.value, log.end.value));
}

Status records_gone(const std::string& where, const OffsetGap& gap) {
  return Status::of(
      Fault::refused,
      fmt::format("{}, and journalled epochs behind the last snapshot came of them: the state can't become "
                  "what it was when their alerts were told, whatever kafka.lost_offsets says. Restore the "
                  "topic, or a newer snapshot; or let the topics be read from where they begin now: {}",
                  gap_words(where, gap), begin_anew));
}

}  // namespace vigia
