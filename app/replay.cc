#include "app/replay.h"

#include <utility>
#include <vector>

#include "app/task_images.h"
#include "engine/stage_clock.h"

namespace vigia {
namespace {

// One replay under way.
class Replay {
 public:
  Replay(const std::function<std::unique_ptr<Task>()>& make_task, AlertSink& alerts, DeadLetters* letters,
         std::span<const std::string> topics, const ReplayOptions& options)
      : make_task_(make_task),
        alerts_(alerts),
        letters_(letters),
        topics_(topics),
        options_(options),
        task_(make_task()) {}

  Status apply(std::span<const InputRecord> records, TimeMs until_ms) {
    clocks_.clear();
    for (const InputRecord& record : records)
      clocks_.push_back(clock_.take(record.broker_ms, never_ms, never_ms).clock_ms);
    clock_.set(until_ms);
    const EpochResult result = task_->process(records, clocks_, clock_.clock_ms());
    result_.account += result.account;
    result_.unlisted += result.unlisted;
    result_.alerts += result.alerts.size();
    if (Status status = alerts_.write(result.alerts); !status.ok()) return status;
    if (options_.states != nullptr) {
      if (Status status = options_.states->write(result.states); !status.ok()) return status;
    }
    if (letters_ != nullptr && !result.rejected.empty()) {
      if (Status status = letters_->write(result.rejected, topics_); !status.ok()) return status;
    }
    if (options_.progress) options_.progress(result_.account);
    ++epochs_;
    return options_.restart_every > 0 && epochs_ % options_.restart_every == 0 ? restart() : Status::good();
  }

  Status flush() {
    Status status = alerts_.flush();
    if (status.ok() && options_.states != nullptr) status = options_.states->flush();
    return status.ok() && letters_ != nullptr ? letters_->flush() : status;
  }

  [[nodiscard]] ReplayResult finish(Status status) {
    result_.status = std::move(status);
    return std::move(result_);
  }

 private:
  // As after a crash: everything is collected once, then only what changed.
  Status restart() {
    images_.collect(*task_, false);
    task_ = make_task_();
    return images_.restore(*task_);
  }

  const std::function<std::unique_ptr<Task>()>& make_task_;
  AlertSink& alerts_;
  DeadLetters* letters_;
  std::span<const std::string> topics_;
  const ReplayOptions& options_;
  std::unique_ptr<Task> task_;
  TaskImages images_;
  StageClock clock_{StageClock::Mode::records, 0};
  std::vector<TimeMs> clocks_;
  ReplayResult result_;
  std::size_t epochs_ = 0;
};

}  // namespace

ReplayResult replay(RecordSource& source, const std::function<std::unique_ptr<Task>()>& make_task, AlertSink& alerts,
                    DeadLetters* letters, std::span<const std::string> topics, const ReplayOptions& options) {
  Replay run(make_task, alerts, letters, topics, options);
  RecordBatch batch;
  PollLimits limits;
  limits.records = options.batch;
  limits.bytes = SIZE_MAX;  // an epoch is a number of lines, whatever their size
  while (!source.finished()) {
    if (Status status = source.poll(batch, limits); !status.ok()) {
      (void)run.flush();  // what was found before the bad line stays of use
      return run.finish(std::move(status));
    }
    if (batch.records.empty()) continue;
    if (Status status = run.apply(batch.records, 0); !status.ok()) return run.finish(std::move(status));
  }
  if (options.until_ms) {
    if (Status status = run.apply({}, *options.until_ms); !status.ok()) return run.finish(std::move(status));
  }
  return run.finish(run.flush());
}

}  // namespace vigia
