#include "app/stage_service.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <tbb/task_arena.h>

#include "app/account_text.h"
#include "app/stop_signal.h"
#include "connectors/alert_follower.h"
#include "connectors/alert_store.h"
#include "connectors/instance_name.h"
#include "connectors/kafka_journal.h"
#include "connectors/kafka_producer.h"
#include "connectors/kafka_sink.h"
#include "connectors/kafka_source.h"
#include "connectors/kafka_transaction.h"
#include "connectors/key_placement.h"
#include "connectors/spill_file.h"

namespace vigia {
namespace {

constexpr TimeMs shortest_pause_ms = 200;
constexpr TimeMs longest_pause_ms = 10'000;
constexpr TimeMs report_every_ms = 10'000;
constexpr TimeMs stop_patience_ms = 30'000;      // for brokers and disks that do not answer while stopping
constexpr TimeMs catch_up_patience_ms = 10'000;  // for the alert store to have what was committed last

// What one epoch reads at most, over all tasks: so much that its fixed costs (journal, commit, delivery) don't count, and
// so little that its rows stay near the processor. A record may hold a batch of events, hence the bytes.
constexpr PollLimits epoch_limits{.records = 32'768, .bytes = std::size_t{4} << 20, .wait_ms = 100};

TimeMs wall_now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void log_kafka(int level, const std::string& text) {
  const auto severity = level <= 3 ? spdlog::level::err : level == 4 ? spdlog::level::warn : spdlog::level::debug;
  spdlog::log(severity, "kafka: {}", text);
}

KafkaSourceOptions source_options(const LoadedStage& loaded, const std::string& instance) {
  const Pipeline& pipeline = loaded.pipeline;
  KafkaSourceOptions options;
  options.brokers = pipeline.brokers;
  options.group = pipeline.application;
  options.instance = instance;
  options.properties = pipeline.properties;
  options.topics = loaded.topics;
  options.create_topics = pipeline.create_topics;
  options.queue_bytes = std::min<std::size_t>(std::size_t{128} << 20, pipeline.memory_budget_bytes / 4);
  options.log = log_kafka;
  return options;
}

bool passes(Fault fault) { return fault == Fault::retry || fault == Fault::storage; }

// Everything of a running stage, in the order in which it must be opened; torn down in the opposite one.
class Service {
 public:
  Service(const LoadedStage& loaded, unsigned threads, const ServiceHooks& hooks)
      : loaded_(loaded),
        hooks_(hooks),
        stage_(loaded.stage),
        threads_(std::max(1U, threads)),
        placements_(loaded.sources) {
    stage_.spill = spill_files(spill_directory(loaded.pipeline.state_directory));
    for (std::size_t topic = 0; topic < stage_.sources.size(); ++topic)
      stage_.sources[topic].placement = placements_.of(topic);
  }

  ServiceResult run() {
    ServiceResult result;
    result.status = open();
    if (result.status.ok()) result.status = live();
    if (runner_) result.account = runner_->account();
    if (delivery_) result.revisions = delivery_->revisions();
    return result;
  }

 private:
  Status open() {
    const std::string& directory = loaded_.pipeline.state_directory;
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return Status::of(Fault::storage, fmt::format("state directory {}: {}", directory, error.message()));
    const std::string& application = loaded_.pipeline.application;
    if (Status status = open_snapshots(directory, application); !status.ok()) return status;
    if (Status status = read_instance_name(directory, instance_); !status.ok()) return status;
    if (Status status = store_.open(alert_directory(directory)); !status.ok()) return status;
    if (Status status = open_producer(); !status.ok()) return status;
    source_ = std::make_unique<KafkaSource>(source_options(loaded_, instance_));
    journal_ = std::make_unique<KafkaJournal>(*producer_, journal_options());
    if (Status status = open_transaction(); !status.ok()) return status;
    if (Status status = patiently([this] { return source_->join(); }); !status.ok()) return status;
    if (stopping()) return Status::good();
    if (Status status = open_journal(); !status.ok()) return status;
    if (Status status = open_sharing(); !status.ok()) return status;
    make_runner();
    return follow_alerts();
  }

  // The store holds what was committed, so it reads the topic, as everybody else does.
  Status follow_alerts() {
    AlertFollowerOptions options = follower_options(loaded_.pipeline);
    options.log = log_kafka;
    options.warn = [](const std::string& text) { spdlog::warn("{}", text); };
    follower_ = std::make_unique<AlertFollower>(store_, std::move(options));
    return follower_->start();
  }

  // Damaged ones give way to older ones: the journal leads from there to where we were.
  Status open_snapshots(const std::string& directory, const std::string& application) {
    Status status = snapshots_.open(snapshot_directory(directory), application);
    while (status.fault == Fault::damaged) {
      spdlog::error("{}", status.text);
      std::string told;
      status = snapshots_.fall_back(told);
      spdlog::warn("{}", told);
    }
    return status;
  }

  [[nodiscard]] bool exactly_once() const { return loaded_.pipeline.delivery == Delivery::exactly_once; }

  Status open_producer() {
    const Pipeline& pipeline = loaded_.pipeline;
    KafkaProducerOptions options;
    options.brokers = pipeline.brokers;
    options.client = pipeline.application;
    options.properties = pipeline.properties;
    if (exactly_once()) options.transactional_id = fmt::format("{}-{}", pipeline.application, instance_);
    options.log = log_kafka;
    producer_ = std::make_unique<KafkaProducer>(std::move(options));
    if (Status status = producer_->open(); !status.ok()) return status;
    const OutputSpec& outputs = pipeline.outputs;
    const std::string logs[] = {outputs.alerts, outputs.dead_letters, outputs.too_late};
    const std::string tables[] = {outputs.alert_state};
    Status status = patiently([&] { return producer_->check_topics(logs, pipeline.create_topics, false); });
    if (!status.ok()) return status;
    return patiently([&] { return producer_->check_topics(tables, pipeline.create_topics, true); });
  }

  [[nodiscard]] KafkaJournalOptions journal_options() const {
    const Pipeline& pipeline = loaded_.pipeline;
    KafkaJournalOptions options;
    options.brokers = pipeline.brokers;
    options.topic = pipeline.outputs.journal;
    options.properties = pipeline.properties;
    options.log = log_kafka;
    return options;
  }

  // Before anything is read: what this instance left open when it crashed is taken back.
  Status open_transaction() {
    if (!exactly_once()) {
      transaction_ = std::make_unique<AtLeastOnce>(*source_);
      return Status::good();
    }
    auto transaction = std::make_unique<KafkaTransaction>(*producer_, *source_, loaded_.topics);
    Status status = patiently([&] { return transaction->init(); });
    transaction_ = std::move(transaction);
    return status;
  }

  // As many partitions as there are tasks.
  Status open_journal() {
    const Pipeline& pipeline = loaded_.pipeline;
    const std::string topics[] = {pipeline.outputs.journal};
    return patiently(
        [&] { return producer_->check_topics(topics, pipeline.create_topics, false, source_->partition_count()); });
  }

  Status open_sharing() {
    const Pipeline& pipeline = loaded_.pipeline;
    if (pipeline.publish_every_ms == 0) return Status::good();
    SnapshotTopicOptions options;
    options.brokers = pipeline.brokers;
    options.topic = pipeline.outputs.snapshots;
    options.transactional_id = fmt::format("{}-{}-snapshots", pipeline.application, instance_);
    options.properties = pipeline.properties;
    options.log = log_kafka;
    snapshot_topic_ = std::make_unique<SnapshotTopic>(std::move(options), *source_);
    Status status =
        patiently([&] { return snapshot_topic_->open(pipeline.create_topics, source_->partition_count()); });
    if (!status.ok()) return status;
    sharing_ = std::make_unique<SnapshotSharing>(*snapshot_topic_, snapshots_, pipeline.publish_every_ms);
    return Status::good();
  }

  void make_runner() {
    const Pipeline& pipeline = loaded_.pipeline;
    alerts_ = std::make_unique<KafkaAlertSink>(*producer_, pipeline.application, pipeline.outputs);
    letters_ = std::make_unique<KafkaDeadLetters>(*producer_, pipeline.outputs);
    delivery_ = std::make_unique<ResultDelivery>(std::vector<AlertSink*>{alerts_.get()}, *letters_, loaded_.topics,
                                                 hooks_.alert);
    RunnerOptions options;
    options.topics = loaded_.topics;
    options.clock = pipeline.clock == ClockMode::wall ? StageClock::Mode::wall : StageClock::Mode::records;
    options.max_clock_skew_ms = pipeline.max_clock_skew_ms;
    options.application = pipeline.application;
    options.source_silence_ms = pipeline.source_silence_ms;
    options.snapshot_every_ms = pipeline.snapshot_every_ms;
    options.poll = epoch_limits;
    // What the source holds ahead is bounded by itself: its bound is set aside.
    options.memory_budget_bytes = pipeline.memory_budget_bytes - source_options(loaded_, instance_).queue_bytes;
    options.exactly_once = exactly_once();
    runner_ = std::make_unique<EpochRunner>(
        RunnerParts{*source_, *journal_, *transaction_, snapshots_, *delivery_, [this] { return make_task(); },
                    wall_now_ms, [this](auto records) { return inspect(records); }, sharing_.get()},
        std::move(options));
  }

  // Tasks run side by side; only threads beyond their number are spread over the shards of one.
  std::unique_ptr<Task> make_task() {
    const auto tasks = static_cast<unsigned>(std::max(1, source_->partition_count()));
    stage_.threads = (threads_ + tasks - 1) / tasks;
    return make_seal_task(stage_);
  }

  // Before the first records, and again after each start, when the number of partitions is known.
  Status inspect(std::span<const InputRecord> records) {
    if (placed_partitions_ != source_->partition_count()) {
      placed_partitions_ = source_->partition_count();
      const std::string file = loaded_.pipeline.state_directory + "/partitioners";
      if (Status status = placements_.open(file, placed_partitions_); !status.ok()) return status;
    }
    return placements_.observe(records);
  }

  Status live() {
    if (!runner_) return Status::good();  // stopped while it waited for brokers
    while (!stopping()) {
      if (Status status = patiently([this] { return runner_->step(); }); !status.ok()) return status;
      if (runner_->is_paused()) wait_or_stop(shortest_pause_ms);
      if (hooks_.tick) hooks_.tick(*runner_);
      housekeeping();
    }
    return end();
  }

  Status end() {
    spdlog::info("stopping: finishing what was read");
    const TimeMs give_up_ms = wall_now_ms() + stop_patience_ms;
    for (;;) {
      Status status = runner_->stop();
      if (status.ok()) {
        const Status followed = follower_->catch_up(catch_up_patience_ms);
        if (!followed.ok()) spdlog::warn("alert store: {}; the next start goes on", followed.text);
      }
      if (status.ok() || !passes(status.fault) || wall_now_ms() >= give_up_ms) return status;
      spdlog::warn("{}; trying again", status.text);
      std::this_thread::sleep_for(std::chrono::milliseconds(shortest_pause_ms));
    }
  }

  // Calls until it is good, has failed for good, or a stop is asked for.
  template <class Call>
  Status patiently(Call call) {
    TimeMs pause_ms = shortest_pause_ms;
    std::string said;
    for (;;) {
      Status status = call();
      if (status.ok() || !passes(status.fault)) {
        if (status.ok() && !said.empty()) spdlog::info("going on");
        return status;
      }
      if (stopping()) return Status::good();
      if (status.text != said) spdlog::warn("{}; trying again until it passes", status.text);
      said = status.text;
      if (hooks_.tick && runner_) hooks_.tick(*runner_);
      wait_or_stop(pause_ms);
      pause_ms = std::min(pause_ms * 2, longest_pause_ms);
    }
  }

  [[nodiscard]] bool stopping() const { return stop_requested() || (hooks_.stop && hooks_.stop()); }

  void housekeeping() {
    const TimeMs now_ms = wall_now_ms();
    if (now_ms - reported_ms_ < report_every_ms) return;
    reported_ms_ = now_ms;
    spdlog::info("{}; {} alert revisions; lag {}; {} keys; {} MiB", account_words(runner_->account()),
                 delivery_->revisions(), runner_->lag(), runner_->key_count(), runner_->memory_bytes() >> 20);
  }

  const LoadedStage& loaded_;
  const ServiceHooks& hooks_;
  SealStageConfig stage_;
  unsigned threads_;
  SnapshotStore snapshots_;
  AlertStore store_;
  std::string instance_;
  std::unique_ptr<AlertFollower> follower_;
  std::unique_ptr<KafkaProducer> producer_;
  std::unique_ptr<KafkaSource> source_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<EpochTransaction> transaction_;
  std::unique_ptr<SnapshotTopic> snapshot_topic_;
  std::unique_ptr<SnapshotSharing> sharing_;
  KeyPlacements placements_;
  std::int32_t placed_partitions_ = 0;
  std::unique_ptr<KafkaAlertSink> alerts_;
  std::unique_ptr<KafkaDeadLetters> letters_;
  std::unique_ptr<ResultDelivery> delivery_;
  std::unique_ptr<EpochRunner> runner_;
  TimeMs reported_ms_ = 0;
};

}  // namespace

std::string snapshot_directory(const std::string& state_directory) { return state_directory + "/snapshots"; }
std::string alert_directory(const std::string& state_directory) { return state_directory + "/alerts"; }
std::string spill_directory(const std::string& state_directory) { return state_directory + "/spill"; }

ServiceResult run_service(const LoadedStage& loaded, unsigned threads, const ServiceHooks& hooks) {
  tbb::task_arena arena(static_cast<int>(std::max(1U, threads)));
  return arena.execute([&] { return Service(loaded, threads, hooks).run(); });
}

}  // namespace vigia
