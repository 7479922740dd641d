#include "bench/scheduled_sender.h"

#include <chrono>
#include <utility>

#include "bench/bench_broker.h"

namespace vigia::bench {

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::system_clock::now().time_since_epoch()).count();
}

ScheduledSender::ScheduledSender(double per_s, Make make)
    : make_(std::move(make)), thread_([this, per_s] { run(per_s); }) {}

ScheduledSender::~ScheduledSender() {
  stop_ = true;
  thread_.join();
}

void ScheduledSender::run(double per_s) {
  KafkaClient client;
  KafkaClientOptions options;
  options.brokers = brokers();
  options.defaults = {{"linger.ms", "0.5"}, {"partitioner", "murmur2_random"}};
  require(client.open(RD_KAFKA_PRODUCER, options));
  const double begin_ms = now_ms();
  for (std::uint64_t sent = 0; !stop_; ++sent) {
    const double due_ms = begin_ms + static_cast<double>(sent) / per_s * 1000;
    while (now_ms() < due_ms) {
      rd_kafka_poll(client.handle(), 0);
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    produce(client, make_(sent, due_ms));
  }
  flush(client);
}

}  // namespace vigia::bench
