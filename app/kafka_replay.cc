#include "app/kafka_replay.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <system_error>

#include <fmt/format.h>
#include <tbb/task_arena.h>

#include "app/account_text.h"
#include "app/alert_comparison.h"
#include "app/alert_difference.h"
#include "app/derived_stage.h"
#include "app/progress_bar.h"
#include "app/published_alert.h"
#include "app/snapshot_before.h"
#include "app/state_location.h"
#include "app/task_replay.h"
#include "app/time_text.h"
#include "connectors/file_sink.h"
#include "connectors/kafka_journal.h"
#include "connectors/kafka_source.h"
#include "connectors/key_placement.h"
#include "connectors/topic_scan.h"

namespace vigia {
namespace {

constexpr std::size_t queue_bytes = std::size_t{64} << 20;

void warn(const std::string& text) { fmt::print(stderr, "vigia replay: {}\n", text); }

// One task that is asked for.
struct Part {
  const DerivedStage* stage;
  PartitionId number;
  std::unique_ptr<TaskReplay> replay = nullptr;
  std::uint64_t first_epoch = 0;  // whose alerts count
  std::uint64_t last_epoch = UINT64_MAX;
  TimeMs from_ms = no_time_ms;     // from when on what was published must be derived
  TimeMs to_ms = never_ms;         // and until when
  std::uint64_t public_epoch = 0;  // up to here alerts must be on the topic
};

class KafkaReplay {
 public:
  KafkaReplay(const LoadedStage& loaded, const KafkaReplayOptions& options)
      : loaded_(loaded),
        options_(options),
        range_(options.range),
        topic_(configuration_options(loaded.pipeline, {})),
        scan_(scan_options(loaded.pipeline, loaded.pipeline.application)),
        comparison_(loaded.pipeline.application, loaded.pipeline.outputs.format,
                    loaded.pipeline.delivery == Delivery::exactly_once),
        output_(options.output) {}

  KafkaReplayResult run() {
    result_.status = prepare();
    if (result_.status.ok() && options_.compare) result_.status = read_published_alerts();
    if (result_.status.ok()) result_.status = read_journals();
    if (result_.status.ok()) result_.status = derive();
    if (result_.status.ok() && !options_.output.empty()) result_.status = output_.flush();
    for (const Part& part : parts_) {
      if (part.replay) count(*part.replay);
    }
    if (result_.status.ok() && options_.compare) result_.status = compare();
    return std::move(result_);
  }

 private:
  static TopicScanOptions scan_options(const Pipeline& pipeline, const std::string& group) {
    return {.brokers = pipeline.brokers, .group = group, .properties = pipeline.properties, .log = {}};
  }

  Status prepare() {
    if (!options_.output.empty()) {
      if (Status status = output_.open(); !status.ok()) return status;
    }
    if (Status status = scan_.open(); !status.ok()) return status;
    if (Status status = read_configurations(); !status.ok()) return status;
    stages_ = derived_stages(loaded_, options_.threads, topic_);
    for (const DerivedStage& stage : stages_) {
      for (const std::string& topic : stage.topics) {
        if (Status status = scan_.bounds(topic, log_[topic]); !status.ok()) return status;
      }
    }
    if (Status status = check_partitions(); !status.ok()) return status;
    for (const DerivedStage& stage : stages_) {
      if (!is_asked_for(stage)) continue;
      const auto count = partitions_of(stage);
      for (std::int32_t number = 0; number < count; ++number) {
        if (range_.has_partition(PartitionId{number}))
          parts_.push_back({.stage = &stage, .number = PartitionId{number}});
      }
      if (!stage.placements) continue;
      // What the engine has told of the partitioners, if its state is here.
      std::error_code ignored;
      std::filesystem::copy_file(stage.directory + "/partitioners", told_file(stage), ignored);
      if (Status status = stage.placements->open(told_file(stage), count); !status.ok()) return status;
    }
    return Status::good();
  }

  // Partitions and offsets are asked for by the sources; what the stage behind says, it says over all of them.
  [[nodiscard]] bool is_asked_for(const DerivedStage& stage) const {
    if (!stage.placements) return range_.partitions.empty();
    const auto& offsets = range_.from_offset.empty() ? range_.to_offset : range_.from_offset;
    return offsets.empty() || std::ranges::any_of(offsets, [&](const PartitionOffset& offset) {
             return std::ranges::find(stage.topics, offset.topic) != stage.topics.end();
           });
  }

