#include "app/report_input.h"

#include <map>
#include <thread>
#include <utility>

#include "app/replay.h"
#include "app/stage_loading.h"
#include "connectors/alert_sink.h"
#include "connectors/file_source.h"
#include "connectors/kept_event.h"
#include "operators/signal_stage.h"

namespace vigia {
namespace {

class StoreSink : public AlertSink {
 public:
  explicit StoreSink(AlertStore& store) : store_(store) {}
  [[nodiscard]] Status write(std::span<const Alert> alerts) override { return store_.write(alerts); }
  [[nodiscard]] Status flush() override { return Status::good(); }

 private:
  AlertStore& store_;
};

// What the replay reads goes to the record store as well.
class KeepingSource : public RecordSource {
 public:
  KeepingSource(FileSource& files, const LoadedStage& loaded, RecordStore& store)
      : files_(files), sources_(loaded.sources), events_(loaded.pipeline), store_(store) {
    for (SourceSpec& source : sources_) source.format = RecordFormat::json;  // a line holds JSON, whatever its topic
  }

  [[nodiscard]] Status open(std::span<const PartitionOffset> from) override { return files_.open(from); }
  [[nodiscard]] std::int32_t partition_count() const override { return files_.partition_count(); }
  [[nodiscard]] bool finished() const override { return files_.finished(); }
  void close() override { files_.close(); }
  [[nodiscard]] std::uint64_t queued_bytes() const override { return files_.queued_bytes(); }

  [[nodiscard]] Status poll(RecordBatch& batch, const PollLimits& limits) override {
    if (Status status = files_.poll(batch, limits); !status.ok()) return status;
    std::vector<KeptEvent> kept;
    for (const InputRecord& record : batch.records) {
      const SourceSpec& source = sources_[record.topic.value];
      if (!is_kept(source.stream)) continue;
      (void)events_.read(source, record, [&](const KeptEvent& event) { kept.push_back(event); });
    }
    return store_.write(kept);
  }

 private:
  FileSource& files_;
  std::vector<SourceSpec> sources_;
  KeptEventReader events_;
  RecordStore& store_;
};

}  // namespace

Status fill_stores(const std::string& config, const ReportInput& input, AlertStore& alerts, RecordStore& records) {
  auto loaded = load_stage(config);
  if (!loaded) return Status::of(Fault::refused, "the pipeline has errors");
  loaded->stage.threads = std::max(1U, std::thread::hardware_concurrency());
  for (auto& source : loaded->stage.sources) source.format = PayloadFormat::json;
  FileSource files({input.paths, loaded->topics, 1});
  KeepingSource source(files, *loaded, records);
  if (Status status = source.open({}); !status.ok()) return status;
  StoreSink sink(alerts);
  ReplayOptions options;
  options.until_ms = input.until_ms;
  return replay(
             source, [&] { return make_whole_task(loaded->stage); }, sink, nullptr, loaded->topics, options)
      .status;
}

}  // namespace vigia
