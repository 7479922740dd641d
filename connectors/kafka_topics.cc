// Finding and creating topics.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>

#include "connectors/kafka_client.h"

namespace vigia {

namespace {

constexpr int slice_ms = 2000;  // how long one request waits before the client is asked what is wrong

struct MetadataFree {
  void operator()(const rd_kafka_metadata_t* metadata) const { rd_kafka_metadata_destroy(metadata); }
};

std::string unreachable(const std::string& brokers, const std::string& why) {
  return fmt::format("no Kafka broker answers at {}{}{}", brokers, why.empty() ? "" : ": ", why);
}

}  // namespace

Status fetch_topics(KafkaClient& client, std::span<const std::string> names, TimeMs timeout_ms, KafkaTopics& out) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  const rd_kafka_metadata_t* raw = nullptr;
  while (true) {
    const auto left_ms = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    // All topics: asking for one by name may create it.
    const auto error = rd_kafka_metadata(client.handle(), 1, nullptr, &raw,
                                         static_cast<int>(std::clamp<std::int64_t>(left_ms, 1, slice_ms)));
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
    const std::string trouble = client.trouble();
    if (!trouble.empty()) return Status::of(Fault::retry, unreachable(client.brokers(), trouble));
    if (Clock::now() >= deadline)
      return Status::of(Fault::retry, unreachable(client.brokers(), rd_kafka_err2str(error)));
  }
  client.forget_trouble();
  const std::unique_ptr<const rd_kafka_metadata_t, MetadataFree> metadata(raw);
  out.topics.clear();
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const auto& topic = metadata->topics[i];
    if (topic.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) continue;
    if (std::find(names.begin(), names.end(), topic.topic) == names.end()) continue;
    auto& partitions = out.topics[topic.topic];
    partitions.resize(static_cast<std::size_t>(topic.partition_cnt));
    for (int p = 0; p < topic.partition_cnt; ++p) {
      const auto& partition = topic.partitions[p];
      if (partition.id >= 0 && partition.id < topic.partition_cnt) {
        partitions[static_cast<std::size_t>(partition.id)].leader = partition.leader;
      }
    }
  }
  return Status::good();
}

Status create_topic(KafkaClient& client, const std::string& name, std::int32_t partitions,
                    const TopicSettings& settings, TimeMs timeout_ms) {
  char text[512];
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(name.c_str(), partitions, -1, text, sizeof text);
  if (topic == nullptr) return Status::of(Fault::refused, fmt::format("topic '{}': {}", name, text));
  for (const auto& [setting, value] : settings) rd_kafka_NewTopic_set_config(topic, setting.c_str(), value.c_str());

  rd_kafka_AdminOptions_t* options = rd_kafka_AdminOptions_new(client.handle(), RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_AdminOptions_set_request_timeout(options, static_cast<int>(timeout_ms), text, sizeof text);
  rd_kafka_AdminOptions_set_operation_timeout(options, static_cast<int>(timeout_ms), text, sizeof text);
  rd_kafka_queue_t* answers = rd_kafka_queue_new(client.handle());
  rd_kafka_CreateTopics(client.handle(), &topic, 1, options, answers);
  rd_kafka_event_t* event = rd_kafka_queue_poll(answers, static_cast<int>(timeout_ms) + slice_ms);

  Status status = Status::of(Fault::retry, fmt::format("topic '{}' was not created: no answer", name));
  if (event != nullptr) {
    std::size_t count = 0;
    const auto* result = rd_kafka_event_CreateTopics_result(event);
    const auto* const* topics = result == nullptr ? nullptr : rd_kafka_CreateTopics_result_topics(result, &count);
    if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      status.text = fmt::format("topic '{}' was not created: {}", name, rd_kafka_event_error_string(event));
    } else if (count == 1) {
      const auto error = rd_kafka_topic_result_error(topics[0]);
      const bool exists = error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS;
      const char* why = rd_kafka_topic_result_error_string(topics[0]);
      // Too few brokers are alive at the moment; one that was slow to answer its controller counts as none.
      const bool again = error == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR;
      status = exists ? Status::good()
                      : Status::of(again ? Fault::retry : Fault::refused,
                                   fmt::format("topic '{}' was not created: {}", name,
                                               why == nullptr ? rd_kafka_err2str(error) : why));
    }
    rd_kafka_event_destroy(event);
  }
  rd_kafka_queue_destroy(answers);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_NewTopic_destroy(topic);
  return status;
}

