#include "tests/engine/counting_stage.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace vigia::counting {

using schema::AlertStatus;

bool CountingDecoder::read(std::string_view text, Row<Number>& row) {
  const auto whole = text;
  std::int64_t numbers[3];
  std::size_t read = 0;  // up to the end of the last number
  for (auto& number : numbers) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    read = whole.size() - text.size();
    if (text.starts_with(',')) text.remove_prefix(1);
  }
  row.head.time_ms = row.head.sent_ms = numbers[0];
  row.head.sequence = static_cast<std::uint32_t>(numbers[1]);
  row.payload.value = numbers[2];
  row.buffered = text == "buffered";
  // Without a number the content is the identity.
  row.head.canonical = row.head.sequence == 0 ? whole.substr(0, read) : std::string_view();
  return text.empty() || row.buffered;
}

AbsorbEffect CountingStage::absorb(std::unique_ptr<Limits>& limits, const EventHead& head, const Number& number) const {
  if (!limits) limits = std::make_unique<Limits>();
  const Limit limit{head.time_ms, number.value};
  const auto place = std::lower_bound(limits->all.begin(), limits->all.end(), limit);
  if (place != limits->all.end() && *place == limit) return {};
  limits->all.insert(place, limit);
  // From the time that it was sent for: that may have left the history, and what was found there must stand.
  return {.redo_from_ms = std::min(limit.at_ms, head.sent_ms)};
}

void CountingStage::apply(std::byte* bytes, std::byte*, const EventHead& head, const Number& number,
                          const std::unique_ptr<Limits>& limits, Emitter& emitter) const {
  if (head.stream_rank != plain_stream_rank) return;
  auto& state = *reinterpret_cast<CountingState*>(bytes);
  const bool is_high = number.value > (limits ? limits->at(head.time_ms, rules_.limit) : rules_.limit);
  if (rules_.has(high) && is_high && state.is_high == 0) emitter.open(high, 0, head.time_ms, NAN, NAN, 0);
  if (!is_high && state.is_high != 0) emitter.close(high, 0, head.time_ms);
  if (rules_.has(quiet) && state.last_ms != no_time_ms && head.time_ms - state.last_ms > quiet_ms)
    emitter.instant(quiet, 0, state.last_ms, head.time_ms, NAN, NAN, 0);
  if (number.value == spike_value) emitter.instant(spike, 0, head.time_ms, head.time_ms, NAN, NAN, 0);
  const bool counts = !is_high && number.value % 2 == 0;
  state = {head.time_ms, is_high ? 1 : 0, is_high ? 0 : state.evens_since_high + counts};
  if (rules_.has(tenth) && counts && state.evens_since_high % 10 == 0)
    emitter.instant(tenth, 0, head.time_ms, head.time_ms, NAN, NAN, 0);
  emitter.deadline(head.time_ms + quiet_ms);
}

void CountingStage::episodes(const JudgeInput<Limits>& input, Judgement& out) const {
  if (input.ledger != nullptr)
    for (const auto& candidate : input.ledger->candidates) {
      Episode episode;
      episode.rule = candidate.rule;
      episode.start_ms = candidate.start_ms;
      episode.end_ms = candidate.end_ms;
      const bool ended = candidate.end_ms != 0 && candidate.end_ms != candidate.start_ms;
      episode.status = ended ? AlertStatus::cleared : AlertStatus::confirmed;
      episode.detected_ms = candidate.detected_ms;
      episode.late_by_ms = candidate.late_by_ms;
      episode.evidence[0] = candidate.opened_by;
      out.episodes.push_back(episode);
    }
  const auto last_ms = reinterpret_cast<const CountingState*>(input.state)->last_ms;
  if (last_ms == no_time_ms || !rules_.has(quiet)) return;
  const auto due_ms = last_ms + quiet_ms;
  const auto horizon_ms = last_ms + (input.numbered ? settings_.horizon_ms : settings_.allowed_lateness_ms);
  for (const auto at_ms : {horizon_ms, due_ms})
    if (at_ms >= input.clock_ms) out.due_ms = at_ms;
  if (input.clock_ms <= due_ms || input.clock_ms > horizon_ms) return;
  Episode episode;
  episode.rule = quiet;
  episode.start_ms = last_ms;
  episode.status = AlertStatus::provisional;
  episode.detected_ms = due_ms;
  out.episodes.push_back(episode);
}

void CountingStage::judge_alone(const EventRow& row, std::vector<Episode>& out) const {
  if (row.payload.value != spike_value) return;
  Episode episode;
  episode.rule = spike;
  episode.start_ms = episode.end_ms = row.head.time_ms;
  episode.detected_ms = row.head.broker_ms;
  out.push_back(episode);
}

Alert CountingStage::describe(const ToldAlert& told, std::string_view key, const Limits*) const {
  Alert alert;
  alert.alert_id = hex(told.id);
  alert.revision = told.revision;
  alert.status = told.last.status;
  alert.kind = alert.rule_id = names_of(told.last.rule).second;
  alert.subject_id = key;
  alert.start_ms = told.last.start_ms;
  alert.end_ms = told.last.end_ms;
  alert.detected_ms = told.last.detected_ms;
  alert.late_by_ms = told.last.late_by_ms;
  const auto& evidence = told.last.evidence[0];
  alert.message = fmt::format("{}/{}/{}", evidence.topic.value, evidence.partition.value, evidence.offset.value);
  return alert;
}

void CountingChange::carry(const std::byte* old_state, const std::byte* old_area, std::byte* state, std::byte* area,
                           std::unique_ptr<Limits>&, std::unique_ptr<Ledger>& ledger) const {
  std::memcpy(area, old_area, after_.area_bytes());
  std::memcpy(state, old_state, sizeof(CountingState));
  if (!ledger) return;
  std::erase_if(ledger->candidates, [&](const Candidate& c) {
    return !after_.rules().has(c.rule) || (is_changed(c.rule) && !c.is_open());
  });
}

Alert CountingChange::describe_end(const ToldAlert& told, std::string_view key, const Limits* limits) const {
  auto alert = before_.describe(told, key, limits);
  alert.message += " gone";
  return alert;
}

std::string CountingStage::describe_key(const KeyFacts& facts) const {
  return fmt::format("owed {} kept {} arrived {}", facts.owed_numbers, facts.kept_events,
                     *reinterpret_cast<const std::uint64_t*>(facts.area));
}

std::unique_ptr<Task> make_counting_task(unsigned threads, const LatenessSettings& settings, bool weak_hash,
                                         const ColdStoreMaker& stores, const CountingRules& rules) {
  return std::make_unique<KeyedTask<CountingStage>>(CountingStage(settings, weak_hash, rules), settings, threads,
                                                    stores);
}

}  // namespace vigia::counting
