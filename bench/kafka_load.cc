#include "bench/kafka_load.h"

#include "bench/bench_broker.h"
#include "bench/bench_setup.h"

namespace vigia::bench {
namespace {

void open(KafkaClient& client, rd_kafka_type_t type, const KafkaProperties& defaults) {
  KafkaClientOptions options;
  options.brokers = brokers();
  options.defaults = defaults;
  require(client.open(type, options));
}

struct Counter {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  // read, so that the records are at least touched
  double first_wall_s = 0, first_cpu_s = 0;
};

void count_one(rd_kafka_message_t* message, void* opaque) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  auto& counter = *static_cast<Counter*>(opaque);
  if (counter.records++ == 0) {
    counter.first_wall_s = wall_seconds();
    counter.first_cpu_s = process_seconds();
  }
  counter.bytes += message->len;
}

}  // namespace

void create_topic(const std::string& topic) {
  KafkaClient client;
  open(client, RD_KAFKA_PRODUCER, {});
  require(vigia::create_topic(client, topic, kafka_partitions, {}, 10'000));
}

std::int64_t end_of(const std::string& topic, std::int32_t partition) {
  KafkaClient client;
  open(client, RD_KAFKA_PRODUCER, {});
  std::int64_t begin = 0, end = 0;
  const auto error = rd_kafka_query_watermark_offsets(client.handle(), topic.c_str(), partition, &begin, &end, 10'000);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) require(Status::of(Fault::fatal, rd_kafka_err2str(error)));
  return end;
}

void produce(KafkaClient& client, const OutgoingRecord& record) {
  rd_kafka_resp_err_t error;
  do {
    error = rd_kafka_producev(client.handle(), RD_KAFKA_V_TOPIC(record.topic.c_str()),
                              RD_KAFKA_V_PARTITION(record.partition), RD_KAFKA_V_TIMESTAMP(record.timestamp_ms),
                              RD_KAFKA_V_KEY(const_cast<char*>(record.key.data()), record.key.size()),
                              RD_KAFKA_V_VALUE(const_cast<char*>(record.value.data()), record.value.size()),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    rd_kafka_poll(client.handle(), error == RD_KAFKA_RESP_ERR__QUEUE_FULL ? 100 : 0);
  } while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) require(Status::of(Fault::fatal, rd_kafka_err2str(error)));
}

void flush(KafkaClient& client) {
  if (rd_kafka_flush(client.handle(), 120'000) != RD_KAFKA_RESP_ERR_NO_ERROR)
    require(Status::of(Fault::fatal, "the broker did not take all records"));
}

void preload(const std::string& topic, std::int32_t partition, const RecordList& list) {
  KafkaClient client;
  open(client, RD_KAFKA_PRODUCER,
       {{"linger.ms", "20"},
        {"batch.size", "1000000"},
        {"queue.buffering.max.kbytes", "262144"},
        {"queue.buffering.max.messages", "1000000"},
        {"acks", "1"}});
  for (const auto& record : list.records())
    produce(client, {topic, partition, record.broker_ms, record.key, record.value});
  flush(client);
}

Consumption count_records(const std::string& topic, std::uint64_t records) {
  KafkaClient client;
  // A queue of more than a second's work: this librdkafka pauses for a second when it is full.
  open(client, RD_KAFKA_CONSUMER,
       {{"group.id", "bare-loop"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "earliest"},
        {"queued.min.messages", "10000000"},
        {"queued.max.messages.kbytes", "2097151"},
        {"fetch.message.max.bytes", "8388608"},
        {"check.crcs", "false"}});
  auto* queue = rd_kafka_queue_new(client.handle());
  auto* handle = rd_kafka_topic_new(client.handle(), topic.c_str(), nullptr);
  for (std::int32_t partition = 0; partition < kafka_partitions; ++partition)
    rd_kafka_consume_start_queue(handle, partition, RD_KAFKA_OFFSET_BEGINNING, queue);
  Counter counter;
  while (counter.records < records) rd_kafka_consume_callback_queue(queue, 1000, count_one, &counter);
  const Consumption done{static_cast<double>(counter.records), wall_seconds() - counter.first_wall_s,
                         process_seconds() - counter.first_cpu_s};
  for (std::int32_t partition = 0; partition < kafka_partitions; ++partition) rd_kafka_consume_stop(handle, partition);
  rd_kafka_topic_destroy(handle);
  rd_kafka_queue_destroy(queue);
  return done;
}

}  // namespace vigia::bench
