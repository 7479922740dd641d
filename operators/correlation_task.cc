#include "operators/correlation_task.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <functional>
#include <tuple>

#include "engine/result_order.h"
#include "engine/signal_record.h"
#include "operators/alert_signals.h"
#include "operators/alert_words.h"
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

// Of an instant, whose group has the one alert that it is about: which site that has; empty: none, or it is of a snapshot
// of an earlier version.
std::string_view site_of_alert(const CorrelationGroup& group) {
  if (group.events.empty() || group.events.front().text >= group.texts().size()) return {};
  const std::string_view text = group.texts()[group.events.front().text];
  const auto end = text.find('\0');
  return end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
}

// The first half of the id; false: it is none.
bool read_id(std::string_view hex_digits, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(hex_digits.data(), hex_digits.data() + 16, out, 16);
  return hex_digits.size() == 32 && error == std::errc{} && end == hex_digits.data() + 16;
}

}  // namespace

CorrelationTask::CorrelationTask(std::shared_ptr<const SigmaPlan> plan, CorrelationOptions options)
    : plan_(std::move(plan)), options_(std::move(options)) {
  if (plan_) plans_ = plan_->correlations;
  std::string hashes;
  for (const auto& rule : options_.rules) {
    auto& added = plans_.emplace_back();
    added.head.rule_id = rule->spec().id;
    added.head.hash = rule->hash();
    added.head.severity = rule->spec().severity;
    added.head.category = default_category(rule->spec().severity);
    added.head.title = rule->spec().message;
    added.spec.timespan_ms = rule->reach_ms() + hour_ms;  // what clocks and partitions may be apart
    added.group_values = 1;
    added.rule = rule;
    hashes += rule->hash();
  }
  lag_ms_.resize(plans_.size());
  for (std::size_t below = 0; below < plans_.size(); ++below)
    for (const auto& chain : plans_[below].chains)
      lag_ms_[chain.correlation] =
          std::max(lag_ms_[chain.correlation], lag_ms_[below] + plans_[below].spec.timespan_ms);
  hash_ = XXH3_64bits_withSeed(hashes.data(), hashes.size(), plan_ ? plan_->hash : 0);
  for (const auto& one : plans_) static_cast<void>(rule_of(one.head.rule_id));
}
CorrelationTask::~CorrelationTask() = default;

CorrelationTask::Rule& CorrelationTask::rule_of(std::string_view id) {
  if (const auto found = rules_by_id_.find(id); found != rules_by_id_.end()) return *found->second;
  auto& rule = *rules_.emplace_back(std::make_unique<Rule>());
  rule.id = id;
  rule.place = static_cast<std::uint32_t>(rules_.size() - 1);
  rule.number = find_plan(id);
  rules_by_id_.emplace(rule.id, &rule);
  return rule;
}

int CorrelationTask::find_plan(std::string_view rule_id) const {
  const auto found =
      std::ranges::find(plans_, rule_id, [](const auto& plan) { return std::string_view(plan.head.rule_id); });
  return found == plans_.end() ? -1 : static_cast<int>(found - plans_.begin());
}

EpochResult CorrelationTask::process(std::span<const InputRecord> records, std::span<const TimeMs>, TimeMs clock_ms) {
  EpochResult result;
  clock_ms_ = std::max(clock_ms_, clock_ms);
  if (is_restored_) link_by_touch();
  apply_all(records, result);
  for (auto& rule : rules_) {
    for (auto at = rule->due.begin(); at != rule->due.end() && at->first < clock_ms_; ++at) {
      auto& group = groups_.at(at->second);
      if (group.waiting != GroupTable::none) continue;
      group.waiting = static_cast<std::uint32_t>(waiting_.size());
      waiting_.push_back({.group = at->second});
    }
  }
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    if (i + groups_ahead < waiting_.size()) groups_.prefetch_number(waiting_[i + groups_ahead].group);
    if (i + groups_ahead / 2 < waiting_.size())
      groups_.at(waiting_[i + groups_ahead / 2].group).events.prefetch_begin();
    judge(waiting_[i], false, result);
  }
  waiting_.clear();
  for (auto& rule : rules_) {
    keep_budget(*rule, result);
    judge_budget(*rule, result);
  }
  if (clock_ms_ - hour_ms >= let_go_ms_) let_go();
  put_in_order(result.alerts);
  signal_alerts(plan_.get(), result.alerts, result.signals);
  put_in_order(result.signals);
  total_ += result.account;
  return result;
}

