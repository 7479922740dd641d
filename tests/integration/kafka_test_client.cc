#include "kafka_test_client.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <stdexcept>
#include <thread>

#include "wait_until.h"

namespace vigia::test {

namespace {

constexpr int wait_ms = 120'000;
constexpr int broker_wait_ms = 120'000;  // a broker may be on its way back

// gtest turns it into a failure of the test.
void need(bool good, const std::string& what) {
  if (!good) throw std::runtime_error(what);
}
void need(rd_kafka_resp_err_t error, const std::string& what) {
  need(error == RD_KAFKA_RESP_ERR_NO_ERROR, what + ": " + rd_kafka_err2str(error));
}
void need(const Status& status) { need(status.ok(), status.text); }
void need(rd_kafka_error_t* error, const std::string& what) {
  if (error == nullptr) return;
  const std::string text = what + ": " + rd_kafka_error_string(error);
  rd_kafka_error_destroy(error);
  throw std::runtime_error(text);
}

void send(rd_kafka_t* handle, const std::string& topic, const KafkaRecord& record) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size());
  for (const auto& [name, value] : record.headers) {
    rd_kafka_header_add(headers, name.c_str(), -1, value.data(), static_cast<ssize_t>(value.size()));
  }
  void* value = record.value ? const_cast<char*>(record.value->data()) : nullptr;
  const std::size_t size = record.value ? record.value->size() : 0;
  while (true) {
    const auto error =
        rd_kafka_producev(handle, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(record.partition),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                          RD_KAFKA_V_KEY(record.key.data(), record.key.size()), RD_KAFKA_V_VALUE(value, size),
                          RD_KAFKA_V_TIMESTAMP(record.timestamp_ms), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    need(error == RD_KAFKA_RESP_ERR__QUEUE_FULL, std::string("produce: ") + rd_kafka_err2str(error));
    rd_kafka_poll(handle, 100);
  }
}

}  // namespace

KafkaRecord copy_record(const rd_kafka_message_t& message) {
  KafkaRecord record;
  record.key.assign(static_cast<const char*>(message.key), message.key_len);
  if (message.payload != nullptr) record.value.emplace(static_cast<const char*>(message.payload), message.len);
  rd_kafka_timestamp_type_t type;
  record.timestamp_ms = rd_kafka_message_timestamp(&message, &type);
  record.partition = message.partition;
  record.offset = message.offset;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    record.headers.emplace_back(name, std::string(static_cast<const char*>(value), size));
  }
  return record;
}

std::string KafkaRecord::header(const std::string& name) const {
  for (const auto& [header_name, header_value] : headers) {
    if (header_name == name) return header_value;
  }
  return {};
}

KafkaTestClient::KafkaTestClient(std::string bootstrap) : bootstrap_(std::move(bootstrap)) {
  KafkaClientOptions options;
  options.brokers = bootstrap_;
  options.defaults = {{"enable.idempotence", "true"},
                      {"linger.ms", "5"},
                      {"reconnect.backoff.max.ms", "500"},
                      {"message.max.bytes", "20971520"},
                      {"partitioner", "murmur2_random"}};
  need(producer_.open(RD_KAFKA_PRODUCER, options));
}

