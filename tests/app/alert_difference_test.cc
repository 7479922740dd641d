#include "app/alert_difference.h"

#include <gtest/gtest.h>

namespace vigia {
namespace {

using Kind = AlertDifference::Kind;

Alert sample() {
  Alert alert;
  alert.alert_id = "0123";
  alert.revision = 2;
  alert.kind = "unauthorized_stop";
  alert.rule_hash = "aaaa";
  alert.subject_id = "seal-1";
  alert.severity = schema::Severity::high;
  alert.detected_ms = 1'700'000'000'000;
  alert.evidence.push_back(std::make_unique<schema::EvidenceT>());
  alert.evidence[0]->topic = "seal.events";
  alert.evidence[0]->offset = 17;
  return alert;
}

DerivedAlert derived(const Alert& alert) {
  auto entry = std::make_shared<JournalEntry>();
  entry->task = "seal-trip/0";
  entry->epoch = 12;
  entry->clock_ms = 1'700'000'005'000;
  entry->ranges = {{"seal.events", PartitionId{0}, Offset{10}, Offset{18}},
                   {"trip.events", PartitionId{0}, Offset{3}, Offset{3}}};
  AlertRecord record;
  make_alert_record(alert, "customs", RecordFormat::json, record);
  return {alert, record, entry};
}

PublishedAlert published(const Alert& alert) {
  PublishedAlert made;
  made.partition = PartitionId{1};
  made.offset = Offset{7};
  make_alert_record(alert, "customs", RecordFormat::json, made.record);
  made.alert = alert;
  return made;
}

std::string words(Kind kind, std::optional<DerivedAlert> a, std::optional<PublishedAlert> b) {
  return difference_words({kind, std::move(a), std::move(b)}, "vigia.alerts", "UTC");
}

TEST(AlertDifference, OtherValuesStandFieldByFieldWithTheEpochAndTheRecords) {
  Alert forged = sample();
  forged.severity = schema::Severity::low;
  EXPECT_EQ(words(Kind::other_bytes, derived(sample()), published(forged)),
            "alert 0123, revision 2 (unauthorized_stop of seal-1, detected 2023-11-14 22:13:20) was published with "
            "other bytes than those derived\n"
            "  severity: derived 'high', published 'low'\n"
            "  derived by seal-trip/0, epoch 12, clock 2023-11-14 22:13:25, seal.events/0 offsets 10 to 17\n"
            "  records behind it: seal.events/0:17\n"
            "  published at vigia.alerts/1:7\n");
}

TEST(AlertDifference, WhatWasNeverPublishedShowsWhatItWouldHaveBeen) {
  const std::string text = words(Kind::not_published, derived(sample()), std::nullopt);
  EXPECT_NE(text.find("was derived, and was never published\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  severity: derived 'high'\n"), std::string::npos) << text;
  EXPECT_NE(text.find("epoch 12"), std::string::npos) << text;
  EXPECT_EQ(text.find("trip_id"), std::string::npos) << "empty fields say nothing: " << text;
  EXPECT_EQ(text.find("published at"), std::string::npos) << text;
}

TEST(AlertDifference, WhatDoesNotFollowShowsWhatItSaysAndWhereItLies) {
  const std::string text = words(Kind::not_derived, std::nullopt, published(sample()));
  EXPECT_NE(text.find("was published, and does not follow from the records\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  severity: published 'high'\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  records behind it: seal.events/0:17\n"), std::string::npos) << text;
  EXPECT_NE(text.find("published at vigia.alerts/1:7"), std::string::npos) << text;
}

TEST(AlertDifference, AnotherRuleIsSaid) {
  Alert before = sample();
  before.rule_hash = "bbbb";
  const std::string text = words(Kind::other_bytes, derived(sample()), published(before));
  EXPECT_NE(text.find("  rule_hash: derived 'aaaa', published 'bbbb'\n  The hashes of the rule differ"),
            std::string::npos)
      << text;
}

TEST(AlertDifference, HeadersKeyAndLayoutAreNamedWhenTheFieldsAreTheSame) {
  PublishedAlert other = published(sample());
  other.record.key = "seal-2";
  other.record.headers[3].second = "vigia.alert.panic";
  other.record.headers.emplace_back("extra", "1");
  const std::string text = words(Kind::other_bytes, derived(sample()), other);
  EXPECT_NE(text.find("  record key: derived 'seal-1', published 'seal-2'\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  header ce_type: derived 'vigia.alert.unauthorized_stop', published 'vigia.alert.panic'\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  header extra: derived '', published '1'\n"), std::string::npos) << text;

  PublishedAlert spaced = published(sample());
  spaced.record.payload.insert(1, " ");
  const std::string layout = words(Kind::other_bytes, derived(sample()), spaced);
  EXPECT_NE(layout.find("bytes, the first other one at 1'"), std::string::npos) << layout;
}

TEST(AlertDifference, ARecordThatIsNoAlertIsShownWithoutWhatATerminalWouldObey) {
  PublishedAlert nothing;
  nothing.trouble = "not JSON";
  nothing.record.payload = "\x1b[31mhello";
  const std::string text = words(Kind::not_derived, std::nullopt, nothing);
  EXPECT_NE(text.find("a record that is no alert"), std::string::npos) << text;
  EXPECT_NE(text.find("not JSON"), std::string::npos) << text;
  EXPECT_NE(text.find(".[31mhello"), std::string::npos) << text;
}

}  // namespace
}  // namespace vigia
