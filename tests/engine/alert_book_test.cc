// The life of alerts (design section 4, semantics 2.4 and 2.5).
#include "engine/alert_book.h"

#include <gtest/gtest.h>

namespace vigia {
namespace {

using schema::AlertStatus;

Episode episode(TimeMs start_ms, TimeMs end_ms, AlertStatus status = AlertStatus::confirmed) {
  Episode made;
  made.start_ms = start_ms;
  made.end_ms = end_ms;
  made.status = status;
  return made;
}

class Told : public testing::Test {
 protected:
  std::vector<ToldAlert> tell(std::vector<Episode> episodes, RevisionCause cause = {77, 5}) {
    std::vector<ToldAlert> told;
    book.reconcile(
        episodes, "subject", cause,
        [](std::uint16_t) { return std::pair<std::string_view, std::string_view>("app", "rule"); },
        [&](const ToldAlert& alert) { told.push_back(alert); });
    return told;
  }
  void forget(std::vector<Episode> remaining, TimeMs end_ms) { book.forget(remaining, end_ms); }

  AlertBook book;
};

using AlertBookTest = Told;

TEST_F(AlertBookTest, ARevisionCarriesItsOwnCauseOrElseWhatTouchedTheKey) {
  auto old = episode(100, 0), fresh = episode(300, 0);
  old.detected_ms = 110;
  fresh.detected_ms = 310;
  const auto told = tell({old, fresh}, {.detected_ms = 320, .late_by_ms = 9, .told_until_ms = 200});
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].last.detected_ms, 320) << "found before the last judgement, told because of what came since";
  EXPECT_EQ(told[0].last.late_by_ms, 9);
  EXPECT_EQ(told[1].last.detected_ms, 310);
}

TEST_F(AlertBookTest, RaisedConfirmedClearedWithdrawnRevived) {
  const auto raised = tell({episode(100, 0, AlertStatus::provisional)});
  ASSERT_EQ(raised.size(), 1u);
  EXPECT_EQ(raised[0].revision, 1u);
  EXPECT_TRUE(tell({episode(100, 0, AlertStatus::provisional)}).empty()) << "nothing new is not told";
  const auto confirmed = tell({episode(100, 0)});
  ASSERT_EQ(confirmed.size(), 1u);
  EXPECT_EQ(confirmed[0].revision, 2u);
  EXPECT_EQ(confirmed[0].id, raised[0].id);
  EXPECT_EQ(tell({episode(100, 200, AlertStatus::cleared)})[0].revision, 3u);
  EXPECT_EQ(tell({episode(100, 0)})[0].revision, 4u) << "a cleared one back to confirmed";
  const auto withdrawn = tell({});
  ASSERT_EQ(withdrawn.size(), 1u);
  EXPECT_EQ(withdrawn[0].last.status, AlertStatus::withdrawn);
  EXPECT_EQ(withdrawn[0].revision, 5u);
  EXPECT_EQ(withdrawn[0].last.detected_ms, 77);
  EXPECT_TRUE(tell({}).empty()) << "withdrawn once";
  const auto revived = tell({episode(100, 250, AlertStatus::cleared)});
  ASSERT_EQ(revived.size(), 1u);
  EXPECT_EQ(revived[0].id, raised[0].id);
  EXPECT_EQ(revived[0].revision, 6u);
}

TEST_F(AlertBookTest, AnotherStartIsNoRevival) {
  const auto raised = tell({episode(100, 200)});
  static_cast<void>(tell({}));
  const auto other = tell({episode(120, 200)});
  ASSERT_EQ(other.size(), 1u);
  EXPECT_NE(other[0].id, raised[0].id);
  EXPECT_EQ(other[0].revision, 1u);
}

TEST_F(AlertBookTest, WhenOneBecomesTwoTheEarlierKeepsTheId) {
  const auto one = tell({episode(100, 500, AlertStatus::cleared)});
  const auto two = tell({episode(100, 200, AlertStatus::cleared), episode(300, 500, AlertStatus::cleared)});
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].id, one[0].id);
  EXPECT_EQ(two[0].last.end_ms, 200);
  EXPECT_NE(two[1].id, one[0].id);
  EXPECT_EQ(two[1].revision, 1u);
}