void KafkaTestClient::create_topic(const std::string& name, std::int32_t partitions, const TopicSettings& settings) {
  Status made;
  for (int attempt = 0; attempt != 20; ++attempt) {  // a broker on a slow machine may lose its lease for a moment
    made = vigia::create_topic(producer_, name, partitions, settings, wait_ms);
    if (made.fault != Fault::retry) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
  need(made);
  KafkaTopics found;
  do {  // metadata follow a moment later
    need(fetch_topics(producer_, std::vector{name}, wait_ms, found));
  } while (!found.topics.contains(name) || found.topics[name].empty() || found.topics[name][0].leader < 0);
}

std::int64_t KafkaTestClient::topic_setting(const std::string& name, const std::string& key) {
  std::int64_t value = 0;
  const Status asked = fetch_topic_setting(producer_, name, key, wait_ms, value);
  EXPECT_TRUE(asked.ok()) << asked.text;
  return value;
}

void KafkaTestClient::configure_topic(const std::string& name, const std::string& key, const std::string& value) {
  rd_kafka_ConfigResource_t* topic = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str());
  rd_kafka_ConfigResource_set_config(topic, key.c_str(), value.c_str());
  rd_kafka_queue_t* answers = rd_kafka_queue_new(producer_.handle());
  rd_kafka_AlterConfigs(producer_.handle(), &topic, 1, nullptr, answers);
  rd_kafka_event_t* event = rd_kafka_queue_poll(answers, wait_ms);
  need(event == nullptr ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(event), "AlterConfigs");
  rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(answers);
  rd_kafka_ConfigResource_destroy(topic);
}

void KafkaTestClient::enlarge_topic(const std::string& name, std::int32_t partitions) {
  char text[512];
  rd_kafka_NewPartitions_t* wanted =
      rd_kafka_NewPartitions_new(name.c_str(), static_cast<std::size_t>(partitions), text, sizeof text);
  need(wanted != nullptr, text);
  rd_kafka_queue_t* answers = rd_kafka_queue_new(producer_.handle());
  rd_kafka_CreatePartitions(producer_.handle(), &wanted, 1, nullptr, answers);
  rd_kafka_event_t* event = rd_kafka_queue_poll(answers, wait_ms);
  need(event != nullptr && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR, "create partitions");
  rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(answers);
  rd_kafka_NewPartitions_destroy(wanted);
  KafkaTopics found;
  do {  // metadata follow a moment later
    need(fetch_topics(producer_, std::vector{name}, wait_ms, found));
  } while (found.topics[name].size() != static_cast<std::size_t>(partitions) || found.topics[name].back().leader < 0);
}

void KafkaTestClient::produce(const std::string& topic, const std::vector<KafkaRecord>& records) {
  for (const auto& record : records) send(producer_.handle(), topic, record);
  need(rd_kafka_flush(producer_.handle(), broker_wait_ms), "flush");
}

std::vector<KafkaRecord> KafkaTestClient::read_all(const std::string& topic) {
  KafkaClient consumer;
  KafkaClientOptions options;
  options.brokers = bootstrap_;
  options.defaults = {{"group.id", "reader"},
                      {"enable.auto.commit", "false"},
                      {"enable.partition.eof", "true"},
                      {"fetch.wait.max.ms", "20"},  // the end is known when a fetch has nothing
                      {"isolation.level", "read_committed"},
                      {"auto.offset.reset", "earliest"}};
  need(consumer.open(RD_KAFKA_CONSUMER, options));
  KafkaTopics found;
  need(fetch_topics(consumer, std::vector{topic}, wait_ms, found));
  need(found.topics.contains(topic), "no topic " + topic);
  const auto count = static_cast<std::int32_t>(found.topics[topic].size());

  std::vector<std::vector<KafkaRecord>> read(static_cast<std::size_t>(count));
  rd_kafka_poll_set_consumer(consumer.handle());
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(count);
  for (std::int32_t p = 0; p < count; ++p) {
    // Not "the beginning": half a second goes by before it is asked for. Where the log begins later it is asked for.
    rd_kafka_topic_partition_list_add(list, topic.c_str(), p)->offset = 0;
  }
  rd_kafka_assign(consumer.handle(), list);
  rd_kafka_topic_partition_list_destroy(list);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  for (std::set<std::int32_t> at_end; at_end.size() < read.size();) {
    need(std::chrono::steady_clock::now() < deadline, "reading " + topic + " takes too long");
    rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer.handle(), 1000);
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
      at_end.insert(message->partition);
    else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      read[static_cast<std::size_t>(message->partition)].push_back(copy_record(*message));
    }
    rd_kafka_message_destroy(message);
  }
  rd_kafka_consumer_close(consumer.handle());
  std::vector<KafkaRecord> all;
  for (auto& partition : read) all.insert(all.end(), partition.begin(), partition.end());
  return all;
}

