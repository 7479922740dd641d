// Commands about alerts against a real broker: what is on the topic of states,
// what is answered, and that both are exactly once.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <chrono>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "broker_fixture.h"
#include "connectors/partitioner.h"
#include "engine/task.h"
#include "schemas/enum_names.h"
#include "schemas/json_reader.h"
#include "tests/connectors/temp_directory.h"
#include "vigia_process.h"
#include "wait_until.h"

namespace vigia::test {
namespace {

using testing::_;
using testing::AllOf;
using testing::Each;
using testing::Eq;
using testing::Ge;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;

constexpr std::int32_t partitions = 3;
constexpr int seal_count = 6;

class TriageTest : public BrokerFixture {
 protected:
  struct Reply {
    std::string alert_id, action, note, result, reason;
    std::uint64_t revision = 0;
  };
  using States = std::map<std::string, Alert>;  // by subject: the last

  void SetUp() override {
    BrokerFixture::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    name = unique("desk");
    for (const char* topic : {".seals", ".commands", ".replies"}) kafka().create_topic(name + topic, partitions);
    kafka().create_topic(name + ".state", partitions, {{"cleanup.policy", "compact"}});
    dir.write("staff.yaml", "staff: [{id: garcia}, {id: lopez, role: deputy}]\n");
    config = dir.write("pipeline.yaml", fmt::format(R"(application: {0}
kafka:
  brokers: "{1}"
  create_topics: true
  properties: {{ session.timeout.ms: 6000, heartbeat.interval.ms: 500 }}
timezone: UTC
time: {{ source_silence: 1h }}
state: {{ directory: state, snapshot_every: 300ms, memory_budget: 1GiB }}
site: [staff.yaml]
sources:
  - {{ topic: {0}.seals, stream: seal, format: json, partitioner: murmur2 }}
  - {{ topic: {0}.commands, stream: command }}
outputs: {{ alerts: {0}.alerts, alert_state: {0}.state, dead_letters: {0}.dead, too_late: {0}.late, replies: {0}.replies }}
rules:
  - {{ id: opened, kind: seal_opened, scope: always, severity: medium, attend_when: cleared }}
)",
                                                    name, bootstrap()));
  }

  [[nodiscard]] std::vector<std::string> run() const { return {"run", "--config", config, "--threads", "2"}; }

  static TimeMs now_ms() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  }

  void lock_all(const std::string& lock) {
    ++sequence;
    std::vector<KafkaRecord> records;
    for (int i = 0; i < seal_count; ++i) {
      const std::string id = fmt::format("seal-{}", i);
      records.push_back({.key = id,
                         .value = fmt::format(R"({{"seal_id":"{}","device_time_ms":{},"sequence":{},"lock":"{}"}})", id,
                                              now_ms(), sequence, lock),
                         .headers = {}});
    }
    kafka().produce(name + ".seals", records);
  }

  static KafkaRecord command(const std::string& id, const std::string& action, const std::string& by,
                             const std::string& note = "") {
    return {.key = id,
            .value = fmt::format(R"({{"alert_id":"{}","action":"{}","by":"{}","note":"{}"}})", id, action, by, note),
            .headers = {}};
  }

  States states() {
    States found;
    for (const auto& record : kafka().read_all(name + ".state")) {
      json::Reader reader;
      Alert alert;
      EXPECT_EQ(reader.read_alert(*record.value, alert).error, "") << *record.value;
      EXPECT_EQ(record.key, alert.alert_id);
      const std::string subject = alert.subject_id;
      found[subject] = std::move(alert);
    }
    return found;
  }
  std::vector<Reply> replies() {
    std::vector<Reply> found;
    for (const auto& record : kafka().read_all(name + ".replies")) {
      simdjson::dom::parser parser;
      const simdjson::dom::element reply = parser.parse(*record.value);
      const auto text = [&](const char* field) {
        std::string_view value;
        return reply[field].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
      };
      found.push_back({text("alert_id"), text("action"), text("note"), text("result"), text("reason"),
                       std::uint64_t(reply["triage_revision"])});
      EXPECT_EQ(record.key, found.back().alert_id);
    }
    return found;
  }
  // Of each subject "STATUS TRIAGE_STATUS TRIAGE_REVISION", of its last state.
  std::map<std::string, std::string> stand() {
    std::map<std::string, std::string> found;
    for (const auto& [subject, state] : states())
      found[subject] = fmt::format("{} {} {}", schema::name_of(state.status), schema::name_of(state.triage_status),
                                   state.triage_revision);
    return found;
  }
  [[nodiscard]] testing::AssertionResult all_stand(const std::string& how) {
    return eventually(
        "a state of each seal", [&] { return stand(); }, AllOf(SizeIs(seal_count), Each(Pair(_, HasSubstr(how)))));
  }
  [[nodiscard]] testing::AssertionResult answered(std::size_t commands) {
    return eventually(
        "as many answers", [&] { return replies().size(); }, Ge(commands));
  }

