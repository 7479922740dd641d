// CorrelationTask and its snapshots. Images, integers as in memory, texts with their length before them:
//   rule_id GROUP    due_ms, 8 bytes of no meaning, touch, touched_hour, number of events, events field by field, number of texts, texts, number
//                    of alerts, alerts as the book has them in memory; GROUP: the group-by values, two bytes of length before each
#include <algorithm>

#include "engine/bytes.h"
#include "operators/correlation_task.h"

namespace vigia {
namespace {

constexpr std::uint8_t correlation_image_version = 2;
constexpr const char* damaged = "the image of a group of a correlation is damaged";

}  // namespace

std::string CorrelationTask::image_key(const Rule& rule, std::string_view values) {
  std::string key;
  ByteWriter(key).put_text(rule.id);
  key += values;
  return key;
}

std::string CorrelationTask::image_of(const Group& group) {
  std::string bytes;
  ByteWriter out(bytes);
  out.put(group.due_ms);
  out.put(no_time_ms);
  out.put(group.touch);
  out.put(group.touched_hour);
  out.put(static_cast<std::uint32_t>(group.events.size()));
  for (const auto& event : group.events) {
    for (const auto time_ms : {event.start_ms, event.end_ms}) out.put(time_ms);
    for (const auto number : {event.value, event.id}) out.put(number);
    for (const auto number : {event.rules, event.revision, event.sequence, event.text}) out.put(number);
    out.put(event.evidence);
  }
  out.put(static_cast<std::uint32_t>(group.texts().size()));
  for (const auto& text : group.texts()) out.put_text(text);
  out.put(static_cast<std::uint32_t>(group.book.alerts.size()));
  for (const auto& alert : group.book.alerts) out.put(alert);
  return bytes;
}

// What the rule's budget has to say, in the header.
std::string CorrelationTask::image_of(const Rule& rule) {
  std::string bytes;
  ByteWriter out(bytes);
  out.put_text(rule.id);
  out.put(rule.dropped);
  for (const auto time_ms : {rule.overflow_start_ms, rule.overflow_ms}) out.put(time_ms);
  out.put(static_cast<std::uint32_t>(rule.overflow_book.alerts.size()));
  for (const auto& alert : rule.overflow_book.alerts) out.put(alert);
  return bytes;
}

void CorrelationTask::begin_snapshot(bool all, std::string& meta) {
  meta.clear();
  ByteWriter out(meta);
  out.put(correlation_image_version);
  out.put(hash_);
  out.put(clock_ms_);
  out.put(let_go_ms_);
  out.put(hour_);
  out.put(touches_);
  out.put(total_);
  out.put(static_cast<std::uint32_t>(options_.topics.size()));
  for (const auto& topic : options_.topics) out.put_text(topic);
  out.put(static_cast<std::uint32_t>(rules_.size()));
  for (const auto& rule : rules_) out.put_text(image_of(*rule));
  if (all) groups_.for_each([&](std::uint32_t number, const Group&) { mark_changed(number); });
  saving_.clear();
  saving_at_ = 0;
  for (auto& key : gone_) saving_.push_back({std::move(key), {}});
  gone_.clear();
  for (const auto number : changed_) {
    auto& group = groups_.at(number);
    if (!group.is_changed) continue;
    group.is_changed = 0;
    saving_.push_back({image_key(rule_of(group), group.values.view()), image_of(group)});
  }
  changed_.clear();
}

bool CorrelationTask::continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) {
  for (; keys_max > 0 && saving_at_ < saving_.size(); --keys_max) sink(std::move(saving_[saving_at_++]));
  if (saving_at_ < saving_.size()) return false;
  saving_.clear();
  saving_at_ = 0;
  return true;
}

