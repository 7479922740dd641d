#include "engine/side_by_side_task.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "engine/bytes.h"
#include "engine/result_order.h"

namespace vigia {
namespace {

constexpr char first_mark = '0';  // before the keys of the first part's images

void add(EpochResult&& part, EpochResult& whole) {
  std::ranges::move(part.alerts, std::back_inserter(whole.alerts));
  std::ranges::move(part.signals, std::back_inserter(whole.signals));
  std::ranges::move(part.rejected, std::back_inserter(whole.rejected));
  whole.account += part.account;
  whole.unlisted += part.unlisted;
}

void order(EpochResult& result) {
  put_in_order(result.alerts);
  put_in_order(result.signals);
  std::stable_sort(result.rejected.begin(), result.rejected.end(),
                   [](const RejectedRecord& a, const RejectedRecord& b) {
                     return std::tie(a.record, a.event_index) < std::tie(b.record, b.event_index);
                   });
}

}  // namespace

EpochResult SideBySideTask::process(std::span<const InputRecord> records, std::span<const TimeMs> record_clock_ms,
                                    TimeMs clock_ms) {
  EpochResult whole;
  for (Part& part : parts_) {
    std::vector<InputRecord> own;
    std::vector<TimeMs> clocks;
    std::vector<const InputRecord*> whence;
    for (std::size_t i = 0; i < records.size(); ++i) {
      const auto& topic = part.topics[records[i].topic.value];
      if (!topic || (part.takes && !part.takes(records[i]))) continue;
      own.push_back(records[i]);
      own.back().topic = *topic;
      clocks.push_back(record_clock_ms[i]);
      whence.push_back(&records[i]);
    }
    auto result = part.task->process(own, clocks, clock_ms);
    for (auto& rejected : result.rejected)
      rejected.record = whence[static_cast<std::size_t>(rejected.record - own.data())];
    add(std::move(result), whole);
  }
  order(whole);
  return whole;
}

EpochResult SideBySideTask::take_over(Task& task) {
  auto& before = static_cast<SideBySideTask&>(task);
  EpochResult whole;
  for (std::size_t i = 0; i < parts_.size(); ++i) add(parts_[i].task->take_over(*before.parts_[i].task), whole);
  order(whole);
  return whole;
}

void SideBySideTask::begin_snapshot(bool all, std::string& meta) {
  meta.clear();
  ByteWriter out(meta);
  saving_ = 0;
  for (Part& part : parts_) {
    std::string own;
    part.task->begin_snapshot(all, own);
    out.put_text(own);
  }
}

bool SideBySideTask::continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) {
  const auto marked = [&](KeyImage&& image) {
    image.key.insert(image.key.begin(), static_cast<char>(first_mark + saving_));
    sink(std::move(image));
  };
  if (parts_[saving_].task->continue_snapshot(keys_max, marked)) ++saving_;
  return saving_ == parts_.size();
}

std::string SideBySideTask::restore_meta(std::string_view meta) {
  ByteReader in(meta);
  std::string error;
  for (Part& part : parts_) {
    const auto own = in.get_text();
    if (!in.failed && error.empty()) error = part.task->restore_meta(own);
  }
  return in.failed || !in.at_end() ? "the snapshot's header is damaged" : error;
}

std::string SideBySideTask::restore_key(std::string_view key, std::string_view bytes) {
  const auto part = key.empty() ? parts_.size() : static_cast<std::size_t>(key.front() - first_mark);
  if (part >= parts_.size()) return "a key of none of the stages";
  return parts_[part].task->restore_key(key.substr(1), bytes);
}

std::string SideBySideTask::describe_key(std::string_view key) const {
  for (const Part& part : parts_)
    if (auto text = part.task->describe_key(key); !text.empty()) return text;
  return {};
}

Account SideBySideTask::total_account() const {
  Account total;
  for (const Part& part : parts_) total += part.task->total_account();
  return total;
}

std::uint64_t SideBySideTask::memory_bytes() const {
  std::uint64_t bytes = 0;
  for (const Part& part : parts_) bytes += part.task->memory_bytes();
  return bytes;
}

std::uint64_t SideBySideTask::key_count() const {
  std::uint64_t keys = 0;
  for (const Part& part : parts_) keys += part.task->key_count();
  return keys;
}

void SideBySideTask::keep_within(std::uint64_t bytes) {
  for (Part& part : parts_) part.task->keep_within(bytes / parts_.size());
}

std::string SideBySideTask::fault() const {
  for (const Part& part : parts_)
    if (auto text = part.task->fault(); !text.empty()) return text;
  return {};
}

SpillCount SideBySideTask::spilled() const {
  SpillCount count;
  for (const Part& part : parts_) {
    const auto own = part.task->spilled();
    count.keys += own.keys;
    count.disk_bytes += own.disk_bytes;
    count.brought_back += own.brought_back;
    count.blocks_read += own.blocks_read;
  }
  return count;
}

}  // namespace vigia
