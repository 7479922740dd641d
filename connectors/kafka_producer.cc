#include "connectors/kafka_producer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>

namespace vigia {

namespace {

constexpr std::size_t message_max_bytes = std::size_t{20} << 20;
constexpr std::size_t batch_overhead_bytes = 128;  // of a batch with one record, beside what is in the record
constexpr TimeMs limit_timeout_ms = 5'000;
constexpr int queue_wait_ms = 100;  // a full queue is looked at again after this, or when a record is acknowledged
// After so long the brokers take back what an instance that is gone left open, and readers go on; an instance that comes
// back takes it back at once.
constexpr TimeMs default_transaction_timeout_ms = 10'000;

void on_delivery(rd_kafka_t* handle, const rd_kafka_message_t* message, void*) {
  auto& session = *static_cast<ProducerSession*>(message->_private);
  const std::lock_guard lock(session.mutex);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const auto known = session.acknowledged.find({rd_kafka_topic_name(message->rkt), message->partition});
    if (known != session.acknowledged.end()) known->second = std::max(known->second, message->offset + 1);
    return;
  }
  if (session.failed++ > 0) return;
  session.first_failure = fmt::format("{}: {}", rd_kafka_topic_name(message->rkt), rd_kafka_err2str(message->err));
  char fatal[512];
  if (rd_kafka_fatal_error(handle, fatal, sizeof fatal) != RD_KAFKA_RESP_ERR_NO_ERROR) session.first_failure = fatal;
}

}  // namespace

ProducerSession::~ProducerSession() {
  if (client.handle() == nullptr) return;
  rd_kafka_purge(client.handle(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(client.handle(), queue_wait_ms);
  client.close();
}

struct KafkaProducer::Impl {
  explicit Impl(KafkaProducerOptions o) : options(std::move(o)) {}

  KafkaProducerOptions options;
  mutable std::mutex mutex;  // of the pointer
  std::shared_ptr<ProducerSession> session = std::make_shared<ProducerSession>();
};

KafkaProducer::KafkaProducer(KafkaProducerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
KafkaProducer::~KafkaProducer() = default;

std::shared_ptr<ProducerSession> KafkaProducer::session() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->session;
}

TimeMs KafkaProducer::transaction_timeout_ms() const {
  const auto given = impl_->options.properties.find("transaction.timeout.ms");
  if (given == impl_->options.properties.end()) return default_transaction_timeout_ms;
  TimeMs timeout_ms = 0;
  std::from_chars(given->second.data(), given->second.data() + given->second.size(), timeout_ms);
  return timeout_ms > 0 ? timeout_ms : default_transaction_timeout_ms;
}

Status KafkaProducer::open() {
  Impl& s = *impl_;
  KafkaClientOptions c;
  c.brokers = s.options.brokers;
  c.user = s.options.properties;
  c.log = s.options.log;
  const bool transactional = !s.options.transactional_id.empty();
  // A record is only given up with its producer: by flush(), which decides when it took too long, or by the transaction.
  const TimeMs message_timeout_ms = transactional ? transaction_timeout_ms() : s.options.flush_timeout_ms;
  c.defaults = {{"client.id", s.options.client},      {"linger.ms", "2"},
                {"compression.codec", "lz4"},         {"message.max.bytes", "20971520"},
                {"reconnect.backoff.max.ms", "2000"}, {"message.timeout.ms", std::to_string(message_timeout_ms)}};
  c.fixed = {{"enable.idempotence", "true"}, {"acks", "all"}, {"partitioner", "murmur2_random"}};
  if (transactional) {
    c.fixed.emplace_back("transactional.id", s.options.transactional_id);
    c.defaults.emplace_back("transaction.timeout.ms", std::to_string(transaction_timeout_ms()));
    // The brokers finish a transaction a little after they say that it is committed, and put the next one off meanwhile.
    c.defaults.emplace_back("retry.backoff.ms", "5");
  } else {
    c.user.erase("transaction.timeout.ms");
  }
  // Topics come and go by name only: none of the consumer's properties of the pipeline apply here.
  for (const char* consumer_only : {"isolation.level", "auto.offset.reset", "fetch.wait.max.ms", "group.instance.id",
                                    "session.timeout.ms", "heartbeat.interval.ms", "max.poll.interval.ms",
                                    "fetch.message.max.bytes", "queued.max.messages.kbytes", "queued.min.messages"}) {
    c.user.erase(consumer_only);
  }
  return s.session->client.open(RD_KAFKA_PRODUCER, c,
                                [](rd_kafka_conf_t* conf) { rd_kafka_conf_set_dr_msg_cb(conf, &on_delivery); });
}

Status KafkaProducer::renew() {
  auto fresh = std::make_shared<ProducerSession>();
  {
    const std::lock_guard lock(impl_->mutex);
    const std::lock_guard old(impl_->session->mutex);
    fresh->acknowledged = impl_->session->acknowledged;
  }
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->session.swap(fresh);
  }
  fresh.reset();  // unless a call still holds it, the old one is gone before the new one begins
  return open();
}

std::int64_t KafkaProducer::acknowledged(const std::string& topic, std::int32_t partition) const {
  const auto session = this->session();
  const std::lock_guard lock(session->mutex);
  const auto known = session->acknowledged.find({topic, partition});
  return known == session->acknowledged.end() ? -1 : known->second;
}

Status KafkaProducer::produce(const std::string& topic, std::string_view key, std::string_view value,
                              std::span<const RecordHeader> headers, std::int32_t partition, TimeMs timestamp_ms) {
  Impl& s = *impl_;
  rd_kafka_t* handle = s.session->client.handle();
  if (partition >= 0) {
    const std::lock_guard lock(s.session->mutex);
    s.session->acknowledged.try_emplace({topic, partition}, -1);
  }
  rd_kafka_headers_t* list = rd_kafka_headers_new(headers.size());
  for (const RecordHeader& header : headers) {
    rd_kafka_header_add(list, header.name.data(), static_cast<ssize_t>(header.name.size()), header.value.data(),
                        static_cast<ssize_t>(header.value.size()));
  }
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::milliseconds(s.options.flush_timeout_ms);
  auto* key_bytes = key.empty() ? nullptr : const_cast<char*>(key.data());
  auto* value_bytes = const_cast<char*>(value.data());
  while (true) {
    // _V_VALUE of a null pointer is a tombstone; an empty view that points somewhere is an empty value.
    const auto error =
        rd_kafka_producev(handle, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key_bytes, key.size()),
                          RD_KAFKA_V_VALUE(value_bytes, value.size()), RD_KAFKA_V_HEADERS(list),
                          RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_OPAQUE(s.session.get()), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;  // the headers went with it
    const bool full = error == RD_KAFKA_RESP_ERR__QUEUE_FULL;
    if (full && Clock::now() < deadline) {
      rd_kafka_poll(handle, queue_wait_ms);
      continue;
    }
    rd_kafka_headers_destroy(list);
    const std::string why = full ? s.session->client.trouble() : std::string();
    const Fault fault = full ? Fault::retry : error == RD_KAFKA_RESP_ERR__FATAL ? Fault::fatal : Fault::refused;
    return Status::of(fault,
                      fmt::format("topic '{}': {}{}{}", topic, rd_kafka_err2str(error), why.empty() ? "" : ": ", why));
  }
  rd_kafka_poll(handle, 0);
  return Status::good();
}

Status KafkaProducer::flush() {
  Impl& s = *impl_;
  if (!s.options.transactional_id.empty()) return Status::good();
  rd_kafka_t* handle = s.session->client.handle();
  const auto error = rd_kafka_flush(handle, static_cast<int>(s.options.flush_timeout_ms));
  char fatal[512];
  if (rd_kafka_fatal_error(handle, fatal, sizeof fatal) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Status::of(Fault::fatal, fmt::format("Kafka producer: {}", fatal));
  }
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const int waiting = rd_kafka_outq_len(handle);
    const std::string why = s.session->client.trouble();
    if (Status status = renew(); !status.ok()) return status;  // a new one has no gap in its sequence
    return Status::of(Fault::retry,
                      fmt::format("{} records not acknowledged by Kafka at {} in {} s{}{}", waiting, s.options.brokers,
                                  s.options.flush_timeout_ms / 1000, why.empty() ? "" : ": ", why));
  }
  const std::lock_guard lock(s.session->mutex);
  if (s.session->failed == 0) return Status::good();
  Status status = Status::of(Fault::retry, fmt::format("{} records not delivered, the first to {}", s.session->failed,
                                                       s.session->first_failure));
  s.session->failed = 0;
  return status;
}