std::string CorrelationTask::restore_meta(std::string_view meta) {
  ByteReader in(meta);
  if (in.get<std::uint8_t>() != correlation_image_version) return "the snapshot of correlations is not of this version";
  if (in.get<std::uint64_t>() != hash_)
    return "the snapshot was made under other rules; start with those, or with another state directory to read the "
           "topics again from their beginning";
  clock_ms_ = in.get<TimeMs>();
  let_go_ms_ = in.get<TimeMs>();
  hour_ = in.get<std::int32_t>();
  touches_ = in.get<std::uint64_t>();
  is_restored_ = true;
  total_ = in.get<Account>();
  for (auto count = in.get<std::uint32_t>(); count > 0 && !in.failed; --count) {
    const auto topic = std::ranges::find(options_.topics, in.get_text());
    restored_topics_.push_back(TopicIndex{static_cast<std::uint16_t>(topic - options_.topics.begin())});
  }
  for (auto count = in.get<std::uint32_t>(); count > 0 && !in.failed; --count) {
    ByteReader part(in.get_text());
    auto& rule = rule_of(part.get_text());
    rule.dropped = part.get<std::uint64_t>();
    rule.overflow_start_ms = part.get<TimeMs>();
    rule.overflow_ms = part.get<TimeMs>();
    for (auto alerts = part.get<std::uint32_t>(); alerts > 0 && !part.failed; --alerts)
      rule.overflow_book.alerts.push_back(part.get<ToldAlert>());
  }
  return in.failed || !in.at_end() ? "the snapshot's header is damaged" : "";
}

std::string CorrelationTask::restore_key(std::string_view key, std::string_view bytes) {
  ByteReader name(key);
  const auto id = name.get_text();
  if (name.failed) return damaged;
  auto& rule = rule_of(id);
  const auto values = key.substr(sizeof(std::uint32_t) + id.size());
  const auto hash = GroupTable::hash_of(rule.place, values);
  if (groups_.find(hash, rule.place, values) != GroupTable::none) return damaged;
  const auto group_number = groups_.add(hash, rule.place, values);
  auto& group = groups_.at(group_number);
  ++rule.groups;
  rule.event_bytes += group.values.block_bytes();
  // The sources may be others, or in another order, than when it was saved.
  const auto renumber = [&](EvidenceRef& evidence) {
    if (evidence.topic.value < restored_topics_.size()) evidence.topic = restored_topics_[evidence.topic.value];
  };
  ByteReader in(bytes);
  const auto due_ms = in.get<TimeMs>();
  static_cast<void>(in.get<TimeMs>());
  group.touch = in.get<std::uint64_t>();
  group.touched_hour = in.get<std::int32_t>();
  for (auto count = in.get<std::uint32_t>(); count > 0 && !in.failed; --count) {
    CorrelationEvent event;
    for (auto* time_ms : {&event.start_ms, &event.end_ms}) *time_ms = in.get<TimeMs>();
    for (auto* number : {&event.value, &event.id}) *number = in.get<std::uint64_t>();
    for (auto* number : {&event.rules, &event.revision, &event.sequence, &event.text})
      *number = in.get<std::uint32_t>();
    event.evidence = in.get<EvidenceRef>();
    renumber(event.evidence);
    group.is_revised |= event.revision > 1;
    group.has_intervals |= event.end_ms != event.start_ms;
    group.events.insert(group.events.end(), event);
  }
  rule.event_bytes += group.events.size() * sizeof(CorrelationEvent);
  for (auto count = in.get<std::uint32_t>(); count > 0 && !in.failed; --count) {
    const auto& text = group.with_rest().texts.emplace_back(in.get_text());
    rule.event_bytes += sizeof text + text.size();
  }
  const bool is_rule = rule.number >= 0 && plan_of(rule).rule;
  for (const auto& event : group.events)
    if (is_rule && event.text >= group.texts().size()) return damaged;
  for (auto count = in.get<std::uint32_t>(); count > 0 && !in.failed; --count) {
    group.book.alerts.push_back(in.get<ToldAlert>());
    for (auto& evidence : group.book.alerts.back().last.evidence) renumber(evidence);
  }
  if (due_ms != never_ms) rule.due.emplace(due_ms, group_number);
  group.due_ms = due_ms;
  return in.failed || !in.at_end() ? damaged : "";
}

}  // namespace vigia
