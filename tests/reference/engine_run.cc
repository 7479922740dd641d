#include "tests/reference/engine_run.h"

#include <algorithm>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "connectors/formats.h"
#include "engine/stage_clock.h"
#include "operators/signal_stage.h"
#include "schemas/json_writer.h"
#include "tests/engine/memory_store.h"

namespace vigia::harness {

using schema::AlertStatus;

LoadedStage stage_of(LoadedPipeline loaded) {
  const Pipeline& pipeline = loaded.pipeline;
  LoadedStage stage;
  stage.settings = {pipeline.horizon_ms, pipeline.allowed_lateness_ms, pipeline.max_clock_skew_ms, pipeline.timezone};
  stage.config.application = pipeline.application;
  stage.config.horizon_ms = pipeline.horizon_ms;
  stage.config.allowed_lateness_ms = pipeline.allowed_lateness_ms;
  stage.config.max_clock_skew_ms = pipeline.max_clock_skew_ms;
  for (const auto& source : pipeline.sources) {
    if (!has_operators(source.stream)) continue;
    const bool json = source.format == RecordFormat::json;
    stage.config.sources.push_back({source.topic, source.stream,
                                    json ? PayloadFormat::json : PayloadFormat::flatbuffers, nullptr,
                                    source.foreign != nullptr ? source.foreign->adapt : nullptr});
  }
  stage.config.rules = pipeline.rules;
  stage.config.sigma = pipeline.sigma;
  stage.config.site = std::make_shared<const SiteModel>(std::move(loaded.site));
  return stage;
}

namespace {

class Driver {
 public:
  Driver(const LoadedStage& stage, const RunOptions& options)
      : config_(stage.config),
        options_(options),
        clock_(options.wall_ms.empty() ? StageClock::Mode::records : StageClock::Mode::wall,
               stage.settings.max_clock_skew_ms) {
    prepare();
    task_ = make_task();
    partition_ = clock_.add_partition();
  }

  RunResult run(const std::vector<reference::Line>& lines) {
    for (std::size_t begin = 0; begin < lines.size() && result_.error.empty(); begin += options_.batch)
      epoch(lines, begin, std::min(begin + options_.batch, lines.size()));
    if (options_.until_ms && result_.error.empty()) advance(*options_.until_ms);
    result_.total = task_->total_account();
    return std::move(result_);
  }

 private:
  void prepare() {
    config_.threads = options_.threads;
    if (options_.spill_each_epoch) config_.spill = counting::memory_stores();
  }

  [[nodiscard]] std::unique_ptr<Task> make_task() const {
    auto task = make_whole_task(config_);
    if (options_.spill_each_epoch) task->keep_within(0);
    return task;
  }

  void epoch(const std::vector<reference::Line>& lines, std::size_t begin, std::size_t end) {
    maybe_restart();
    maybe_take_over(begin, end);
    std::vector<InputRecord> records;
    std::vector<TimeMs> clocks;
    for (std::size_t at = begin; at < end; ++at) {
      const auto& line = lines[at];
      const auto topic = topic_index(line.topic);
      if (!topic) continue;
      const auto taken = clock_.take(line.timestamp_ms, options_.wall_ms.empty() ? 0 : options_.wall_ms[at], never_ms);
      result_.taken_broker_ms.push_back(taken.broker_ms);
      records.push_back(
          {*topic, PartitionId{0}, Offset{static_cast<std::int64_t>(at)}, taken.broker_ms, line.key, line.value});
      clocks.push_back(taken.clock_ms);
    }
    collect(task_->process(records, clocks, clock_.clock_ms()));
  }

  void advance(TimeMs until_ms) {
    maybe_restart();
    clock_.set(until_ms);
    collect(task_->process({}, {}, clock_.clock_ms()));
  }

  void collect(EpochResult result) {
    tell(std::move(result.alerts));
    for (const auto& rejected : result.rejected)
      result_.rejected.push_back({rejected.kind, static_cast<std::size_t>(rejected.record->offset.value),
                                  rejected.event_index, rejected.reason});
    result_.account += result.account;
    result_.error += task_->fault();
    ++epochs_;
  }

  void tell(std::vector<Alert> alerts) {
    for (auto& alert : alerts) {
      json::append_json(alert, result_.bytes);
      result_.bytes += '\n';
      result_.revisions.push_back(std::move(alert));
    }
  }

  void maybe_take_over(std::size_t begin, std::size_t end) {
    const bool reloads = options_.reload && options_.reload->first >= begin && options_.reload->first < end;
    if (reloads) {
      config_ = options_.reload->second->config;
      prepare();
    }
    if (!reloads && !options_.take_over_each_epoch) return;
    auto next = make_task();
    tell(next->take_over(*task_).alerts);
    task_ = std::move(next);
    images_.clear();
    result_.error += task_->fault();
  }

  void maybe_restart() {
    if (epochs_ == 0) return;
    if (options_.restart_each_epoch || (options_.restart_at_epoch && *options_.restart_at_epoch == epochs_)) restart();
  }

