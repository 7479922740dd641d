// Snapshots of all stages in every format that there ever was, as the version of their time has written them: each loads, and
// what follows is told as by tasks that never stopped. Of a new format: a folder with the files of another and without its
// snapshots; VIGIA_UPDATE=1 writes those that are not there, and never anew what is.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <map>
#include <span>

#include "app/account_text.h"
#include "app/stage_loading.h"
#include "app/triage_stage.h"
#include "connectors/file_source.h"
#include "connectors/snapshot_store.h"
#include "engine/signal_record.h"
#include "operators/signal_stage.h"
#include "schemas/json_writer.h"
#include "tests/connectors/temp_directory.h"

namespace vigia {
namespace {

constexpr TimeMs day_ms = 24 * 3'600'000LL;

std::string packed(const Alert& alert) {
  flatbuffers::FlatBufferBuilder builder;
  schema::FinishAlertBuffer(builder, schema::Alert::Pack(builder, &alert));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

// The stages of a pipeline, each a task of its own, as when it runs.
class Stages {
 public:
  explicit Stages(const LoadedStage& loaded) {
    for (StagePart& part : parts_of(loaded)) {
      const auto& stage = *part.stage;
      tasks_[std::string(stage.name) + "/0"] = stage.make_task(config_of(stage, loaded.stage));
      topics_.emplace_back(stage.name, part.topics);
    }
    tasks_["signals/0"] = make_signal_task(loaded.stage, true);
    tasks_["triage/0"] = make_triage_task(loaded.stage, loaded, 1);
    command_topics_ = loaded.command_topics;
  }

  // Applies a file as one epoch, and what it gives to the stages behind; then a day passes, if it is to. What is told and
  // counted, as lines by stage.
  std::map<std::string, std::string> apply(const std::string& file, bool a_day_passes) {
    told_.clear();
    result_ = {};
    for (const auto& [stage, topics] : topics_) step(stage + "/0", read(file, topics), a_day_passes);
    step("signals/0", signals(), a_day_passes);
    step("triage/0", states(file), a_day_passes);
    return told_;
  }

  void write(SnapshotStore& store) {
    for (const auto& [name, task] : tasks_) {
      TaskSnapshot snapshot{.head = {.task = name, .epoch = 1, .clock_ms = clocks_ms_[name]}, .all = true, .keys = {}};
      task->snapshot(
          true, [&](KeyImage&& image) { snapshot.keys.push_back(std::move(image)); }, snapshot.head.meta);
      const Status status = store.write(snapshot);
      ASSERT_TRUE(status.ok()) << status.text;
    }
  }
  void restore(const SnapshotStore& store) {
    for (const auto& [name, task] : tasks_) {
      std::optional<SnapshotHead> head;
      const Status status = store.restore(name, *task, head);
      ASSERT_TRUE(status.ok()) << name << ": " << status.text;
      ASSERT_TRUE(head) << name;
      EXPECT_TRUE(task->total_account().adds_up()) << name;
      std::uint64_t keys = 0;
      ASSERT_TRUE(store.keys(name, [&](auto, auto) { return ++keys, std::string(); }).ok());
      EXPECT_GT(keys, 0U) << name;
    }
  }

 private:
  struct Epoch {
    std::vector<RecordBatch> batches;                      // that hold the bytes
    std::vector<std::pair<std::string, std::string>> own;  // or these: key and value
    std::vector<InputRecord> records;
  };

  static Epoch read(const std::string& file, const std::vector<std::string>& topics) {
    Epoch epoch;
    FileSource source({{file}, topics, 1});
    EXPECT_TRUE(source.open({}).ok());
    while (!source.finished()) {
      auto& batch = epoch.batches.emplace_back();
      EXPECT_TRUE(source.poll(batch, {}).ok());
      epoch.records.insert(epoch.records.end(), batch.records.begin(), batch.records.end());
    }
    return epoch;
  }
  Epoch signals() {
    Epoch epoch;
    epoch.own.reserve(result_.signals.size());
    for (const Signal& signal : result_.signals) {
      const auto& [key, value] = epoch.own.emplace_back(record_key(signal), record_value(signal));
      epoch.records.push_back({TopicIndex{0}, PartitionId{0}, Offset{0}, signal.broker_ms, key, value});
    }
    return epoch;
  }
  Epoch states(const std::string& file) {
    Epoch epoch = read(file, command_topics_);
    for (InputRecord& command : epoch.records) ++command.topic.value;
    epoch.own.reserve(result_.alerts.size());
    std::vector<InputRecord> alerts;
    for (const Alert& alert : result_.alerts) {
      const auto& [key, value] = epoch.own.emplace_back(alert.alert_id, packed(alert));
      alerts.push_back({TopicIndex{0}, PartitionId{0}, Offset{0}, alert.detected_ms, key, value});
    }
    epoch.records.insert(epoch.records.begin(), alerts.begin(), alerts.end());
    return epoch;
  }

  void step(const std::string& name, const Epoch& epoch, bool a_day_passes) {
    std::vector<TimeMs> clocks;
    auto& clock_ms = clocks_ms_.try_emplace(name, no_time_ms).first->second;
    for (const InputRecord& record : epoch.records) clocks.push_back(clock_ms = std::max(clock_ms, record.broker_ms));
    take(name, tasks_[name]->process(epoch.records, clocks, clock_ms));
    if (a_day_passes) take(name, tasks_[name]->process({}, {}, clock_ms + 2 * day_ms));
  }
  void take(const std::string& name, EpochResult result) {
    EXPECT_TRUE(result.rejected.empty()) << name << ": " << result.rejected.front().reason;
    auto& lines = told_[name];
    for (const auto* alerts : {&result.alerts, &result.states}) {
      for (const Alert& alert : *alerts) {
        json::append_json(alert, lines);
        lines += '\n';
      }
    }
    for (const CommandReply& reply : result.replies) {
      json::append_json(reply, lines);
      lines += '\n';
    }
    lines += account_json(result.account) + '\n';
    std::ranges::move(result.alerts, std::back_inserter(result_.alerts));
    std::ranges::move(result.signals, std::back_inserter(result_.signals));
  }

  std::map<std::string, std::unique_ptr<Task>> tasks_;
  std::vector<std::pair<std::string, std::vector<std::string>>> topics_;  // of the first stages
  std::vector<std::string> command_topics_;
  std::map<std::string, TimeMs> clocks_ms_;  // of the stages
  EpochResult result_;                       // of the file, for the stages behind
  std::map<std::string, std::string> told_;  // of the file
};

class StoredStages : public testing::TestWithParam<const char*> {
 protected:
  [[nodiscard]] std::string file(const char* name) const { return (format_ / name).string(); }

  // Into `store`, of what is stored a copy.
  void open(SnapshotStore& store, const std::string& application) {
    std::filesystem::copy(format_ / "snapshots", dir_ / "snapshots");
    const Status opened = store.open(dir_ / "snapshots", application);
    ASSERT_TRUE(opened.ok()) << opened.text;
  }
  // Of a format that is new.
  void write(Stages& stages, const std::string& application) {
    SnapshotStore store;
    const Status opened = store.open(file("snapshots"), application);
    ASSERT_TRUE(opened.ok()) << opened.text;
    stages.write(store);
    store.close();
    for (const char* name : {"LOG", "LOCK"}) std::filesystem::remove(format_ / "snapshots" / name);
  }

  const std::filesystem::path format_ =
      std::filesystem::path(VIGIA_SOURCE_DIR) / "tests" / "app" / "formats" / GetParam();
  test::TempDirectory dir_;
};

TEST_P(StoredStages, GoOnAsIfTheyHadNeverStopped) {
  const auto loaded = load_stage(file("pipeline.yaml"));
  ASSERT_TRUE(loaded);
  Stages never_stopped(*loaded);
  never_stopped.apply(file("before.jsonl"), false);
  if (std::getenv("VIGIA_UPDATE") != nullptr && !std::filesystem::exists(format_ / "snapshots"))
    write(never_stopped, loaded->pipeline.application);
  const auto expected = never_stopped.apply(file("after.jsonl"), true);

  SnapshotStore store;
  ASSERT_NO_FATAL_FAILURE(open(store, loaded->pipeline.application));
  Stages restored(*loaded);
  ASSERT_NO_FATAL_FAILURE(restored.restore(store));
  EXPECT_EQ(restored.apply(file("after.jsonl"), true), expected);
  const auto forgotten = Stages(*loaded).apply(file("after.jsonl"), true);
  for (const auto& [stage, lines] : expected) {
    EXPECT_NE(lines.find("alert_id"), std::string::npos) << stage << " has nothing to tell";
    EXPECT_NE(forgotten.at(stage), lines) << stage << " tells the same from nothing";
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, StoredStages, testing::Values("snapshot-3"));

}  // namespace
}  // namespace vigia
