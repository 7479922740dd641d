#include "tests/engine/counting_run.h"

#include <algorithm>
#include <map>
#include <ostream>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "schemas/json_writer.h"

namespace vigia::counting {

Line number_line(const std::string& key, TimeMs time_ms, std::uint32_t sequence, std::int64_t value, TimeMs delay_ms,
                 bool buffered) {
  return {key, time_ms + delay_ms, fmt::format("{},{},{}{}", time_ms, sequence, value, buffered ? ",buffered" : ""), 0};
}

namespace {

// Beyond what an entry of the history holds of it.
constexpr std::int64_t first_offset = 5'000'000'000;

class Runner {
 public:
  explicit Runner(const RunOptions& options)
      : options_(options), faults_(options.faults ? options.faults : std::make_shared<StoreFaults>()), task_(make()) {}

  RunResult run(const std::vector<Line>& lines) {
    for (std::size_t begin = 0; begin < lines.size() && result_.error.empty(); begin += options_.batch)
      epoch(lines, begin, std::min(lines.size(), begin + options_.batch));
    if (options_.until_ms > clock_ms_) {
      clock_ms_ = options_.until_ms;
      epoch(lines, lines.size(), lines.size());
    }
    result_.total = task_->total_account();
    result_.memory_bytes = task_->memory_bytes();
    result_.spilled = task_->spilled();
    for (const auto& line : lines) result_.described[line.key] = task_->describe_key(line.key);
    return std::move(result_);
  }

 private:
  [[nodiscard]] std::unique_ptr<Task> make() const {
    const auto stores = options_.memory_bytes == UINT64_MAX ? ColdStoreMaker() : memory_stores(faults_);
    auto task = make_counting_task(options_.threads, options_.lateness, options_.weak_hash, stores, rules_);
    if (options_.memory_bytes == UINT64_MAX) return task;
    task->keep_within(options_.memory_bytes);
    return task;
  }

  void epoch(const std::vector<Line>& lines, std::size_t begin, std::size_t end) {
    if (options_.restart_each_epoch) restart();
    const auto reload = options_.reloads.find(begin);
    if (reload != options_.reloads.end()) rules_ = reload->second;
    if (options_.take_over_each_epoch || reload != options_.reloads.end()) take_over();
    std::vector<InputRecord> records;
    std::vector<TimeMs> clocks;
    for (auto at = begin; at < end; ++at) {
      const auto& line = lines[at];
      const Offset offset{first_offset + static_cast<std::int64_t>(at)};
      records.push_back({TopicIndex{line.topic}, PartitionId{3}, offset, line.broker_ms, line.key, line.value});
      clocks.push_back(clock_ms_ = std::max(clock_ms_, line.broker_ms));
    }
    auto epoch = task_->process(records, clocks, clock_ms_);
    if (result_.error += task_->fault(); !result_.error.empty()) return;
    tell(std::move(epoch.alerts));
    for (const auto& rejected : epoch.rejected)
      result_.rejected.push_back({rejected.kind, static_cast<std::size_t>(rejected.record->offset.value - first_offset),
                                  rejected.event_index});
    result_.account += epoch.account;
    result_.peak_memory_bytes = std::max(result_.peak_memory_bytes, task_->memory_bytes());
  }

  void tell(std::vector<Alert> alerts) {
    for (auto& alert : alerts) {
      json::append_json(alert, result_.bytes);
      result_.bytes += '\n';
      result_.revisions.push_back(std::move(alert));
    }
  }

  void take_over() {
    auto next = make();
    auto result = next->take_over(*task_);
    task_ = std::move(next);
    images_.clear();
    if (result_.error += task_->fault(); result_.error.empty()) tell(std::move(result.alerts));
  }

  void restart() {
    std::string meta;
    task_->snapshot(
        images_.empty(), [&](KeyImage&& image) { images_[image.key] = std::move(image.bytes); }, meta);
    task_ = make();
    result_.error += task_->restore_meta(meta);
    for (const auto& [key, bytes] : images_) result_.error += task_->restore_key(key, bytes);
  }

