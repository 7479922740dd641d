#include "connectors/kafka_producer.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <mutex>

#include "connectors/kafka_client.h"

namespace vigia {

namespace {
constexpr int queue_wait_ms = 100;  // a full queue is looked at again after this, or when a record is acknowledged
}

struct KafkaProducer::Impl {
  explicit Impl(KafkaProducerOptions o) : options(std::move(o)) {}

  static void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* self);

  void drop_all();

  KafkaProducerOptions options;
  KafkaClient client;
  // Since the last flush. Written by on_delivery, which runs inside our own polls.
  std::uint64_t failed = 0;
  std::string first_failure;
};

KafkaProducer::KafkaProducer(KafkaProducerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

KafkaProducer::~KafkaProducer() { impl_->drop_all(); }

// Not acknowledged means not done: who cares has called flush().
void KafkaProducer::Impl::drop_all() {
  if (client.handle() == nullptr) return;
  rd_kafka_purge(client.handle(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(client.handle(), queue_wait_ms);
  client.close();
  failed = 0;
}

void KafkaProducer::Impl::on_delivery(rd_kafka_t* handle, const rd_kafka_message_t* message, void*) {
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  auto& s = *static_cast<Impl*>(message->_private);
  if (s.failed++ == 0) {
    s.first_failure = fmt::format("{}: {}", rd_kafka_topic_name(message->rkt), rd_kafka_err2str(message->err));
    char fatal[512];
    if (rd_kafka_fatal_error(handle, fatal, sizeof fatal) != RD_KAFKA_RESP_ERR_NO_ERROR) s.first_failure = fatal;
  }
}

Status KafkaProducer::open() {
  Impl& s = *impl_;
  KafkaClientOptions c;
  c.brokers = s.options.brokers;
  c.user = s.options.properties;
  c.log = s.options.log;
  c.defaults = {{"client.id", s.options.client},
                {"linger.ms", "2"},
                {"compression.codec", "lz4"},
                {"message.max.bytes", "20971520"},
                {"reconnect.backoff.max.ms", "2000"},
                // flush() decides when it took too long; a record itself is only given up with the producer.
                {"message.timeout.ms", std::to_string(s.options.flush_timeout_ms)}};
  c.fixed = {{"enable.idempotence", "true"}, {"acks", "all"}, {"partitioner", "murmur2_random"}};
  // Topics come and go by name only: none of the consumer's properties of the pipeline apply here.
  for (const char* consumer_only :
       {"isolation.level", "auto.offset.reset", "fetch.wait.max.ms", "group.instance.id", "session.timeout.ms",
        "max.poll.interval.ms", "fetch.message.max.bytes", "queued.max.messages.kbytes", "queued.min.messages"}) {
    c.user.erase(consumer_only);
  }
  return s.client.open(RD_KAFKA_PRODUCER, c,
                       [](rd_kafka_conf_t* conf) { rd_kafka_conf_set_dr_msg_cb(conf, &Impl::on_delivery); });
}

Status KafkaProducer::produce(const std::string& topic, std::string_view key, std::string_view value,
                              std::span<const RecordHeader> headers) {
  Impl& s = *impl_;
  rd_kafka_t* handle = s.client.handle();
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
        rd_kafka_producev(handle, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                          RD_KAFKA_V_KEY(key_bytes, key.size()), RD_KAFKA_V_VALUE(value_bytes, value.size()),
                          RD_KAFKA_V_HEADERS(list), RD_KAFKA_V_OPAQUE(&s), RD_KAFKA_V_END);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;  // the headers went with it
    const bool full = error == RD_KAFKA_RESP_ERR__QUEUE_FULL;
    if (full && Clock::now() < deadline) {
      rd_kafka_poll(handle, queue_wait_ms);
      continue;
    }
    rd_kafka_headers_destroy(list);
    const std::string why = full ? s.client.trouble() : std::string();
    const Fault fault = full ? Fault::retry : error == RD_KAFKA_RESP_ERR__FATAL ? Fault::fatal : Fault::refused;
    return Status::of(fault,
                      fmt::format("topic '{}': {}{}{}", topic, rd_kafka_err2str(error), why.empty() ? "" : ": ", why));
  }
  rd_kafka_poll(handle, 0);
  return Status::good();
}

Status KafkaProducer::flush() {
  Impl& s = *impl_;
  const auto error = rd_kafka_flush(s.client.handle(), static_cast<int>(s.options.flush_timeout_ms));
  char fatal[512];
  if (rd_kafka_fatal_error(s.client.handle(), fatal, sizeof fatal) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Status::of(Fault::fatal, fmt::format("Kafka producer: {}", fatal));
  }
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const int waiting = rd_kafka_outq_len(s.client.handle());
    const std::string why = s.client.trouble();
    s.drop_all();
    if (Status status = open(); !status.ok()) return status;  // a new one has no gap in its sequence
    return Status::of(Fault::retry,
                      fmt::format("{} records not acknowledged by Kafka at {} in {} s{}{}", waiting, s.options.brokers,
                                  s.options.flush_timeout_ms / 1000, why.empty() ? "" : ": ", why));
  }
  if (s.failed == 0) return Status::good();
  Status status =
      Status::of(Fault::retry, fmt::format("{} records not delivered, the first to {}", s.failed, s.first_failure));
  s.failed = 0;
  return status;
}

Status KafkaProducer::check_topics(std::span<const std::string> topics, bool create, bool compacted) {
  Impl& s = *impl_;
  KafkaTopics found;
  if (Status status = fetch_topics(s.client, topics, s.options.flush_timeout_ms, found); !status.ok()) return status;
  std::vector<std::string> missing;
  for (const auto& topic : topics) {
    if (!topic.empty() && !found.topics.contains(topic)) missing.push_back(topic);
  }
  if (missing.empty()) return Status::good();
  if (!create) {
    return Status::of(Fault::missing_topics, missing_topics_text(s.options.brokers, missing, 1, compacted));
  }
  for (const auto& topic : missing) {
    if (Status status = create_topic(s.client, topic, -1, compacted, s.options.flush_timeout_ms); !status.ok()) {
      return status;
    }
  }
  return Status::good();
}

}  // namespace vigia
