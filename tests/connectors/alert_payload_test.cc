#include "connectors/alert_payload.h"

#include <gtest/gtest.h>

#include "connectors/alert_record.h"
#include "schemas/json_writer.h"

namespace vigia::test {
namespace {

Alert sample() {
  Alert a;
  a.alert_id = "0123456789abcdef0123456789abcdef";
  a.revision = 3;
  a.kind = "seal_opened";
  a.subject_id = "seal-1";
  a.start_ms = 1'700'000'000'000;
  return a;
}

std::string json_of(const Alert& a) {
  std::string text;
  json::append_json(a, text);
  return text;
}

std::string bytes_of(const Alert& a) {
  flatbuffers::FlatBufferBuilder builder;
  schema::FinishAlertBuffer(builder, schema::Alert::Pack(builder, &a));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

std::string document_of(const Alert& a, RecordFormat format) {
  AlertRecord record;
  make_alert_record(a, "customs", format, record);
  return record.payload;
}

TEST(AlertPayload, EachFormatIsReadWhateverIsExpected) {
  json::Reader reader;
  using enum RecordFormat;
  for (const RecordFormat expected : {RecordFormat::json, flatbuffers, ecs, ocsf}) {
    for (const std::string& bytes :
         {json_of(sample()), bytes_of(sample()), document_of(sample(), ecs), document_of(sample(), ocsf)}) {
      Alert read;
      EXPECT_EQ(read_alert_payload(bytes, expected, reader, read), "");
      EXPECT_EQ(read, sample());
    }
  }
}

TEST(AlertPayload, WhatIsNoAlertSaysWhy) {
  json::Reader reader;
  Alert nameless = sample(), unnumbered = sample(), odd = sample();
  nameless.alert_id.clear();
  unnumbered.revision = 0;
  odd.alert_id = std::string("a\0b", 3);
  const std::string cut = bytes_of(sample()).substr(0, 40);
  for (const std::string& bytes :
       {std::string(), std::string("hello"), std::string(R"({"order":17})"), std::string("{}"), std::string(100, '\0'),
        json_of(nameless), bytes_of(unnumbered), bytes_of(odd), cut, document_of(nameless, RecordFormat::ocsf),
        std::string(R"({"@timestamp":"2023-11-14T22:13:20.123Z","event":{"kind":"alert"}})")}) {
    for (const RecordFormat expected : {RecordFormat::json, RecordFormat::flatbuffers, RecordFormat::ecs}) {
      Alert read;
      EXPECT_NE(read_alert_payload(bytes, expected, reader, read), "") << bytes;
    }
  }
}

}  // namespace
}  // namespace vigia::test
