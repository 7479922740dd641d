// A recording of real vehicles through the real broker: what comes out is what a plain replay finds.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "broker_fixture.h"
#include "connectors/kafka_fetch_watch.h"
#include "schemas/json_reader.h"
#include "tests/recordings/recording.h"
#include "tests/reference/engine_run.h"
#include "tests/reference/reference.h"
#include "tests/reference/replay_process.h"
#include "vigia_process.h"

namespace vigia::test {
namespace {

constexpr std::int32_t partitions = 3;
constexpr TimeMs patience_ms = 180'000;

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

class RecordingTest : public BrokerFixture {
 protected:
  void SetUp() override {
    BrokerFixture::SetUp();
    const auto found = recordings::find_recording("wmata_avl_gtfs");
    if (!found) GTEST_SKIP() << "the recording is not beside the project (../shared/data/wmata_avl_gtfs)";
    if (found) folder_ = *found;
  }

  // The same recording with topics, application and broker of its own.
  recordings::Recording read(const std::vector<recordings::Bus>& buses, double half_width_m, int confirmations) {
    auto recording = recordings::read_wmata(folder_, buses, half_width_m, confirmations, directory_);
    name_ = unique("wmata");
    std::string pipeline = reference::read_file(recording.pipeline);
    replace_all(pipeline, "application: recording", "application: " + name_ + "\ndelivery: exactly_once");
    replace_all(pipeline, "\"localhost:9092\"", fmt::format("\"{}\", create_topics: true", bootstrap()));
    replace_all(pipeline, "directory: state", "directory: state-" + name_);
    replace_all(pipeline, "vigia.alerts", name_ + ".alerts");
    for (const std::string topic : {"seal.events", "trip.events"}) {
      replace_all(pipeline, topic, name_ + "." + topic);
      kafka().create_topic(name_ + "." + topic, partitions);
      std::vector<KafkaRecord> records;
      for (auto& line : recording.lines) {
        if (line.topic != topic) continue;
        line.topic = name_ + "." + topic;
        records.push_back({.key = line.key, .value = line.value, .headers = {}, .timestamp_ms = line.timestamp_ms});
      }
      kafka().produce(name_ + "." + topic, records);
    }
    recording.pipeline = directory_.write("kafka.yaml", pipeline);
    return recording;
  }

  [[nodiscard]] std::int64_t committed() {
    std::int64_t total = 0;
    for (const auto* topic : {".seal.events", ".trip.events"}) {
      for (const auto& [partition, offset] : kafka().committed(name_, name_ + topic, partitions))
        total += std::max<std::int64_t>(offset, 0);
    }
    return total;
  }

  // Runs until everything is read and stops; the alerts that the topic has then.
  std::vector<reference::ReferenceAlert> run(const recordings::Recording& recording) {
    const std::string log = directory_.write("run.log", "");
    VigiaProcess process({"run", "--config", recording.pipeline, "--threads", "2"}, log);
    const TimeMs deadline_ms = wall_clock_ms() + patience_ms;
    const auto all = static_cast<std::int64_t>(recording.lines.size());
    while (committed() < all && wall_clock_ms() < deadline_ms) {
    }
    EXPECT_EQ(committed(), all) << process.log();
    EXPECT_EQ(process.terminate(), 0) << process.log();
    EXPECT_NE(process.log().find(fmt::format("\"applied\":{}", all)), std::string::npos) << process.log();
    std::vector<Alert> revisions;
    json::Reader reader;
    for (const auto& record : kafka().read_all(name_ + ".alerts")) {
      const auto read = reader.read_alert(*record.value, revisions.emplace_back());
      EXPECT_TRUE(read.error.empty()) << read.error;
    }
    return harness::comparable(harness::final_alerts(revisions));
  }

  void expect_as_replayed(const std::vector<recordings::Bus>& buses, double half_width_m, int confirmations,
                          std::size_t episodes) {
    const auto recording = read(buses, half_width_m, confirmations);
    const auto found = run(recording);
    EXPECT_EQ(found.size(), episodes);
    const auto replayed =
        harness::run_replay(VIGIA_BINARY, recording.pipeline, recording.lines, {}, "--quiet", directory_);
    ASSERT_EQ(replayed.exit_code, 0);
    EXPECT_EQ(reference::difference(harness::comparable(harness::final_alerts(replayed.revisions)), found,
                                    {.with_status = true, .with_trip = true}),
              "");
  }

  std::string folder_, name_;
  harness::TempDir directory_;
};

const std::vector<recordings::Bus> own_routes = {{"3T", "3T"}, {"5A", "5A"}, {"S2", "S2"}};

// The numbers of episodes are derived in tests/recordings/recordings_test.cc.
TEST_F(RecordingTest, WmataWithItsOwnCorridors) {
  expect_as_replayed(own_routes, 100, 1, 3);
  expect_as_replayed(own_routes, 100, 2, 2);
}

TEST_F(RecordingTest, WmataWithinFiveHundredMetres) { expect_as_replayed(own_routes, 500, 1, 0); }

TEST_F(RecordingTest, WmataOnAnotherRoutesShapes) { expect_as_replayed({{"3T", "5A"}}, 100, 1, 2); }

}  // namespace
}  // namespace vigia::test
