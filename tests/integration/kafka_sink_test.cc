// Alerts and dead letters on the topics of a real broker.
#include "connectors/kafka_sink.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <chrono>
#include <random>
#include <thread>

#include "broker_fixture.h"
#include "connectors/partitioner.h"
#include "connectors/triage_sink.h"
#include "schemas/verify.h"

namespace vigia::test {
namespace {

Alert alert(const std::string& id, std::uint32_t revision, const std::string& subject) {
  Alert a;
  a.alert_id = id;
  a.revision = revision;
  a.kind = "seal_opened";
  a.rule_id = "opened";
  a.subject_id = subject;
  a.start_ms = 1'700'000'000'000;
  a.detected_ms = 1'700'000'000'123;
  return a;
}

class KafkaSinkTest : public BrokerFixture {
 protected:
  void SetUp() override {
    BrokerFixture::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    outputs.alerts = unique("alerts");
    outputs.alert_state = unique("state");
    outputs.triage = unique("triage");
    outputs.replies = unique("replies");
    outputs.dead_letters = unique("dead");
    outputs.too_late = unique("late");
    KafkaProducerOptions options;
    options.brokers = bootstrap();
    options.client = "test";
    producer = std::make_unique<KafkaProducer>(options);
    ASSERT_TRUE(producer->open().ok());
  }

  void create_all() {
    const Status created = producer->check_topics(
        std::vector{outputs.alerts, outputs.dead_letters, outputs.too_late, outputs.triage, outputs.replies}, true);
    ASSERT_TRUE(created.ok()) << created.text;
    ASSERT_TRUE(producer->check_topics(std::vector{outputs.alert_state}, true, compacted()).ok());
  }

