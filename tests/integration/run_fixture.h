// `vigia run` as a process against a real broker: the world of its tests.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "broker_fixture.h"
#include "engine/task.h"
#include "schemas/json_reader.h"
#include "schemas/json_writer.h"
#include "schemas/seal_event_generated.h"
#include "tests/connectors/temp_directory.h"
#include "vigia_process.h"

namespace vigia::test {

inline constexpr TimeMs start_ms = 1'700'000'000'000;
inline constexpr std::size_t batch_size = 10;

// "ALERT_ID-REVISION" to the alert without what depends on the epochs.
using Revisions = std::map<std::string, std::string>;

inline std::string seal(int i) { return fmt::format("seal-{:03}", i); }

inline schema::SealEventT event(const std::string& id, int number, schema::Lock lock) {
  schema::SealEventT e;
  e.seal_id = id;
  e.sequence = static_cast<std::uint32_t>(number + 1);
  e.device_time_ms = start_ms + number * 1'000;
  e.lock = lock;
  return e;
}

inline std::string json_of(const schema::SealEventT& e) {
  return fmt::format(R"({{"seal_id":"{}","device_time_ms":{},"sequence":{},"lock":"{}"}})", e.seal_id, e.device_time_ms,
                     e.sequence, schema::EnumNameLock(e.lock));
}

inline std::string bytes_of(flatbuffers::FlatBufferBuilder& builder) {
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}

class RunTest : public BrokerFixture {
 protected:
  void SetUp() override {
    BrokerFixture::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    name = unique("run");
    seals = name + ".seals";
    alerts = name + ".alerts";
    dead = name + ".dead";
  }

  // Every seal that is tampered with is an alert, on a trip or not.
  std::string pipeline(const std::string& format = "json", bool create_topics = true,
                       const std::string& instance = "state") const {
    return dir.write(instance + ".yaml", fmt::format(R"(application: {0}
kafka:
  brokers: "{1}"
  create_topics: {2}
  properties: {{ session.timeout.ms: 6000, heartbeat.interval.ms: 500 }}
delivery: exactly_once
timezone: UTC
time: {{ clock: records }}
state: {{ directory: {4}, snapshot_every: 1s, publish_every: 1s, standby: {5}, memory_budget: 1GiB }}
sources:
  - {{ topic: {0}.seals, stream: seal, format: {3}, partitioner: murmur2 }}
outputs: {{ alerts: {0}.alerts, alert_state: {0}.state, dead_letters: {0}.dead, too_late: {0}.late, format: json }}
rules:
  - {{ id: tampered, kind: seal_tampered, scope: always }}
)",
                                                     name, bootstrap(), create_topics, format, instance, standby));
  }

  std::vector<std::string> run_arguments(const std::string& config) const {
    return {"run", "--config", config, "--threads", "2"};
  }

  // What a plain replay of the topic's records says.
  Revisions expected(const std::string& config) {
    std::string text;
    for (const auto& r : kafka().read_all(seals)) {
      text += fmt::format(R"({{"topic":"{}","key":"{}","timestamp_ms":{},"partition":{},"offset":{},"value":{}}})",
                          seals, r.key, r.timestamp_ms, r.partition, r.offset, r.value.value_or("null")) +
              "\n";
    }
    const auto input = dir.write("replay.jsonl", text);
    EXPECT_EQ(
        run_vigia({"replay", "--config", config, "--input", input, "--output", dir / "replay-out.jsonl", "--quiet"},
                  dir / "replay.log"),
        0);
    std::ifstream in(dir / "replay-out.jsonl");
    return revisions(in);
  }

  static std::string content(Alert alert) {
    alert.detected_ms = 0;
    alert.late_by_ms = 0;
    alert.evidence.clear();
    std::string text;
    json::append_json(alert, text);
    return text;
  }

  static void add(Revisions& into, const std::string& line) {
    json::Reader reader;
    Alert alert;
    const auto read = reader.read_alert(line, alert);
    ASSERT_TRUE(read.error.empty()) << read.error << " in " << line;
    const std::string id = fmt::format("{}-{}", alert.alert_id, alert.revision);
    const std::string text = content(alert);
    const auto [found, is_new] = into.emplace(id, text);
    EXPECT_EQ(found->second, text) << "what is produced twice must be the same twice";
  }

  static Revisions revisions(std::istream& in) {
    Revisions result;
    for (std::string line; std::getline(in, line);) add(result, line);
    return result;
  }

  static Revisions revisions(const std::vector<KafkaRecord>& records) {
    Revisions result;
    for (const auto& record : records) add(result, *record.value);
    return result;
  }

  // Reads the alert topic until it holds `count` different revisions.
  Revisions wait_for_alerts(std::size_t count) {
    Revisions found;
    for (std::size_t seen = count; found.size() < count;) {
      const auto records = kafka().read_at_least(alerts, seen);
      found = revisions(records);
      if (records.size() < seen) break;  // it has waited long enough
      seen = records.size() + (found.size() < count ? 1 : 0);
    }
    return found;
  }

  // Alternately closed and tampered with: every second event is an alert.
  std::vector<KafkaRecord> tampering(int seal_count, int from, int to) {
    std::vector<KafkaRecord> records;
    for (int n = from; n < to; ++n) {
      for (int i = 0; i < seal_count; ++i) {
        const auto e = event(seal(i), n, n % 2 == 0 ? schema::Lock::closed : schema::Lock::tampered);
        records.push_back({.key = e.seal_id, .value = json_of(e), .headers = {}, .timestamp_ms = e.device_time_ms + 5});
      }
    }
    return records;
  }

  // Four more events of each of forty seals; whether their alerts come.
  bool more() {
    kafka().produce(seals, tampering(40, told, told + 4));
    told += 4;
    const auto wanted = static_cast<std::size_t>(told) * 40 / 2;
    all_found = wait_for_alerts(wanted);
    return all_found.size() == wanted;
  }

  Revisions stored(const std::string& config) {
    EXPECT_EQ(run_vigia({"alerts", "--config", config, "--json", "--all-revisions", "--limit", "1000000"},
                        dir / "stored.jsonl"),
              0);
    std::ifstream in(dir / "stored.jsonl");
    std::set<std::string> lines;
    Revisions result;
    for (std::string line; std::getline(in, line);) {
      EXPECT_TRUE(lines.insert(line).second) << "twice in the store: " << line;
      add(result, line);
    }
    return result;
  }

  TempDirectory dir;
  std::string name, seals, alerts, dead;
  int standby = 0;
  int told = 0;         // by more(), of each seal
  Revisions all_found;  // by more()
};

}  // namespace vigia::test
