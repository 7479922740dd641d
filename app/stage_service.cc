#include "app/stage_service.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <tbb/task_arena.h>

#include "app/reload.h"
#include "app/reload_commands.h"
#include "app/reload_signal.h"
#include "app/repartition.h"
#include "app/running_stage.h"
#include "app/stop_signal.h"
#include "app/store_followers.h"
#include "app/triage_stage.h"
#include "app/versioned_tasks.h"
#include "connectors/instance_name.h"
#include "connectors/key_placement.h"
#include "connectors/spill_file.h"
#include "operators/signal_stage.h"

namespace vigia {
namespace {

constexpr std::size_t largest_queue_bytes = std::size_t{128} << 20;
constexpr std::size_t signal_queue_bytes = std::size_t{8} << 20;
constexpr std::uint64_t signal_budget_share = 8;  // of the memory budget one part
constexpr std::uint64_t triage_budget_share = 8;
constexpr std::size_t triage_queue_bytes = std::size_t{8} << 20;
// How far the clock of the second stage lags behind the wall: what the first stage says as of a moment, on any partition
// and in any process, has come by then, and is told together.
constexpr TimeMs settle_ms = 10'000;

// A first stage in this process.
struct First {
  First(StagePart own, ConfigurationTopic& topic, const LoadedStage& loaded, VersionedTasks::MakeTask make)
      : part(std::move(own)), placements(part.sources), tasks(topic, loaded, std::move(make)) {}

  StagePart part;
  std::mutex placements_mutex;
  KeyPlacements placements;
  std::int32_t placed_partitions = 0;
  VersionedTasks tasks;
  std::unique_ptr<RunningStage> running;  // last: it uses the others
};

// The stages of a pipeline in this process: the first ones side by side, where a rule needs it that of signals behind them, and
// triage behind all.
class Service {
 public:
  // `read_off`: what to do instead of running until a stop; null: nothing else.
  Service(const LoadedStage& loaded, unsigned threads, const ServiceHooks& hooks, const ReadOff* read_off = nullptr)
      : loaded_(loaded),
        hooks_(hooks),
        read_off_(read_off),
        config_(loaded.stage),
        threads_(std::max(1U, threads)),
        stores_(loaded.pipeline),
        topic_(configuration_options(loaded.pipeline, log_kafka)),
        reload_(loaded, topic_),
        commands_(loaded.pipeline, log_kafka),
        signal_tasks_(topic_, loaded, [this](const StageRules& rules) { return make_second_task(rules); }),
        triage_tasks_(topic_, loaded, [this](const StageRules& rules) { return make_triage(rules); }) {
    for (StagePart& part : parts_of(loaded)) {
      const auto at = firsts_.size();
      const auto make = [this, at](const StageRules& rules) { return make_task(*firsts_[at], rules); };
      firsts_.push_back(std::make_unique<First>(std::move(part), topic_, loaded, make));
    }
  }

  ServiceResult run() {
    ServiceResult result;
    result.status = open();
    if (result.status.ok())
      result.status = read_off_ == nullptr ? live() : in_arena(threads_, *firsts_.front()->running);
    for (const auto& first : firsts_) {
      if (!first->running) continue;
      result.account += first->running->account();
      result.unlisted += first->running->unlisted();
      result.revisions += first->running->revisions();
    }
    if (signals_) result.revisions += signals_->revisions();
    if (triage_) result.revisions += triage_->revisions();
    return result;
  }

  [[nodiscard]] bool is_read() const { return is_read_; }

