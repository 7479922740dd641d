#include "connectors/kafka_client.h"

#include <fmt/format.h>

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

Status KafkaClient::open(rd_kafka_type_t type, const KafkaClientOptions& options,
                         const std::function<void(rd_kafka_conf_t*)>& prepare) {
  close();
  brokers_ = options.brokers;
  log_ = options.log;
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

}  // namespace vigia