  RunOptions options_;
  std::shared_ptr<StoreFaults> faults_;
  CountingRules rules_;
  std::unique_ptr<Task> task_;
  std::map<std::string, std::string> images_;
  TimeMs clock_ms_ = 0;
  RunResult result_;
};

}  // namespace

RunResult run(const std::vector<Line>& lines, const RunOptions& options) { return Runner(options).run(lines); }

std::vector<Final> final_alerts(const std::vector<Alert>& revisions) {
  std::map<std::string, const Alert*> last;
  for (const auto& alert : revisions) last[alert.alert_id] = &alert;
  std::vector<Final> alerts;
  for (const auto& [id, alert] : last)
    if (alert->status != schema::AlertStatus::withdrawn)
      alerts.push_back({alert->rule_id, alert->subject_id, alert->start_ms, alert->end_ms,
                        schema::EnumNameAlertStatus(alert->status)});
  std::sort(alerts.begin(), alerts.end());
  return alerts;
}

void PrintTo(const Final& alert, std::ostream* out) {
  *out << fmt::format("{} {} {}-{} {}", alert.rule, alert.key, alert.start_ms, alert.end_ms, alert.status);
}

namespace {

struct PlainEvent {
  TimeMs time_ms;
  std::uint32_t sequence;
  std::int64_t value;
  auto operator<=>(const PlainEvent&) const = default;
};

struct PlainKey {
  std::set<PlainEvent> numbers;  // a set: duplicates are gone, order is that of time
  std::set<std::pair<TimeMs, std::int64_t>> limits;
  bool numbered = false;
};

std::map<std::string, PlainKey> by_key(const std::vector<Line>& lines) {
  std::map<std::string, PlainKey> keys;
  for (const auto& line : lines) {
    auto& key = keys[line.key];
    for (std::size_t at = 0; at < line.value.size();
         at = std::min(line.value.find(';', at), line.value.size() - 1) + 1) {
      PlainEvent event{};
      long long time_ms = 0, value = 0;
      unsigned sequence = 0;
      if (std::sscanf(line.value.c_str() + at, "%lld,%u,%lld", &time_ms, &sequence, &value) != 3) continue;
      event = {time_ms, sequence, value};
      key.numbered |= sequence != 0;
      if (line.topic == 0)
        key.numbers.insert(event);
      else
        key.limits.insert({event.time_ms, event.value});
    }
  }
  return keys;
}

}  // namespace

std::vector<Final> recompute(const std::vector<Line>& lines, TimeMs clock_ms, const LatenessSettings& settings) {
  std::vector<Final> alerts;
  for (const auto& [name, key] : by_key(lines)) {
    TimeMs last_ms = no_time_ms, high_since_ms = no_time_ms;
    int evens_since_high = 0;
    for (const auto& [time_ms, sequence, value] : key.numbers) {
      const auto after = key.limits.upper_bound({time_ms, INT64_MAX});
      const bool is_high = value > (after == key.limits.begin() ? default_limit : std::prev(after)->second);
      if (is_high && high_since_ms == no_time_ms) high_since_ms = time_ms;
      if (!is_high && high_since_ms != no_time_ms) {
        const auto since_ms = std::exchange(high_since_ms, no_time_ms);
        alerts.push_back({"high", name, since_ms, time_ms, since_ms == time_ms ? "confirmed" : "cleared"});
      }
      if (last_ms != no_time_ms && time_ms - last_ms > quiet_ms)
        alerts.push_back({"quiet", name, last_ms, time_ms, "cleared"});
      if (is_high) evens_since_high = 0;
      if (!is_high && value % 2 == 0 && ++evens_since_high % 10 == 0)
        alerts.push_back({"tenth", name, time_ms, time_ms, "confirmed"});
      if (value == spike_value) alerts.push_back({"spike", name, time_ms, time_ms, "confirmed"});
      last_ms = time_ms;
    }
    if (high_since_ms != no_time_ms) alerts.push_back({"high", name, high_since_ms, 0, "confirmed"});
    const auto horizon_ms = key.numbered ? settings.horizon_ms : settings.allowed_lateness_ms;
    if (last_ms != no_time_ms && clock_ms > last_ms + quiet_ms && clock_ms <= last_ms + horizon_ms)
      alerts.push_back({"quiet", name, last_ms, 0, "provisional"});
  }
  std::sort(alerts.begin(), alerts.end());
  return alerts;
}

std::string broken_life_cycle(const std::vector<Alert>& revisions) {
  std::map<std::string, std::uint32_t> last;
  std::string text;
  for (const auto& alert : revisions) {
    auto& revision = last[alert.alert_id];
    if (alert.revision != ++revision || (revision == 1 && alert.status == schema::AlertStatus::withdrawn))
      text += fmt::format("{} {} {} start {} end {}: revision {}, expected {}\n", alert.kind, alert.subject_id,
                          schema::EnumNameAlertStatus(alert.status), alert.start_ms, alert.end_ms, alert.revision,
                          revision);
    revision = alert.revision;
  }
  return text;
}

}  // namespace vigia::counting