TEST_F(AlertBookTest, WhenTwoBecomeOneTheEarlierKeepsItsIdAndTheOtherIsWithdrawn) {
  const auto two = tell({episode(100, 200, AlertStatus::cleared), episode(300, 500, AlertStatus::cleared)});
  const auto one = tell({episode(100, 500, AlertStatus::cleared)});
  ASSERT_EQ(one.size(), 2u);
  for (const auto& told : one) {
    const bool is_earlier = told.id == two[0].id;
    EXPECT_EQ(told.last.status, is_earlier ? AlertStatus::cleared : AlertStatus::withdrawn);
    EXPECT_EQ(told.revision, 2u);
  }
  const auto merged_earlier = tell({episode(50, 600, AlertStatus::cleared)});
  ASSERT_EQ(merged_earlier.size(), 1u);
  EXPECT_EQ(merged_earlier[0].id, two[0].id) << "an overlapping episode with another start is the same alert";
}

TEST_F(AlertBookTest, OfTwoWithOneStartTheOneThatEndedKeepsTheId) {
  const auto ended = episode(100, 200, AlertStatus::cleared);
  const auto first = tell({ended});
  const auto told = tell({episode(100, 0), ended});
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].id, first[0].id);
  EXPECT_EQ(told[0].last.end_ms, 0);
}

TEST_F(AlertBookTest, TouchingEpisodesAreTwo) {
  const auto first = tell({episode(100, 200, AlertStatus::cleared)});
  const auto both = tell({episode(100, 200, AlertStatus::cleared), episode(200, 300, AlertStatus::cleared)});
  ASSERT_EQ(both.size(), 1u);
  EXPECT_NE(both[0].id, first[0].id);
}

TEST_F(AlertBookTest, InstantsAreTheirOwnEpisodes) {
  const auto first = tell({episode(100, 100), episode(200, 200)});
  ASSERT_EQ(first.size(), 2u);
  const auto moved = tell({episode(200, 200), episode(150, 150)});
  ASSERT_EQ(moved.size(), 2u);
  for (const auto& told : moved) {
    if (told.last.status == AlertStatus::withdrawn)
      EXPECT_EQ(told.last.start_ms, 100);
    else
      EXPECT_EQ(told.last.start_ms, 150);
  }
}

// The first start names the alert: when late data moved its start and then show an episode at that start, it is another.
TEST_F(AlertBookTest, AnIdThatIsTakenIsHashedAgainWithTheNextNumber) {
  const auto first = tell({episode(100, 500, AlertStatus::cleared)});
  const auto moved = tell({episode(300, 500, AlertStatus::cleared)});
  ASSERT_EQ(moved[0].id, first[0].id);
  const auto again = tell({episode(100, 200, AlertStatus::cleared), episode(300, 500, AlertStatus::cleared)});
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].revision, 1u);
  EXPECT_EQ(first[0].id, make_alert_id("app", "rule", "subject", 100, 0, 0));
  EXPECT_EQ(again[0].id, make_alert_id("app", "rule", "subject", 100, 0, 1));
}

TEST_F(AlertBookTest, DiscriminatorsAndRulesAreSeries) {
  auto other_zone = episode(100, 0), other_rule = episode(100, 0);
  other_zone.discriminator = 3;
  other_rule.rule = 1;
  const auto told = tell({episode(100, 0), other_zone, other_rule});
  EXPECT_EQ(told.size(), 3u);
  EXPECT_EQ(tell({other_zone}).size(), 2u) << "two withdrawn";
}

TEST_F(AlertBookTest, ForgetsWhatHasNoEpisodeAnyMoreWithoutAWord) {
  static_cast<void>(
      tell({episode(100, 200, AlertStatus::cleared), episode(300, 400, AlertStatus::cleared), episode(500, 0)}));
  static_cast<void>(tell({episode(100, 200, AlertStatus::cleared), episode(500, 0)}));  // withdraws the second
  forget({episode(500, 0)}, 250);
  ASSERT_EQ(book.alerts.size(), 2u) << "the withdrawn one is kept until its time has passed";
  forget({episode(500, 0)}, 450);
  ASSERT_EQ(book.alerts.size(), 1u);
  EXPECT_EQ(book.alerts[0].last.start_ms, 500);
  EXPECT_TRUE(tell({episode(500, 0)}).empty());
}

TEST(AlertId, DependsOnAllOfIt) {
  const auto id = make_alert_id("app", "rule", "subject", 1, 2, 3);
  EXPECT_EQ(id, make_alert_id("app", "rule", "subject", 1, 2, 3));
  EXPECT_NE(id, make_alert_id("app", "rul", "esubject", 1, 2, 3));
  EXPECT_NE(id, make_alert_id("app", "rule", "subject", 2, 2, 3));
  EXPECT_NE(id, make_alert_id("app", "rule", "subject", 1, 1, 3));
  EXPECT_NE(id, make_alert_id("app", "rule", "subject", 1, 2, 4));
  EXPECT_EQ(hex(id).size(), 32u);
}

}  // namespace
}  // namespace vigia
