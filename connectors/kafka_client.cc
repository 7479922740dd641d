#include "connectors/kafka_client.h"

#include <fmt/format.h>

#include <utility>

namespace vigia {

namespace {

Status set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  char error[256];
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof error) == RD_KAFKA_CONF_OK) {
    return Status::good();
  }
  return Status::of(Fault::refused, fmt::format("kafka property {}: {}", name, error));
}

}  // namespace

KafkaClientOptions reader_options(const std::string& brokers, const std::string& client,
                                  const std::map<std::string, std::string>& properties, KafkaLog log) {
  KafkaClientOptions options;
  options.brokers = brokers;
  options.user = properties;
  options.user.erase("group.instance.id");
  options.user.erase("transaction.timeout.ms");
  options.log = std::move(log);
  options.defaults = {{"client.id", client}, {"fetch.wait.max.ms", "20"}};
  options.fixed = {{"group.id", client},  // librdkafka wants one; nothing is ever committed to it
                   {"enable.auto.commit", "false"},
                   {"enable.partition.eof", "true"},
                   {"isolation.level", "read_committed"},
                   {"auto.offset.reset", "earliest"}};
  return options;
}

Status KafkaClient::open(rd_kafka_type_t type, const KafkaClientOptions& options,
                         const std::function<void(rd_kafka_conf_t*)>& prepare) {
  close();
  brokers_ = options.brokers;
  log_ = options.log;
  rebalance_ = options.rebalance;
  KafkaConf conf(rd_kafka_conf_new());
  for (const auto& [name, value] : options.defaults) {
    if (Status status = set(conf.get(), name, value); !status.ok()) return status;
  }
  for (const auto& [name, value] : options.user) {
    if (Status status = set(conf.get(), name, value); !status.ok()) return status;
  }
  for (const auto& [name, value] : options.fixed) {
    if (Status status = set(conf.get(), name, value); !status.ok()) return status;
  }
  if (Status status = set(conf.get(), "bootstrap.servers", options.brokers); !status.ok()) return status;
  rd_kafka_conf_set_opaque(conf.get(), this);
  rd_kafka_conf_set_error_cb(conf.get(), &KafkaClient::on_error);
  rd_kafka_conf_set_log_cb(conf.get(), &KafkaClient::on_log);
  if (rebalance_) rd_kafka_conf_set_rebalance_cb(conf.get(), &KafkaClient::on_rebalance);
  if (prepare) prepare(conf.get());

  char error[512];
  handle_ = rd_kafka_new(type, conf.get(), error, sizeof error);
  if (handle_ == nullptr) return Status::of(Fault::refused, fmt::format("Kafka client: {}", error));
  (void)conf.release();  // the handle owns it now
  return Status::good();
}

void KafkaClient::close() {
  if (handle_ == nullptr) return;
  rd_kafka_destroy(handle_);
  handle_ = nullptr;
  trouble_.clear();
}

std::string KafkaClient::trouble() {
  rd_kafka_poll(handle_, 0);
  std::lock_guard lock(mutex_);
  return trouble_;
}

void KafkaClient::forget_trouble() {
  std::lock_guard lock(mutex_);
  trouble_.clear();
}

void KafkaClient::on_error(rd_kafka_t*, int error, const char* reason, void* self) {
  auto& client = *static_cast<KafkaClient*>(self);
  std::lock_guard lock(client.mutex_);
  // "All brokers down" says less than what came before it.
  if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || client.trouble_.empty()) client.trouble_ = reason;
}

void KafkaClient::on_log(const rd_kafka_t* handle, int level, const char*, const char* text) {
  const auto& client = *static_cast<const KafkaClient*>(rd_kafka_opaque(handle));
  if (client.log_) client.log_(level, text);
}

void KafkaClient::on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* list,
                               void* self) {
  static_cast<KafkaClient*>(self)->rebalance_(what, *list);
}

}  // namespace vigia

#ifdef __SANITIZE_THREAD__
// librdkafka's threads are C11 threads, of which the thread sanitizer of g++ 12 knows nothing: the first allocation in one
// is a crash. As POSIX threads, which they are in glibc all the same, it knows them.
#include <pthread.h>
#include <threads.h>

#include <cstdint>
#include <memory>

namespace {

struct C11Start {
  thrd_start_t function;
  void* argument;
};

void* run_c11(void* given) {
  const std::unique_ptr<C11Start> start(static_cast<C11Start*>(given));
  return reinterpret_cast<void*>(static_cast<std::intptr_t>(start->function(start->argument)));
}

}  // namespace

extern "C" int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
  auto start = std::make_unique<C11Start>(C11Start{function, argument});
  if (pthread_create(thread, nullptr, run_c11, start.get()) != 0) return thrd_error;
  static_cast<void>(start.release());
  return thrd_success;
}

extern "C" int thrd_join(thrd_t thread, int* result) {
  void* returned = nullptr;
  if (pthread_join(thread, &returned) != 0) return thrd_error;
  if (result != nullptr) *result = static_cast<int>(reinterpret_cast<std::intptr_t>(returned));
  return thrd_success;
}
#endif
