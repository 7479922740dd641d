// `vigia run` from Kafka to Kafka.
#include "connectors/dead_letters.h"
#include "connectors/partitioner.h"
#include "run_fixture.h"
#include "schemas/seal_batch_generated.h"

namespace vigia::test {
namespace {

TEST_F(RunTest, JsonEventsAndBatchesOfSeveralPartitionsBecomeTheAlertsOfAReplay) {
  const std::string config = pipeline();
  kafka().create_topic(seals, 3);
  auto records = tampering(50, 0, 4);
  for (int i = 100; i < 110; ++i) {  // one record with many events
    std::string batch;
    for (int n = 0; n < static_cast<int>(batch_size); ++n) {
      batch +=
          (n == 0 ? "" : ",") + json_of(event(seal(i), n, n % 2 == 0 ? schema::Lock::closed : schema::Lock::tampered));
    }
    records.push_back(
        {.key = seal(i), .value = "{\"events\":[" + batch + "]}", .headers = {}, .timestamp_ms = start_ms + 20'000});
  }
  kafka().produce(seals, records);
  const Revisions all = expected(config);
  ASSERT_EQ(all.size(), 50u * 2 + 10u * batch_size / 2);

  VigiaProcess process(run_arguments(config), dir / "run.log");
  EXPECT_EQ(wait_for_alerts(all.size()), all) << process.log();
  EXPECT_EQ(process.terminate(), 0) << process.log();
  EXPECT_EQ(stored(config), all);
  EXPECT_NE(process.log().find("\"applied\":" + std::to_string(50 * 4 + 10 * batch_size)), std::string::npos)
      << process.log();
}

TEST_F(RunTest, FlatBuffersEventsAndBatches) {
  const std::string config = pipeline("flatbuffers");
  kafka().create_topic(seals, 2);
  std::vector<KafkaRecord> records;
  flatbuffers::FlatBufferBuilder builder;
  for (int i = 0; i < 20; ++i) {
    const auto e = event(seal(i), 0, schema::Lock::tampered);
    builder.Clear();
    schema::FinishSealEventBuffer(builder, schema::SealEvent::Pack(builder, &e));
    records.push_back({.key = seal(i), .value = bytes_of(builder), .headers = {}, .timestamp_ms = start_ms + 10});
  }
  for (int i = 20; i < 30; ++i) {
    schema::SealBatchT batch;
    for (int n = 0; n < 4; ++n) {
      batch.events.push_back(std::make_unique<schema::SealEventT>(
          event(seal(i), n, n % 2 == 0 ? schema::Lock::closed : schema::Lock::tampered)));
    }
    builder.Clear();
    schema::FinishSealBatchBuffer(builder, schema::SealBatch::Pack(builder, &batch));
    records.push_back({.key = seal(i), .value = bytes_of(builder), .headers = {}, .timestamp_ms = start_ms + 10'000});
  }
  kafka().produce(seals, records);
  VigiaProcess process(run_arguments(config), dir / "run.log");
  const Revisions found = wait_for_alerts(20 + 10 * 2);
  EXPECT_EQ(found.size(), 40u) << process.log();
  EXPECT_EQ(process.terminate(), 0) << process.log();
}

TEST_F(RunTest, ANewApplicationBeginsWhereTheLogBegins) {
  const std::string config = pipeline();
  kafka().create_topic(seals, 1);
  kafka().produce(seals, tampering(10, 0, 4));
  kafka().delete_before(seals, 0, 20);  // as retention does
  VigiaProcess process(run_arguments(config), dir / "run.log");
  EXPECT_EQ(wait_for_alerts(10).size(), 10u) << process.log();
  EXPECT_EQ(process.terminate(), 0) << process.log();
}

TEST_F(RunTest, PoisonRecordsAreSetAsideWithTheirBytesAndTheStreamGoesOn) {
  const std::string config = pipeline();
  kafka().create_topic(seals, 1);
  const auto good = [&](int i) {
    return KafkaRecord{.key = seal(i),
                       .value = json_of(event(seal(i), 0, schema::Lock::tampered)),
                       .headers = {},
                       .timestamp_ms = start_ms + i};
  };
  const auto poison = [&](std::optional<std::string> value) {
    return KafkaRecord{
        .key = "poison", .value = std::move(value), .headers = {{"trace", "7"}}, .timestamp_ms = start_ms + 1};
  };
  const std::vector<std::optional<std::string>> bad{
      "",
      "{",
      "\xff\xfe\x00",
      R"({"device_time_ms":1700000000000})",
      R"({"seal_id":"s","device_time_ms":-1})",
      R"({"seal_id":"s","device_time_ms":1700000000000,"position":{"lat_deg":91,"lon_deg":0}})",
      std::string(10'000'000, 'x'),
      std::nullopt};
  std::vector<KafkaRecord> records{good(0)};
  for (const auto& value : bad) records.push_back(poison(value));
  records.push_back(good(1));
  kafka().produce(seals, records);

  VigiaProcess process(run_arguments(config), dir / "run.log");
  EXPECT_EQ(wait_for_alerts(2).size(), 2u) << process.log();
  const auto letters = kafka().read_at_least(dead, bad.size());
  ASSERT_EQ(letters.size(), bad.size()) << process.log();
  for (std::size_t i = 0; i < bad.size(); ++i) {
    EXPECT_EQ(letters[i].value == bad[i], true) << i;
    EXPECT_EQ(letters[i].key, "poison");
    EXPECT_EQ(letters[i].header("trace"), "7");
    EXPECT_EQ(letters[i].header(topic_header), seals);
    EXPECT_EQ(letters[i].header(partition_header), "0");
    EXPECT_EQ(letters[i].header(offset_header), std::to_string(i + 1));
    EXPECT_FALSE(letters[i].header(reason_header).empty());
  }
  EXPECT_EQ(process.terminate(), 0) << process.log();
}

TEST_F(RunTest, RecordsInPartitionsWhereTheirKeysDoNotBelongAreDeadLetters) {
  const std::string config = pipeline();
  constexpr std::int32_t partitions = 2;
  kafka().create_topic(seals, partitions);
  const auto tampered = [&](int i, const std::string& key, std::int32_t partition) {
    return KafkaRecord{.key = key,
                       .value = json_of(event(seal(i), 0, schema::Lock::tampered)),
                       .headers = {},
                       .timestamp_ms = start_ms + i,
                       .partition = partition};
  };
  const auto own = [&](const std::string& key) { return murmur2_partition(key, partitions); };
  std::vector<KafkaRecord> records;
  for (int i = 0; i < 20; ++i) records.push_back(tampered(i, seal(i), own(seal(i))));
  records.push_back(tampered(30, seal(30), 1 - own(seal(30))));  // the producer chose another partition
  std::string elsewhere = "gateway-0";                           // or keyed by something else
  for (int n = 1; own(elsewhere) == own(seal(31)); ++n) elsewhere = fmt::format("gateway-{}", n);
  records.push_back(tampered(31, elsewhere, own(elsewhere)));
  records.push_back(tampered(32, "", 1 - own(seal(32))));  // or not at all
  records.push_back(tampered(33, seal(33), own(seal(33))));
  kafka().produce(seals, records);

  VigiaProcess process(run_arguments(config), dir / "run.log");
  EXPECT_EQ(wait_for_alerts(21).size(), 21u) << process.log();
  const auto letters = kafka().read_at_least(dead, 3);
  std::map<std::string, std::string> reasons;
  for (const auto& letter : letters) reasons[letter.key] = letter.header(reason_header);
  ASSERT_EQ(reasons.size(), 3u) << process.log();
  EXPECT_EQ(reasons[seal(30)].find(fmt::format("key '{}' belongs to partition {} by murmur2", seal(30), own(seal(30)))),
            0u)
      << reasons[seal(30)];
  EXPECT_EQ(reasons[elsewhere].find(fmt::format("seal_id '{}' belongs to partition {}", seal(31), own(seal(31)))), 0u)
      << reasons[elsewhere];
  EXPECT_EQ(reasons[""].find(fmt::format("seal_id '{}' belongs to partition {}", seal(32), own(seal(32)))), 0u)
      << reasons[""];
  EXPECT_EQ(process.terminate(), 0) << process.log();
  EXPECT_NE(process.log().find("\"dead_letter\":3"), std::string::npos) << process.log();
}

TEST_F(RunTest, AnAlertIsExplainedByItsRecordsWhenTheTopicHasLostThem) {
  const std::string config = pipeline();
  kafka().create_topic(seals, 1);
  kafka().produce(seals, tampering(1, 0, 2));
  {
    VigiaProcess process(run_arguments(config), dir / "run.log");
    ASSERT_EQ(wait_for_alerts(1).size(), 1u) << process.log();
    ASSERT_EQ(process.terminate(), 0) << process.log();
  }
  kafka().delete_before(seals, 0, 2);
  json::Reader reader;
  Alert alert;
  ASSERT_TRUE(reader.read_alert(*kafka().read_all(alerts)[0].value, alert).error.empty());
  const auto explain = [&](const std::string& id, const std::string& log) {
    const int code = run_vigia({"explain", "--config", config, id}, dir / log);
    std::ifstream in(dir / log);
    return std::pair(code, std::string(std::istreambuf_iterator<char>(in), {}));
  };
  const auto [code, text] = explain(alert.alert_id.substr(0, 12), "explain.log");
  EXPECT_EQ(code, 0);
  EXPECT_NE(text.find(seals + "/0 at offset 1"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("lock":"tampered")"), std::string::npos) << text;
  EXPECT_NE(text.find("the same as when the alert was raised"), std::string::npos) << text;
  const auto [unknown_code, unknown_text] = explain("no-such-alert", "unknown.log");
  EXPECT_EQ(unknown_code, 1);
  EXPECT_NE(unknown_text.find("'no-such-alert'"), std::string::npos) << unknown_text;
}

}  // namespace
}  // namespace vigia::test