  [[nodiscard]] std::int32_t partitions_of(const DerivedStage& stage) {
    return static_cast<std::int32_t>(log_[stage.topics.front()].size());
  }

  Status check_partitions() {
    const DerivedStage* largest = &stages_.front();
    for (const DerivedStage& stage : stages_)
      if (stage.placements && partitions_of(stage) > partitions_of(*largest)) largest = &stage;
    const std::int32_t partitions = partitions_of(*largest);
    for (const std::int32_t number : range_.partitions) {
      if (number < partitions) continue;
      result_.is_bad_request = true;
      return Status::of(Fault::refused, fmt::format("found partition {}, expected 0 to {}: '{}' has {} partitions",
                                                    number, partitions - 1, largest->topics.front(), partitions));
    }
    return Status::good();
  }

  [[nodiscard]] std::string told_file(const DerivedStage& stage) const {
    return scratch_.path() + "/partitioners-" + stage.name;
  }

  // Those that the journal names; an application that has never announced any has none.
  Status read_configurations() {
    if (Status status = topic_.open(); !status.ok()) return status;
    std::vector<OffsetBounds> bounds;
    const Status found = scan_.bounds(loaded_.pipeline.outputs.configurations, bounds);
    if (found.fault == Fault::missing_topics) return Status::good();
    return found.ok() ? topic_.catch_up() : found;
  }

  Status read_published_alerts() {
    const std::string& topic = loaded_.pipeline.outputs.alerts;
    if (Status status = scan_.bounds(topic, alert_bounds_); !status.ok()) return status;
    return scan_.read(topic, alert_bounds_, [&](const rd_kafka_message_t& message) {
      PublishedAlert alert = read_published(message, loaded_.pipeline.outputs.format);
      if (!is_of_another(alert, loaded_.pipeline.application)) published_.push_back(std::move(alert));
    });
  }

  // After the alerts: whatever is on the alert topic has its epoch here.
  Status read_journals() {
    std::vector<OffsetBounds> bounds;
    if (Status status = scan_.bounds(loaded_.pipeline.outputs.journal, bounds); !status.ok()) return status;
    KafkaJournal journal(journal_options(loaded_.pipeline, {}));
    for (const DerivedStage& stage : stages_) {
      if (Status status = read_journals(stage, journal, bounds.size()); !status.ok()) return status;
    }
    std::erase_if(parts_, [](const Part& part) { return part.replay == nullptr; });
    for (PublishedAlert& alert : published_) {
      const bool must = must_be_derived(alert);
      comparison_.published(std::move(alert), must);
    }
    published_.clear();
    return Status::good();
  }

  Status read_journals(const DerivedStage& stage, KafkaJournal& journal, std::size_t partitions) {
    std::vector<PartitionId> numbers;
    for (const Part& part : parts_) {
      if (part.stage == &stage) numbers.push_back(part.number);
    }
    if (numbers.empty()) return Status::good();
    TopicScan scan(scan_options(loaded_.pipeline, stage.group));
    if (Status status = scan.open(); !status.ok()) return status;
    std::vector<TaskProgress> progress;
    if (Status status = scan.progress(stage.topics, numbers, progress); !status.ok()) return status;
    auto committed = progress.begin();
    for (Part& part : parts_) {
      if (part.stage != &stage) continue;
      const std::uint64_t epoch = (committed++)->epoch;
      if (static_cast<std::size_t>(part.number.value) >= partitions) continue;
      if (Status status = read_journal(journal, epoch, part); !status.ok()) return status;
    }
    return Status::good();
  }

