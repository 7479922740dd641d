// The judges must see what they are there for.
#include "alert_checks.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vigia::test {
namespace {

using ::testing::HasSubstr;

std::string json(const std::string& id, int revision, const std::string& status = "confirmed", int start_ms = 1000) {
  return fmt::format(R"({{"alert_id":"{}","revision":{},"status":"{}","kind":"seal_tampered","rule_id":"r",)"
                     R"("severity":"critical","category":"attention_major","subject_id":"s","start_ms":{},"end_ms":{},)"
                     R"("detected_ms":5,"late_by_ms":0}})",
                     id, revision, status, start_ms, start_ms);
}

TopicLog log_of(const std::vector<std::string>& values) {
  TopicLog log;
  for (const auto& value : values) {
    const auto offset = static_cast<std::int64_t>(log[0].size());
    log[0].push_back({.key = "s", .value = value, .headers = {}, .partition = 0, .offset = offset});
  }
  return log;
}

TEST(AlertChecksTest, RevisionsInTurnAreGood) {
  EXPECT_EQ(broken_exactly_once(log_of({json("a", 1), json("b", 1), json("a", 2), json("a", 3)})), "");
}

TEST(AlertChecksTest, TheSameTwice) {
  EXPECT_THAT(broken_exactly_once(log_of({json("a", 1), json("b", 1), json("a", 1)})), HasSubstr("1 twice:"));
}

TEST(AlertChecksTest, ARevisionTwiceWithOtherBytes) {
  EXPECT_THAT(broken_exactly_once(log_of({json("a", 1), json("a", 1, "withdrawn")})),
              HasSubstr("1 twice, with other bytes:"));
}

TEST(AlertChecksTest, AGapAndAStepBack) {
  EXPECT_THAT(broken_exactly_once(log_of({json("a", 1), json("a", 3)})), HasSubstr("1 out of turn:"));
  EXPECT_THAT(broken_exactly_once(log_of({json("a", 2), json("a", 1)})), HasSubstr("2 out of turn:"));
}

TEST(AlertChecksTest, AnotherKeyOrNoAlert) {
  TopicLog log = log_of({json("a", 1), "{"});
  log[0][0].key = "t";
  EXPECT_THAT(broken_exactly_once(log), HasSubstr("1 with another key than its subject:"));
  EXPECT_THAT(broken_exactly_once(log), HasSubstr("1 no alert:"));
}

TEST(AlertChecksTest, ReadersThatSawTheSameAndNot) {
  const TopicLog three = log_of({json("a", 1), json("b", 1), json("a", 2)});
  EXPECT_EQ(read_differently(three, three), "");
  EXPECT_THAT(read_differently(three, log_of({json("a", 1), json("b", 1)})), HasSubstr("of different length"));
  EXPECT_THAT(read_differently(three, log_of({json("b", 1), json("a", 1), json("a", 2)})), HasSubstr("that differ"));
  EXPECT_THAT(read_differently(three, {}), HasSubstr("of different length"));
}

TEST(AlertChecksTest, OtherAlertsThanThoseOfTheReplay) {
  const auto alerts = [](const std::vector<std::string>& values) { return alerts_of(log_of(values)); };
  const auto replayed = alerts({json("a", 1), json("b", 1, "confirmed", 2000)});
  EXPECT_EQ(other_than_replayed(replayed, alerts({json("b", 1, "confirmed", 2000), json("a", 1)})), "");
  EXPECT_THAT(other_than_replayed(replayed, alerts({json("a", 1)})), HasSubstr("1 missing:"));
  EXPECT_THAT(other_than_replayed(replayed, alerts({json("a", 1), json("b", 1, "confirmed", 2001)})),
              HasSubstr("1 not in the replay:"));
  // Two of one content are two.
  EXPECT_THAT(other_than_replayed(replayed, alerts({json("a", 1), json("b", 1, "confirmed", 2000), json("c", 1)})),
              HasSubstr("1 not in the replay:"));
  // What is withdrawn does not count, other revisions do not matter.
  EXPECT_EQ(other_than_replayed(replayed, alerts({json("c", 1), json("a", 1), json("a", 2),
                                                  json("b", 1, "confirmed", 2000), json("c", 2, "withdrawn")})),
            "");
}

}  // namespace
}  // namespace vigia::test
