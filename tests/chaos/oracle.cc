#include "oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <stdexcept>

#include "schemas/json_reader.h"
#include "vigia_process.h"

namespace vigia::test {

namespace {

std::uint64_t counter(const std::string& account, const std::string& name) {
  const auto at = account.find('"' + name + "\":");
  return at == std::string::npos ? 0 : std::stoull(account.substr(at + name.size() + 3));
}

struct Input {
  const std::string* topic;
  KafkaRecord record;
};

std::string to_line(const Input& input) {
  const KafkaRecord& r = input.record;
  return fmt::format(R"({{"topic":"{}","key":"{}","timestamp_ms":{},"partition":{},"offset":{},"value":{}}})"
                     "\n",
                     *input.topic, r.key, r.timestamp_ms, r.partition, r.offset, r.value.value_or("null"));
}

}  // namespace

AccountSum account_in(const std::string& log) {
  const auto at = log.rfind("{\"account\":");
  if (at == std::string::npos) return {};
  const std::string text = log.substr(at);
  return {counter(text, "decoded"),   counter(text, "unreadable"), counter(text, "applied"),
          counter(text, "duplicate"), counter(text, "too_late"),   counter(text, "dead_letter")};
}

AccountSum operator+(const AccountSum& a, const AccountSum& b) {
  return {a.decoded + b.decoded,     a.unreadable + b.unreadable, a.applied + b.applied,
          a.duplicate + b.duplicate, a.too_late + b.too_late,     a.dead_letter + b.dead_letter};
}

std::string to_text(const AccountSum& a) {
  return fmt::format("decoded {} unreadable {} applied {} duplicate {} too late {} dead letter {}", a.decoded,
                     a.unreadable, a.applied, a.duplicate, a.too_late, a.dead_letter);
}

Replayed replay_topics(KafkaTestClient& kafka, const std::vector<std::string>& topics, const std::string& config,
                       const TempDirectory& directory) {
  Replayed result;
  std::vector<Input> inputs;
  for (const auto& topic : topics) {
    std::map<std::int32_t, std::int64_t> ends;
    for (auto& record : kafka.read_all(topic)) {
      ends[record.partition] = record.offset + 1;
      if (record.key.starts_with(poison_key))
        ++result.poison;
      else
        inputs.push_back({&topic, std::move(record)});
    }
    for (const auto& [partition, end] : ends) result.records += end;
  }
  // The broker times of a partition only grow, so this keeps the order of its log.
  std::stable_sort(inputs.begin(), inputs.end(),
                   [](const Input& a, const Input& b) { return a.record.timestamp_ms < b.record.timestamp_ms; });
  std::ofstream lines(directory / "replay-input.jsonl", std::ios::binary);
  for (const Input& input : inputs) lines << to_line(input);
  lines.close();
  const std::string output = directory / "replay-output.jsonl", log = directory / "replay.log";
  const int code = run_vigia(
      {"replay", "--config", config, "--threads", "1", "--input", directory / "replay-input.jsonl", "--output", output},
      log);
  std::ifstream log_in(log);
  const std::string said(std::istreambuf_iterator<char>(log_in), {});
  if (code != 0) throw std::runtime_error(fmt::format("vigia replay ended with {}:\n{}", code, said));
  result.account = account_in(said);
  json::Reader reader;
  std::ifstream in(output);
  for (std::string line; std::getline(in, line);) {
    const auto read = reader.read_alert(line, result.revisions.emplace_back());
    if (!read.error.empty()) throw std::runtime_error(read.error + " in " + line);
  }
  return result;
}

}  // namespace vigia::test