  Status read_journal(KafkaJournal& journal, std::uint64_t committed, Part& part) {
    std::unique_ptr<StageTask> task;
    const Status before = task_before(
        part.stage->directory, fmt::format("{}/{}-{}", scratch_.path(), part.stage->name, part.number.value),
        [&](ConfigurationHash hash, auto& out) {
          return part.stage->empty_task(loaded_.pipeline, part.number, hash, out);
        },
        [&](const SnapshotHead& head) { return range_.begins_after(head, part.number, slack_ms()); }, warn, task);
    if (!before.ok()) return before;
    std::vector<JournalEntry> entries;
    const TimeMs clock_ms = task->clock.clock_ms();
    if (Status status = journal.read(task->name, part.number, task->journal, task->epoch + 1, committed,
                                     [&](const JournalEntry& entry) { entries.push_back(entry); });
        !status.ok())
      return status;
    if (Status status = stop_at_repartition(part, entries, committed); !status.ok()) return status;
    const std::size_t first = range_.first_entry(entries, part.number);
    part.first_epoch = first < entries.size() ? entries[first].epoch : UINT64_MAX;
    // What the epoch before it said has that epoch's clock at the latest.
    part.from_ms = first >= entries.size() ? never_ms : 1 + (first > 0 ? entries[first - 1].clock_ms : clock_ms);
    if (range_.from_offset.empty()) part.from_ms = range_.from_ms;
    const std::size_t end = range_.end_entry(entries, part.number);
    if (end < entries.size()) {
      part.last_epoch = entries[end].epoch - 1;
      part.to_ms = end > 0 ? entries[end - 1].clock_ms : clock_ms;
    }
    // With transactions what is in the journal is public; else what the group has noted is, as long as it remembers.
    const bool all_public = loaded_.pipeline.delivery == Delivery::exactly_once || committed == 0;
    part.public_epoch = all_public ? UINT64_MAX : committed;
    part.replay = std::make_unique<TaskReplay>(
        std::move(task), entries, SourceAlertOptions{loaded_.pipeline.application, part.stage->source_silence_ms});
    return part.replay->check_log([&](const std::string& topic) {
      const auto& log = log_[topic];
      const auto at = static_cast<std::size_t>(part.number.value);
      return at < log.size() ? log[at] : OffsetBounds{};  // the source will say that their numbers differ
    });
  }

  // Keys came from other tasks then: what lies behind it does not follow from what lies before it in this one. At least once
  // one that did not come to its end may have left its mark.
  Status stop_at_repartition(const Part& part, std::vector<JournalEntry>& entries, std::uint64_t committed) {
    const DerivedStage& stage = *part.stage;
    const auto mark = std::ranges::find_if(entries, [](const auto& entry) { return entry.partitions_before > 0; });
    if (mark == entries.end()) return Status::good();
    const bool counts =
        loaded_.pipeline.delivery == Delivery::exactly_once || committed == 0 || mark->epoch <= committed;
    const auto before = static_cast<std::size_t>(mark - entries.begin());
    const bool is_behind =
        range_.to_ms < mark->clock_ms - slack_ms() || range_.end_entry(entries, part.number) < before;
    if (counts && !is_behind) {
      return Status::of(
          Fault::refused,
          fmt::format("{}: its topics had {} partitions until {}, and were repartitioned then (epoch {}); a proof does "
                      "not reach across. What came before: --to {}. What came after: --from {} or later, if the state "
                      "directory has a snapshot from between (snapshots, snapshots-older)",
                      mark->task, mark->partitions_before, format_time(mark->clock_ms, loaded_.pipeline.timezone),
                      mark->epoch, mark->clock_ms - slack_ms() - 1, mark->clock_ms + slack_ms() + 1));
    }
    const std::int32_t partitions = mark->partitions_before;
    entries.erase(mark, entries.end());
    return counts && stage.placements ? stage.placements->open(told_file(stage), partitions) : Status::good();
  }

  // How far what an alert says of its time may be from the clock of the epoch that gave it.
  [[nodiscard]] TimeMs slack_ms() const {
    const Pipeline& pipeline = loaded_.pipeline;
    return pipeline.allowed_lateness_ms + pipeline.max_clock_skew_ms + pipeline.source_silence_ms;
  }

  [[nodiscard]] bool must_be_derived(const PublishedAlert& alert) const {
    if (!range_.holds(alert.detected_ms)) return false;
    if (range_.partitions.empty()) return true;
    return std::ranges::any_of(parts_, [&](const Part& part) {
      return task_number(alert, part.stage->topics) == part.number && alert.detected_ms >= part.from_ms &&
             alert.detected_ms <= part.to_ms;
    });
  }

  // Epochs behind the range are only asked for what was published and did not come of it: a record's time may lie far
  // behind the clock.
  Status derive() {
    const TimeMs until_ms = range_.to_ms > never_ms - slack_ms() ? never_ms : range_.to_ms + slack_ms();
    const auto in_range = [&](const Part& part) { return ReplayUntil{until_ms, part.last_epoch}; };
    if (Status status = derive_until(in_range); !status.ok()) return status;
    return comparison_.lacks_derived() ? derive_until([](const Part&) { return ReplayUntil(); }) : Status::good();
  }

