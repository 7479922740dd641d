// A task for tests of what stands around tasks: it counts records by key and says so in an alert for each, and fires
// one alert when the clock passes a due time. What it says depends on records, clocks and epochs alone. Its configuration
// is a word: of the alerts for records, and of an alert for each key when it takes over.
#pragma once

#include <charconv>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "engine/task.h"

namespace vigia {

class CountingTask : public Task {
 public:
  static constexpr TimeMs due_after_ms = 60'000;  // a key is silent for so long: an alert

  explicit CountingTask(std::string word = "heard") : word_(std::move(word)) {}

  EpochResult process(std::span<const InputRecord> records, std::span<const TimeMs> record_clock_ms,
                      TimeMs clock_ms) override {
    EpochResult result;
    for (std::size_t i = 0; i < records.size(); ++i) {
      fire(record_clock_ms[i], result);
      take(records[i], result);
    }
    fire(clock_ms, result);
    total_ += result.account;
    return result;
  }

  void begin_snapshot(bool all, std::string& meta) override {
    snapshot_now(
        all, [this](KeyImage&& image) { saving_.push_back(std::move(image)); }, meta);
  }
  bool continue_snapshot(std::size_t keys_max, const std::function<void(KeyImage&&)>& sink) override {
    for (; keys_max > 0 && !saving_.empty(); --keys_max) {
      sink(std::move(saving_.back()));
      saving_.pop_back();
    }
    return saving_.empty();
  }
  void snapshot_now(bool all, const std::function<void(KeyImage&&)>& sink, std::string& meta) {
    for (auto& [key, state] : keys_) {
      if (all || state.dirty) sink({key, fmt::format("{} {}", state.count, state.due_ms)});
      state.dirty = false;
    }
    meta = fmt::format("{} {} {} {}", total_.decoded, total_.applied, total_.dead_letter, word_);
  }

  std::string restore_meta(std::string_view meta) override {
    auto [decoded, rest] = number(meta);
    auto [applied, last] = number(rest);
    total_.decoded = static_cast<std::uint64_t>(decoded);
    total_.applied = static_cast<std::uint64_t>(applied);
    total_.dead_letter = static_cast<std::uint64_t>(number(last).first);
    return number(last).second == word_ ? "" : "made under other rules";
  }

  std::string restore_key(std::string_view key, std::string_view bytes) override {
    auto [count, rest] = number(bytes);
    keys_[std::string(key)] = {static_cast<std::uint64_t>(count), number(rest).first, false};
    return {};
  }

  EpochResult take_over(Task& task) override {
    auto& before = static_cast<CountingTask&>(task);
    keys_ = std::move(before.keys_);
    total_ = before.total_;
    EpochResult result;
    for (const auto& [name, key] : keys_)
      result.alerts.push_back(alert(word_ + "-from-" + before.word_, name, key.count, 0));
    return result;
  }

  std::string describe_key(std::string_view key) const override {
    const auto found = keys_.find(std::string(key));
    return found == keys_.end() ? std::string() : fmt::format("{{\"count\":{}}}", found->second.count);
  }

  Account total_account() const override { return total_; }
  std::uint64_t memory_bytes() const override { return keys_.size() * 1000; }
  std::uint64_t key_count() const override { return keys_.size(); }

 private:
  std::string word_;
  std::vector<KeyImage> saving_;
  struct Key {
    std::uint64_t count = 0;
    TimeMs due_ms = never_ms;
    bool dirty = false;
  };

  static std::pair<std::int64_t, std::string_view> number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    (void)error;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty()) text.remove_prefix(1);
    return {value, text};
  }

  static Alert alert(std::string_view kind, const std::string& key, std::uint64_t count, TimeMs detected_ms) {
    Alert made;
    made.alert_id = fmt::format("{}-{}-{}", kind, key, count);
    made.revision = 1;
    made.kind = kind;
    made.subject_id = key;
    made.start_ms = made.detected_ms = detected_ms;
    return made;
  }

  void take(const InputRecord& record, EpochResult& result) {
    ++result.account.decoded;
    if (record.value == "poison") {
      ++result.account.dead_letter;
      result.rejected.push_back({RejectKind::dead_letter, &record, -1, "poison"});
      return;
    }
    ++result.account.applied;
    Key& key = keys_[std::string(record.key)];
    key = {key.count + 1, record.broker_ms + due_after_ms, true};
    result.alerts.push_back(alert(word_, std::string(record.key), key.count, record.broker_ms));
  }

  void fire(TimeMs clock_ms, EpochResult& result) {
    for (auto& [name, key] : keys_) {
      if (key.due_ms >= clock_ms) continue;
      result.alerts.push_back(alert("silent", name, key.count, key.due_ms));
      key.due_ms = never_ms;
      key.dirty = true;
    }
  }

  std::map<std::string, Key> keys_;
  Account total_;
};

// Alerts as text, one line each.
inline std::string lines(std::span<const Alert> alerts) {
  std::string text;
  for (const Alert& alert : alerts) text += fmt::format("{} {}\n", alert.alert_id, alert.detected_ms);
  return text;
}

}  // namespace vigia