  // Keeps the images as a snapshot store would: only what changed is written, gone keys are erased.
  void restart() {
    std::string meta;
    task_->snapshot(
        images_.empty(),
        [&](KeyImage&& image) {
          if (image.bytes.empty())
            images_.erase(image.key);
          else
            images_[image.key] = std::move(image.bytes);
        },
        meta);
    task_ = make_task();
    if (auto error = task_->restore_meta(meta); !error.empty()) result_.error = error;
    for (const auto& [key, bytes] : images_)
      if (auto error = task_->restore_key(key, bytes); !error.empty())
        result_.error = fmt::format("{}: {}", key, error);
  }

  std::optional<TopicIndex> topic_index(const std::string& topic) const {
    for (std::size_t i = 0; i < config_.sources.size(); ++i)
      if (config_.sources[i].topic == topic) return TopicIndex{static_cast<std::uint16_t>(i)};
    return std::nullopt;
  }

  StageConfig config_;
  const RunOptions& options_;
  StageClock clock_;
  std::size_t partition_ = 0;
  std::unique_ptr<Task> task_;
  std::map<std::string, std::string> images_;
  std::size_t epochs_ = 0;
  RunResult result_;
};

}  // namespace

RunResult run_engine(const LoadedStage& stage, const std::vector<reference::Line>& lines, const RunOptions& options) {
  return Driver(stage, options).run(lines);
}

std::vector<Alert> final_alerts(const std::vector<Alert>& revisions) {
  std::map<std::string, const Alert*> last;
  for (const auto& alert : revisions) last[alert.alert_id] = &alert;
  std::vector<Alert> alerts;
  for (const auto& [id, alert] : last)
    if (alert->status != AlertStatus::withdrawn) alerts.push_back(*alert);
  return alerts;
}

std::string final_bytes(const std::vector<Alert>& revisions) {
  std::multiset<std::string> lines;
  for (auto alert : final_alerts(revisions)) {
    alert.alert_id.clear();
    alert.revision = 0;
    alert.detected_ms = alert.late_by_ms = 0;
    alert.evidence.clear();
    std::string line;
    json::append_json(alert, line);
    lines.insert(std::move(line));
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

namespace {

// The numbers are what such an alert is about.
std::string numbers_of(const Alert& alert) {
  if (alert.kind != "service_quality") return {};
  const auto attribute = [&](std::string_view name) {
    for (const auto& item : alert.attributes)
      if (item->key == name) return item->value;
    return std::string();
  };
  return fmt::format("{} {} {}", attribute("without_delay"), attribute("with_delay"), attribute("ratio"));
}

}  // namespace

std::vector<reference::ReferenceAlert> comparable(const std::vector<Alert>& alerts) {
  std::vector<reference::ReferenceAlert> plain;
  for (const auto& alert : alerts)
    plain.push_back({alert.kind, alert.rule_id, alert.subject_id, alert.trip_id, alert.start_ms, alert.end_ms,
                     schema::EnumNameAlertStatus(alert.status), numbers_of(alert)});
  return plain;
}

namespace {

std::string what_is_wrong(const Alert& alert, const Alert* before) {
  if (alert.alert_id.size() != 32 || alert.alert_id.find_first_not_of("0123456789abcdef") != std::string::npos)
    return "alert_id is not 32 hex digits";
  if (!before && alert.revision != 1) return "the first revision is not 1";
  if (!before && alert.status == AlertStatus::withdrawn) return "the first revision is withdrawn";
  if (before && alert.revision != before->revision + 1) return "a revision is missing";
  if (before &&
      (alert.kind != before->kind || alert.rule_id != before->rule_id || alert.subject_id != before->subject_id))
    return "an alert has become another's";
  if (alert.status == AlertStatus::cleared && alert.end_ms == 0) return "cleared without an end";
  // What is over before it is sure, because only what follows it can disprove it.
  const bool has_end_before_decision = alert.kind == "granted_not_entered" || alert.kind == "incident";
  if (alert.status == AlertStatus::provisional && alert.end_ms != 0 && !has_end_before_decision)
    return "provisional with an end";
  if (alert.status == AlertStatus::confirmed && alert.end_ms != 0 && alert.end_ms != alert.start_ms)
    return "confirmed, not instant, with an end";
  return {};
}

}  // namespace

std::string broken_life_cycle(const std::vector<Alert>& revisions) {
  std::map<std::string, const Alert*> last;
  std::string text;
  for (const auto& alert : revisions) {
    const Alert*& before = last[alert.alert_id];
    if (const auto wrong = what_is_wrong(alert, before); !wrong.empty())
      text += fmt::format("  {}: {} {} {} revision {} start {} end {} {}\n", wrong, alert.kind, alert.subject_id,
                          alert.alert_id, alert.revision, alert.start_ms, alert.end_ms,
                          schema::EnumNameAlertStatus(alert.status));
    before = &alert;
  }
  return text;
}

}  // namespace vigia::harness
