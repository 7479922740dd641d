#include "operators/correlation.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace vigia {
namespace {

constexpr std::uint64_t free_value = 0;

std::uint64_t key_of(std::uint64_t value) { return value == free_value ? UINT64_MAX : value; }

// Whether each of the rules `first` to `last` can have an event of its own. `taken[i]` is the rule that event i is given
// to; Kuhn's algorithm.
bool give(std::span<const CorrelationEvent> events, TimeMs end_ms, std::size_t rule, std::vector<int>& taken,
          std::vector<bool>& tried) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (tried[i] || (events[i].rules >> rule & 1) == 0 || events[i].end_ms < end_ms) continue;
    tried[i] = true;
    if (taken[i] >= 0 && !give(events, end_ms, static_cast<std::size_t>(taken[i]), taken, tried)) continue;
    taken[i] = static_cast<int>(rule);
    return true;
  }
  return false;
}

bool can_share(std::span<const CorrelationEvent> events, TimeMs end_ms, std::size_t first, std::size_t last) {
  std::vector<int> taken(events.size(), -1);
  std::vector<bool> tried(events.size());
  for (auto rule = first; rule <= last; ++rule) {
    tried.assign(events.size(), false);
    if (!give(events, end_ms, rule, taken, tried)) return false;
  }
  return true;
}

// Adds to `out`, and lowers `due_ms`.
void find_absences(const CorrelationSpec& spec, std::span<const CorrelationEvent> events, TimeMs clock_ms,
                   std::vector<Incident>& out, TimeMs& due_ms) {
  // By rising start the latest end so far; enough to tell whether one that began before touches a time.
  thread_local std::vector<std::pair<TimeMs, TimeMs>> seconds;
  seconds.clear();
  for (const auto& event : events) {
    if ((event.rules & 2) == 0) continue;
    seconds.emplace_back(event.start_ms,
                         seconds.empty() ? event.end_ms : std::max(event.end_ms, seconds.back().second));
  }
  for (const auto& event : events) {
    if ((event.rules & 1) == 0) continue;
    const auto from_ms = spec.before ? event.start_ms - spec.timespan_ms : event.start_ms;
    const auto to_ms = spec.before ? event.start_ms : event.start_ms + spec.timespan_ms;
    const auto behind = std::ranges::upper_bound(seconds, to_ms, {}, &std::pair<TimeMs, TimeMs>::first);
    if (behind != seconds.begin() && std::prev(behind)->second >= from_ms) continue;
    if (spec.before) {
      out.push_back({event.start_ms, event.start_ms, true});
    } else if (clock_ms > to_ms) {
      out.push_back({event.start_ms, to_ms, true});
    } else {
      due_ms = std::min(due_ms, to_ms);
    }
  }
}

}  // namespace

std::size_t IncidentScan::slot_of(std::uint64_t value) const {
  const auto mask = values_.size() - 1;
  auto at = (value * 0x9E3779B97F4A7C15u >> 32) & mask;
  while (values_[at].first != free_value && values_[at].first != value) at = (at + 1) & mask;
  return at;
}

// Without the values of which none is left.
void IncidentScan::make_room() {
  const auto old = std::exchange(values_, {});
  values_used_ = 1;  // the one that is to come
  for (const auto& [value, count] : old) values_used_ += count > 0 ? 1 : 0;
  values_.assign(std::bit_ceil(values_used_ * 4), {free_value, 0});
  for (const auto& [value, count] : old)
    if (count > 0) values_[slot_of(value)] = {value, count};
}

