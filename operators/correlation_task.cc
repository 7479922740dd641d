#include "operators/correlation_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "engine/result_order.h"
#include "engine/signal_record.h"
#include "operators/sigma_findings.h"
#include "schemas/verify.h"

namespace vigia {
namespace {

constexpr TimeMs hour_ms = 3'600'000;
constexpr std::uint32_t overflow_mark = 1;  // discriminator of the alert about a rule

// The group-by values as one text, each with its length before it, and back.
void append_value(std::string& out, std::string_view value) {
  const auto size = static_cast<std::uint16_t>(std::min<std::size_t>(value.size(), UINT16_MAX));
  out.append(reinterpret_cast<const char*>(&size), sizeof size);
  out += value.substr(0, size);
}

std::vector<std::string> values_of(std::string_view text) {
  std::vector<std::string> out;
  while (text.size() >= sizeof(std::uint16_t)) {
    std::uint16_t size = 0;
    std::memcpy(&size, text.data(), sizeof size);
    out.emplace_back(text.substr(sizeof size, size));
    text.remove_prefix(std::min(text.size(), sizeof size + size));
  }
  return out;
}

std::string subject_of(const SigmaCorrelationPlan& plan, std::string_view values) {
  auto of_subject = values_of(values);
  if (of_subject.empty()) return plan.head.rule_id;
  of_subject.resize(plan.group_values);
  return fmt::format("{}", fmt::join(of_subject, "|"));
}

// The first half of the id; false: it is none.
bool read_id(std::string_view hex_digits, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(hex_digits.data(), hex_digits.data() + 16, out, 16);
  return hex_digits.size() == 32 && error == std::errc{} && end == hex_digits.data() + 16;
}

}  // namespace

CorrelationTask::CorrelationTask(std::shared_ptr<const SigmaPlan> plan, CorrelationOptions options)
    : plan_(std::move(plan)), options_(std::move(options)) {
  for (const auto& correlation : plan_->correlations) static_cast<void>(rule_of(correlation.head.rule_id));
}
CorrelationTask::~CorrelationTask() = default;

CorrelationTask::Rule& CorrelationTask::rule_of(std::string_view id) {
  const auto found = std::ranges::find(rules_, id, [](const auto& rule) { return std::string_view(rule->id); });
  if (found != rules_.end()) return **found;
  auto& rule = *rules_.emplace_back(std::make_unique<Rule>());
  rule.id = id;
  rule.number = plan_->find_correlation(id);
  return rule;
}

EpochResult CorrelationTask::process(std::span<const InputRecord> records, std::span<const TimeMs>, TimeMs clock_ms) {
  EpochResult result;
  clock_ms_ = std::max(clock_ms_, clock_ms);
  if (is_restored_) link_by_touch();
  for (const auto& record : records) {
    auto reason = apply(record, result.account);
    if (reason.empty()) continue;
    ++result.account.unreadable;
    ++result.account.dead_letter;
    result.rejected.push_back({RejectKind::dead_letter, &record, -1, std::move(reason)});
  }
  for (auto& rule : rules_) {
    for (auto at = rule->due.begin(); at != rule->due.end() && at->first < clock_ms_; ++at) {
      auto& group = at->second->second;
      if (!std::exchange(group.is_waiting, true)) waiting_.emplace_back(rule.get(), at->second);
    }
  }
  for (auto& [rule, entry] : waiting_) judge(*rule, *entry, false, result);
  waiting_.clear();
  for (auto& rule : rules_) {
    keep_budget(*rule, result);
    judge_budget(*rule, result);
  }
  if (clock_ms_ - hour_ms >= let_go_ms_) let_go();
  put_in_order(result.alerts);
  put_in_order(result.signals);
  total_ += result.account;
  return result;
}

// Empty, or why the record can't be read.
std::string CorrelationTask::apply(const InputRecord& record, Account& account) {
  const auto* signal = schema::verify_signal_record(record.value);
  if (signal == nullptr) return "no valid signal of this version";
  Kept event;
  if (!read_id(signal->signal_id()->string_view(), event.id))
    return fmt::format("signal_id is {}, expected 32 hex digits", signal->signal_id()->string_view());
  const auto id = signal->rule_id()->string_view();
  const auto found = std::ranges::find(rules_, id, [](const auto& rule) { return std::string_view(rule->id); });
  if (found == rules_.end() || (*found)->number < 0)
    return fmt::format("rule_id is {}, expected one of the pipeline's", id);
  auto& rule = **found;
  ++account.decoded;
  event.start_ms = signal->start_ms();
  event.end_ms = signal->end_ms() == 0 ? never_ms : signal->end_ms();
  event.value = counted_value(*signal);
  event.rules = signal->is_retracted() ? 0 : correlation_rules(*signal);
  event.revision = signal->revision();
  std::string values;
  for (const auto* value : *signal->group()) append_value(values, value->string_view());
  const auto [at, is_new] = rule.groups.try_emplace(std::move(values));
  auto& entry = *at;
  auto& group = entry.second;
  if (!insert(rule, group, event)) {
    ++account.duplicate;
    return {};
  }
  if (!is_new) unlink(rule, entry);
  link(rule, entry);
  group.touch = ++touches_;
  group.touched_hour = hour_;
  ++account.applied;
  group.newest_ms = std::max(group.newest_ms, signal->broker_ms());
  mark_changed(rule, entry);
  if (!std::exchange(group.is_waiting, true)) waiting_.emplace_back(&rule, &entry);
  return {};
}

// False: this revision, or a newer one, is known.
bool CorrelationTask::insert(Rule& rule, Group& group, const Kept& event) {
  auto& events = group.events;
  const auto same = [&](const Kept& known) { return known.id == event.id; };
  // A first revision stands where it was, if it is known; later ones of an interval may have another start.
  const auto [low, high] = std::ranges::equal_range(events, event.start_ms, {}, &Kept::start_ms);
  auto known = std::find_if(low, high, same);
  if (known == high && event.revision > 1)
    known = std::ranges::find_if(events, same);
  else if (known == high)
    known = events.end();
  if (known != events.end()) {
    if (known->revision >= event.revision) return false;
    events.erase(known);
    rule.event_bytes -= sizeof(Kept);
  }
  events.insert(std::ranges::upper_bound(events, event.start_ms, {}, &Kept::start_ms), event);
  rule.event_bytes += sizeof(Kept);
  return true;
}

void CorrelationTask::unlink(Rule& rule, Entry& entry) {
  auto& group = entry.second;
  (group.older == nullptr ? rule.oldest : group.older->second.newer) = group.newer;
  (group.newer == nullptr ? rule.newest : group.newer->second.older) = group.older;
  group.older = group.newer = nullptr;
}

void CorrelationTask::link(Rule& rule, Entry& entry) {
  entry.second.older = rule.newest;
  (rule.newest == nullptr ? rule.oldest : rule.newest->second.newer) = &entry;
  rule.newest = &entry;
}

// After a restore, as they were linked before it.
void CorrelationTask::link_by_touch() {
  is_restored_ = false;
  for (auto& rule : rules_) {
    std::vector<Entry*> entries;
    for (auto& entry : rule->groups) entries.push_back(&entry);
    std::ranges::sort(entries, {}, [](const Entry* entry) { return entry->second.touch; });
    for (auto* entry : entries) link(*rule, *entry);
  }
}

void CorrelationTask::mark_changed(Rule& rule, Entry& entry) {
  if (!std::exchange(entry.second.is_changed, true)) changed_.emplace_back(&rule, &entry);
}

void CorrelationTask::schedule(Rule& rule, Entry& entry, TimeMs due_ms) {
  auto& group = entry.second;
  if (group.due_ms == due_ms) return;
  if (group.due_ms != never_ms) rule.due.erase({group.due_ms, &entry});
  group.due_ms = due_ms;
  if (due_ms != never_ms) rule.due.emplace(due_ms, &entry);
  mark_changed(rule, entry);
}

// Lets go of events that no late one can have to do with any more, but keeps those of incidents that reach beyond. Answers
// the time before which incidents that have ended stand as they were told.
TimeMs CorrelationTask::trim(const CorrelationSpec& spec, Rule& rule, Group& group) const {
  auto& events = group.events;
  if (events.empty() || events.front().start_ms >= events.back().start_ms - options_.keep_ms - 2 * spec.timespan_ms)
    return no_time_ms;
  const auto settled_ms = events.back().start_ms - options_.keep_ms - spec.timespan_ms;
  auto from_ms = settled_ms - spec.timespan_ms;
  for (const auto& told : group.book.alerts) {
    const bool reaches_beyond = told.last.end_ms == 0 || told.last.end_ms >= settled_ms;
    if (reaches_beyond) from_ms = std::min(from_ms, told.last.start_ms - spec.timespan_ms);
  }
  const auto before = events.size();
  std::erase_if(events, [&](const Kept& event) { return event.start_ms < from_ms && event.end_ms < from_ms; });
  rule.event_bytes -= (before - events.size()) * sizeof(Kept);
  return settled_ms;
}

// `is_last`: the group is to be dropped; what lasts ends.
void CorrelationTask::judge(Rule& rule, Entry& entry, bool is_last, EpochResult& result) {
  auto& group = entry.second;
  group.is_waiting = false;
  if (rule.number < 0) return schedule(rule, entry, never_ms);
  const auto& plan = plan_->correlations[static_cast<std::size_t>(rule.number)];
  const auto& spec = plan.spec;
  const auto settled_ms = trim(spec, rule, group);
  events_.clear();
  for (const auto& event : group.events)
    if (event.rules != 0) events_.push_back(event);
  auto due_ms = search_.find(spec, events_, clock_ms_, incidents_);
  const auto cause_ms = group.newest_ms == no_time_ms ? group.due_ms : group.newest_ms;
  group.newest_ms = no_time_ms;
  const auto is_settled = [&](TimeMs end_ms) { return end_ms != 0 && end_ms < settled_ms; };
  const auto told = group.book.alerts.size();
  std::erase_if(group.book.alerts, [&](const ToldAlert& alert) { return is_settled(alert.last.end_ms); });
  if (told != group.book.alerts.size()) mark_changed(rule, entry);
  if (!incidents_.empty() || !group.book.alerts.empty()) {
    std::vector<Episode> episodes;
    for (const auto& incident : incidents_) {
      if (incident.is_over && is_settled(incident.end_ms)) continue;
      Episode episode;
      episode.rule = static_cast<std::uint16_t>(rule.number);
      episode.start_ms = incident.start_ms;
      const bool is_over = incident.is_over || is_last || plan.is_instant;
      episode.end_ms = is_over ? incident.end_ms : 0;
      episode.detected_ms = cause_ms;
      const bool is_absence = spec.type == CorrelationType::absence;
      // A late second may still come; so may one before, and an instant is confirmed at once.
      const auto decided_ms = incident.end_ms + options_.keep_ms;
      const bool is_provisional = is_absence && !spec.before && clock_ms_ <= decided_ms && !is_last;
      if (is_provisional) due_ms = std::min(due_ms, decided_ms);
      const bool is_instant = spec.before || plan.is_instant;
      episode.status = is_provisional                      ? schema::AlertStatus::provisional
                       : episode.end_ms == 0 || is_instant ? schema::AlertStatus::confirmed
                                                           : schema::AlertStatus::cleared;
      episodes.push_back(episode);
    }
    group.book.reconcile(
        episodes, subject_of(plan, entry.first), {cause_ms, 0, no_time_ms},
        [&](std::uint16_t) { return std::pair<std::string_view, std::string_view>(options_.application, rule.id); },
        [&](const ToldAlert& alert) {
          mark_changed(rule, entry);
          tell(rule, entry, alert, result);
        });
  }
  schedule(rule, entry, due_ms);
}

void CorrelationTask::tell(Rule& rule, const Entry& entry, const ToldAlert& told, EpochResult& result) {
  const auto& plan = plan_->correlations[static_cast<std::size_t>(rule.number)];
  Alert alert;
  describe_incident(plan.head, alert);
  alert.alert_id = hex(told.id);
  alert.revision = told.revision;
  alert.status = told.last.status;
  alert.subject_type = plan.is_instant ? "key" : plan.group_values == 0 ? "rule" : "group";
  alert.subject_id = subject_of(plan, entry.first);
  alert.start_ms = told.last.start_ms;
  alert.end_ms = told.last.end_ms;
  alert.detected_ms = told.last.detected_ms;
  const auto values = values_of(entry.first);
  for (const auto& chain : plan.chains) {
    Signal signal;
    signal.signal_id = alert.alert_id;
    signal.revision = told.revision;
    signal.is_retracted = told.last.status == schema::AlertStatus::withdrawn;
    signal.rule_id = plan_->correlations[chain.correlation].head.rule_id;
    for (const auto position : chain.group) signal.group.push_back(values[position]);
    signal.subject_id = alert.subject_id;
    signal.start_ms = alert.start_ms;
    signal.end_ms = alert.end_ms;
    signal.broker_ms = alert.detected_ms;
    set_correlation_event(signal, chain.rules, 0);
    result.signals.push_back(std::move(signal));
  }
  result.alerts.push_back(std::move(alert));
}

std::uint64_t CorrelationTask::bytes_of(const Rule& rule) const {
  return rule.event_bytes + rule.groups.size() * group_bytes;
}

void CorrelationTask::erase(Rule& rule, Entry& entry) {
  schedule(rule, entry, never_ms);
  unlink(rule, entry);
  rule.event_bytes -= entry.second.events.size() * sizeof(Kept);
  gone_.push_back(image_key(rule, entry.first));
  if (entry.second.is_changed) std::erase(changed_, std::pair(&rule, &entry));
  rule.groups.erase(rule.groups.find(entry.first));
}

void CorrelationTask::keep_budget(Rule& rule, EpochResult& result) {
  while (rule.groups.size() > options_.groups_max || (bytes_of(rule) > options_.bytes_max && !rule.groups.empty())) {
    auto& oldest = *rule.oldest;
    judge(rule, oldest, true, result);
    erase(rule, oldest);
    ++rule.dropped;
    if (rule.overflow_start_ms == no_time_ms) rule.overflow_start_ms = clock_ms_;
    rule.overflow_ms = clock_ms_;
  }
}

// One alert from the first group that was dropped to the last; over when none was for an hour.
void CorrelationTask::judge_budget(Rule& rule, EpochResult& result) {
  if (rule.overflow_start_ms == no_time_ms || rule.number < 0) return;
  Episode episode;
  episode.discriminator = overflow_mark;
  episode.start_ms = rule.overflow_start_ms;
  episode.detected_ms = clock_ms_;
  const bool is_over = clock_ms_ > rule.overflow_ms + hour_ms;
  episode.end_ms = is_over ? std::max(rule.overflow_ms, rule.overflow_start_ms + 1) : 0;
  episode.status = is_over ? schema::AlertStatus::cleared : schema::AlertStatus::confirmed;
  std::vector<Episode> episodes{episode};
  const auto& head = plan_->correlations[static_cast<std::size_t>(rule.number)].head;
  rule.overflow_book.reconcile(
      episodes, rule.id, {clock_ms_, 0, no_time_ms},
      [&](std::uint16_t) { return std::pair<std::string_view, std::string_view>(options_.application, rule.id); },
      [&](const ToldAlert& told) {
        Alert alert;
        describe_incident(head, alert);
        alert.alert_id = hex(told.id);
        alert.revision = told.revision;
        alert.status = told.last.status;
        alert.subject_type = "rule";
        alert.subject_id = rule.id;
        alert.start_ms = told.last.start_ms;
        alert.end_ms = told.last.end_ms;
        alert.detected_ms = told.last.detected_ms;
        alert.cause = "budget";
        alert.message =
            fmt::format("rule {} has more groups than its budget holds; {} were dropped", rule.id, rule.dropped);
        result.alerts.push_back(std::move(alert));
      });
  if (is_over) rule.overflow_start_ms = no_time_ms;
}

// Groups of which nothing has been heard for long, and which are as old themselves. Counted in hours that the clock went
// through: where it leaps from old records to the present, first stages may still be among the old ones.
void CorrelationTask::let_go() {
  let_go_ms_ = clock_ms_;
  ++hour_;
  for (auto& rule : rules_) {
    const auto timespan_ms =
        rule->number < 0 ? 0 : plan_->correlations[static_cast<std::size_t>(rule->number)].spec.timespan_ms;
    const auto keep_ms = options_.keep_ms + 2 * timespan_ms;
    for (Entry *entry = rule->oldest, *newer = nullptr; entry != nullptr; entry = newer) {
      const auto& group = entry->second;
      newer = group.newer;
      if (hour_ - group.touched_hour <= keep_ms / hour_ms + 1) break;
      const bool may_be_heard = std::ranges::any_of(  // an alert that lasts touches every window to come
          group.events, [&](const Kept& event) { return event.rules != 0 && event.end_ms >= clock_ms_ - keep_ms; });
      if (!may_be_heard && group.due_ms == never_ms) erase(*rule, *entry);
    }
  }
}

EpochResult CorrelationTask::take_over(Task& task) {
  auto& before = static_cast<CorrelationTask&>(task);
  clock_ms_ = before.clock_ms_;
  let_go_ms_ = before.let_go_ms_;
  hour_ = before.hour_;
  touches_ = before.touches_;
  total_ = before.total_;
  if (before.is_restored_) before.link_by_touch();
  gone_ = std::move(before.gone_);
  rules_ = std::move(before.rules_);
  changed_ = std::move(before.changed_);
  for (auto& rule : rules_) {
    const auto hash_in = [](const SigmaPlan& plan, int number) {
      return number < 0 ? std::string() : plan.correlations[static_cast<std::size_t>(number)].head.hash;
    };
    const auto before_hash = hash_in(*before.plan_, rule->number);
    rule->number = plan_->find_correlation(rule->id);
    const bool is_same = hash_in(*plan_, rule->number) == before_hash;
    for (auto& entry : rule->groups) {
      for (auto& told : entry.second.book.alerts) {
        told.last.rule = rule->number < 0 ? no_rule : static_cast<std::uint16_t>(rule->number);
        told.is_settled = told.is_settled || !is_same;
      }
      if (is_same) continue;
      rule->event_bytes -= entry.second.events.size() * sizeof(Kept);
      entry.second.events.clear();
      schedule(*rule, entry, never_ms);
      mark_changed(*rule, entry);
    }
  }
  for (const auto& correlation : plan_->correlations) static_cast<void>(rule_of(correlation.head.rule_id));
  return {};
}

std::string CorrelationTask::describe_key(std::string_view key) const {
  for (const auto& rule : rules_)
    for (const auto& [values, group] : rule->groups) {
      std::string text = rule->id;
      for (const auto& value : values_of(values)) text += "|" + value;
      if (text == key)
        return fmt::format("{{\"events\":{},\"alerts\":{}}}", group.events.size(), group.book.alerts.size());
    }
  return {};
}

std::uint64_t CorrelationTask::memory_bytes() const {
  std::uint64_t bytes = changed_.capacity() * sizeof changed_[0];
  for (const auto& rule : rules_) bytes += bytes_of(*rule);
  return bytes;
}

std::uint64_t CorrelationTask::key_count() const {
  std::uint64_t count = 0;
  for (const auto& rule : rules_) count += rule->groups.size();
  return count;
}

}  // namespace vigia