// In turns of a few, whose groups are fetched from memory together.
void CorrelationTask::apply_all(std::span<const InputRecord> records, EpochResult& result) {
  for (std::size_t at = 0; at < records.size(); at += rows_ahead) {
    rows_.clear();
    values_.clear();
    for (const auto& record : records.subspan(at, std::min(rows_ahead, records.size() - at)))
      rows_.push_back(read(record));
    for (auto& row : rows_)
      if (row.rule != nullptr) row.group = groups_.prefetch_group(row.hash);
    for (const auto& row : rows_)
      if (row.group != GroupTable::none) groups_.at(row.group).events.prefetch_end();
    for (const auto& row : rows_) {
      auto reason = apply(row, result.account);
      if (reason.empty()) continue;
      ++result.account.unreadable;
      ++result.account.dead_letter;
      result.rejected.push_back({RejectKind::dead_letter, row.record, -1, std::move(reason)});
    }
  }
}

CorrelationTask::Row CorrelationTask::read(const InputRecord& record) {
  Row row{.record = &record, .signal = schema::verify_signal_record(record.value)};
  if (row.signal == nullptr) return row;
  row.has_id = read_id(row.signal->signal_id()->string_view(), row.id);
  const auto found = rules_by_id_.find(row.signal->rule_id()->string_view());
  if (!row.has_id || found == rules_by_id_.end() || found->second->number < 0) return row;
  row.rule = found->second;
  row.values_at = values_.size();
  for (const auto* value : *row.signal->group()) append_value(values_, value->string_view());
  row.values_size = values_.size() - row.values_at;
  row.hash = GroupTable::hash_of(row.rule->place, std::string_view(values_).substr(row.values_at));
  groups_.prefetch(row.hash);
  return row;
}

// Empty, or why the record can't be read.
std::string CorrelationTask::apply(const Row& row, Account& account) {
  if (row.signal == nullptr) return "no valid signal of this version";
  const auto& signal = *row.signal;
  if (!row.has_id) return fmt::format("signal_id is {}, expected 32 hex digits", signal.signal_id()->string_view());
  if (row.rule == nullptr)
    return fmt::format("rule_id is {}, expected one of the pipeline's", signal.rule_id()->string_view());
  auto& rule = *row.rule;
  ++account.decoded;
  CorrelationEvent event;
  event.id = row.id;
  event.start_ms = signal.start_ms();
  event.end_ms = signal.end_ms() == 0 ? never_ms : signal.end_ms();
  event.value = counted_value(signal);
  event.rules = signal.is_retracted() ? 0 : correlation_rules(signal);
  event.revision = signal.revision();
  event.sequence = signal.sequence();
  event.evidence = evidence_of(signal);
  const auto values = std::string_view(values_).substr(row.values_at, row.values_size);
  auto number = groups_.find(row.hash, rule.place, values);
  const bool is_new = number == GroupTable::none;
  if (is_new) {
    number = groups_.add(row.hash, rule.place, values);
    ++rule.groups;
    rule.event_bytes += groups_.at(number).values.block_bytes();
  }
  auto& group = groups_.at(number);
  const auto* group_rule = plan_of(rule).rule.get();
  if (group_rule != nullptr || plan_of(rule).is_instant) event.text = keep_text(rule, group, signal);
  const auto judged_ms = group.events.empty() ? no_time_ms : group.events.back().start_ms;
  if (!insert(rule, group, event)) {
    ++account.duplicate;
    return {};
  }
  if (group_rule != nullptr && group_rule->thin_ms() > 0) thin(rule, group, event, group_rule->thin_ms());
  if (!is_new) unlink(rule, group);
  link(rule, number);
  group.touch = ++touches_;
  group.touched_hour = hour_;
  ++account.applied;
  mark_changed(number);
  if (group.waiting == GroupTable::none) {
    group.waiting = static_cast<std::uint32_t>(waiting_.size());
    waiting_.push_back({number, signal.broker_ms(), judged_ms});
  } else {
    auto& heard = waiting_[group.waiting];
    heard.newest_ms = std::max(heard.newest_ms, signal.broker_ms());
  }
  return {};
}

