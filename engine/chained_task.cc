#include "engine/chained_task.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "engine/bytes.h"
#include "engine/result_order.h"
#include "engine/signal_record.h"

namespace vigia {
namespace {

constexpr char first_mark = '1', second_mark = '2';  // before the keys of their images

// Where an epoch told an alert several times: its revisions in their order, on the places that they have together.
void put_revisions_in_order(std::vector<Alert>& alerts) {
  std::vector<std::size_t> places(alerts.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::ranges::stable_sort(
      places, {}, [&](std::size_t i) -> const auto& { return alerts[i].alert_id; });
  std::vector<Alert> revisions;
  for (auto at = places.begin(); at != places.end();) {
    const auto& id = alerts[*at].alert_id;
    const auto end = std::find_if(at, places.end(), [&](std::size_t i) { return alerts[i].alert_id != id; });
    if (end - at > 1) {
      revisions.clear();
      for (auto place = at; place != end; ++place) revisions.push_back(std::move(alerts[*place]));
      std::ranges::sort(revisions, {}, &Alert::revision);
      for (auto& revision : revisions) alerts[*at++] = std::move(revision);
    }
    at = end;
  }
}

}  // namespace

EpochResult ChainedTask::process(std::span<const InputRecord> records, std::span<const TimeMs> record_clock_ms,
                                 TimeMs clock_ms) {
  auto result = first_->process(records, record_clock_ms, clock_ms);
  signal(result, clock_ms);
  return result;
}

EpochResult ChainedTask::take_over(Task& task) {
  auto& before = static_cast<ChainedTask&>(task);
  signals_ = before.signals_;
  auto result = first_->take_over(*before.first_);
  auto second = second_->take_over(*before.second_);
  std::ranges::move(second.alerts, std::back_inserter(result.alerts));
  std::ranges::move(second.signals, std::back_inserter(result.signals));
  signal(result, no_time_ms);
  return result;
}

// Hands the first one's signals to the second, and adds what comes of them; what the second signals goes back to it, until
// there is nothing more. A clock that is behind changes nothing.
void ChainedTask::signal(EpochResult& result, TimeMs clock_ms) {
  auto waiting = std::exchange(result.signals, {});
  do {
    std::vector<std::pair<std::string, std::string>> bytes;
    bytes.reserve(waiting.size());
    std::vector<InputRecord> signals;
    for (const auto& signal : waiting) {
      const auto& [key, value] = bytes.emplace_back(record_key(signal), record_value(signal));
      signals.push_back({TopicIndex{0}, PartitionId{0}, Offset{signals_++}, signal.broker_ms, key, value});
    }
    const std::vector<TimeMs> clocks(signals.size(), clock_ms);
    auto second = second_->process(signals, clocks, clock_ms);
    std::ranges::move(second.alerts, std::back_inserter(result.alerts));
    waiting = std::move(second.signals);
  } while (!waiting.empty());
  put_in_order(result.alerts);
  put_revisions_in_order(result.alerts);  // a signal that came back may have changed what was told in this epoch
}

void ChainedTask::begin_snapshot(bool all, std::string& meta) {
  std::string first, second;
  first_->begin_snapshot(all, first);
  second_->begin_snapshot(all, second);
  first_is_saved_ = false;
  meta.clear();
  ByteWriter out(meta);
  out.put(signals_);
  out.put_text(first);
  out.put_text(second);
}

bool ChainedTask::continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) {
  const auto marked = [&](char mark) {
    return [&sink, mark](KeyImage&& image) {
      image.key.insert(image.key.begin(), mark);
      sink(std::move(image));
    };
  };
  if (!first_is_saved_) {
    first_is_saved_ = first_->continue_snapshot(keys_max, marked(first_mark));
    return false;
  }
  return second_->continue_snapshot(keys_max, marked(second_mark));
}

std::string ChainedTask::restore_meta(std::string_view meta) {
  ByteReader in(meta);
  signals_ = in.get<std::int64_t>();
  const auto first = in.get_text();
  const auto second = in.get_text();
  if (in.failed || !in.at_end()) return "the snapshot's header is damaged";
  auto error = first_->restore_meta(first);
  return error.empty() ? second_->restore_meta(second) : error;
}

std::string ChainedTask::restore_key(std::string_view key, std::string_view bytes) {
  if (key.starts_with(first_mark)) return first_->restore_key(key.substr(1), bytes);
  if (key.starts_with(second_mark)) return second_->restore_key(key.substr(1), bytes);
  return "a key of neither stage";
}

}  // namespace vigia
