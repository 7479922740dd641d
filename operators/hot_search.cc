#include "operators/hot_search.h"

#include <algorithm>
#include <utility>

namespace vigia {

TimeMs HotSearch::find(const CorrelationSpec& spec, std::span<const CorrelationEvent> events, TimeMs clock_ms,
                       std::vector<Incident>& out) {
  if (!std::exchange(is_begun_, true)) scan_.begin(spec, 0);
  if (events.size() > scan_.next() + 2 * lag_) {
    // Moments that nothing is added to any more, most likely.
    const auto lagging_ms = events[events.size() - lag_].start_ms;
    const auto moment = std::ranges::lower_bound(events, lagging_ms, {}, &CorrelationEvent::start_ms);
    scan_.run(spec, events, static_cast<std::size_t>(moment - events.begin()));
  }
  scan_.mark(place_);
  scan_.run(spec, events, events.size());
  out = scan_.incidents();
  // Where the last events let many others leave, it is cheaper to stay than to go back and do it again.
  if (scan_.leaving() - place_.leaving <= 4 * lag_) scan_.go_back(spec, events, place_);
  settled_ms_ = scan_.next() == 0 ? no_time_ms : events[scan_.next() - 1].start_ms;
  return end_incidents(spec, clock_ms, out);
}

}  // namespace vigia
