// Single records out of the topics of a real broker.
#include "connectors/evidence_reader.h"

#include <gtest/gtest.h>

#include "broker_fixture.h"
#include "wait_until.h"

namespace vigia::test {
namespace {

constexpr TimeMs patience_ms = 60'000;

using Texts = std::map<EvidencePlace, std::string>;

std::string text_of(const Texts& texts) {
  std::string all;
  for (const auto& [place, text] : texts)
    all += place.topic + "/" + std::to_string(place.partition) + "/" + std::to_string(place.offset) + " " + text + "\n";
  return all;
}

class EvidenceReaderTest : public BrokerFixture {
 protected:
  void SetUp() override {
    BrokerFixture::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    seals = unique("seals");
    trips = unique("trips");
    reader = std::make_unique<EvidenceReader>(EvidenceReaderOptions{bootstrap(), unique("app"), {}, {}});
  }

  static std::vector<KafkaRecord> numbered(std::int32_t partition, int count) {
    std::vector<KafkaRecord> records;
    for (int i = 0; i < count; ++i) {
      records.push_back({.key = "k" + std::to_string(i),
                         .value = "v" + std::to_string(i),
                         .headers = {{"n", std::to_string(i)}},
                         .timestamp_ms = 1'700'000'000'000 + i,
                         .partition = partition});
    }
    return records;
  }

  // What was found at each place: its value, or "gone".
  Texts read(const std::vector<EvidencePlace>& places, TimeMs limit_ms = patience_ms) {
    Texts found;
    status = reader->read(places, limit_ms, [&](const EvidencePlace& place, EvidenceRecord record) {
      EXPECT_TRUE(found.emplace(place, record.is_gone ? "gone" : record.value.value_or("tombstone")).second);
      last = std::move(record);
    });
    return found;
  }

  std::string seals, trips;
  std::unique_ptr<EvidenceReader> reader;
  Status status;
  EvidenceRecord last;
};

TEST_F(EvidenceReaderTest, OneRecordWithAllThatBelongsToIt) {
  kafka().create_topic(seals, 2);
  kafka().produce(seals, numbered(1, 3));
  EXPECT_EQ(read({{seals, 1, 2}}), (Texts{{{seals, 1, 2}, "v2"}}));
  EXPECT_EQ(last.key, "k2");
  EXPECT_EQ(last.timestamp_ms, 1'700'000'000'002);
  EXPECT_EQ(last.headers, (std::vector<std::pair<std::string, std::string>>{{"n", "2"}}));
  EXPECT_TRUE(status.ok());
}

TEST_F(EvidenceReaderTest, NearAndFarApartInSeveralTopics) {
  kafka().create_topic(seals, 2);
  kafka().create_topic(trips, 1);
  kafka().produce(seals, numbered(0, 5000));
  kafka().produce(seals, numbered(1, 5000));
  kafka().produce(trips, numbered(0, 10));
  Texts expected;
  std::vector<EvidencePlace> places;
  for (const std::int64_t offset : {0, 1, 20, 1900, 1901, 4999}) {
    for (const std::int32_t partition : {0, 1}) {
      places.push_back({seals, partition, offset});
      expected[places.back()] = "v" + std::to_string(offset);
    }
  }
  places.push_back({trips, 0, 9});
  expected[places.back()] = "v9";
  places.push_back(places.front());  // twice asked for, once given
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(text_of(read(places)), text_of(expected));
    EXPECT_TRUE(status.ok()) << status.text;
  }
}

TEST_F(EvidenceReaderTest, WhatIsGoneIsGoneAndTheOthersAreRead) {
  kafka().create_topic(seals, 2);
  kafka().produce(seals, numbered(0, 10));
  kafka().produce(seals, numbered(1, 10));
  kafka().delete_before(seals, 0, 5);
  EXPECT_EQ(read({{seals, 0, 1}, {seals, 0, 4}, {seals, 0, 5}, {seals, 0, 9}, {seals, 0, 77}, {seals, 1, 3}}),
            (Texts{{{seals, 0, 1}, "gone"},
                   {{seals, 0, 4}, "gone"},
                   {{seals, 0, 5}, "v5"},
                   {{seals, 0, 9}, "v9"},
                   {{seals, 0, 77}, "gone"},
                   {{seals, 1, 3}, "v3"}}));
  EXPECT_TRUE(status.ok()) << status.text;
}

// librdkafka gives a topic some time to appear before it says that there is none.
TEST_F(EvidenceReaderTest, ATopicThatIsNotThereHoldsUpNobody) {
  kafka().create_topic(seals, 1);
  kafka().produce(seals, numbered(0, 3));
  EXPECT_TRUE(wait_until([&] {
    const auto found = read({{trips, 0, 1}, {seals, 0, 1}}, 1000);
    const auto text = found.find({seals, 0, 1});
    return text != found.end() && text->second == "v1";
  }));
  if (!status.ok()) {
    EXPECT_EQ(status.fault, Fault::retry);
    EXPECT_NE(status.text.find(trips + "/0"), std::string::npos) << status.text;
  }
  EXPECT_EQ(read({{seals, 0, 2}}).at({seals, 0, 2}), "v2");
}

}  // namespace
}  // namespace vigia::test
