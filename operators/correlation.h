// What the events of one group amount to under a correlation: incidents. A pure function of the set of events and the
// clock, so that a late event, or one that is taken back, needs nothing but to ask again.
//
// An event at t looks at [t - timespan, t]. A hit is an event with which the condition holds over its window. Hits at most
// `timespan` apart are one incident, from the first event in the first hit's window (of an ordered chain: the first that a
// chain can begin with) to the last hit; it is over when the clock is past the last hit by more than `timespan`.
//
// An event may be an interval (an alert). Then it stands at its start, and is in a window when it touches it.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "engine/identity.h"
#include "engine/ledger.h"
#include "operators/sigma_rule.h"

namespace vigia {

// An event as its group keeps it. The search looks at the first four alone.
struct CorrelationEvent {
  TimeMs start_ms = 0;
  TimeMs end_ms = 0;           // of a point its start; never_ms while it lasts
  std::uint64_t value = 0;     // hash of what value_count counts
  std::uint32_t rules = 0;     // bit i: it is one of the correlation's i-th rule; 0: taken back, it counts for nothing
  std::uint32_t revision = 0;  // of the signal
  std::uint64_t id = 0;
  std::uint32_t sequence = 0;  // of a GroupRule
  std::uint32_t text = 0;      // of a GroupRule: position in the group's texts
  EvidenceRef evidence = {};
};
static_assert(sizeof(CorrelationEvent) == 64);

struct CorrelationSpec {
  static constexpr std::size_t rules_max = 32;

  CorrelationType type = CorrelationType::event_count;
  std::size_t rules = 1;      // how many, at most rules_max
  TimeMs timespan_ms = 0;     // over 0
  std::int64_t at_least = 1;  // of event_count and value_count
  bool before = false;        // absence: none of the second before the first, instead of after
};

struct Incident {
  TimeMs start_ms = 0;
  TimeMs end_ms = 0;  // the last hit
  bool is_over = false;
  friend bool operator==(const Incident&, const Incident&) = default;
};

// Goes once through the events of a group, moment by moment, with what is in the window; of all types but absence. Can stand
// still on the way, and go back to where it stood. One thread at a time.
class IncidentScan {
 public:
  // Where it stood.
  struct Place {
    std::size_t next = 0, leaving = 0, first = 0;
    std::vector<TimeMs> chains;
    std::size_t incidents = 0;
    Incident last;
  };

  // `by_end`: positions by rising end; empty: the events' own order is that, too.
  void begin(const CorrelationSpec& spec, std::size_t events, std::vector<std::uint32_t> by_end = {});
  // Goes on until it has been through all moments before position `to`. `events` by rising start; as they were, as far as it
  // has been.
  void run(const CorrelationSpec& spec, std::span<const CorrelationEvent> events, std::size_t to);

  void mark(Place& out) const;
  // REQUIRES: no order by end was given, and the events are as they were.
  void go_back(const CorrelationSpec& spec, std::span<const CorrelationEvent> events, const Place& place);

  [[nodiscard]] std::size_t next() const { return next_; }        // position behind the last moment
  [[nodiscard]] std::size_t leaving() const { return leaving_; }  // how many have left the window
  [[nodiscard]] const std::vector<Incident>& incidents() const { return incidents_; }  // all as if they were over
  [[nodiscard]] std::uint64_t steps() const { return steps_; }  // events that came into a window or left it, ever
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  void enter(const CorrelationSpec& spec, const CorrelationEvent& event);
  void leave(const CorrelationSpec& spec, const CorrelationEvent& event);
  [[nodiscard]] std::size_t slot_of(std::uint64_t value) const;
  void make_room();
  [[nodiscard]] bool holds(const CorrelationSpec& spec) const;
  [[nodiscard]] bool has_left(std::size_t i) const { return by_end_.empty() ? i < leaving_ : has_left_[i]; }
  [[nodiscard]] bool completes_chain(const CorrelationSpec& spec, std::span<const CorrelationEvent> moment,
                                     TimeMs from_ms);
  void extend_chains(const CorrelationSpec& spec, std::span<const CorrelationEvent> moment,
                     std::vector<TimeMs>& extended) const;

  std::size_t next_ = 0, leaving_ = 0, first_ = 0;  // first_: none before it is in the window
  std::vector<std::uint32_t> by_end_;
  std::vector<bool> has_left_;
  std::vector<std::int64_t> of_rule_;                           // how many in the window, by rule
  std::vector<std::pair<std::uint64_t, std::int64_t>> values_;  // in the window, with how many of each; a hash table
  std::size_t values_used_ = 0;                                 // of its slots, those with none in the window, too
  std::int64_t events_ = 0, distinct_ = 0, rules_seen_ = 0;
  // By rule: of all chains through the rules up to it, the latest of their earliest ends: what a window must not begin after.
  std::vector<TimeMs> chains_;
  std::vector<Incident> incidents_;
  std::uint64_t steps_ = 0;
};

// Says which incidents are not over by the clock. Returns when the clock alone will change them: once it is past that time;
// never_ms: it won't. `incidents` by rising start.
TimeMs end_incidents(const CorrelationSpec& spec, TimeMs clock_ms, std::vector<Incident>& incidents);

// Finds incidents; keep one and reuse it, it owns what the search needs beside. One thread at a time.
class IncidentSearch {
 public:
  // `events` by rising start. All incidents as of the clock, by rising start, replace those in `out`. Returns when the clock
  // alone will change them: once it is past that time; never_ms: it won't.
  TimeMs find(const CorrelationSpec& spec, std::span<const CorrelationEvent> events, TimeMs clock_ms,
              std::vector<Incident>& out);

 private:
  IncidentScan scan_;
};

}  // namespace vigia
