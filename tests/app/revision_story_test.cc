#include "app/revision_story.h"

#include <gtest/gtest.h>

namespace vigia {
namespace {

using schema::AlertStatus;

Alert with(AlertStatus status) {
  Alert alert;
  alert.status = status;
  alert.start_ms = 1'772'612'400'000;
  return alert;
}

std::string why(AlertStatus before, AlertStatus now) {
  const Alert first = with(before), second = with(now);
  return why_of(&first, second);
}

TEST(RevisionStory, EachStepOfTheLifeCycleHasItsWords) {
  const Alert raised = with(AlertStatus::provisional);
  EXPECT_NE(why_of(nullptr, raised).find("by the clock alone"), std::string::npos);
  EXPECT_EQ(why(AlertStatus::provisional, AlertStatus::confirmed), "confirmed: the data say so");
  EXPECT_EQ(why(AlertStatus::provisional, AlertStatus::withdrawn), "withdrawn: later data say that it was not so");
  EXPECT_EQ(why(AlertStatus::confirmed, AlertStatus::cleared), "it has ended");
  EXPECT_EQ(why(AlertStatus::cleared, AlertStatus::confirmed), "open again: later data say that it had not ended");
  EXPECT_EQ(why(AlertStatus::cleared, AlertStatus::cleared), "corrected by later data");
  EXPECT_EQ(why(AlertStatus::withdrawn, AlertStatus::confirmed), "back again: later data say that it was so after all");
}

TEST(RevisionStory, OnlyWhatIsShownIsAChange) {
  Alert before = with(AlertStatus::confirmed);
  before.message = "left";
  before.detected_ms = 1;
  Alert now = before;
  now.detected_ms = 2;
  now.evidence.push_back(std::make_unique<schema::EvidenceT>());
  EXPECT_TRUE(changes_of(before, now, "UTC").empty());
  now.status = AlertStatus::cleared;
  now.end_ms = now.start_ms + 60'000;
  now.message.clear();
  now.attributes.push_back(std::make_unique<schema::AttributeT>());
  now.attributes.back()->key = "zone_id";
  now.attributes.back()->value = "port";
  EXPECT_EQ(changes_of(before, now, "UTC"), (std::vector<RevisionChange>{{"status", "confirmed", "cleared"},
                                                                         {"end", "it lasts", "2026-03-04 08:21:00"},
                                                                         {"message", "left", "-"},
                                                                         {"zone_id", "-", "port"}}));
}

}  // namespace
}  // namespace vigia
