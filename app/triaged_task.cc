#include "app/triaged_task.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "engine/bytes.h"

namespace vigia {
namespace {

constexpr char whole_mark = '1', triage_mark = '2';  // before the keys of their images

std::string packed(const Alert& alert) {
  flatbuffers::FlatBufferBuilder builder;
  schema::FinishAlertBuffer(builder, schema::Alert::Pack(builder, &alert));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

}  // namespace

EpochResult TriagedTask::process(std::span<const InputRecord> records, std::span<const TimeMs> record_clock_ms,
                                 TimeMs clock_ms) {
  std::vector<InputRecord> events, commands;
  std::vector<TimeMs> clocks;
  std::vector<const InputRecord*> whence;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].topic.value >= first_command_topic_) {
      commands.push_back(records[i]);
      commands.back().topic.value = static_cast<std::uint16_t>(records[i].topic.value - first_command_topic_ + 1);
      continue;
    }
    events.push_back(records[i]);
    clocks.push_back(record_clock_ms[i]);
    whence.push_back(&records[i]);
  }
  auto result = whole_->process(events, clocks, clock_ms);
  for (auto& rejected : result.rejected)
    rejected.record = whence[static_cast<std::size_t>(rejected.record - events.data())];
  triage(commands, clock_ms, result);
  return result;
}

EpochResult TriagedTask::take_over(Task& task) {
  auto& before = static_cast<TriagedTask&>(task);
  auto result = whole_->take_over(*before.whole_);
  static_cast<void>(triage_->take_over(*before.triage_));
  triage({}, no_time_ms, result);
  return result;
}

// A command that can't be read gets no letter here: it is not counted with the events.
void TriagedTask::triage(std::span<const InputRecord> commands, TimeMs clock_ms, EpochResult& result) {
  std::vector<std::string> bytes;
  bytes.reserve(result.alerts.size());
  std::vector<InputRecord> records;
  for (const Alert& alert : result.alerts)
    records.push_back({TopicIndex{0}, PartitionId{0}, Offset{0}, alert.detected_ms, alert.alert_id,
                       bytes.emplace_back(packed(alert))});
  records.insert(records.end(), commands.begin(), commands.end());
  const std::vector<TimeMs> clocks(records.size(), clock_ms);
  auto behind = triage_->process(records, clocks, clock_ms);
  result.states = std::move(behind.states);
  result.replies = std::move(behind.replies);
}

void TriagedTask::begin_snapshot(bool all, std::string& meta) {
  std::string whole, triage;
  whole_->begin_snapshot(all, whole);
  triage_->begin_snapshot(all, triage);
  whole_is_saved_ = false;
  meta.clear();
  ByteWriter out(meta);
  out.put_text(whole);
  out.put_text(triage);
}

bool TriagedTask::continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) {
  const auto marked = [&](char mark) {
    return [&sink, mark](KeyImage&& image) {
      image.key.insert(image.key.begin(), mark);
      sink(std::move(image));
    };
  };
  if (whole_is_saved_) return triage_->continue_snapshot(keys_max, marked(triage_mark));
  whole_is_saved_ = whole_->continue_snapshot(keys_max, marked(whole_mark));
  return false;
}

std::string TriagedTask::restore_meta(std::string_view meta) {
  ByteReader in(meta);
  const auto whole = in.get_text(), triage = in.get_text();
  if (in.failed || !in.at_end()) return "the snapshot's header is damaged";
  auto error = whole_->restore_meta(whole);
  return error.empty() ? triage_->restore_meta(triage) : error;
}

std::string TriagedTask::restore_key(std::string_view key, std::string_view bytes) {
  if (key.starts_with(whole_mark)) return whole_->restore_key(key.substr(1), bytes);
  if (key.starts_with(triage_mark)) return triage_->restore_key(key.substr(1), bytes);
  return "a key of neither stage";
}

}  // namespace vigia