 private:
  Status open() {
    const std::string& directory = loaded_.pipeline.state_directory;
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return Status::of(Fault::storage, fmt::format("state directory {}: {}", directory, error.message()));
    if (Status status = read_instance_name(directory, instance_); !status.ok()) return status;
    std::int32_t partitions = 1;
    for (const auto& first : firsts_) {
      first->running = std::make_unique<RunningStage>(loaded_.pipeline, first_stage(*first));
      if (Status status = first->running->connect(); !status.ok() || stopping()) return status;
      partitions = std::max(partitions, first->running->task_count());
      if (read_off_ != nullptr) break;
    }
    if (has_signals() && read_off_ == nullptr) {
      signals_ = std::make_unique<RunningStage>(loaded_.pipeline, signal_stage(partitions));
      if (Status status = signals_->connect(); !status.ok() || stopping()) return status;
      partitions = std::max(partitions, signals_->task_count());
    }
    if (read_off_ == nullptr) {
      triage_ = std::make_unique<RunningStage>(loaded_.pipeline, triage_stage(partitions));
      if (Status status = triage_->connect(); !status.ok() || stopping()) return status;
      if (Status status = check_triage_partitions(loaded_, triage_->task_count()); !status.ok()) return status;
      partitions = std::max(partitions, triage_->task_count());
    }
    for (const auto& first : firsts_) {
      if (!first->running) continue;
      if (Status status = first->running->begin(partitions); !status.ok() || stopping()) return status;
    }
    if (signals_) {
      if (Status status = signals_->begin(partitions); !status.ok() || stopping()) return status;
    }
    return triage_ ? triage_->begin(partitions) : Status::good();
  }

  [[nodiscard]] bool has_signals() const { return needs_signal_stage(config_); }
  [[nodiscard]] std::uint64_t triage_budget() const {
    return loaded_.pipeline.memory_budget_bytes / triage_budget_share;
  }
  [[nodiscard]] std::uint64_t signal_budget() const {
    return has_signals() ? loaded_.pipeline.memory_budget_bytes / signal_budget_share : 0;
  }

  StageSpec first_stage(First& first) {
    const Pipeline& pipeline = loaded_.pipeline;
    const OutputSpec& outputs = pipeline.outputs;
    const bool is_foremost = &first == firsts_.front().get();
    StageSpec spec;
    spec.name = first.part.stage->name;
    spec.suffix = first.part.stage->suffix;
    spec.instance = instance_;
    spec.directory = first.part.directory;
    spec.topics = first.part.topics;
    spec.outputs = {outputs.alerts, outputs.dead_letters, outputs.too_late};
    if (read_off_ != nullptr) spec.outputs.push_back(outputs.triage);  // else the stage that reads it sees to it
    const auto share_bytes = pipeline.memory_budget_bytes / firsts_.size();
    spec.queue_bytes = std::min<std::size_t>(largest_queue_bytes, share_bytes / 4);
    // What the source holds ahead is bounded by itself: its bound is set aside.
    const auto others_bytes = (signal_budget() + triage_budget()) / firsts_.size();
    spec.memory_budget_bytes = share_bytes - spec.queue_bytes - others_bytes;
    spec.source_silence_ms = pipeline.source_silence_ms;
    spec.signals = outputs.signals;  // another instance may run the second stage
    spec.configurations = &first.tasks;
    spec.can_repartition = can_repartition(loaded_);
    if (is_foremost) {
      spec.open_configurations = [this] { return open_configurations(); };
      spec.follow = [this] { return follow_configuration(); };
    }
    if (hooks_.tick) {
      const auto number = static_cast<std::size_t>(
          std::ranges::find_if(firsts_, [&](const auto& one) { return one.get() == &first; }) - firsts_.begin());
      spec.tick = [this, number](const EpochRunner& runner) { hooks_.tick(number, runner); };
    }
    spec.inspect = [this, &first](auto records, std::int32_t tasks) { return inspect(first, records, tasks); };
    spec.stop = [this] { return stopping(); };
    spec.alert = alert_hook();
    if (read_off_ != nullptr) {
      spec.first_partitions = read_off_->partitions;
      spec.tick = [this](const EpochRunner& runner) { is_read_ = runner.task_count() > 0 && runner.lag() == 0; };
    }
    return spec;
  }

