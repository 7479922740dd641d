#include "app/alert_comparison.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace vigia {
namespace {

using Kind = AlertDifference::Kind;

Alert alert(const std::string& id, TimeMs detected_ms, std::uint32_t revision = 1) {
  Alert made;
  made.alert_id = id;
  made.revision = revision;
  made.kind = "seal_tampered";
  made.subject_id = "seal-1";
  made.severity = schema::Severity::high;
  made.detected_ms = detected_ms;
  return made;
}

PublishedAlert as_published(const Alert& given, RecordFormat format = RecordFormat::json) {
  static std::int64_t offset = 0;
  PublishedAlert published;
  published.offset = Offset{offset++};
  make_alert_record(given, "customs", format, published.record);
  published.alert = given;
  published.detected_ms = given.detected_ms;
  return published;
}

class AlertComparisonTest : public testing::Test {
 protected:
  void derive(const Alert& given, bool must_be_published = true, std::uint64_t epoch = 1) {
    auto entry = std::make_shared<JournalEntry>();
    entry->epoch = epoch;
    comparison.derived(given, entry, must_be_published);
  }

  AlertComparison comparison{"customs", RecordFormat::json, true};
};

TEST_F(AlertComparisonTest, ReplayLawTheSameInAnyOrderIsNoDifference) {
  comparison.published(as_published(alert("b", 20)), true);
  comparison.published(as_published(alert("a", 10)), true);
  comparison.published(as_published(alert("a", 30, 2)), true);
  EXPECT_TRUE(comparison.lacks_derived());
  derive(alert("a", 10));
  derive(alert("a", 30, 2));
  derive(alert("b", 20));
  EXPECT_FALSE(comparison.lacks_derived());
  EXPECT_FALSE(comparison.lacks_published());
  const auto result = comparison.finish();
  EXPECT_EQ(result.differences, 0U);
  EXPECT_FALSE(result.first);
  EXPECT_EQ(result.derived, 3U);
}

TEST_F(AlertComparisonTest, ReplayLawAnotherValueIsADifference) {
  Alert forged = alert("a", 10);
  forged.severity = schema::Severity::low;
  comparison.published(as_published(forged), true);
  derive(alert("a", 10), true, 7);
  const auto result = comparison.finish();
  EXPECT_EQ(result.differences, 1U);
  ASSERT_TRUE(result.first);
  EXPECT_EQ(result.first->kind, Kind::other_bytes);
  EXPECT_EQ(result.first->derived->alert.severity, schema::Severity::high);
  EXPECT_EQ(result.first->derived->epoch->epoch, 7U);
  EXPECT_EQ(result.first->published->alert->severity, schema::Severity::low);
  EXPECT_NE(result.first->derived->record.payload, result.first->published->record.payload);
}

TEST_F(AlertComparisonTest, ReplayLawHeadersAndKeyCountAsBytes) {
  PublishedAlert header = as_published(alert("a", 10));
  header.record.headers[3].second = "vigia.alert.panic";
  PublishedAlert key = as_published(alert("b", 10));
  key.record.key = "seal-2";
  PublishedAlert more = as_published(alert("c", 10));
  more.record.headers.emplace_back("traceparent", "00");
  for (const PublishedAlert& one : {header, key, more}) comparison.published(one, true);
  for (const char* id : {"a", "b", "c"}) derive(alert(id, 10));
  EXPECT_EQ(comparison.finish().differences, 3U);
}

TEST_F(AlertComparisonTest, ReplayLawOneMissingOnTheTopicIsADifference) {
  comparison.published(as_published(alert("a", 10)), true);
  derive(alert("a", 10));
  derive(alert("a", 20, 2));
  EXPECT_TRUE(comparison.lacks_published());
  const auto result = comparison.finish();
  EXPECT_EQ(result.differences, 1U);
  ASSERT_TRUE(result.first);
  EXPECT_EQ(result.first->kind, Kind::not_published);
  EXPECT_EQ(result.first->derived->alert.revision, 2U);
  EXPECT_FALSE(result.first->published);
}

TEST_F(AlertComparisonTest, ReplayLawOneTooManyOnTheTopicIsADifference) {
  comparison.published(as_published(alert("a", 10)), true);
  comparison.published(as_published(alert("b", 10)), true);
  derive(alert("a", 10));
  const auto result = comparison.finish();
  EXPECT_EQ(result.differences, 1U);
  ASSERT_TRUE(result.first);
  EXPECT_EQ(result.first->kind, Kind::not_derived);
  EXPECT_EQ(result.first->published->alert->alert_id, "b");
  EXPECT_FALSE(result.first->derived);
}

TEST_F(AlertComparisonTest, WhatIsNoAlertIsOneTooMany) {
  PublishedAlert nothing;
  nothing.trouble = "not an alert in FlatBuffers";
  nothing.record.payload = "hello";
  comparison.published(nothing, true);
  const auto result = comparison.finish();
  ASSERT_TRUE(result.first);
  EXPECT_EQ(result.first->kind, Kind::not_derived);
}

TEST_F(AlertComparisonTest, ExactlyOnceLawTwiceIsADifferenceUnlessItMayBe) {
  AlertComparison at_least_once("customs", RecordFormat::json, false);
  for (AlertComparison* one : {&comparison, &at_least_once}) {
    one->published(as_published(alert("a", 10)), true);
    one->published(as_published(alert("a", 10)), true);
    one->derived(alert("a", 10), std::make_shared<JournalEntry>(), true);
  }
  EXPECT_EQ(comparison.finish().first->kind, Kind::twice);
  EXPECT_EQ(at_least_once.finish().differences, 0U);
}

TEST_F(AlertComparisonTest, ASecondCopyWithOtherBytesIsFoundWhicheverCameFirst) {
  AlertComparison comparison_once("customs", RecordFormat::json, false);
  Alert forged = alert("a", 10);
  forged.cause = "forged";
  comparison_once.published(as_published(alert("a", 10)), true);
  comparison_once.published(as_published(forged), true);
  comparison_once.derived(alert("a", 10), std::make_shared<JournalEntry>(), true);
  EXPECT_EQ(comparison_once.finish().first->kind, Kind::other_bytes);
}

TEST_F(AlertComparisonTest, TheFirstIsTheEarliestWhateverTheOrderOfFinding) {
  comparison.published(as_published(alert("too-many", 15)), true);
  derive(alert("z", 10));
  derive(alert("late", 30));
  derive(alert("m", 10, 10));  // by number, not by text
  derive(alert("m", 10, 9));
  const auto result = comparison.finish();
  EXPECT_EQ(result.differences, 5U);
  ASSERT_TRUE(result.first && result.first->derived);
  EXPECT_EQ(result.first->derived->alert.alert_id, "m");
  EXPECT_EQ(result.first->derived->alert.revision, 9U);
}

TEST_F(AlertComparisonTest, OutsideOfTheRangeNothingHasToBeThere) {
  comparison.published(as_published(alert("before", 1)), false);
  derive(alert("after", 99), false);
  EXPECT_FALSE(comparison.lacks_derived());
  EXPECT_FALSE(comparison.lacks_published());
  const auto result = comparison.finish();
  EXPECT_EQ(result.differences, 0U);
  EXPECT_EQ(result.derived, 0U);
}

TEST_F(AlertComparisonTest, AcrossTheBoundOfTheRangeBothSidesAreHeldTogether) {
  Alert forged = alert("a", 50);  // derived outside, forged into the range
  comparison.published(as_published(forged), true);
  derive(alert("a", 99), false);
  comparison.published(as_published(alert("b", 99)), false);  // derived inside, forged out of it
  derive(alert("b", 50), true);
  EXPECT_EQ(comparison.finish().differences, 2U);
}

TEST_F(AlertComparisonTest, WhatCameLaterAnswersForWhatWasDerivedAndIsAskedForNothing) {
  derive(alert("a", 10));
  derive(alert("b", 20));
  Alert forged = alert("b", 20);
  forged.trip_id = "T-9";
  comparison.published_later(as_published(alert("a", 10)));
  comparison.published_later(as_published(forged));
  comparison.published_later(as_published(alert("c", 30)));
  EXPECT_FALSE(comparison.lacks_published());
  const auto result = comparison.finish();
  EXPECT_EQ(result.differences, 1U);
  ASSERT_TRUE(result.first);
  EXPECT_EQ(result.first->kind, Kind::other_bytes);
  EXPECT_EQ(result.first->published->alert->alert_id, "b");
}

TEST_F(AlertComparisonTest, TheFormatIsThatInWhichTheRecordWasWritten) {
  comparison.published(as_published(alert("a", 10), RecordFormat::flatbuffers), true);
  derive(alert("a", 10));
  EXPECT_EQ(comparison.finish().differences, 0U);
}

}  // namespace
}  // namespace vigia
