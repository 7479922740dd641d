// The envelopes are composed by the rules of the CloudEvents Kafka protocol binding, binary content mode (3.2) and structured
// content mode (3.3) (github.com/cloudevents/spec, cloudevents/bindings/kafka-protocol-binding.md), around events of ours.
#include <gtest/gtest.h>

#include "connectors/formats.h"
#include "tests/connectors/adapted.h"

namespace vigia {
namespace {

using test::adapted;

constexpr std::string_view ours = R"({"seal_id":"s","device_time_ms":1700000000000,"lock":"opened"})";

TEST(FormatCloudevents, InBinaryModeTheValueIsTheEvent) {
  EXPECT_EQ(adapted(adapt_cloudevents, ours, "mykey",
                    {{"ce_specversion", "1.0"},
                     {"ce_type", "com.example.someevent"},
                     {"ce_source", "/mycontext/subcontext"},
                     {"ce_id", "1234-1234-1234"},
                     {"ce_time", "2018-04-05T03:56:24Z"},
                     {"content-type", "application/json; charset=utf-8"}}),
            ours);
}

TEST(FormatCloudevents, InStructuredModeTheEventIsItsData) {
  const std::string value = R"({ "specversion" : "1.0", "type" : "com.example.someevent",
      "source" : "/mycontext/subcontext", "id" : "1234-1234-1234", "time" : "2018-04-05T03:56:24Z",
      "datacontenttype" : "application/json", "data" : { "events": [ {"seal_id": "s", "device_time_ms": 5} ] } })";
  const std::string batch = R"({"events":[{"seal_id":"s","device_time_ms":5}]})";
  EXPECT_EQ(adapted(adapt_cloudevents, value, "mykey", {{"content-type", "application/cloudevents+json"}}), batch);
  EXPECT_EQ(adapted(adapt_cloudevents, value), batch) << "a recording has no headers";
}

TEST(FormatCloudevents, AnythingElseSaysWhatIsWrong) {
  EXPECT_EQ(adapted(adapt_cloudevents, ours, "k", {{"ce_specversion", "0.3"}}),
            "error: specversion is \"0.3\", expected 1.0");
  EXPECT_EQ(adapted(adapt_cloudevents, "x", "k", {{"ce_specversion", "1.0"}, {"content-type", "application/avro"}}),
            "error: the content type is application/avro, expected JSON");
  EXPECT_EQ(adapted(adapt_cloudevents, ours),
            "error: no header ce_specversion and no member specversion, expected a CloudEvent");
  EXPECT_EQ(adapted(adapt_cloudevents, R"({"specversion":"1.0","data_base64":"AAAA"})"),
            "error: data is missing or no object, expected an event or a batch in JSON");
  EXPECT_EQ(adapted(adapt_cloudevents, "", "k", {{"ce_specversion", "1.0"}}), "error: 0 bytes, expected an event");
}

}  // namespace
}  // namespace vigia