  OutputSpec outputs;
  std::unique_ptr<KafkaProducer> producer;
};

TEST_F(KafkaSinkTest, EveryRevisionGoesToTheLogWithCloudEventsHeaders) {
  create_all();
  KafkaAlertSink sink(*producer, "customs", outputs);
  const std::string id(32, 'a');
  ASSERT_TRUE(sink.write(std::vector{alert(id, 1, "seal-1"), alert(id, 2, "seal-1")}).ok());
  const Status flushed = sink.flush();
  ASSERT_TRUE(flushed.ok()) << flushed.text;

  const auto log = kafka().read_at_least(outputs.alerts, 2);
  ASSERT_EQ(log.size(), 2u);
  EXPECT_EQ(log[0].key, "seal-1");
  EXPECT_EQ(log[0].header("ce_specversion"), "1.0");
  EXPECT_EQ(log[0].header("ce_id"), id + "-1");
  EXPECT_EQ(log[1].header("ce_id"), id + "-2");
  EXPECT_EQ(log[0].header("ce_source"), "/vigia/customs");
  EXPECT_EQ(log[0].header("ce_type"), "vigia.alert.seal_opened");
  EXPECT_EQ(log[0].header("ce_subject"), "seal-1");
  EXPECT_EQ(log[0].header("ce_time"), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(log[0].header("content-type"), "application/json");
  simdjson::dom::parser parser;
  EXPECT_EQ(std::uint64_t(parser.parse(*log[1].value)["revision"]), 2u);

  const auto triage = kafka().read_at_least(outputs.triage, 2);
  ASSERT_EQ(triage.size(), 2u);
  EXPECT_EQ(triage[1].key, id);
  EXPECT_EQ(triage[1].timestamp_ms, 1'700'000'000'123);
  ASSERT_NE(schema::verify_alert_record(*triage[1].value), nullptr);
  EXPECT_EQ(schema::verify_alert_record(*triage[1].value)->revision(), 2u);
}

TEST_F(KafkaSinkTest, HowAlertsStandAndRepliesAreKeyedByTheAlert) {
  create_all();
  KafkaTriageSink sink(*producer, "customs", outputs);
  const std::string id(32, 'c');
  std::vector<Alert> states;
  states.push_back(alert(id, 2, "seal-1"));
  states[0].triage_status = schema::TriageStatus::attended;
  states[0].triage_revision = 3;
  std::vector<CommandReply> replies(1);
  replies[0].alert_id = id;
  replies[0].action = schema::CommandAction::attend;
  replies[0].result = schema::CommandResult::refused;
  replies[0].reason = "no";
  replies[0].evidence = std::make_unique<schema::EvidenceT>();
  replies[0].evidence->topic = "commands";
  replies[0].evidence->offset = 7;
  ASSERT_TRUE(sink.write(states, replies).ok());
  ASSERT_TRUE(sink.flush().ok());
  const auto state = kafka().read_at_least(outputs.alert_state, 1);
  ASSERT_EQ(state.size(), 1u);
  EXPECT_EQ(state[0].key, id);
  EXPECT_EQ(state[0].header("ce_id"), id + "-2-3");
  EXPECT_NE(state[0].value->find(R"("triage_status":"attended","triage_revision":3)"), std::string::npos);
  const auto answered = kafka().read_at_least(outputs.replies, 1);
  ASSERT_EQ(answered.size(), 1u);
  EXPECT_EQ(answered[0].key, id);
  EXPECT_EQ(answered[0].header("ce_id"), "commands/0/7");
  EXPECT_EQ(*answered[0].value, R"({"alert_id":")" + id +
                                    R"(","action":"attend","event_time_ms":0,"result":"refused","reason":"no",)"
                                    R"("triage_status":"new","triage_revision":0,)"
                                    R"("evidence":{"topic":"commands","partition":0,"offset":7}})");
}

TEST_F(KafkaSinkTest, FlatBuffersWhenTheOutputSaysSo) {
  create_all();
  outputs.format = RecordFormat::flatbuffers;
  KafkaAlertSink sink(*producer, "customs", outputs);
  ASSERT_TRUE(sink.write(std::vector{alert(std::string(32, 'b'), 3, "seal-2")}).ok());
  ASSERT_TRUE(sink.flush().ok());
  const auto log = kafka().read_at_least(outputs.alerts, 1);
  ASSERT_EQ(log.size(), 1u);
  EXPECT_EQ(log[0].header("content-type"), "application/x-flatbuffers");
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(log[0].value->data());
  flatbuffers::Verifier verifier(bytes, log[0].value->size());
  ASSERT_TRUE(schema::VerifyAlertBuffer(verifier));
  EXPECT_EQ(schema::GetAlert(bytes)->revision(), 3u);
}

TEST_F(KafkaSinkTest, DeadLettersKeepBytesKeyHeadersAndSayWhy) {
  create_all();
  KafkaDeadLetters letters(*producer, outputs);
  const RecordHeader original{"trace", "42"};
  const RecordHeaders headers{&original, 1};
  const std::string bytes("\xff\0broken", 8);
  InputRecord poison{.topic = TopicIndex{1},
                     .partition = PartitionId{3},
                     .offset = Offset{77},
                     .broker_ms = 5,
                     .key = "seal-9",
                     .value = bytes,
                     .is_tombstone = false,
                     .headers = &headers};
  InputRecord tombstone = poison;
  tombstone.value = {};
  tombstone.is_tombstone = true;
  tombstone.headers = nullptr;
  InputRecord empty = tombstone;
  empty.is_tombstone = false;
  const std::vector<RejectedRecord> rejected{{RejectKind::dead_letter, &poison, -1, "not JSON"},
                                             {RejectKind::too_late, &poison, 2, "older than 24 h"},
                                             {RejectKind::dead_letter, &tombstone, -1, "a tombstone"},
                                             {RejectKind::dead_letter, &empty, -1, "0 bytes"}};
  ASSERT_TRUE(letters.write(rejected, std::vector<std::string>{"seal.events", "trip.events"}).ok());
  ASSERT_TRUE(letters.flush().ok());

  const auto dead = kafka().read_at_least(outputs.dead_letters, 3);
  ASSERT_EQ(dead.size(), 3u);
  EXPECT_EQ(dead[0].key, "seal-9");
  EXPECT_EQ(*dead[0].value, bytes);
  EXPECT_EQ(dead[0].header("trace"), "42");
  EXPECT_EQ(dead[0].header(reason_header), "not JSON");
  EXPECT_EQ(dead[0].header(topic_header), "trip.events");
  EXPECT_EQ(dead[0].header(partition_header), "3");
  EXPECT_EQ(dead[0].header(offset_header), "77");
  EXPECT_EQ(dead[0].header(event_index_header), "");
  EXPECT_FALSE(dead[1].value.has_value());
  EXPECT_EQ(dead[2].value, std::optional<std::string>(""));
  const auto late = kafka().read_at_least(outputs.too_late, 1);
  ASSERT_EQ(late.size(), 1u);
  EXPECT_EQ(late[0].header(event_index_header), "2");
}

TEST_F(KafkaSinkTest, WhatIsTooLargeForTheDeadLettersIsCutAndSaysSo) {
  create_all();
  kafka().configure_topic(outputs.dead_letters, "max.message.bytes", "2000");
  std::size_t limit_bytes = 0;
  for (int i = 0; i != 100 && limit_bytes != 2000u - 128;
       ++i) {  // less what a batch needs; the broker hears of it later
    if (i != 0) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ASSERT_TRUE(producer->record_limit(outputs.dead_letters, limit_bytes).ok());
  }
  EXPECT_EQ(limit_bytes, 2000u - 128);
  KafkaDeadLetters letters(*producer, outputs, 500);
  std::string large;  // that does not compress
  std::mt19937 random(1);
  while (large.size() < 5'000) large += static_cast<char>(random());
  InputRecord record{.topic = TopicIndex{0},
                     .partition = PartitionId{0},
                     .offset = Offset{1},
                     .broker_ms = 5,
                     .key = "seal-9",
                     .value = large};
  ASSERT_TRUE(letters
                  .write(std::vector<RejectedRecord>{{RejectKind::dead_letter, &record, -1, "not JSON"}},
                         std::vector<std::string>{"seal.events"})
                  .ok());
  ASSERT_TRUE(letters.flush().ok());
  const auto dead = kafka().read_at_least(outputs.dead_letters, 1);
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].header(truncated_header), "5000");
  std::size_t whole = dead[0].key.size() + dead[0].value->size();
  for (const auto& [name, value] : dead[0].headers) whole += name.size() + value.size();
  EXPECT_LE(whole, limit_bytes);
  EXPECT_GE(dead[0].value->size(), limit_bytes / 2);
}

