#include "connectors/offset_gap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vigia::test {
namespace {

using testing::HasSubstr;

Status judge(std::int64_t position, bool accepts, OffsetGap& gap) {
  return judge_position("seal.events/3", Offset{position}, {Offset{60}, Offset{100}}, accepts, gap);
}

TEST(OffsetGap, WhatWasNeverReadStopsUnlessItIsAccepted) {
  OffsetGap gap;
  const Status stop = judge(20, false, gap);
  EXPECT_EQ(stop.fault, Fault::refused);
  EXPECT_THAT(stop.text, HasSubstr("seal.events/3: 40 offsets, 20 to 59, are not there any more"));
  EXPECT_THAT(stop.text, HasSubstr("the log has 60 to 100"));
  EXPECT_THAT(stop.text, HasSubstr("kafka.lost_offsets: accept"));
  EXPECT_TRUE(judge(20, true, gap).ok());
  EXPECT_EQ(gap, (OffsetGap{Offset{20}, Offset{60}}));
}

TEST(OffsetGap, WhatTheLogHasIsNoGap) {
  for (const std::int64_t position : {60, 80, 100}) {
    OffsetGap gap;
    EXPECT_TRUE(judge(position, false, gap).ok()) << position;
    EXPECT_TRUE(gap.is_empty()) << position;
    EXPECT_EQ(gap.end, Offset{position});
  }
}

TEST(OffsetGap, ALogThatEndsBeforeWhatWasReadIsAnotherOneAndNeverAccepted) {
  OffsetGap gap;
  const Status status = judge(101, true, gap);
  EXPECT_EQ(status.fault, Fault::refused);
  EXPECT_THAT(status.text, HasSubstr("ends at offset 100, and was read up to 101"));
}

}  // namespace
}  // namespace vigia::test