EvidenceRef CorrelationTask::evidence_of(const schema::Signal& signal) const {
  if (signal.evidence() == nullptr || signal.evidence()->size() == 0) return {};
  const auto* first = signal.evidence()->Get(0);
  const auto topic = std::ranges::find(options_.topics, first->topic() == nullptr ? "" : first->topic()->string_view());
  if (topic == options_.topics.end()) return {};
  return {TopicIndex{static_cast<std::uint16_t>(topic - options_.topics.begin())}, PartitionId{first->partition()},
          Offset{first->offset()}};
}

// To incidents_.
TimeMs CorrelationTask::search(const CorrelationSpec& spec, Group& group) {
  const bool is_hot =
      group.events.size() > hot_events && group.has_intervals == 0 && spec.type != CorrelationType::absence;
  if (!is_hot) return search_.find(spec, group.events.all(), clock_ms_, incidents_);
  auto& hot = group.with_rest().search;
  if (!hot)
    hot = std::make_unique<HotSearch>();
  else
    search_bytes_ -= hot->memory_bytes();
  const auto due_ms = hot->find(spec, group.events.all(), clock_ms_, incidents_);
  search_bytes_ += hot->memory_bytes();
  return due_ms;
}

// The incidents of Sigma's correlations.
void CorrelationTask::judge_correlation(const SigmaCorrelationPlan& plan, Group& group, bool is_last, Judgement& out) {
  const auto& spec = plan.spec;
  out.due_ms = search(spec, group);
  const auto evidence_at = [&](TimeMs at_ms) {
    const auto& events = group.events;
    for (const auto* at = std::ranges::lower_bound(events, at_ms, {}, &CorrelationEvent::start_ms);
         at != events.end() && at->start_ms == at_ms; ++at)
      if (at->rules != 0) return at->evidence;
    return EvidenceRef();
  };
  for (const auto& incident : incidents_) {
    auto& episode = out.episodes.emplace_back();
    episode.start_ms = incident.start_ms;
    episode.end_ms = incident.is_over || is_last || plan.is_instant ? incident.end_ms : 0;
    episode.evidence[0] = evidence_at(incident.start_ms);
    if (incident.end_ms != incident.start_ms) episode.evidence[1] = evidence_at(incident.end_ms);
    const bool is_absence = spec.type == CorrelationType::absence;
    // A late second may still come; so may one before, and an instant is confirmed at once.
    const auto decided_ms = incident.end_ms + options_.keep_ms;
    const bool is_provisional = is_absence && !spec.before && clock_ms_ <= decided_ms && !is_last;
    if (is_provisional) out.due_ms = std::min(out.due_ms, decided_ms);
    const bool is_instant = spec.before || plan.is_instant;
    if (const auto site = plan.is_instant ? site_of_alert(group) : std::string_view(); !site.empty())
      episode.context = XXH3_64bits(site.data(), site.size());  // when it changes, so does the incident
    episode.status = is_provisional                      ? schema::AlertStatus::provisional
                     : episode.end_ms == 0 || is_instant ? schema::AlertStatus::confirmed
                                                         : schema::AlertStatus::cleared;
  }
}

void CorrelationTask::judge_rule(const GroupRule& rule, const Group& group, bool is_last, Judgement& out) {
  group_events_.clear();
  for (const auto& event : group.events) {
    if (event.rules == 0) continue;
    const std::string_view text = group.texts()[event.text];
    const auto device_id = text.substr(0, text.find('\0'));
    const auto content = text.substr(std::min(device_id.size() + 1, text.size()));
    group_events_.push_back(
        {event.start_ms, event.rules, event.value, event.sequence, device_id, content, event.evidence});
  }
  std::ranges::sort(group_events_, std::less<>());
  rule.judge(group_events_, is_last ? never_ms : clock_ms_, out);
}