  TempDirectory dir;
  std::string name, config;
  int sequence = 0;
};

TEST_F(TriageTest, S2CommandsMeetTheirAlertsAndAreAnswered) {
  VigiaProcess vigia(run(), dir / "run.log");
  lock_all("closed");
  lock_all("opened");
  ASSERT_TRUE(all_stand("")) << vigia.log();
  std::vector<std::string> ids;
  for (const auto& [subject, alert] : states()) {
    ids.push_back(alert.alert_id);
    EXPECT_EQ(alert.triage_status, schema::TriageStatus::new_);
    std::map<std::string, std::string> attributes;
    for (const auto& attribute : alert.attributes) attributes[attribute->key] = attribute->value;
    EXPECT_EQ(attributes["route"], "administrator");
    EXPECT_EQ(attributes["response"], "containment");
  }

  std::vector<KafkaRecord> commands;
  for (const auto& id : ids) {
    commands.push_back(command(id, "acknowledge", "garcia", "on my way"));
    commands.push_back(command(id, "attend", "garcia", "too early"));
  }
  kafka().produce(name + ".commands", commands);
  ASSERT_TRUE(answered(commands.size())) << vigia.log();
  for (const auto& reply : replies()) {
    EXPECT_EQ(reply.result, reply.action == "acknowledge" ? "accepted" : "refused");
    if (reply.action == "attend") {
      EXPECT_THAT(reply.reason, HasSubstr("rule opened has attend_when: cleared"));
    }
  }
  lock_all("closed");
  ASSERT_TRUE(all_stand("cleared acknowledged")) << vigia.log();

  const std::string nothing(32, '0');
  auto elsewhere = command(ids[0], "attend", "lopez", "elsewhere");
  elsewhere.partition = (murmur2_partition(ids[0], partitions) + 1) % partitions;
  const auto before = replies().size();
  kafka().produce(name + ".commands", {command(ids[0], "attend", "garcia", "closed"),
                                       command(ids[1], "attend", "mallory"),
                                       command(nothing, "attend", "garcia"),
                                       elsewhere,
                                       {.key = ids[2], .value = "no command", .headers = {}}});
  ASSERT_TRUE(answered(before + 4)) << vigia.log();
  std::map<std::string, Reply> by_alert;
  for (const auto& reply : replies()) {
    if (reply.note == "elsewhere") {
      EXPECT_EQ(reply.result, "refused");
      EXPECT_THAT(reply.reason, HasSubstr("the record's key must be its alert_id"));
    } else {
      by_alert[reply.alert_id] = reply;
    }
  }
  EXPECT_EQ(by_alert[ids[0]].result, "accepted") << by_alert[ids[0]].reason;
  EXPECT_EQ(by_alert[ids[0]].revision, 2u);
  EXPECT_THAT(by_alert[ids[1]].reason, HasSubstr("mallory is not among the staff"));
  EXPECT_THAT(by_alert[nothing].reason, HasSubstr("no such alert"));
  EXPECT_EQ(kafka().read_at_least(name + ".dead", 1).size(), 1u);
  EXPECT_EQ(vigia.terminate(), 0) << vigia.log();

  // The log of alerts knows nothing of it; the search in the store does.
  for (const auto& record : kafka().read_all(name + ".alerts")) {
    EXPECT_EQ(record.value->find("triage_"), std::string::npos);
    EXPECT_EQ(record.value->find("route"), std::string::npos);
  }
  EXPECT_EQ(run_vigia({"alerts", "--config", config, "--id", ids[0], "--json"}, dir / "alerts.jsonl"), 0);
  std::ifstream in(dir / "alerts.jsonl");
  std::string line;
  std::getline(in, line);
  EXPECT_THAT(line, HasSubstr(R"("triage_status":"attended","triage_revision":2,"triage_by":"garcia")"));
}

