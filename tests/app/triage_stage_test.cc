// What the triage stage asks of its topics.
#include "app/triage_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/connectors/temp_directory.h"

namespace vigia {
namespace {

using testing::HasSubstr;

TEST(TriageStage, AlertsThatComeBackTakeOnePartition) {
  const test::TempDirectory dir;
  const std::string text =
      "application: test\nsources: [{topic: doors, stream: access}, {topic: c, stream: command}]\n";
  const auto plain = load_stage(dir.write("plain.yaml", text));
  ASSERT_TRUE(plain);
  EXPECT_EQ(triage_partitions(plain->pipeline, 3), 3);
  EXPECT_TRUE(check_triage_partitions(*plain, 3).ok());

  const auto back = load_stage(dir.write("back.yaml", text + "triage: {reactivate_within: 1h}\n"));
  ASSERT_TRUE(back);
  EXPECT_EQ(triage_partitions(back->pipeline, 3), 1);
  EXPECT_TRUE(check_triage_partitions(*back, 1).ok());
  const auto refused = check_triage_partitions(*back, 3);
  EXPECT_EQ(refused.fault, Fault::refused);
  EXPECT_THAT(refused.text, HasSubstr("expected topics of commands, and outputs.triage, with one partition each"));
  EXPECT_THAT(refused.text, HasSubstr("test.triage, c have 3"));
}

}  // namespace
}  // namespace vigia
