// The program as a user runs it: what the options take, and what an exit code says.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <string>

#include "tests/connectors/temp_directory.h"

namespace vigia {
namespace {

struct Outcome {
  int exit_code = -1;
  std::string text;  // standard output and standard error
};

Outcome run(const std::string& arguments) {
  Outcome outcome;
  std::FILE* pipe = ::popen(("'" VIGIA_BINARY "' " + arguments + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return outcome;
  char chunk[4096];
  for (std::size_t got = 0; (got = std::fread(chunk, 1, sizeof chunk, pipe)) > 0;) outcome.text.append(chunk, got);
  const int status = ::pclose(pipe);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

constexpr const char* pipeline = R"(application: test
sources: [{topic: seal.events, stream: seal, format: flatbuffers}]
rules: [{id: tampered, kind: seal_tampered, scope: always}]
)";

constexpr const char* tampering = R"({"topic":"seal.events","key":"s","timestamp_ms":1772600000000,)"
                                  R"("value":{"seal_id":"s","device_time_ms":1772600000000,"lock":"tampered"}})"
                                  "\n";

TEST(CommandLine, ReplayReadsJsonWhateverTheTopicIsWrittenIn) {
  const test::TempDirectory dir;
  const Outcome outcome =
      run("replay --config '" + dir.write("p.yaml", pipeline) + "' --input '" + dir.write("in.jsonl", tampering) + "'");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(outcome.text.find(R"("kind":"seal_tampered")"), std::string::npos) << outcome.text;
}

TEST(CommandLine, DeadLettersThatCannotBeKeptStopAReplayBeforeItBegins) {
  const test::TempDirectory dir;
  const Outcome outcome = run("replay --config '" + dir.write("p.yaml", pipeline) + "' --input '" +
                              dir.write("in.jsonl", tampering) + "' --dead-letters '" + (dir / "none/x.jsonl") + "'");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.text.find("account"), std::string::npos) << outcome.text;
}

TEST(CommandLine, AReplayIsOfFilesOrFromKafka) {
  const test::TempDirectory dir;
  const std::string config = "replay --config '" + dir.write("p.yaml", pipeline) + "' ";
  for (const char* arguments :
       {"", "--from-kafka --input x", "--from-kafka --until 5", "--from-kafka --batch 5",
        "--from-kafka --restart-every 5", "--from-kafka --dead-letters x", "--input x --from 5", "--input x --to 5",
        "--input x --partition 0", "--input x --no-compare", "--input x --from-offset seal.events/0:1",
        "--from-kafka --from 5 --from-offset seal.events/0:1", "--from-kafka --from yesterday",
        "--from-kafka --from 9 --to 5", "--from-kafka --partition -1", "--from-kafka --from-offset seal.events",
        "--from-kafka --from-offset trip.events/0:1", "--from-kafka --partition 0 --from-offset seal.events/1:1"}) {
    const Outcome outcome = run(config + arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments << outcome.text;
    EXPECT_NE(outcome.text, "") << arguments;
  }
}

TEST(CommandLine, CountsAreNotNegative) {
  for (const char* arguments : {"alerts --state-directory nowhere --limit -1", "generate --config p --seed -1",
                                "generate --config p --trips -1", "replay --config p --input i --restart-every -1"}) {
    EXPECT_EQ(run(arguments).exit_code, 2) << arguments;
    EXPECT_NE(run(arguments).text.find("-1"), std::string::npos) << arguments;
  }
}

}  // namespace
}  // namespace vigia