  // It goes on until the first stages have come to their end.
  StageSpec signal_stage(std::int32_t partitions) {
    const Pipeline& pipeline = loaded_.pipeline;
    StageSpec spec;
    spec.name = signal_stage_name;
    spec.suffix = signal_group_suffix;
    spec.instance = instance_;
    spec.directory = signal_directory(pipeline.state_directory);
    spec.topics = {pipeline.outputs.signals};
    spec.outputs = {pipeline.outputs.alerts, pipeline.outputs.dead_letters};
    spec.signals = pipeline.outputs.signals;  // incidents that correlations are about
    spec.create_partitions = partitions;
    spec.queue_bytes = std::min<std::size_t>(signal_queue_bytes, signal_budget() / 2);
    spec.memory_budget_bytes = signal_budget() - spec.queue_bytes;
    spec.configurations = &signal_tasks_;
    spec.wall_ms = [] { return wall_now_ms() - settle_ms; };
    spec.tick = hooks_.signal_tick;
    spec.stop = [this] { return firsts_are_done_ || (!running_ && stopping()); };
    spec.alert = alert_hook();
    return spec;
  }

  // It goes on until all others have come to their end.
  StageSpec triage_stage(std::int32_t partitions) {
    const Pipeline& pipeline = loaded_.pipeline;
    const OutputSpec& outputs = pipeline.outputs;
    StageSpec spec;
    spec.name = triage_stage_name;
    spec.suffix = triage_group_suffix;
    spec.instance = instance_;
    spec.directory = triage_directory(pipeline.state_directory);
    spec.topics = triage_topics(loaded_);
    spec.outputs = {outputs.alerts, outputs.dead_letters};
    if (!loaded_.command_topics.empty()) spec.outputs.push_back(outputs.replies);
    spec.tables = {outputs.alert_state};
    spec.create_partitions = triage_partitions(pipeline, partitions);
    spec.queue_bytes = std::min<std::size_t>(triage_queue_bytes, triage_budget() / 2);
    spec.memory_budget_bytes = triage_budget() - spec.queue_bytes;
    spec.is_triage = true;
    spec.configurations = &triage_tasks_;
    spec.stop = [this] { return others_are_done_ || (!running_ && stopping()); };
    spec.alert = alert_hook();
    return spec;
  }

  std::function<void(const Alert&)> alert_hook() {
    if (!hooks_.alert) return {};
    return [this](const Alert& alert) {
      const std::lock_guard lock(hook_mutex_);
      hooks_.alert(alert);
    };
  }

  // Tasks run side by side; only threads beyond their number are spread over the shards of one.
  std::unique_ptr<Task> make_task(const First& first, const StageRules& rules) {
    const auto tasks = static_cast<unsigned>(std::max(1, first.running->task_count()));
    auto config = config_of(*first.part.stage, under(rules, config_));
    config.threads = (threads_ + tasks - 1) / tasks;
    config.spill = spill_files(spill_directory(first.part.directory));
    for (std::size_t topic = 0; topic < config.sources.size(); ++topic)
      config.sources[topic].placement = first.placements.of(topic);
    return first.part.stage->make_task(config);
  }

  std::unique_ptr<Task> make_second_task(const StageRules& rules) {
    return make_signal_task(under(rules, config_), loaded_.pipeline.clock == ClockMode::records);
  }

  std::unique_ptr<Task> make_triage(const StageRules& rules) {
    const auto bytes_max = triage_budget() / 2;  // the rest is for what is read ahead, and snapshots
    return make_triage_task(under(rules, config_), loaded_, triage_->task_count(), bytes_max);
  }

  Status open_configurations() {
    if (Status status = topic_.open(); !status.ok()) return status;
    if (Status status = topic_.check(loaded_.pipeline.create_topics); !status.ok()) return status;
    return reload_.begin();
  }

  // To what others have announced, and to what somebody asks for here.
  Status follow_configuration() {
    topic_.poll();
    reload_is_due_ |= take_reload_request() || commands_.take_request();
    if (!reload_is_due_) return Status::good();
    Status status = reload_.again();
    reload_is_due_ = !status.ok();
    return status;
  }

