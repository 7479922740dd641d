// `vigia run` that begins, ends, dies, and begins again.
#include <filesystem>

#include "run_fixture.h"
#include "wait_until.h"

namespace vigia::test {
namespace {

TEST_F(RunTest, ARestartGoesOnWhereItStoppedAndRepeatsNothing) {
  const std::string config = pipeline();
  kafka().create_topic(seals, 2);
  kafka().produce(seals, tampering(20, 0, 3));  // ends closed: the next tampering must be seen as a change
  {
    VigiaProcess process(run_arguments(config), dir / "run.log");
    ASSERT_EQ(wait_for_alerts(20).size(), 20u) << process.log();
    ASSERT_EQ(process.terminate(), 0) << process.log();
  }
  const auto committed = kafka().committed(name, seals, 2);
  EXPECT_EQ(committed.at(0) + committed.at(1), 60);
  kafka().produce(seals, tampering(20, 3, 6));
  const Revisions all = expected(config);
  VigiaProcess process(run_arguments(config), dir / "run.log");
  EXPECT_EQ(wait_for_alerts(all.size()), all) << process.log();
  EXPECT_EQ(process.terminate(), 0) << process.log();
  EXPECT_EQ(kafka().read_all(alerts).size(), all.size());  // a clean stop: nothing twice
  EXPECT_EQ(stored(config), all);
}

TEST_F(RunTest, ADamagedAlertStoreIsMadeAgainFromTheTopic) {
  const std::string config = pipeline();
  kafka().create_topic(seals, 2);
  kafka().produce(seals, tampering(20, 0, 3));
  Revisions all;
  {
    VigiaProcess process(run_arguments(config), dir / "run.log");
    all = wait_for_alerts(20);
    EXPECT_EQ(process.terminate(), 0) << process.log();
  }
  ASSERT_EQ(all.size(), 20u);
  const std::filesystem::path store = dir / "state/alerts";
  std::size_t damaged = 0;
  for (const auto& file : std::filesystem::directory_iterator(store)) {
    if (!file.path().filename().string().starts_with("MANIFEST")) continue;
    std::ofstream(file.path(), std::ios::binary | std::ios::in | std::ios::out).seekp(10) << "no longer as it was";
    ++damaged;
  }
  ASSERT_GT(damaged, 0u);
  VigiaProcess process(run_arguments(config), dir / "run.log");
  EXPECT_TRUE(process.wait_for_log("it is made again from topic")) << process.log();  // nobody waits for the store
  EXPECT_EQ(process.terminate(), 0) << process.log();
  EXPECT_TRUE(std::filesystem::exists(dir / "state/alerts-damaged"));
  EXPECT_EQ(stored(config), all);
}

TEST_F(RunTest, KilledAgainAndAgainItLosesNothingAndRepeatsOnlyTheSame) {
  const std::string config = pipeline();
  constexpr int seal_count = 100, steps = 40, kills = 4;
  kafka().create_topic(seals, 2);
  kafka().create_topic(alerts, 1);
  for (int kill = 0; kill < kills; ++kill) {
    const std::size_t before = kafka().read_all(alerts).size();
    kafka().produce(seals, tampering(seal_count, kill * steps / kills, (kill + 1) * steps / kills));
    VigiaProcess process(run_arguments(config), dir / "run.log");
    ASSERT_GT(kafka().read_at_least(alerts, before + 1).size(), before) << process.log();  // each after progress
    process.kill_at_once();
  }
  const Revisions all = expected(config);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(seal_count * steps / 2));
  VigiaProcess process(run_arguments(config), dir / "last.log");
  EXPECT_EQ(wait_for_alerts(all.size()), all) << process.log();
  // All may have been there before it: what is told to stop while it starts has not caught up with its store.
  EXPECT_TRUE(process.wait_for_log("seal-trip: running partitions")) << process.log();
  EXPECT_EQ(process.terminate(), 0) << process.log();
  EXPECT_EQ(stored(config), all);
}

TEST_F(RunTest, MissingTopicsEndItWithTheirNamesAndTheCommand) {
  const std::string config = pipeline("json", false);
  EXPECT_EQ(run_vigia(run_arguments(config), dir / "run.log"), 1);
  std::ifstream in(dir / "run.log");
  const std::string log(std::istreambuf_iterator<char>(in), {});
  EXPECT_NE(log.find("kafka-topics.sh --bootstrap-server " + bootstrap() + " --create --topic " + name),
            std::string::npos)
      << log;
}

TEST_F(RunTest, TheJournalIsKeptForTheProofAndAShorterOneIsSaid) {
  const std::string config = pipeline();
  const std::string journal = name + ".journal";
  kafka().create_topic(seals, 1);
  {
    VigiaProcess process(run_arguments(config), dir / "run.log");
    ASSERT_TRUE(process.wait_for_log("seal-trip: running partitions")) << process.log();
    ASSERT_EQ(process.terminate(), 0) << process.log();
    EXPECT_EQ(process.log().find("state.proof_retention"), std::string::npos) << process.log();
  }
  EXPECT_EQ(kafka().topic_setting(journal, "retention.ms"), 400LL * 24 * 3'600'000);
  kafka().configure_topic(journal, "retention.ms", "3600000");
  ASSERT_TRUE(wait_until([&] { return kafka().topic_setting(journal, "retention.ms") == 3'600'000; }));
  VigiaProcess process(run_arguments(config), dir / "again.log");
  ASSERT_TRUE(process.wait_for_log("seal-trip: running partitions")) << process.log();
  EXPECT_EQ(process.terminate(), 0) << process.log();
  EXPECT_NE(process.log().find("keeps its records for 1 h, and state.proof_retention is 9600 h"), std::string::npos)
      << process.log();
}

TEST_F(RunTest, AnUnreachableBrokerIsSaidAndWaitedFor) {
  const std::string config = dir.write("pipeline.yaml", fmt::format(R"(application: {0}
kafka: {{ brokers: "127.0.0.1:1" }}
delivery: exactly_once
state: {{ directory: state }}
sources:
  - {{ topic: {0}.seals, stream: seal, format: json }}
rules:
  - {{ id: tampered, kind: seal_tampered, scope: always }}
)",
                                                                    name));
  VigiaProcess process(run_arguments(config), dir / "run.log");
  EXPECT_TRUE(process.wait_for_log("no Kafka broker answers at 127.0.0.1:1")) << process.log();
  EXPECT_EQ(process.terminate(), 0) << process.log();  // only when told
}

}  // namespace
}  // namespace vigia::test