  Status derive_until(const std::function<ReplayUntil(const Part&)>& until_of) {
    std::uint64_t total = 0, done = 0;
    for (const Part& part : parts_) total += part.replay->records_until(until_of(part));
    ProgressBar bar(total);
    for (Part& part : parts_) {
      const ReplayUntil until = until_of(part);
      if (part.replay->is_done(until)) continue;
      KafkaSource source(source_options(part));
      Status status = source.open(part.replay->reads_from());
      if (!status.ok()) return status;
      const auto inspect = [&](std::span<const InputRecord> records) {
        bar.show(done += records.size(), account_words(part.replay->account()));
        return part.stage->placements ? part.stage->placements->observe(records) : Status::good();
      };
      status = part.replay->run({source, inspect, journalled_wait_ms, part.stage->tasks.get()}, until,
                                [&](const Alert& alert, const auto& epoch) { return take(alert, epoch, part); });
      if (!status.ok()) return status;
    }
    return Status::good();
  }

  [[nodiscard]] KafkaSourceOptions source_options(const Part& part) const {
    KafkaSourceOptions options;
    options.brokers = loaded_.pipeline.brokers;
    options.group = part.stage->group;  // only named
    options.properties = loaded_.pipeline.properties;
    options.topics = part.stage->topics;
    options.only_partitions = {part.number.value};
    options.queue_bytes = queue_bytes;
    return options;
  }

  Status take(const Alert& alert, const std::shared_ptr<const JournalEntry>& epoch, const Part& part) {
    const bool is_asked_for =
        range_.holds(alert.detected_ms) && epoch->epoch >= part.first_epoch && epoch->epoch <= part.last_epoch;
    if (options_.compare) comparison_.derived(alert, epoch, is_asked_for && epoch->epoch <= part.public_epoch);
    if (!is_asked_for) return Status::good();
    ++result_.alerts;
    return options_.output.empty() ? Status::good() : output_.write({&alert, 1});
  }

  Status compare() {
    const std::string& topic = loaded_.pipeline.outputs.alerts;
    if (comparison_.lacks_published()) {  // it may have come since
      std::vector<OffsetBounds> now;
      if (Status status = scan_.bounds(topic, now); !status.ok()) return status;
      for (std::size_t i = 0; i < now.size() && i < alert_bounds_.size(); ++i)
        now[i].begin = std::max(now[i].begin, alert_bounds_[i].end);
      const Status status = scan_.read(topic, now, [&](const rd_kafka_message_t& message) {
        comparison_.published_later(read_published(message, loaded_.pipeline.outputs.format));
      });
      if (!status.ok()) return status;
    }
    const AlertComparison::Result found = comparison_.finish();
    result_.differences = found.differences;
    if (!found.first) return Status::good();
    result_.first_difference = difference_words(*found.first, topic, loaded_.pipeline.timezone);
    if (found.first->kind == AlertDifference::Kind::not_published) result_.first_difference += gone_words();
    return Status::good();
  }

  // What is not on the alert topic may have been there.
  [[nodiscard]] std::string gone_words() const {
    std::string text;
    for (std::size_t i = 0; i < alert_bounds_.size(); ++i) {
      if (alert_bounds_[i].begin.value == 0) continue;
      text += fmt::format(
          "  {}/{} begins at offset {}: the {} before it are not there any more, and it may have been "
          "among them.\n",
          loaded_.pipeline.outputs.alerts, i, alert_bounds_[i].begin.value, alert_bounds_[i].begin.value);
    }
    return text;
  }

  void count(const TaskReplay& replay) {
    ++result_.tasks;
    result_.epochs += replay.epochs();
    result_.records += replay.records();
    result_.account += replay.account();
    result_.unlisted += replay.unlisted();
  }

  const LoadedStage& loaded_;
  const KafkaReplayOptions& options_;
  const ReplayRange& range_;
  ConfigurationTopic topic_;
  std::vector<DerivedStage> stages_;
  ScratchDirectory scratch_;
  TopicScan scan_;
  AlertComparison comparison_;
  FileSink output_;
  std::map<std::string, std::vector<OffsetBounds>> log_;  // of the sources
  std::vector<OffsetBounds> alert_bounds_;                // when it began
  std::vector<PublishedAlert> published_;
  std::vector<Part> parts_;
  KafkaReplayResult result_;
};

}  // namespace

KafkaReplayResult replay_from_kafka(const LoadedStage& loaded, const KafkaReplayOptions& options) {
  tbb::task_arena arena(static_cast<int>(std::max(1U, options.threads)));
  return arena.execute([&] { return KafkaReplay(loaded, options).run(); });
}

}  // namespace vigia