  // Before the first records, and again after each start, when the number of partitions is known. Those of standby copies
  // come on another thread.
  Status inspect(First& first, std::span<const InputRecord> records, std::int32_t tasks) {
    const std::lock_guard lock(first.placements_mutex);
    if (first.placed_partitions != tasks) {
      first.placed_partitions = tasks;
      const std::string file = first.part.directory + "/partitioners";
      if (Status status = first.placements.open(file, tasks); !status.ok()) return status;
    }
    if (Status status = first.placements.observe(records); !status.ok() || read_off_ == nullptr) return status;
    return read_off_->inspect(records);
  }

  // Each stage has a thread of its own; the foremost has this one. When one has come to its end, so do all.
  Status live() {
    if (stopping()) return Status::good();  // while it waited for brokers
    running_ = true;
    commands_.start();
    // After a crash the store takes a while to open, and the stages need not wait for it.
    std::future<Status> following = std::async(std::launch::async, [this] {
      Status status = stores_.start();
      cannot_follow_ = !status.ok();
      return status;
    });
    Status second;
    std::thread thread;
    if (signals_) {
      thread = std::thread([&] {
        second = in_arena(1, *signals_);
        one_is_done_ = true;
      });
    }
    Status third;
    std::thread triage_thread([&] {
      third = in_arena(1, *triage_);
      one_is_done_ = true;
    });
    Status first = live_firsts();
    firsts_are_done_ = true;
    if (thread.joinable()) thread.join();
    others_are_done_ = true;
    triage_thread.join();
    Status followed = following.get();
    if (!first.ok()) return first;
    if (!second.ok()) return second;
    if (!third.ok()) return third;
    if (followed.ok()) stores_.catch_up();
    return followed;
  }

  Status live_firsts() {
    std::vector<Status> statuses(firsts_.size());
    const auto live = [&](std::size_t i) {
      statuses[i] = in_arena(threads_, *firsts_[i]->running);
      one_is_done_ = true;
    };
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < firsts_.size(); ++i) threads.emplace_back(live, i);
    live(0);
    for (std::thread& thread : threads) thread.join();
    const auto failed = std::ranges::find_if(statuses, [](const Status& status) { return !status.ok(); });
    return failed == statuses.end() ? Status::good() : *failed;
  }

  static Status in_arena(unsigned threads, RunningStage& stage) {
    tbb::task_arena arena(static_cast<int>(threads));
    return arena.execute([&] { return stage.live(); });
  }

  [[nodiscard]] bool stopping() const {
    return is_read_ || one_is_done_ || cannot_follow_ || stop_requested() || (hooks_.stop && hooks_.stop());
  }

  const LoadedStage& loaded_;
  const ServiceHooks& hooks_;
  const ReadOff* read_off_;
  StageConfig config_;
  unsigned threads_;
  StoreFollowers stores_;
  std::string instance_;
  ConfigurationTopic topic_;
  Reload reload_;
  ReloadCommands commands_;
  bool reload_is_due_ = false;
  VersionedTasks signal_tasks_, triage_tasks_;
  std::mutex hook_mutex_;
  std::atomic<bool> running_ = false;  // all stages are: the later wait for the earlier
  std::atomic<bool> is_read_ = false;
  std::atomic<bool> firsts_are_done_ = false, others_are_done_ = false, one_is_done_ = false, cannot_follow_ = false;
  std::vector<std::unique_ptr<First>> firsts_;  // last: they use the others
  std::unique_ptr<RunningStage> signals_, triage_;
};

}  // namespace

std::string snapshot_directory(const std::string& state_directory) { return state_directory + "/snapshots"; }
std::string signal_directory(const std::string& state_directory) { return state_directory + "/signals"; }
std::string triage_directory(const std::string& state_directory) { return state_directory + "/triage"; }
std::string spill_directory(const std::string& state_directory) { return state_directory + "/spill"; }

ServiceResult run_service(const LoadedStage& loaded, unsigned threads, const ServiceHooks& hooks) {
  return Service(loaded, threads, hooks).run();
}

ServiceResult read_off(const LoadedStage& loaded, unsigned threads, const ReadOff& what, bool& is_read) {
  const ServiceHooks hooks;
  Service service(loaded, threads, hooks, &what);
  ServiceResult result = service.run();
  is_read = service.is_read();
  return result;
}

}  // namespace vigia
