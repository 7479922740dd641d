#include "connectors/alert_record.h"

#include <gtest/gtest.h>

#include "connectors/alert_payload.h"

namespace vigia {
namespace {

Alert sample() {
  Alert alert;
  alert.alert_id = "0123456789abcdef0123456789abcdef";
  alert.revision = 2;
  alert.kind = "seal_tampered";
  alert.subject_id = "seal-1";
  alert.detected_ms = 1'700'000'000'123;
  return alert;
}

TEST(AlertRecord, HeadersAreThoseOfACloudEvent) {
  AlertRecord record;
  make_alert_record(sample(), "customs", RecordFormat::json, record);
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"ce_specversion", "1.0"},
      {"ce_id", "0123456789abcdef0123456789abcdef-2"},
      {"ce_source", "/vigia/customs"},
      {"ce_type", "vigia.alert.seal_tampered"},
      {"ce_subject", "seal-1"},
      {"ce_time", "2023-11-14T22:13:20.123Z"},
      {"content-type", "application/json"},
  };
  EXPECT_EQ(record.headers, expected);
  EXPECT_EQ(record.key, "seal-1");
}

TEST(AlertRecord, ReplayLawTheSameAlertGivesTheSameBytesAndTheyAreTheAlert) {
  for (const RecordFormat format : {RecordFormat::json, RecordFormat::flatbuffers}) {
    AlertRecord once, again;
    again.payload = "something from before";
    make_alert_record(sample(), "customs", format, once);
    make_alert_record(sample(), "customs", format, again);
    EXPECT_EQ(once, again);
    json::Reader reader;
    Alert read;
    EXPECT_EQ(read_alert_payload(once.payload, format, reader, read), "");
    EXPECT_EQ(read, sample());
  }
}

}  // namespace
}  // namespace vigia