std::vector<KafkaRecord> KafkaTestClient::read_at_least(const std::string& topic, std::size_t count, TimeMs limit_ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(limit_ms);
  std::vector<KafkaRecord> records;
  do {
    KafkaTopics found;
    need(fetch_topics(producer_, std::vector{topic}, wait_ms, found));
    if (found.topics.contains(topic)) records = read_all(topic);
  } while (records.size() < count && std::chrono::steady_clock::now() < deadline);
  return records;
}

std::map<std::int32_t, std::int64_t> KafkaTestClient::committed(const std::string& group, const std::string& topic,
                                                                std::int32_t partitions) {
  KafkaClient consumer;
  KafkaClientOptions options;
  options.brokers = bootstrap_;
  options.defaults = {{"group.id", group}};
  need(consumer.open(RD_KAFKA_CONSUMER, options));
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(partitions);
  for (std::int32_t p = 0; p < partitions; ++p) rd_kafka_topic_partition_list_add(list, topic.c_str(), p);
  need(rd_kafka_committed(consumer.handle(), list, wait_ms), "committed");
  std::map<std::int32_t, std::int64_t> offsets;
  for (int i = 0; i < list->cnt; ++i) offsets[list->elems[i].partition] = list->elems[i].offset;
  rd_kafka_topic_partition_list_destroy(list);
  return offsets;
}

void KafkaTestClient::commit(const std::string& group, const std::string& topic,
                             const std::map<std::int32_t, std::int64_t>& offsets) {
  KafkaClient consumer;
  KafkaClientOptions options;
  options.brokers = bootstrap_;
  options.defaults = {{"group.id", group}};
  need(consumer.open(RD_KAFKA_CONSUMER, options));
  const auto try_it = [&] {
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    for (const auto& [partition, offset] : offsets)
      rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = offset;
    const auto error = rd_kafka_commit(consumer.handle(), list, 0);
    rd_kafka_topic_partition_list_destroy(list);
    return error == RD_KAFKA_RESP_ERR_NO_ERROR;
  };
  need(wait_until(try_it, std::chrono::milliseconds(wait_ms), std::chrono::milliseconds(200)), "commit");
}

void KafkaTestClient::delete_before(const std::string& topic, std::int32_t partition, std::int64_t offset) {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = offset;
  rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(list);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_queue_t* answers = rd_kafka_queue_new(producer_.handle());
  rd_kafka_DeleteRecords(producer_.handle(), &request, 1, nullptr, answers);
  rd_kafka_event_t* event = rd_kafka_queue_poll(answers, wait_ms);
  need(event != nullptr && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR, "delete records");
  rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(answers);
  rd_kafka_DeleteRecords_destroy(request);
}

OpenTransaction::OpenTransaction(const std::string& bootstrap, const std::string& id) {
  KafkaClientOptions options;
  options.brokers = bootstrap;
  options.defaults = {{"transactional.id", id}, {"transaction.timeout.ms", "600000"}, {"linger.ms", "0"}};
  need(client_.open(RD_KAFKA_PRODUCER, options));
  need(rd_kafka_init_transactions(client_.handle(), wait_ms), "init transactions");
  need(rd_kafka_begin_transaction(client_.handle()), "begin transaction");
}

void OpenTransaction::produce(const std::string& topic, const KafkaRecord& record) {
  send(client_.handle(), topic, record);
  need(rd_kafka_flush(client_.handle(), wait_ms), "flush");
}

void OpenTransaction::abort() { need(rd_kafka_abort_transaction(client_.handle(), wait_ms), "abort"); }

void OpenTransaction::commit() { need(rd_kafka_commit_transaction(client_.handle(), wait_ms), "commit"); }

}  // namespace vigia::test