void IncidentScan::enter(const CorrelationSpec& spec, const CorrelationEvent& event) {
  ++steps_;
  if (event.rules == 0) return;
  ++events_;
  if (spec.type == CorrelationType::value_count) {
    const auto value = key_of(event.value);
    auto slot = slot_of(value);
    if (values_[slot].first == free_value) {
      if (2 * ++values_used_ > values_.size()) {
        make_room();
        slot = slot_of(value);
      }
      values_[slot].first = value;
    }
    if (++values_[slot].second == 1) ++distinct_;
  } else if (spec.type == CorrelationType::temporal) {
    for (auto rules = event.rules; rules != 0; rules &= rules - 1)
      if (++of_rule_[static_cast<std::size_t>(std::countr_zero(rules))] == 1) ++rules_seen_;
  }
}

void IncidentScan::leave(const CorrelationSpec& spec, const CorrelationEvent& event) {
  ++steps_;
  if (event.rules == 0) return;
  --events_;
  if (spec.type == CorrelationType::value_count) {
    if (--values_[slot_of(key_of(event.value))].second == 0) --distinct_;
  } else if (spec.type == CorrelationType::temporal) {
    for (auto rules = event.rules; rules != 0; rules &= rules - 1)
      if (--of_rule_[static_cast<std::size_t>(std::countr_zero(rules))] == 0) --rules_seen_;
  }
}

bool IncidentScan::holds(const CorrelationSpec& spec) const {
  switch (spec.type) {
    case CorrelationType::event_count: return events_ >= spec.at_least;
    case CorrelationType::value_count: return distinct_ >= spec.at_least;
    case CorrelationType::temporal: return rules_seen_ == static_cast<std::int64_t>(spec.rules);
    default: return false;
  }
}

// Chains that end in events of this moment: runs of rules, each with an event of its own, behind a chain that was there
// before or none.
void IncidentScan::extend_chains(const CorrelationSpec& spec, std::span<const CorrelationEvent> moment,
                                 std::vector<TimeMs>& extended) const {
  extended.assign(spec.rules, no_time_ms);
  if (moment.size() == 1) {
    for (std::size_t rule = 0; rule < spec.rules; ++rule)
      if (moment.front().rules >> rule & 1)
        extended[rule] = std::min(moment.front().end_ms, rule == 0 ? never_ms : chains_[rule - 1]);
    return;
  }
  std::vector<TimeMs> ends;
  for (const auto& event : moment) ends.push_back(event.end_ms);
  std::ranges::sort(ends);
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  for (const auto end_ms : ends) {
    for (std::size_t last = 0; last < spec.rules; ++last) {
      for (std::size_t first = last + 1; first-- > 0 && can_share(moment, end_ms, first, last);) {
        const auto before = first == 0 ? never_ms : chains_[first - 1];
        extended[last] = std::max(extended[last], std::min(before, end_ms));
      }
    }
  }
}

bool IncidentScan::completes_chain(const CorrelationSpec& spec, std::span<const CorrelationEvent> moment,
                                   TimeMs from_ms) {
  thread_local std::vector<TimeMs> extended;
  extend_chains(spec, moment, extended);
  for (std::size_t rule = 0; rule < spec.rules; ++rule) chains_[rule] = std::max(chains_[rule], extended[rule]);
  return extended.back() >= from_ms && extended.back() != no_time_ms;
}

void IncidentScan::begin(const CorrelationSpec& spec, std::size_t events, std::vector<std::uint32_t> by_end) {
  next_ = leaving_ = first_ = 0;
  events_ = distinct_ = rules_seen_ = 0;
  incidents_.clear();
  if (spec.type == CorrelationType::value_count) {
    values_used_ = 0;
    values_.assign(std::bit_ceil(events * 2 + 2), {free_value, 0});
  } else if (spec.type == CorrelationType::temporal) {
    of_rule_.assign(spec.rules, 0);
  } else if (spec.type == CorrelationType::temporal_ordered) {
    chains_.assign(spec.rules, no_time_ms);
  }
  by_end_ = std::move(by_end);
  has_left_.assign(by_end_.size(), false);
}

