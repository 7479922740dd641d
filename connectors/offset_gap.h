// What it means when a log does not have the offset at which it was to be read on.
#pragma once

#include <string>

#include "connectors/status.h"
#include "engine/identity.h"

namespace vigia {

// One partition's records: [begin, end).
struct OffsetBounds {
  Offset begin{0}, end{0};
};

// Offsets [first, end) of one partition that are not there any more.
struct OffsetGap {
  Offset first{0}, end{0};

  [[nodiscard]] bool is_empty() const { return first >= end; }
  friend bool operator==(const OffsetGap&, const OffsetGap&) = default;
};

// Reading was to go on at `position`. Good: it may go on at gap.end, and `gap` was never read; it is empty when the log
// has the position after all. Fault::refused, with what to do: the loss is not accepted, or the log ends before the
// position. `where` is "TOPIC/PARTITION".
[[nodiscard]] Status judge_position(const std::string& where, Offset position, OffsetBounds log, bool accepts_loss,
                                    OffsetGap& gap);

// Fault::refused for what was read before and is needed again: alerts came of it, so that no loss can be accepted.
[[nodiscard]] Status records_gone(const std::string& where, const OffsetGap& gap);

}  // namespace vigia
