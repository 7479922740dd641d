#include "connectors/kept_event.h"

#include <gtest/gtest.h>

#include "connectors/formats.h"

namespace vigia::test {
namespace {

constexpr TimeMs broker_ms = 1'772'600'000'000;

class KeptEventTest : public ::testing::Test {
 protected:
  KeptEventTest() : reader(limits()) {}

  static Pipeline limits() {
    Pipeline pipeline;
    pipeline.horizon_ms = 86'400'000;
    pipeline.max_clock_skew_ms = 300'000;
    return pipeline;
  }

  bool read(const SourceSpec& source, const std::string& value) {
    found.clear();
    InputRecord record{};
    record.partition = PartitionId{2};
    record.offset = Offset{17};
    record.broker_ms = broker_ms;
    record.value = value;
    return reader.read(source, record, [&](const KeptEvent& event) { found.push_back(event); });
  }

  static std::string opened(TimeMs time_ms, const std::string& more = "") {
    return R"({"door_id":"gate","kind":"door_opened","device_time_ms":)" + std::to_string(time_ms) + more + "}";
  }

  const SourceSpec doors{"doors", StreamId::access};
  const SourceSpec trips{"trips", StreamId::trip};
  KeptEventReader reader;
  std::vector<KeptEvent> found;
};

TEST_F(KeptEventTest, ReadsSingleEventsAndBatchesInBothFormats) {
  ASSERT_TRUE(read(doors, opened(broker_ms - 3)));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].access()->door_id, "gate");
  EXPECT_EQ(found[0].time_ms, broker_ms - 3);
  EXPECT_EQ(found[0].broker_ms, broker_ms);
  EXPECT_EQ(found[0].place, (EvidencePlace{"doors", 2, 17}));
  EXPECT_EQ(found[0].event_index, -1);

  schema::TripBatchT batch;
  for (const char* id : {"T1", "T2"}) {
    batch.events.push_back(std::make_unique<schema::TripEventT>());
    batch.events.back()->trip_id = id;
    batch.events.back()->seal_id = "s";
    batch.events.back()->event_time_ms = 5;
  }
  flatbuffers::FlatBufferBuilder builder;
  schema::FinishTripBatchBuffer(builder, schema::TripBatch::Pack(builder, &batch));
  SourceSpec packed = trips;
  packed.format = RecordFormat::flatbuffers;
  ASSERT_TRUE(read(packed, {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()}));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].trip()->trip_id, "T2");
  EXPECT_EQ(found[1].event_index, 1);
  EXPECT_EQ(found[1].time_ms, 5) << "a trip's clock is never at fault";
}

TEST_F(KeptEventTest, OfABatchTheGoodEventsAreKeptAndHeartbeatsAreNot) {
  EXPECT_FALSE(read(doors, R"({"events":[)" + opened(broker_ms) + R"(,{"kind":"panic"},)" +
                               R"({"door_id":"gate","kind":"heartbeat","device_time_ms":5},)" + opened(broker_ms + 1) +
                               "]}"));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].event_index, 3);
  for (const char* bad : {"", "{", "[]", R"({"door_id":"gate"})"}) {
    EXPECT_FALSE(read(doors, bad)) << bad;
    EXPECT_TRUE(found.empty()) << bad;
  }
}

TEST_F(KeptEventTest, ADoorWithABadClockIsTakenAtTheBrokersTime) {
  const auto time_of = [&](const std::string& value) {
    EXPECT_TRUE(read(doors, value));
    return found.at(0).time_ms;
  };
  EXPECT_EQ(time_of(opened(broker_ms + 300'000)), broker_ms + 300'000);
  EXPECT_EQ(time_of(opened(broker_ms + 300'001)), broker_ms);
  EXPECT_EQ(time_of(opened(broker_ms - 86'400'001)), broker_ms);
  EXPECT_EQ(time_of(opened(broker_ms - 86'400'001, R"(,"buffered":true)")), broker_ms - 86'400'001);
}

TEST_F(KeptEventTest, ReadsWhatOtherSystemsSend) {
  SourceSpec source = doors;
  source.foreign = foreign_format("onvif", StreamId::access);
  ASSERT_NE(source.foreign, nullptr);
  EXPECT_FALSE(read(source, "no JSON at all"));
  source.foreign = foreign_format("cloudevents", StreamId::access);
  ASSERT_NE(source.foreign, nullptr);
  ASSERT_TRUE(
      read(source, R"({"specversion":"1.0","id":"1","source":"/x","type":"door","data":)" + opened(broker_ms) + "}"));
  EXPECT_EQ(found.at(0).access()->door_id, "gate");
}

}  // namespace
}  // namespace vigia::test