Status KafkaProducer::record_limit(const std::string& topic, std::size_t& limit_bytes) {
  std::int64_t answer_bytes = message_max_bytes;
  Status status = topic_setting(topic, "max.message.bytes", answer_bytes);
  if (status.ok())
    limit_bytes = std::min(static_cast<std::size_t>(answer_bytes), message_max_bytes) - batch_overhead_bytes;
  return status;
}

Status KafkaProducer::topic_setting(const std::string& topic, std::string_view setting, std::int64_t& out) {
  return fetch_topic_setting(impl_->session->client, topic, setting, limit_timeout_ms, out);
}

Status KafkaProducer::check_topics(std::span<const std::string> topics, bool create, const TopicSettings& settings,
                                   std::int32_t partitions) {
  Impl& s = *impl_;
  KafkaClient& client = s.session->client;
  KafkaTopics found;
  if (Status status = fetch_topics(client, topics, s.options.flush_timeout_ms, found); !status.ok()) return status;
  std::vector<std::string> missing;
  for (const auto& topic : topics) {
    if (!topic.empty() && !found.topics.contains(topic)) missing.push_back(topic);
  }
  if (missing.empty()) return Status::good();
  if (!create) {
    return Status::of(Fault::missing_topics,
                      missing_topics_text(s.options.brokers, missing, std::max(partitions, 1), settings));
  }
  for (const auto& topic : missing) {
    if (Status status = create_topic(client, topic, partitions, settings, s.options.flush_timeout_ms); !status.ok()) {
      return status;
    }
  }
  return Status::good();
}

}  // namespace vigia
