#include "app/running_stage.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "app/account_text.h"
#include "app/stage_service.h"
#include "app/stop_signal.h"
#include "connectors/kafka_transaction.h"

namespace vigia {
namespace {

constexpr TimeMs shortest_pause_ms = 200;
constexpr TimeMs longest_pause_ms = 10'000;
constexpr TimeMs hour_ms = 3'600'000;
constexpr TimeMs report_every_ms = 10'000;
constexpr TimeMs stop_patience_ms = 30'000;  // for brokers and disks that do not answer while stopping

// What one epoch reads at most, over all tasks: so much that its fixed costs (journal, commit, delivery) don't count, and
// so little that its rows stay near the processor. A record may hold a batch of events, hence the bytes.
constexpr PollLimits epoch_limits{.records = 32'768, .bytes = std::size_t{4} << 20, .wait_ms = 100};

bool passes(Fault fault) { return fault == Fault::retry || fault == Fault::storage; }

}  // namespace

TimeMs wall_now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void log_kafka(int level, const std::string& text) {
  const auto severity = level <= 3 ? spdlog::level::err : level == 4 ? spdlog::level::warn : spdlog::level::debug;
  spdlog::log(severity, "kafka: {}", text);
}

RunningStage::RunningStage(const Pipeline& pipeline, StageSpec spec) : pipeline_(pipeline), spec_(std::move(spec)) {}

Status RunningStage::connect() {
  if (Status status = open_snapshots(); !status.ok()) return status;
  if (Status status = open_producer(); !status.ok()) return status;
  if (spec_.open_configurations) {
    if (Status status = patiently(spec_.open_configurations); !status.ok()) return status;
  }
  source_ = std::make_unique<KafkaSource>(source_options());
  journal_ = std::make_unique<KafkaJournal>(*producer_, journal_options(pipeline_, log_kafka));
  if (Status status = open_transaction(); !status.ok()) return status;
  return patiently([this] { return source_->join(); });
}

// Damaged ones give way to older ones: the journal leads from there to where we were.
Status RunningStage::open_snapshots() {
  Status status = snapshots_.open(snapshot_directory(spec_.directory), pipeline_.application);
  while (status.fault == Fault::damaged) {
    spdlog::error("{}", status.text);
    std::string told;
    status = snapshots_.fall_back(told);
    spdlog::warn("{}", told);
  }
  return status;
}

Status RunningStage::open_producer() {
  KafkaProducerOptions options;
  options.brokers = pipeline_.brokers;
  options.client = group();
  options.properties = pipeline_.properties;
  if (exactly_once()) options.transactional_id = fmt::format("{}-{}", group(), spec_.instance);
  options.log = log_kafka;
  producer_ = std::make_unique<KafkaProducer>(std::move(options));
  if (Status status = producer_->open(); !status.ok()) return status;
  Status status = patiently([&] { return producer_->check_topics(spec_.outputs, pipeline_.create_topics); });
  if (!status.ok()) return status;
  return patiently([&] { return producer_->check_topics(spec_.tables, pipeline_.create_topics, compacted()); });
}

KafkaSourceOptions RunningStage::source_options() const {
  KafkaSourceOptions options;
  options.brokers = pipeline_.brokers;
  options.group = group();
  options.instance = spec_.instance;
  options.properties = pipeline_.properties;
  options.topics = spec_.topics;
  options.create_topics = pipeline_.create_topics;
  options.create_partitions = spec_.create_partitions;
  options.first_partitions = spec_.first_partitions;
  options.accept_lost = pipeline_.lost_offsets == LostOffsets::accept;
  options.queue_bytes = spec_.queue_bytes;
  options.log = log_kafka;
  return options;
}

// Before anything is read: what this instance left open when it crashed is taken back.
Status RunningStage::open_transaction() {
  if (!exactly_once()) {
    transaction_ = std::make_unique<AtLeastOnce>(*source_);
    return Status::good();
  }
  auto transaction = std::make_unique<KafkaTransaction>(*producer_, *source_, spec_.topics, OffsetsGo::first);
  Status status = patiently([&] { return transaction->init(); });
  transaction_ = std::move(transaction);
  return status;
}

Status RunningStage::begin(std::int32_t partitions) {
  Status status = open_journal(partitions);
  if (status.ok()) status = open_sharing(partitions);
  if (status.ok()) make_runner();
  return status;
}

Status RunningStage::open_journal(std::int32_t partitions) {
  const std::string& topic = pipeline_.outputs.journal;
  const TopicSettings settings = {{"retention.ms", std::to_string(pipeline_.proof_retention_ms)}};
  Status status = patiently([&] {
    return producer_->check_topics({&topic, 1}, pipeline_.create_topics, settings, partitions);
  });
  if (!status.ok()) return status;
  if (!spec_.open_configurations) return status;  // one journal for all stages: the foremost looks at its retention
  TimeMs kept_ms = -1;
  if (Status asked = producer_->topic_setting(topic, "retention.ms", kept_ms); !asked.ok())
    spdlog::warn("{}: {}", spec_.name, asked.text);
  if (kept_ms >= 0 && kept_ms < pipeline_.proof_retention_ms)
    spdlog::warn(
        "topic {} keeps its records for {} h, and state.proof_retention is {} h: alerts older than the journal can't "
        "be "
        "derived again. kafka-configs.sh --bootstrap-server {} --alter --topic {} --add-config retention.ms={}",
        topic, kept_ms / hour_ms, pipeline_.proof_retention_ms / hour_ms, pipeline_.brokers, topic,
        pipeline_.proof_retention_ms);
  return status;
}

Status RunningStage::open_sharing(std::int32_t partitions) {
  if (pipeline_.publish_every_ms == 0) return Status::good();
  SnapshotTopicOptions options;
  options.brokers = pipeline_.brokers;
  options.topic = pipeline_.outputs.snapshots;
  options.transactional_id = fmt::format("{}-{}-snapshots", group(), spec_.instance);
  options.properties = pipeline_.properties;
  options.log = log_kafka;
  snapshot_topic_ = std::make_unique<SnapshotTopic>(std::move(options), *source_);
  Status status = patiently([&] { return snapshot_topic_->open(pipeline_.create_topics, partitions); });
  if (!status.ok()) return status;
  snapshots_.remember_gone();
  sharing_ = std::make_unique<SnapshotSharing>(*snapshot_topic_, snapshots_, pipeline_.publish_every_ms);
  return Status::good();
}

void RunningStage::make_runner() {
  alerts_ = std::make_unique<KafkaAlertSink>(*producer_, pipeline_.application, pipeline_.outputs);
  letters_ = std::make_unique<KafkaDeadLetters>(*producer_, pipeline_.outputs);
  if (!spec_.signals.empty()) signals_ = std::make_unique<KafkaSignalSink>(*producer_, spec_.signals);
  if (spec_.is_triage)
    triage_ = std::make_unique<KafkaTriageSink>(*producer_, pipeline_.application, pipeline_.outputs);
  delivery_ = std::make_unique<ResultDelivery>(std::vector<AlertSink*>{alerts_.get()}, *letters_, signals_.get(),
                                               triage_.get(), spec_.topics, spec_.alert);
  RunnerOptions options;
  options.stage = spec_.name;
  options.topics = spec_.topics;
  options.clock = pipeline_.clock == ClockMode::wall ? StageClock::Mode::wall : StageClock::Mode::records;
  options.max_clock_skew_ms = pipeline_.max_clock_skew_ms;
  options.application = pipeline_.application;
  options.source_silence_ms = spec_.source_silence_ms;
  options.snapshot_every_ms = pipeline_.snapshot_every_ms;
  options.proof_retention_ms = pipeline_.proof_retention_ms;
  options.poll = epoch_limits;
  options.memory_budget_bytes = spec_.memory_budget_bytes;
  options.exactly_once = exactly_once();
  options.can_repartition = spec_.can_repartition;
  options.level_clocks = spec_.first_partitions > 0;
  RunnerParts parts{*source_, *journal_, *transaction_, snapshots_, *delivery_, {}, spec_.wall_ms};
  parts.configurations = spec_.configurations;
  if (spec_.inspect) {
    parts.inspect = [this](std::span<const InputRecord> records) {
      return spec_.inspect(records, source_->partition_count());
    };
  }
  parts.sharing = sharing_.get();
  if (pipeline_.standby_copies > 0 && spec_.first_partitions == 0) {
    standby_ = std::make_unique<KafkaStandby>(*source_, source_options(), journal_options(pipeline_, log_kafka),
                                              exactly_once(), parts.inspect);
    parts.standby = &standby_->parts();
  }
  runner_ = std::make_unique<EpochRunner>(std::move(parts), std::move(options));
}

Status RunningStage::live() {
  if (!runner_) return Status::good();  // stopped while it waited for brokers
  while (!spec_.stop()) {
    if (spec_.follow) {
      if (Status status = patiently(spec_.follow); !status.ok()) return status;
    }
    if (Status status = patiently([this] { return runner_->step(); }); !status.ok()) return status;
    if (runner_->is_paused()) wait_or_stop(shortest_pause_ms);
    if (spec_.tick) spec_.tick(*runner_);
    report();
  }
  return end();
}

Status RunningStage::end() {
  spdlog::info("{}: stopping: finishing what was read", spec_.name);
  const TimeMs give_up_ms = wall_now_ms() + stop_patience_ms;
  for (;;) {
    Status status = runner_->stop();
    if (status.ok() || !passes(status.fault) || wall_now_ms() >= give_up_ms) return status;
    spdlog::warn("{}: {}; trying again", spec_.name, status.text);
    std::this_thread::sleep_for(std::chrono::milliseconds(shortest_pause_ms));
  }
}

Status RunningStage::patiently(const std::function<Status()>& call) {
  TimeMs pause_ms = shortest_pause_ms;
  std::string said;
  for (;;) {
    Status status = call();
    if (status.ok() || !passes(status.fault)) {
      if (status.ok() && !said.empty()) spdlog::info("{}: going on", spec_.name);
      return status;
    }
    if (spec_.stop()) return Status::good();
    if (status.text != said) spdlog::warn("{}: {}; trying again until it passes", spec_.name, status.text);
    said = status.text;
    if (spec_.tick && runner_) spec_.tick(*runner_);
    wait_or_stop(pause_ms);
    pause_ms = std::min(pause_ms * 2, longest_pause_ms);
  }
}

void RunningStage::report() {
  const TimeMs now_ms = wall_now_ms();
  if (now_ms - reported_ms_ < report_every_ms) return;
  reported_ms_ = now_ms;
  spdlog::info("{}: {}; {} alert revisions; lag {}; {} keys; {} MiB", spec_.name, account_words(runner_->account()),
               delivery_->revisions(), runner_->lag(), runner_->key_count(), runner_->memory_bytes() >> 20);
  if (runner_->unlisted().size() == reported_unlisted_) return;
  reported_unlisted_ = runner_->unlisted().size();
  spdlog::warn("{}: named by events, but not listed in the site files: {}", spec_.name,
               unlisted_words(runner_->unlisted()));
}

}  // namespace vigia
