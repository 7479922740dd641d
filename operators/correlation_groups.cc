// CorrelationTask and its groups: what is kept of each, in which order they were heard of, and what goes.
#include <algorithm>
#include <tuple>

#include "operators/correlation_task.h"

namespace vigia {
namespace {

constexpr TimeMs hour_ms = 3'600'000;
constexpr TimeMs epoch_max_ms = 7 * 24 * hour_ms;  // what an epoch may span, of a stage that has to catch up

}  // namespace

// False: this revision, or a newer one, is known.
bool CorrelationTask::insert(Rule& rule, Group& group, const CorrelationEvent& event) {
  auto& events = group.events;
  const auto same = [&](const CorrelationEvent& known) { return known.id == event.id; };
  // Where none was ever revised it stands at its start, if it is known. Revisions of an interval may have other starts, and of
  // one epoch may come in any order.
  const auto [low, high] = std::ranges::equal_range(events, event.start_ms, {}, &CorrelationEvent::start_ms);
  group.is_revised |= event.revision > 1;
  group.has_intervals |= event.end_ms != event.start_ms;
  auto* known = std::find_if(low, high, same);
  if (known == high) known = group.is_revised ? std::ranges::find_if(events, same) : events.end();
  auto* hot = group.search();
  if (known != events.end()) {
    if (known->revision >= event.revision) return false;
    if (hot != nullptr) hot->change(known->start_ms);
    events.erase(known, known + 1);
    rule.event_bytes -= sizeof(CorrelationEvent);
  }
  if (hot != nullptr) hot->change(event.start_ms);
  events.insert(std::ranges::upper_bound(events, event.start_ms, {}, &CorrelationEvent::start_ms), event);
  rule.event_bytes += sizeof(CorrelationEvent);
  return true;
}

// Takes off those about the event that say nothing: the rule's thin_ms.
void CorrelationTask::thin(Rule& rule, Group& group, const CorrelationEvent& event, TimeMs within_ms) {
  auto& events = group.events;
  const auto alike = [&](const CorrelationEvent& other) {
    return other.rules == event.rules && other.value == event.value;
  };
  const auto first =
      std::ranges::lower_bound(events, event.start_ms - within_ms, {}, &CorrelationEvent::start_ms) - events.begin();
  auto before_ms = no_time_ms;  // of the last but one that is kept
  std::ptrdiff_t last = -1;     // where the last is
  for (auto i = first;
       i < static_cast<std::ptrdiff_t>(events.size()) && events[i].start_ms <= event.start_ms + within_ms; ++i) {
    if (!alike(events[i])) continue;
    if (last >= 0 && before_ms != no_time_ms && events[i].start_ms - before_ms <= within_ms) {
      events.erase(events.begin() + last, events.begin() + last + 1);
      rule.event_bytes -= sizeof(CorrelationEvent);
      last = --i;
      continue;
    }
    if (last >= 0) before_ms = events[last].start_ms;
    last = i;
  }
}

std::uint32_t CorrelationTask::keep_text(Rule& rule, Group& group, const schema::Signal& signal) {
  std::string text;
  if (signal.subject_id() != nullptr) text = signal.subject_id()->string_view();
  if (signal.content() != nullptr && signal.content()->size() > 0) text += '\0' + signal.content()->str();
  auto& texts = group.with_rest().texts;
  const auto known = std::ranges::find(texts, text);
  const auto at = static_cast<std::uint32_t>(known - texts.begin());
  if (known == texts.end()) {
    rule.event_bytes += sizeof(std::string) + text.size();
    texts.push_back(std::move(text));
  }
  return at;
}

// Those of no event any more.
void CorrelationTask::drop_texts(Rule& rule, Group& group) {
  if (group.texts().empty()) return;
  auto& texts = group.with_rest().texts;
  std::vector<std::string> kept;
  std::vector<std::uint32_t> at(texts.size(), UINT32_MAX);
  for (auto& event : group.events) {
    auto& place = at[event.text];
    if (place == UINT32_MAX) {
      place = static_cast<std::uint32_t>(kept.size());
      kept.push_back(std::move(texts[event.text]));
      texts[event.text].clear();
    }
    event.text = place;
  }
  for (std::size_t i = 0; i < at.size(); ++i)
    if (at[i] == UINT32_MAX) rule.event_bytes -= sizeof(std::string) + texts[i].size();
  texts = std::move(kept);
}

void CorrelationTask::unlink(Rule& rule, Group& group) {
  (group.older == GroupTable::none ? rule.oldest : groups_.at(group.older).newer) = group.newer;
  (group.newer == GroupTable::none ? rule.newest : groups_.at(group.newer).older) = group.older;
  group.older = group.newer = GroupTable::none;
}

void CorrelationTask::link(Rule& rule, std::uint32_t number) {
  groups_.at(number).older = rule.newest;
  (rule.newest == GroupTable::none ? rule.oldest : groups_.at(rule.newest).newer) = number;
  rule.newest = number;
}

// After a restore, as they were linked before it.
void CorrelationTask::link_by_touch() {
  is_restored_ = false;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> by_touch;
  groups_.for_each([&](std::uint32_t number, const Group& group) { by_touch.emplace_back(group.touch, number); });
  std::ranges::sort(by_touch);
  for (const auto& [touch, number] : by_touch) link(rule_of(groups_.at(number)), number);
}

void CorrelationTask::mark_changed(std::uint32_t number) {
  auto& group = groups_.at(number);
  if (group.is_changed) return;
  group.is_changed = 1;
  changed_.push_back(number);
}

void CorrelationTask::schedule(std::uint32_t number, TimeMs due_ms) {
  auto& group = groups_.at(number);
  if (group.due_ms == due_ms) return;
  auto& due = rule_of(group).due;
  if (group.due_ms != never_ms) due.erase({group.due_ms, number});
  group.due_ms = due_ms;
  if (due_ms != never_ms) due.emplace(due_ms, number);
  mark_changed(number);
}

void CorrelationTask::forget_search(Group& group) {
  if (group.search() == nullptr) return;
  search_bytes_ -= group.search()->memory_bytes();
  group.rest->search.reset();
}

// How long before a group's newest event one may still fall that comes now: late itself, or an incident of a rule below, which
// is told when its windows allow it, and comes back behind what was read in the same epoch.
TimeMs CorrelationTask::keep_ms(const Rule& rule) const {
  const auto lag_ms = rule.number < 0 ? 0 : lag_ms_[static_cast<std::size_t>(rule.number)];
  return options_.keep_ms + (lag_ms == 0 ? 0 : lag_ms + epoch_max_ms);
}

// Lets go of events that no late one can have to do with any more, but keeps those of incidents that reach beyond, and the last
// of those that are kept however old.
void CorrelationTask::let_go_of_old(const SigmaCorrelationPlan& plan, Rule& rule, Group& group, TimeMs settled_ms) {
  auto& events = group.events;
  auto from_ms = settled_ms - plan.spec.timespan_ms;
  for (const auto& told : group.book.alerts) {
    const bool reaches_beyond = told.last.end_ms == 0 || told.last.end_ms >= settled_ms;
    if (reaches_beyond) from_ms = std::min(from_ms, told.last.start_ms - plan.spec.timespan_ms);
  }
  const auto is_old = [&](const CorrelationEvent& event) { return event.start_ms < from_ms && event.end_ms < from_ms; };
  const auto lasting = plan.rule ? plan.rule->lasting_marks() : 0;
  const CorrelationEvent* last = nullptr;
  const auto place = [&](const CorrelationEvent& event) {
    return std::tie(event.start_ms, event.sequence, group.texts()[event.text]);
  };
  for (const auto& event : events)
    if (is_old(event) && (event.rules & lasting) != 0 && (last == nullptr || place(*last) < place(event)))
      last = &event;
  const std::uint64_t lasting_id = last == nullptr ? 0 : last->id;
  const auto kept = std::ranges::remove_if(events, [&](const CorrelationEvent& event) {
    return is_old(event) && (lasting_id == 0 || event.id != lasting_id);
  });
  if (kept.empty()) return;
  rule.event_bytes -= kept.size() * sizeof(CorrelationEvent);
  events.erase(kept.begin(), kept.end());
  if (plan.rule) drop_texts(rule, group);
  if (auto* hot = group.search()) hot->forget();
}

// Lets go of what nothing that comes now can change. Answers the time before which incidents that have ended stand as they were
// told.
TimeMs CorrelationTask::trim(const SigmaCorrelationPlan& plan, std::uint32_t number, TimeMs newest_ms) {
  const auto& spec = plan.spec;
  auto& group = groups_.at(number);
  auto& rule = rule_of(group);
  auto& events = group.events;
  auto& told_alerts = group.book.alerts;
  if (events.empty() || newest_ms == no_time_ms) return no_time_ms;
  const auto settled_ms = newest_ms - keep_ms(rule) - spec.timespan_ms;
  const auto before = events.size();
  // Of many events a quarter goes at a time: each time, all of them are moved.
  const auto oldest = !plan.rule && before > hot_events ? before / 4 : 0;
  if (events[oldest].start_ms < settled_ms - spec.timespan_ms) let_go_of_old(plan, rule, group, settled_ms);
  if (events.size() <= hot_events / 2) forget_search(group);
  // Nothing revises them any more; but an incident may begin where they did, with what still lasts.
  std::size_t settled = 0;
  for (auto& told : told_alerts) {
    if (told.last.rule == retired || told.last.end_ms == 0 || told.last.end_ms >= settled_ms) continue;
    told.last.rule = retired;
    told.is_settled = true;
    ++settled;
  }
  settled += std::erase_if(told_alerts, [&](const ToldAlert& told) {
    return told.last.rule == retired && (events.empty() || told.first_start_ms < events[0].start_ms);
  });
  if (settled > 0 || before != events.size()) mark_changed(number);
  return settled_ms;
}

std::uint64_t CorrelationTask::bytes_of(const Rule& rule) { return rule.event_bytes + rule.groups * group_bytes; }

void CorrelationTask::erase(std::uint32_t number) {
  auto& group = groups_.at(number);
  auto& rule = rule_of(group);
  schedule(number, never_ms);
  unlink(rule, group);
  forget_search(group);
  rule.event_bytes -= group.events.size() * sizeof(CorrelationEvent) + group.values.block_bytes();
  for (const auto& text : group.texts()) rule.event_bytes -= sizeof text + text.size();
  --rule.groups;
  gone_.push_back(image_key(rule, group.values.view()));
  groups_.remove(number);
}

void CorrelationTask::keep_budget(Rule& rule, EpochResult& result) {
  const auto& budget = options_.budget;
  while (rule.groups > budget.groups_max || (bytes_of(rule) > budget.bytes_max && rule.groups > 0)) {
    const auto oldest = rule.oldest;
    judge({.group = oldest}, true, result);
    erase(oldest);
    ++rule.dropped;
    if (rule.overflow_start_ms == no_time_ms) rule.overflow_start_ms = clock_ms_;
    rule.overflow_ms = clock_ms_;
  }
}

// Groups of which nothing has been heard for long, and which are as old themselves. Counted in hours that the clock went
// through: where it leaps from old records to the present, first stages may still be among the old ones.
void CorrelationTask::let_go() {
  let_go_ms_ = clock_ms_;
  ++hour_;
  for (auto& rule : rules_) {
    const auto timespan_ms = rule->number < 0 ? 0 : plan_of(*rule).spec.timespan_ms;
    const auto kept_ms = keep_ms(*rule) + 2 * timespan_ms;
    const auto* group_rule = rule->number < 0 ? nullptr : plan_of(*rule).rule.get();
    const auto lasting = group_rule == nullptr ? 0 : group_rule->lasting_marks();
    for (auto number = rule->oldest, newer = number; number != GroupTable::none; number = newer) {
      const auto& group = groups_.at(number);
      newer = group.newer;
      if (hour_ - group.touched_hour <= kept_ms / hour_ms + 1) break;
      const bool is_of_use = std::ranges::any_of(group.events, [&](const CorrelationEvent& event) {
        const bool may_be_heard = event.rules != 0 && event.end_ms >= clock_ms_ - kept_ms;
        return may_be_heard || (event.rules & lasting) != 0;  // an alert that lasts touches every window to come
      });
      if (!is_of_use && group.due_ms == never_ms) erase(number);
    }
  }
}

}  // namespace vigia