Status enlarge_topic(KafkaClient& client, const std::string& name, std::int32_t partitions, TimeMs timeout_ms) {
  char text[512];
  rd_kafka_NewPartitions_t* wanted =
      rd_kafka_NewPartitions_new(name.c_str(), static_cast<std::size_t>(partitions), text, sizeof text);
  if (wanted == nullptr) return Status::of(Fault::refused, fmt::format("topic '{}': {}", name, text));
  rd_kafka_AdminOptions_t* options = rd_kafka_AdminOptions_new(client.handle(), RD_KAFKA_ADMIN_OP_CREATEPARTITIONS);
  rd_kafka_AdminOptions_set_request_timeout(options, static_cast<int>(timeout_ms), text, sizeof text);
  rd_kafka_AdminOptions_set_operation_timeout(options, static_cast<int>(timeout_ms), text, sizeof text);
  rd_kafka_queue_t* answers = rd_kafka_queue_new(client.handle());
  rd_kafka_CreatePartitions(client.handle(), &wanted, 1, options, answers);
  rd_kafka_event_t* event = rd_kafka_queue_poll(answers, static_cast<int>(timeout_ms) + slice_ms);
  Status status = Status::of(Fault::retry, fmt::format("topic '{}' was not enlarged: no answer", name));
  std::size_t count = 0;
  const auto* result = event == nullptr ? nullptr : rd_kafka_event_CreatePartitions_result(event);
  const auto* const* topics = result == nullptr ? nullptr : rd_kafka_CreatePartitions_result_topics(result, &count);
  if (count == 1) {
    const auto error = rd_kafka_topic_result_error(topics[0]);
    const char* why = rd_kafka_topic_result_error_string(topics[0]);
    status = error == RD_KAFKA_RESP_ERR_NO_ERROR
                 ? Status::good()
                 : Status::of(Fault::refused, fmt::format("topic '{}' was not enlarged: {}", name,
                                                          why == nullptr ? rd_kafka_err2str(error) : why));
  }
  if (event != nullptr) rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(answers);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_NewPartitions_destroy(wanted);
  return status;
}

Status fetch_topic_setting(KafkaClient& client, const std::string& topic, std::string_view setting, TimeMs timeout_ms,
                           std::int64_t& out) {
  rd_kafka_ConfigResource_t* resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
  rd_kafka_AdminOptions_t* options = rd_kafka_AdminOptions_new(client.handle(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
  char text[512];
  rd_kafka_AdminOptions_set_request_timeout(options, static_cast<int>(timeout_ms), text, sizeof text);
  rd_kafka_queue_t* answers = rd_kafka_queue_new(client.handle());
  rd_kafka_DescribeConfigs(client.handle(), &resource, 1, options, answers);
  rd_kafka_event_t* event = rd_kafka_queue_poll(answers, static_cast<int>(timeout_ms) + slice_ms);
  std::size_t resources = 0, entries = 0;
  const auto* result = event == nullptr ? nullptr : rd_kafka_event_DescribeConfigs_result(event);
  const auto* const* found =
      result == nullptr ? nullptr : rd_kafka_DescribeConfigs_result_resources(result, &resources);
  const auto* const* configs = resources != 1 ? nullptr : rd_kafka_ConfigResource_configs(found[0], &entries);
  for (std::size_t i = 0; i < entries; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(configs[i]);
    if (std::string_view(rd_kafka_ConfigEntry_name(configs[i])) != setting || value == nullptr) continue;
    out = std::strtoll(value, nullptr, 10);
  }
  const bool answered = event != nullptr && rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR__TIMED_OUT;
  if (event != nullptr) rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(answers);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_ConfigResource_destroy(resource);
  return answered ? Status::good()
                  : Status::of(Fault::retry, fmt::format("topic '{}': no answer about its settings", topic));
}

std::string missing_topics_text(const std::string& brokers, std::span<const std::string> names, std::int32_t partitions,
                                const TopicSettings& settings) {
  std::string text, options;
  for (const auto& [setting, value] : settings) options += fmt::format(" --config {}={}", setting, value);
  for (const auto& name : names) {
    if (!text.empty()) text += '\n';
    text += fmt::format(
        "topic '{0}' does not exist; create it with\n  kafka-topics.sh --bootstrap-server {1} --create "
        "--topic {0} --partitions {2}{3}\nor set kafka.create_topics: true",
        name, brokers, partitions, options);
  }
  return text;
}

}  // namespace vigia
