#include "app/ground_truth.h"

#include <gtest/gtest.h>

namespace vigia {
namespace {

Alert alert(std::string kind, std::string subject, TimeMs from_ms, TimeMs to_ms, schema::AlertStatus status) {
  Alert made;
  made.kind = std::move(kind);
  made.subject_id = std::move(subject);
  made.start_ms = from_ms;
  made.end_ms = to_ms;
  made.status = status;
  return made;
}

using enum schema::AlertStatus;

TEST(GroundTruth, FoundMissedAndUnexplained) {
  const std::vector<GroundTruth> truth = {{"stop", "a", "t", 1000, 2000}, {"stop", "b", "t", 1000, 2000}};
  const std::vector<Alert> alerts = {alert("stop", "a", 1500, 2500, cleared), alert("stop", "a", 9000, 9500, confirmed),
                                     alert("stop", "b", 5000, 5500, withdrawn), alert("panic", "c", 1, 1, confirmed)};
  const auto scores = score(truth, alerts, 100);
  EXPECT_EQ(scores.at("stop").happened, 2U);
  EXPECT_EQ(scores.at("stop").found, 1U);
  EXPECT_EQ(scores.at("stop").unexplained, 1U);
  EXPECT_EQ(scores.at("stop").withdrawn, 1U);
  EXPECT_EQ(scores.at("panic").happened, 0U);
  EXPECT_EQ(scores.at("panic").unexplained, 1U);
}

TEST(GroundTruth, WhatLastsHasNoEnd) {
  const std::vector<GroundTruth> truth = {{"stop", "a", "t", 1000, 0}};
  const std::vector<Alert> alerts = {alert("stop", "a", 8000, 0, confirmed)};
  EXPECT_EQ(score(truth, alerts, 100).at("stop").found, 1U);
}

TEST(GroundTruth, TheToleranceCounts) {
  const std::vector<GroundTruth> truth = {{"stop", "a", "t", 1000, 2000}};
  const std::vector<Alert> alerts = {alert("stop", "a", 2100, 3000, confirmed)};
  EXPECT_EQ(score(truth, alerts, 100).at("stop").found, 1U);
  EXPECT_EQ(score(truth, alerts, 99).at("stop").found, 0U);
}

}  // namespace
}  // namespace vigia