TEST_F(TriageTest, S2OneThatComesBackNamesTheOneThatWasClosed) {
  std::stringstream text;
  text << std::ifstream(config).rdbuf() << "triage: { reactivate_within: 1h }\n";
  dir.write("pipeline.yaml", text.str());
  EXPECT_EQ(run_vigia(run(), dir / "refused.log"), 1);
  std::stringstream refused;
  refused << std::ifstream(dir / "refused.log").rdbuf();
  EXPECT_THAT(refused.str(), HasSubstr("reactivate_within: expected topics of commands"))
      << "they have three partitions";

  kafka().create_topic(name + ".desk", 1);
  auto pipeline = text.str();
  for (const auto& [from, to] : {std::pair{name + ".commands", name + ".desk"},
                                 {name + ".replies", name + ".replies, triage: " + name + ".at-the-desk"}})
    pipeline.replace(pipeline.find(from), from.size(), to);
  dir.write("pipeline.yaml", pipeline);
  std::map<std::string, std::string> closed;  // by subject
  {
    VigiaProcess vigia(run(), dir / "run.log");
    for (const char* lock : {"closed", "opened", "closed"}) lock_all(lock);
    ASSERT_TRUE(all_stand("cleared")) << vigia.log();
    std::vector<KafkaRecord> commands;
    for (const auto& [subject, alert] : states()) {
      closed[subject] = alert.alert_id;
      commands.push_back(command(alert.alert_id, "attend", "garcia"));
    }
    kafka().produce(name + ".desk", commands);
    ASSERT_TRUE(answered(commands.size())) << vigia.log();
    vigia.kill_at_once();
  }
  VigiaProcess vigia(run(), dir / "run.log");
  lock_all("opened");
  const auto reactivated = [&] {
    std::map<std::string, std::string> by_subject;
    for (const auto& record : kafka().read_all(name + ".state")) {
      json::Reader reader;
      Alert alert;
      EXPECT_EQ(reader.read_alert(*record.value, alert).error, "") << *record.value;
      for (const auto& one : alert.attributes)
        if (one->key == "reactivates") by_subject[alert.subject_id] = one->value;
    }
    return by_subject;
  };
  EXPECT_TRUE(eventually("alerts that came back", reactivated, Eq(closed))) << vigia.log();
  EXPECT_EQ(vigia.terminate(), 0) << vigia.log();
}

TEST_F(TriageTest, ExactlyOnceLawHoldsForTriageWhateverCrashes) {
  const char* points[] = {"state_applied", "begun", "produced", "offsets_sent", "committed"};
  std::vector<std::string> ids;
  {
    VigiaProcess vigia(run(), dir / "run.log");
    lock_all("closed");
    lock_all("opened");
    ASSERT_TRUE(all_stand("")) << vigia.log();
    for (const auto& [subject, alert] : states()) ids.push_back(alert.alert_id);
    vigia.kill_at_once();
  }
  for (int round = 0; const char* point : points) {
    ++round;
    std::vector<KafkaRecord> commands;
    for (const auto& id : ids) commands.push_back(command(id, "note", "garcia", fmt::format("round {}", round)));
    kafka().produce(name + ".commands", commands);
    VigiaProcess vigia(run(), dir / "run.log", {{"VIGIA_KILL_POINT", fmt::format("{}:{}", point, round)}});
    static_cast<void>(vigia.wait());
  }
  VigiaProcess vigia(run(), dir / "run.log");
  ASSERT_TRUE(all_stand("new 5")) << vigia.log();
  for (const auto& [subject, alert] : states()) EXPECT_EQ(alert.triage_note, "round 5");
  std::map<std::string, std::vector<std::uint64_t>> revisions;
  for (const auto& reply : replies()) {
    EXPECT_EQ(reply.result, "accepted") << reply.reason;
    revisions[reply.alert_id].push_back(reply.revision);
  }
  for (const auto& id : ids) EXPECT_THAT(revisions[id], testing::ElementsAre(1, 2, 3, 4, 5)) << id;
  EXPECT_EQ(vigia.terminate(), 0) << vigia.log();
}

}  // namespace
}  // namespace vigia::test
