// A source in the format of another system, in the stage that reads it.
#include <gtest/gtest.h>

#include "connectors/formats.h"
#include "operators/seal_stage.h"

namespace vigia {
namespace {

constexpr TimeMs now_ms = 1'644'221'416'000;

constexpr std::string_view alarm =
    R"({"event":{"id":173,"attributes":{"alarm":"sos"},"deviceId":5,"type":"alarm",)"
    R"("eventTime":"2022-02-07T08:10:15.992+00:00"},"device":{"id":5,"uniqueId":"861585043200862"}})";
constexpr std::string_view offline =
    R"({"event":{"id":174,"type":"deviceOffline","eventTime":"2022-02-07T08:10:15.992+00:00"},)"
    R"("device":{"id":5,"uniqueId":"861585043200862"}})";
constexpr std::string_view nonsense = R"({"seal_id":"861585043200862","device_time_ms":1644221415992})";

// Where a producer that spreads by the first character puts its keys.
class ByFirstCharacter : public KeyPlacement {
 public:
  ByFirstCharacter() {
    partitions_ = 2;
    partition_of_ = [](std::string_view key, std::int32_t partitions) { return (key[0] - '0') % partitions; };
  }
  [[nodiscard]] std::string problem(std::string_view key, PartitionId) const override {
    return std::string(key) + " belongs elsewhere";
  }
};

class ForeignSource : public testing::Test {
 protected:
  std::unique_ptr<Task> task(std::shared_ptr<const KeyPlacement> placement = nullptr) const {
    StageConfig config;
    config.application = "test";
    config.sources = {{"positions", StreamId::seal, PayloadFormat::json, std::move(placement), adapt_traccar}};
    RuleSpec panic;
    panic.id = panic.kind = "panic";
    panic.scope = Scope::always;
    config.rules = {panic};
    config.site = std::make_shared<const SiteModel>(SiteModelBuilder().build());
    return make_seal_task(config);
  }

  // As the record that comes next, keyed by Traccar's own number of the device.
  static InputRecord record(std::string_view value, int offset, std::string_view key = "5") {
    InputRecord one;
    one.broker_ms = now_ms;
    one.offset = Offset{offset};
    one.key = key;
    one.value = value;
    return one;
  }
  EpochResult process(Task& task, std::vector<InputRecord> records) {
    records_ = std::move(records);
    const std::vector<TimeMs> clocks(records_.size(), now_ms);
    return task.process(records_, clocks, now_ms);
  }

  std::vector<InputRecord> records_;  // of the last epoch: what was rejected points there
};

TEST_F(ForeignSource, IsJudgedByTheIdAndTimeInIt) {
  const auto seals = task();
  const auto result = process(*seals, {record(alarm, 7)});
  ASSERT_EQ(result.alerts.size(), 1U);
  EXPECT_EQ(result.alerts[0].kind, "panic");
  EXPECT_EQ(result.alerts[0].subject_id, "861585043200862");
  EXPECT_EQ(result.alerts[0].start_ms, 1'644'221'415'992);
  ASSERT_EQ(result.alerts[0].evidence.size(), 1U);
  EXPECT_EQ(result.alerts[0].evidence[0]->offset, 7);
}

TEST_F(ForeignSource, AccountLawWhatTellsOfNoEventHasNoPlaceInIt) {
  const auto seals = task();
  InputRecord tombstone = record({}, 4);
  tombstone.is_tombstone = true;
  const auto result =
      process(*seals, {record(alarm, 0), record(offline, 1), record(alarm, 2), record(nonsense, 3), tombstone});
  const Account& account = result.account;
  EXPECT_TRUE(account.adds_up());
  EXPECT_EQ(account.applied, 1U);
  EXPECT_EQ(account.duplicate, 1U);
  EXPECT_EQ(account.unreadable, 2U);
  EXPECT_EQ(account.dead_letter, 2U);
  EXPECT_EQ(account.decoded, 2U);
  ASSERT_EQ(result.rejected.size(), 2U);
  EXPECT_EQ(result.rejected[0].record->value, nonsense) << "a dead letter has the bytes that came";
  EXPECT_EQ(result.rejected[0].reason, "no \"device\" with a \"position\" or an \"event\", as Traccar forwards them");
  EXPECT_EQ(result.rejected[1].reason, "0 bytes, expected a JSON object");
}

// Key 5 is in its partition, but the seal it speaks of belongs to the other one.
TEST_F(ForeignSource, IsWhereItsIdBelongsOrADeadLetter) {
  const auto seals = task(std::make_shared<ByFirstCharacter>());
  InputRecord misplaced = record(alarm, 0);
  misplaced.partition = PartitionId{1};
  const auto result = process(*seals, {misplaced, record(alarm, 1, "861585043200862")});
  ASSERT_EQ(result.rejected.size(), 1U);
  EXPECT_EQ(result.rejected[0].reason, "seal_id 861585043200862 belongs elsewhere");
  EXPECT_EQ(result.rejected[0].record->offset, Offset{0});
  EXPECT_EQ(result.account.applied, 1U);
}

}  // namespace
}  // namespace vigia