TEST_F(KafkaSinkTest, MissingOutputTopicsAreNamed) {
  const Status status = producer->check_topics(std::vector{outputs.alerts}, false);
  EXPECT_EQ(status.fault, Fault::missing_topics);
  EXPECT_NE(status.text.find("--create --topic " + outputs.alerts), std::string::npos) << status.text;
}

TEST_F(KafkaSinkTest, FlushTellsOfWhatWasNotDelivered) {
  const std::string topic = unique("nowhere");  // and the broker does not create topics
  KafkaProducerOptions options;
  options.brokers = bootstrap();
  options.client = "test";
  options.flush_timeout_ms = 3'000;
  KafkaProducer impatient(options);
  ASSERT_TRUE(impatient.open().ok());
  ASSERT_TRUE(impatient.produce(topic, "k", "v", {}).ok());
  const Status status = impatient.flush();
  EXPECT_EQ(status.fault, Fault::retry);
  EXPECT_FALSE(status.text.empty());
}

TEST_F(KafkaSinkTest, AFullQueueMakesTheCallerWaitAndLosesNothing) {
  create_all();
  KafkaProducerOptions options;
  options.brokers = bootstrap();
  options.client = "test";
  options.properties = {{"queue.buffering.max.messages", "100"}};
  KafkaProducer narrow(options);
  ASSERT_TRUE(narrow.open().ok());
  for (int i = 0; i < 5'000; ++i) ASSERT_TRUE(narrow.produce(outputs.alerts, "k", std::to_string(i), {}).ok());
  ASSERT_TRUE(narrow.flush().ok());
  const auto records = kafka().read_at_least(outputs.alerts, 5'000);
  ASSERT_EQ(records.size(), 5'000u);
  for (int i = 0; i < 5'000; ++i) EXPECT_EQ(*records[static_cast<std::size_t>(i)].value, std::to_string(i));
}

}  // namespace
}  // namespace vigia::test
