// KafkaSource and its brokers: which answer, where the partitions are, and what people should know.
#include <fmt/format.h>

#include <algorithm>

#include "connectors/instance_name.h"
#include "connectors/kafka_source_impl.h"

namespace vigia {

namespace {

constexpr TimeMs leader_wait_ms = 1000;    // for one partition, before the leaders are asked for again
constexpr TimeMs say_waiting_ms = 10'000;  // for one partition, before it is said, and said again
constexpr int leader_timeout_ms = 500;

}  // namespace

// Asked before the queues are looked at: a partition found empty and drained afterwards was so at that time.
void KafkaSource::Impl::note_answers(TimeMs now_ms) {
  for (auto& partition : partitions) {
    partition->complete_ms = watch.complete_ms(partition->leader);
    partition->answered_ms = watch.heard_ms(partition->leader);
    const TimeMs since_ms = std::max(partition->answered_ms, opened_ms);
    partition->away = partition->lost() || now_ms - since_ms >= kafka_away_after_ms;
  }
}

// What an open transaction hides is lag without a cause to whoever only sees the numbers.
void KafkaSource::Impl::say_hanging(TimeMs now_ms) {
  for (auto& partition : partitions) {
    if (!partition->hides_records()) {
      partition->hidden_since_ms = no_time_ms;
      continue;
    }
    if (partition->hidden_since_ms == no_time_ms) partition->hidden_since_ms = now_ms;
    if (now_ms - partition->hidden_since_ms < say_waiting_ms || now_ms - hanging_said_ms < say_waiting_ms ||
        !options.log)
      continue;
    hanging_said_ms = now_ms;
    options.log(
        4,
        fmt::format("{}/{}: a transaction of a producer upstream has been open for {} s; the records behind it "
                    "wait until it is committed or aborted",
                    partition->topic_name(), partition->partition.value, (now_ms - partition->hidden_since_ms) / 1000));
  }
}

// Whether a partition holds back others so long that its leader should be asked for: it may have moved to a broker that
// is away. That is no fault, but people should know of it when it lasts.
bool KafkaSource::Impl::waits_for_long(TimeMs now_ms) {
  bool long_wait = false;
  for (const auto& task : tasks) {
    const KafkaPartition* awaited = task.awaited();
    if (awaited == nullptr || now_ms - task.awaited_since_ms() < leader_wait_ms) continue;
    long_wait = true;
    if (now_ms - std::max(task.awaited_since_ms(), waiting_said_ms) < say_waiting_ms || !options.log) continue;
    waiting_said_ms = now_ms;
    options.log(
        4, fmt::format("{}/{} gives no record and is not at its end: the other topics of this partition number "
                       "have waited for it for {} s",
                       awaited->topic_name(), awaited->partition.value, (now_ms - task.awaited_since_ms()) / 1000));
  }
  return long_wait;
}

bool KafkaSource::Impl::refresh_leaders() {
  leaders_asked_ms = steady_clock_ms();
  KafkaTopics found;
  if (!fetch_topics(client, options.topics, leader_timeout_ms, found).ok()) return false;
  note_leaders(found);
  for (auto& partition : partitions) {
    const auto& known = leaders[partition->topic.value];
    const auto number = static_cast<std::size_t>(partition->partition.value);
    if (number < known.size()) partition->leader = known[number];
  }
  return true;
}

void KafkaSource::Impl::note_leaders(const KafkaTopics& found) {
  leaders.resize(options.topics.size());
  for (std::size_t t = 0; t < options.topics.size(); ++t) {
    const auto topic = found.topics.find(options.topics[t]);
    if (topic == found.topics.end()) continue;
    leaders[t].clear();
    for (const auto& partition : topic->second) leaders[t].push_back(partition.leader);
  }
}

Status KafkaSource::Impl::trouble(bool got_records) {
  if (rejoin_due || was_fenced_by_itself()) {
    const char* why = is_fenced() ? "another member has the name of this one" : "no answer to joining it";
    return Status::of(Fault::retry, fmt::format("consumer group {}: {}; joining it again", options.group, why));
  }
  const TimeMs now_ms = steady_clock_ms();
  bool any_alive = got_records, any_away = false;
  const Status* passing = nullptr;
  for (const auto& partition : partitions) {
    if (partition->trouble().fault == Fault::retry)
      passing = &partition->trouble();
    else if (!partition->trouble().ok())
      return partition->trouble();
    const bool answers = partition->answered_ms != no_time_ms && now_ms - partition->answered_ms < kafka_away_after_ms;
    (answers ? any_alive : any_away) = true;
    any_away = any_away || partition->lost();
  }
  char text[512];
  if (const auto fatal = rd_kafka_fatal_error(client.handle(), text, sizeof text);
      fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (fatal == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
      return fenced_by_another(fmt::format("consumer group {}: {}", options.group, text));
    return Status::of(Fault::fatal, fmt::format("Kafka client: {}", text));
  }
  if (any_alive) alive_ms = now_ms;
  say_hanging(now_ms);
  // Without partitions nothing is fetched, and an old complaint says nothing.
  const bool is_unsure = partitions.empty() && !client.trouble().empty();
  if ((waits_for_long(now_ms) || any_away || is_unsure) && now_ms - leaders_asked_ms > leader_refresh_ms)
    refresh_leaders();
  if (passing != nullptr) return *passing;
  if (partitions.empty() && client.trouble().empty()) alive_ms = now_ms;
  if (now_ms - alive_ms < kafka_away_after_ms) return Status::good();
  const std::string why = client.trouble();
  return Status::of(Fault::retry, fmt::format("no answer from Kafka at {} for {} s{}{}; trying on", options.brokers,
                                              (now_ms - alive_ms) / 1000, why.empty() ? "" : ": ", why));
}

}  // namespace vigia