// `is_last`: the group is to be dropped; what lasts ends.
void CorrelationTask::judge(const Waiting& heard, bool is_last, EpochResult& result) {
  const auto number = heard.group;
  auto& group = groups_.at(number);
  auto& rule = rule_of(group);
  group.waiting = GroupTable::none;
  if (rule.number < 0) return schedule(number, never_ms);
  const auto& plan = plan_of(rule);
  const auto newest_ms = [&] { return group.events.empty() ? no_time_ms : group.events.back().start_ms; };
  // What came since is judged before it lets go of anything: the events of one epoch may lie far apart.
  const auto settled_ms = trim(plan, number, heard.judged_ms == never_ms ? newest_ms() : heard.judged_ms);
  Judgement judgement;
  if (plan.rule)
    judge_rule(*plan.rule, group, is_last, judgement);
  else
    judge_correlation(plan, group, is_last, judgement);
  auto& episodes = judgement.episodes;
  const auto cause_ms = heard.newest_ms != no_time_ms ? heard.newest_ms
                        : group.due_ms != never_ms    ? group.due_ms
                                                      : clock_ms_;  // another configuration
  std::erase_if(episodes, [&](const Episode& episode) { return episode.end_ms != 0 && episode.end_ms < settled_ms; });
  for (auto& episode : episodes) {
    episode.rule = static_cast<std::uint16_t>(rule.number);
    episode.detected_ms = cause_ms;
  }
  if (!episodes.empty() || !group.book.alerts.empty()) {
    // Two alerts of one subject and start are two incidents; so are two groups whose values are the same once they are joined.
    const std::string_view values = group.values.view();
    const auto subject = subject_of(plan, values);
    const auto joints = std::max<std::ptrdiff_t>(1, plan.group_values) - 1;
    if (plan.is_instant || std::ranges::count(subject, '|') > joints) {
      for (auto& episode : episodes)
        episode.discriminator = static_cast<std::uint32_t>(XXH3_64bits(values.data(), values.size()));
    }
    group.book.reconcile(
        episodes, subject, {cause_ms, 0, no_time_ms},
        [&](std::uint16_t) { return std::pair<std::string_view, std::string_view>(options_.application, rule.id); },
        [&](const ToldAlert& alert) {
          mark_changed(number);
          tell(rule, group, alert, result);
        });
  }
  trim(plan, number, newest_ms());
  schedule(number, judgement.due_ms);
}

