// `vigia run` that must not go on, or not even begin.
#include <filesystem>

#include "run_fixture.h"
#include "wait_until.h"

namespace vigia::test {
namespace {

// Its group knows nothing of it: the brokers refuse what it writes. Once it may have been a request of its own.
TEST_F(RunTest, ExactlyOnceLawAProducerThatIsFencedAgainEndsTheProcess) {
  const std::string config = pipeline();
  kafka().create_topic(seals, 2);
  VigiaProcess process(run_arguments(config), dir / "run.log");
  ASSERT_TRUE(more()) << process.log();
  std::string instance;
  std::ifstream(dir / "state/instance") >> instance;
  ASSERT_TRUE(wait_until(
      [&] {
        const OpenTransaction other(bootstrap(), name + "-" + instance);
        kafka().produce(seals, tampering(40, told, told + 2));
        told += 2;
        return !process.running();
      },
      patience, std::chrono::milliseconds(1000)))
      << process.log();
  EXPECT_EQ(process.wait(), 3) << process.log();
  EXPECT_NE(process.log().find("another process runs as this instance; was the state directory copied?"),
            std::string::npos)
      << process.log();
  VigiaProcess again(run_arguments(config), dir / "again.log");
  ASSERT_TRUE(more()) << again.log();
  EXPECT_EQ(again.terminate(), 0) << again.log();
  EXPECT_EQ(all_found, expected(config));
  EXPECT_EQ(kafka().read_all(alerts).size(), all_found.size()) << "each revision once";
}

// Whose state directory is a copy takes the transactional id over; who had it before ends, and says so.
TEST_F(RunTest, ExactlyOnceLawACopyOfTheInstanceEndsTheProcessThatHadItsNameBefore) {
  const std::string one = pipeline("json", true, "one");
  const std::string two = pipeline("json", true, "two");
  kafka().create_topic(seals, 2);
  VigiaProcess first(run_arguments(one), dir / "one.log");
  ASSERT_TRUE(more()) << first.log();
  std::filesystem::create_directory(dir / "two");
  std::filesystem::copy_file(dir / "one/instance", dir / "two/instance");
  VigiaProcess second(run_arguments(two), dir / "two.log");
  ASSERT_TRUE(wait_until(
      [&] {
        kafka().produce(seals, tampering(40, told, told + 2));
        told += 2;
        return !first.running();
      },
      patience, std::chrono::milliseconds(500)))
      << first.log() << second.log();
  EXPECT_EQ(first.wait(), 3) << first.log();
  EXPECT_NE(first.log().find("another process runs as this instance; was the state directory copied?"),
            std::string::npos)
      << first.log();
  ASSERT_TRUE(more()) << second.log();
  EXPECT_EQ(second.terminate(), 0) << second.log();
  EXPECT_EQ(all_found, expected(two));
  EXPECT_EQ(kafka().read_all(alerts).size(), all_found.size()) << "each revision once";
}

TEST_F(RunTest, ATransactionTimeoutBeyondTheBrokersIsRefusedWithWhatToDo) {
  const std::string config = pipeline();
  std::ifstream in(config);
  std::string text(std::istreambuf_iterator<char>(in), {});
  const std::string before = "properties: { ";
  text.replace(text.find(before), before.size(), before + "transaction.timeout.ms: 3600000, ");
  dir.write("state.yaml", text);
  kafka().create_topic(seals, 1);
  EXPECT_EQ(run_vigia(run_arguments(config), dir / "run.log"), 1);
  std::ifstream log_in(dir / "run.log");
  const std::string log(std::istreambuf_iterator<char>(log_in), {});
  EXPECT_NE(log.find("transaction.timeout.ms is beyond the brokers' transaction.max.timeout.ms: make one smaller"),
            std::string::npos)
      << log;
}

}  // namespace
}  // namespace vigia::test
