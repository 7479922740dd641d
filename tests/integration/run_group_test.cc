// Several processes of `vigia run` that share the work.
#include "connectors/kafka_fetch_watch.h"
#include "run_fixture.h"
#include "wait_until.h"

namespace vigia::test {
namespace {

// One joins, one is killed, one comes back, one leaves; whoever has a partition goes on where the one before was.
TEST_F(RunTest, InstancesShareThePartitionsAndTakeOverFromEachOther) {
  const std::string one = pipeline("json", true, "one");
  const std::string two = pipeline("json", true, "two");
  kafka().create_topic(seals, 4);
  auto first = std::make_unique<VigiaProcess>(run_arguments(one), dir / "one.log");
  ASSERT_TRUE(more()) << first->log();
  VigiaProcess second(run_arguments(two), dir / "two.log");
  ASSERT_TRUE(second.wait_for_log("seal-trip: running partitions")) << second.log() << first->log();
  ASSERT_TRUE(more()) << first->log() << second.log();
  first->kill_at_once();
  ASSERT_TRUE(more()) << second.log();
  EXPECT_NE(second.log().find("seal-trip: running partitions 0, 1, 2, 3"), std::string::npos) << second.log();
  first = std::make_unique<VigiaProcess>(run_arguments(one), dir / "one-again.log");
  ASSERT_TRUE(first->wait_for_log("seal-trip: running partitions")) << first->log() << second.log();
  ASSERT_TRUE(more()) << first->log() << second.log();
  EXPECT_EQ(second.terminate(), 0) << second.log();
  ASSERT_TRUE(more()) << first->log();
  EXPECT_EQ(first->terminate(), 0) << first->log();
  EXPECT_EQ(all_found, expected(one));
  const auto records = kafka().read_all(alerts);
  EXPECT_EQ(records.size(), all_found.size()) << "each revision once";
}

// Each keeps copies of what the other runs; one is killed, and the other takes it on from them.
TEST_F(RunTest, ExactlyOnceLawWithStandbyWhoTakesOnGoesOnFromItsCopies) {
  standby = 1;
  const std::string one = pipeline("json", true, "one");
  const std::string two = pipeline("json", true, "two");
  kafka().create_topic(seals, 4);
  auto first = std::make_unique<VigiaProcess>(run_arguments(one), dir / "one.log");
  ASSERT_TRUE(more()) << first->log();
  VigiaProcess second(run_arguments(two), dir / "two.log");
  ASSERT_TRUE(second.wait_for_log("seal-trip: running partitions")) << second.log() << first->log();
  // Both stages', since triage takes its partitions on later than the stage of the seals.
  const auto copies = [&] {
    const std::string log = second.log();
    int count = 0;
    for (const char* stage : {"seal-trip", "triage"}) {
      for (int partition = 0; partition < 4; ++partition) {
        const auto line = fmt::format("{}/{}: a standby copy is kept here", stage, partition);
        count += log.find(line) != std::string::npos ? 1 : 0;
      }
    }
    return count;
  };
  ASSERT_TRUE(wait_until([&] { return copies() == 4; })) << second.log();
  ASSERT_TRUE(more()) << first->log() << second.log();
  ASSERT_TRUE(more()) << first->log() << second.log();
  const std::string before = second.log();
  first->kill_at_once();
  ASSERT_TRUE(more()) << second.log();
  const std::string after = second.log().substr(before.size());
  EXPECT_NE(after.find("seal-trip: running partitions 0, 1, 2, 3"), std::string::npos) << second.log();
  EXPECT_NE(after.find("keys from the copy that is here"), std::string::npos) << second.log();
  EXPECT_EQ(after.find("keys from the snapshot"), std::string::npos) << second.log();
  first = std::make_unique<VigiaProcess>(run_arguments(one), dir / "one-again.log");
  ASSERT_TRUE(first->wait_for_log("seal-trip: running partitions")) << first->log() << second.log();
  ASSERT_TRUE(first->wait_for_log("a standby copy is kept here")) << first->log();
  ASSERT_TRUE(more()) << first->log() << second.log();
  EXPECT_EQ(second.terminate(), 0) << second.log();
  ASSERT_TRUE(more()) << first->log();
  EXPECT_EQ(first->terminate(), 0) << first->log();
  EXPECT_EQ(all_found, expected(one));
  EXPECT_EQ(kafka().read_all(alerts).size(), all_found.size()) << "each revision once";
}

// The machine is gone with its disk, and so are the records from before its last published snapshot.
TEST_F(RunTest, ANewOwnerGoesOnFromThePublishedSnapshot) {
  const std::string one = pipeline("json", true, "one");
  const std::string two = pipeline("json", true, "two");
  constexpr std::int32_t partitions = 2;
  kafka().create_topic(seals, partitions);
  const auto published = [&] {
    const auto epochs = kafka().committed(name, name + ".snapshots", partitions);
    return std::min(epochs.at(0), epochs.at(1));
  };
  auto first = std::make_unique<VigiaProcess>(run_arguments(one), dir / "one.log");
  kafka().produce(seals, tampering(40, 0, 4));
  ASSERT_EQ(wait_for_alerts(80).size(), 80u) << first->log();
  ASSERT_TRUE(wait_until([&] { return published() > 0; })) << first->log();
  std::map<std::int32_t, std::int64_t> ends;
  for (const auto& record : kafka().read_all(seals)) ends[record.partition] = record.offset + 1;
  const auto before = kafka().committed(name, name + ".snapshots", partitions);
  kafka().produce(seals, tampering(40, 4, 8));
  ASSERT_EQ(wait_for_alerts(160).size(), 160u) << first->log();
  const Revisions so_far = expected(one);
  ASSERT_TRUE(wait_until([&] {
    const auto now = kafka().committed(name, name + ".snapshots", partitions);
    return now.at(0) > before.at(0) && now.at(1) > before.at(1);
  })) << first->log();
  first->kill_at_once();
  for (const auto& [partition, end] : ends) kafka().delete_before(seals, partition, end);

  VigiaProcess second(run_arguments(two), dir / "two.log");
  kafka().produce(seals, tampering(40, 8, 12));
  Revisions all = wait_for_alerts(240);
  EXPECT_EQ(all.size(), 240u) << second.log();
  EXPECT_NE(second.log().find("keys from the published snapshot"), std::string::npos) << second.log();
  EXPECT_EQ(second.terminate(), 0) << second.log();
  for (const auto& [id, alert] : so_far) EXPECT_EQ(all[id], alert);
  EXPECT_EQ(kafka().read_all(alerts).size(), 240u) << "each revision once";
  EXPECT_NE(second.log().find("\"applied\":480"), std::string::npos) << second.log();
}

}  // namespace
}  // namespace vigia::test