void CorrelationTask::tell(Rule& rule, const Group& group, const ToldAlert& told, EpochResult& result) {
  const auto& plan = plan_of(rule);
  const auto values = values_of(group.values.view());
  Alert alert;
  if (plan.rule) {
    alert = alert_of(plan.rule->spec(), plan.rule->hash(), told);
    std::vector<std::string_view> device_ids;
    for (const std::string_view text : group.texts()) device_ids.push_back(text.substr(0, text.find('\0')));
    plan.rule->describe(told.last, values, device_ids, alert);
    if (!plan.rule->spec().message.empty()) alert.message = plan.rule->spec().message;
  } else {
    describe_incident(plan.head, alert);
    alert.alert_id = hex(told.id);
    alert.revision = told.revision;
    alert.status = told.last.status;
    alert.subject_type = plan.is_instant ? "key" : plan.group_values == 0 ? "rule" : "group";
    alert.subject_id = subject_of(plan, group.values.view());
    if (plan.site >= 0) alert.site_id = values[static_cast<std::size_t>(plan.site)];
    if (plan.is_instant) alert.site_id = site_of_alert(group);
    alert.start_ms = told.last.start_ms;
    alert.end_ms = told.last.end_ms;
    alert.detected_ms = told.last.detected_ms;
  }
  for (const auto& record : told.last.evidence) {
    if (record.offset.value < 0 || record.topic.value >= options_.topics.size()) continue;
    auto& evidence = *alert.evidence.emplace_back(std::make_unique<schema::EvidenceT>());
    evidence.topic = options_.topics[record.topic.value];
    evidence.partition = record.partition.value;
    evidence.offset = record.offset.value;
  }
  for (const auto& chain : plan.chains) {
    Signal signal;
    signal.signal_id = alert.alert_id;
    signal.revision = told.revision;
    signal.is_retracted = told.last.status == schema::AlertStatus::withdrawn;
    signal.rule_id = plans_[chain.correlation].head.rule_id;
    for (const auto position : chain.group) signal.group.push_back(values[position]);
    signal.subject_id = alert.subject_id;
    signal.start_ms = alert.start_ms;
    signal.end_ms = alert.end_ms;
    signal.broker_ms = alert.detected_ms;
    if (!alert.evidence.empty())
      signal.evidence.push_back(std::make_unique<schema::EvidenceT>(*alert.evidence.front()));
    set_correlation_event(signal, chain.rules, 0);
    result.signals.push_back(std::move(signal));
  }
  result.alerts.push_back(std::move(alert));
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
  const auto& head = plan_of(rule).head;
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

EpochResult CorrelationTask::take_over(Task& task) {
  auto& before = static_cast<CorrelationTask&>(task);
  clock_ms_ = before.clock_ms_;
  let_go_ms_ = before.let_go_ms_;
  hour_ = before.hour_;
  touches_ = before.touches_;
  total_ = before.total_;
  if (before.is_restored_) before.link_by_touch();
  EpochResult result;
  gone_ = std::move(before.gone_);
  rules_ = std::move(before.rules_);
  rules_by_id_ = std::move(before.rules_by_id_);
  changed_ = std::move(before.changed_);
  groups_.swap(before.groups_);
  search_bytes_ = before.search_bytes_;
  enum class Fate : std::uint8_t { is_same, goes_on, begins_anew };
  std::vector<Fate> fates;
  for (auto& rule : rules_) {
    const auto* old_plan = rule->number < 0 ? nullptr : &before.plan_of(*rule);
    rule->number = find_plan(rule->id);
    const auto* plan = rule->number < 0 ? nullptr : &plan_of(*rule);
    const bool is_same =
        (plan == nullptr) == (old_plan == nullptr) && (plan == nullptr || plan->head.hash == old_plan->head.hash);
    // What it has heard is heard: another window, or another limit, judges the same events.
    const bool goes_on = !is_same && plan != nullptr && old_plan != nullptr && plan->rule && old_plan->rule &&
                         plan->rule->is_like(*old_plan->rule);
    fates.push_back(is_same ? Fate::is_same : goes_on ? Fate::goes_on : Fate::begins_anew);
  }
  groups_.for_each([&](std::uint32_t number, Group& group) {
    auto& rule = rule_of(group);
    const auto fate = fates[group.rule];
    for (auto& told : group.book.alerts) {
      if (told.last.rule != retired)
        told.last.rule = rule.number < 0 ? no_rule : static_cast<std::uint16_t>(rule.number);
      told.is_settled = told.is_settled || fate == Fate::begins_anew;
    }
    if (fate == Fate::goes_on) judge({.group = number}, false, result);
    if (fate != Fate::begins_anew) return;
    forget_search(group);
    rule.event_bytes -= group.events.size() * sizeof(CorrelationEvent);
    group.events.clear();
    drop_texts(rule, group);
    schedule(number, never_ms);
    mark_changed(number);
  });
  for (const auto& one : plans_) static_cast<void>(rule_of(one.head.rule_id));
  put_in_order(result.alerts);
  signal_alerts(plan_.get(), result.alerts, result.signals);
  put_in_order(result.signals);
  return result;
}

std::string CorrelationTask::describe_key(std::string_view key) const {
  std::string found;
  groups_.for_each([&](std::uint32_t, const Group& group) {
    std::string text = rules_[group.rule]->id;
    for (const auto& value : values_of(group.values.view())) text += "|" + value;
    if (text == key)
      found = fmt::format("{{\"events\":{},\"alerts\":{}}}", group.events.size(), group.book.alerts.size());
  });
  return found;
}

std::uint64_t CorrelationTask::memory_bytes() const {
  std::uint64_t bytes = changed_.capacity() * sizeof changed_[0] + search_bytes_;
  for (const auto& rule : rules_) bytes += bytes_of(*rule);
  return bytes;
}

std::uint64_t CorrelationTask::key_count() const {
  std::uint64_t count = 0;
  for (const auto& rule : rules_) count += rule->groups;
  return count;
}

}  // namespace vigia
