#include "alert_checks.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <stdexcept>

#include "schemas/json_reader.h"
#include "schemas/json_writer.h"
#include "tests/reference/engine_run.h"

namespace vigia::test {

namespace {

constexpr std::size_t named = 5;  // of each kind of fault; the rest is counted

// Collects faults by kind.
class Faults {
 public:
  void add(const std::string& kind, const std::string& what) {
    auto& [count, texts] = found_[kind];
    if (++count <= named) texts += fmt::format("    {}\n", what);
  }
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const auto& [kind, found] : found_) all += fmt::format("  {} {}:\n{}", found.first, kind, found.second);
    return all;
  }

 private:
  std::map<std::string, std::pair<std::size_t, std::string>> found_;
};

std::string json_of(const Alert& alert) {
  std::string text;
  json::append_json(alert, text);
  return text;
}

std::string content(Alert alert) {
  alert.alert_id.clear();
  alert.revision = 0;
  alert.detected_ms = 0;
  alert.late_by_ms = 0;
  alert.evidence.clear();
  return json_of(alert);
}

std::string instant_content(Alert alert) {
  alert.detected_ms = 0;
  alert.late_by_ms = 0;
  return json_of(alert);
}

bool is_instant(const Alert& alert) { return alert.kind == "seal_tampered" || alert.kind == "seal_removed"; }

// Instants that were told once and for all, by alert_id. detected_ms and late_by_ms go by what else the epoch held of
// the seal.
std::map<std::string, std::string> plain_instants(const std::vector<Alert>& final_alerts) {
  std::map<std::string, std::string> instants;
  for (const Alert& alert : final_alerts)
    if (is_instant(alert) && alert.revision == 1) instants.emplace(alert.alert_id, instant_content(alert));
  return instants;
}

}  // namespace

std::vector<Alert> alerts_of(const TopicLog& log) {
  std::vector<Alert> alerts;
  json::Reader reader;
  for (const auto& [partition, records] : log) {
    for (const auto& record : records) {
      const auto read = reader.read_alert(record.value.value_or(""), alerts.emplace_back());
      if (!read.error.empty())
        throw std::runtime_error(fmt::format("{}/{} is no alert: {}", partition, record.offset, read.error));
    }
  }
  return alerts;
}

std::string broken_exactly_once(const TopicLog& log) {
  Faults faults;
  std::map<std::string, std::map<std::uint32_t, const KafkaRecord*>> seen;
  json::Reader reader;
  Alert alert;
  for (const auto& [partition, records] : log) {
    for (const auto& record : records) {
      if (const auto read = reader.read_alert(record.value.value_or(""), alert); !read.error.empty()) {
        faults.add("no alert", fmt::format("{}/{}: {}", partition, record.offset, read.error));
        continue;
      }
      const std::string what = fmt::format("{} {} {} revision {} at {}/{}", alert.kind, alert.subject_id,
                                           alert.alert_id, alert.revision, partition, record.offset);
      if (record.key != alert.subject_id) faults.add("with another key than its subject", what);
      auto& revisions = seen[alert.alert_id];
      if (const auto before = revisions.find(alert.revision); before != revisions.end()) {
        const bool same = before->second->value == record.value;
        faults.add(same ? "twice" : "twice, with other bytes",
                   fmt::format("{}, before at {}/{}", what, before->second->partition, before->second->offset));
        continue;
      }
      const std::uint32_t last = revisions.empty() ? 0 : revisions.rbegin()->first;
      if (alert.revision != last + 1) faults.add("out of turn", fmt::format("{}, after {}", what, last));
      revisions.emplace(alert.revision, &record);
    }
  }
  return faults.text();
}

std::string read_differently(const TopicLog& one, const TopicLog& other) {
  Faults faults;
  std::set<std::int32_t> partitions;
  for (const auto* log : {&one, &other})
    for (const auto& [partition, records] : *log) partitions.insert(partition);
  for (const std::int32_t partition : partitions) {
    const std::vector<KafkaRecord> none;
    const auto& a = one.contains(partition) ? one.at(partition) : none;
    const auto& b = other.contains(partition) ? other.at(partition) : none;
    if (a.size() != b.size())
      faults.add("partitions of different length", fmt::format("{}: {} and {}", partition, a.size(), b.size()));
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
      if (a[i].offset == b[i].offset && a[i].key == b[i].key && a[i].value == b[i].value) continue;
      faults.add("partitions that differ",
                 fmt::format("{} at record {}: offsets {} and {}", partition, i, a[i].offset, b[i].offset));
      break;
    }
  }
  return faults.text();
}

std::string other_than_replayed(const std::vector<Alert>& replayed, const std::vector<Alert>& found) {
  Faults faults;
  const auto expected = harness::final_alerts(replayed), got = harness::final_alerts(found);
  std::multiset<std::string> missing, extra;
  for (const Alert& alert : expected) missing.insert(content(alert));
  for (const Alert& alert : got) {
    const std::string text = content(alert);
    if (const auto at = missing.find(text); at != missing.end())
      missing.erase(at);
    else
      extra.insert(text);
  }
  for (const auto& text : missing) faults.add("missing", text);
  for (const auto& text : extra) faults.add("not in the replay", text);
  const auto instants = plain_instants(got);
  for (const auto& [id, text] : plain_instants(expected)) {
    if (const auto at = instants.find(id); at != instants.end() && at->second != text)
      faults.add("instants that differ", fmt::format("{}\n      replayed: {}", at->second, text));
  }
  return faults.text();
}

}  // namespace vigia::test