void IncidentScan::run(const CorrelationSpec& spec, std::span<const CorrelationEvent> events, std::size_t to) {
  while (next_ < to) {
    const auto begin = next_;
    const auto at_ms = events[begin].start_ms, from_ms = at_ms - spec.timespan_ms;
    std::uint32_t rules = 0;
    for (; next_ < events.size() && events[next_].start_ms == at_ms; ++next_) {
      rules |= events[next_].rules;
      enter(spec, events[next_]);
    }
    if (rules == 0) continue;  // nothing but what was taken back
    for (; leaving_ < events.size(); ++leaving_) {
      const auto i = by_end_.empty() ? leaving_ : by_end_[leaving_];
      if (events[i].end_ms >= from_ms) break;
      leave(spec, events[i]);
      if (!by_end_.empty()) has_left_[i] = true;
    }
    while (has_left(first_) || events[first_].rules == 0) ++first_;
    const bool is_hit = spec.type == CorrelationType::temporal_ordered
                            ? completes_chain(spec, events.subspan(begin, next_ - begin), from_ms)
                            : holds(spec);
    if (!is_hit) continue;
    if (incidents_.empty() || at_ms - incidents_.back().end_ms > spec.timespan_ms) {
      auto begins = first_;  // a chain begins with an event of the first rule
      while (spec.type == CorrelationType::temporal_ordered && (has_left(begins) || (events[begins].rules & 1) == 0))
        ++begins;
      incidents_.push_back({events[begins].start_ms, at_ms, true});
    }
    incidents_.back().end_ms = at_ms;
  }
}

void IncidentScan::mark(Place& out) const {
  out.next = next_;
  out.leaving = leaving_;
  out.first = first_;
  out.chains = chains_;
  out.incidents = incidents_.size();
  if (!incidents_.empty()) out.last = incidents_.back();
}

void IncidentScan::go_back(const CorrelationSpec& spec, std::span<const CorrelationEvent> events, const Place& place) {
  while (leaving_ > place.leaving) enter(spec, events[--leaving_]);
  while (next_ > place.next) leave(spec, events[--next_]);
  first_ = place.first;
  chains_ = place.chains;
  incidents_.resize(place.incidents);
  if (!incidents_.empty()) incidents_.back() = place.last;
}

std::size_t IncidentScan::memory_bytes() const {
  return values_.capacity() * sizeof values_[0] + incidents_.capacity() * sizeof incidents_[0];
}

TimeMs end_incidents(const CorrelationSpec& spec, TimeMs clock_ms, std::vector<Incident>& incidents) {
  TimeMs due_ms = never_ms;
  for (auto incident = incidents.rbegin(); incident != incidents.rend(); ++incident) {
    if (clock_ms > incident->end_ms + spec.timespan_ms) break;
    incident->is_over = false;
    due_ms = incident->end_ms + spec.timespan_ms;
  }
  return due_ms;
}

TimeMs IncidentSearch::find(const CorrelationSpec& spec, std::span<const CorrelationEvent> events, TimeMs clock_ms,
                            std::vector<Incident>& out) {
  out.clear();
  TimeMs due_ms = never_ms;
  if (spec.type == CorrelationType::absence) {
    find_absences(spec, events, clock_ms, out, due_ms);
    return due_ms;
  }
  const bool counts = spec.type == CorrelationType::event_count || spec.type == CorrelationType::value_count;
  if (counts && static_cast<std::int64_t>(events.size()) < spec.at_least) return due_ms;
  std::vector<std::uint32_t> by_end;
  if (!std::ranges::is_sorted(events, {}, &CorrelationEvent::end_ms)) {
    by_end.resize(events.size());
    std::iota(by_end.begin(), by_end.end(), 0u);
    std::ranges::stable_sort(by_end, {}, [&](std::uint32_t i) { return events[i].end_ms; });
  }
  scan_.begin(spec, events.size(), std::move(by_end));
  scan_.run(spec, events, events.size());
  out = scan_.incidents();
  return end_incidents(spec, clock_ms, out);
}

}  // namespace vigia
