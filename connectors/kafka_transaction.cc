#include "connectors/kafka_transaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "connectors/instance_name.h"
#include "connectors/kafka_fetch_watch.h"
#include "connectors/kafka_progress.h"
#include "connectors/kill_point.h"

namespace vigia {

namespace {

// How much longer than its own time-out a call may take before it is left behind.
constexpr TimeMs grace_ms = 5'000;

struct ErrorFree {
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
};
using Error = std::unique_ptr<rd_kafka_error_t, ErrorFree>;

bool is_fencing(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
         code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

// Waiting mends none of these.
const char* what_to_do(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
      return "these brokers have no transactions (Apache Kafka has them since 0.11): set delivery: at_least_once";
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
      return "transaction.timeout.ms is beyond the brokers' transaction.max.timeout.ms: make one smaller or the other "
             "larger";
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return "the brokers do not allow it: grant Write and Describe on transactional ids with the application's name "
             "as "
             "prefix";
    default: return nullptr;
  }
}

}  // namespace

// Runs on a thread of its own, which keeps the producer alive for as long as the call lasts.
Status KafkaTransaction::watched(const char* what, Call call) {
  struct Answer {
    std::promise<Error> promise;
    std::shared_ptr<ProducerSession> session;
    Call call;
  };
  auto answer = std::make_shared<Answer>();
  answer->session = producer_.session();
  answer->call = std::move(call);
  std::future<Error> future = answer->promise.get_future();
  std::thread([answer] {
    answer->promise.set_value(Error(answer->call(answer->session->client.handle())));
    answer->call = nullptr;
  }).detach();
  const TimeMs limit_ms = producer_.transaction_timeout_ms() + grace_ms;
  if (future.wait_for(std::chrono::milliseconds(limit_ms)) != std::future_status::ready) {
    ready_ = false;
    return Status::of(Fault::retry,
                      fmt::format("{}: no answer in {} s; going on with another producer", what, limit_ms / 1000));
  }
  const Error error = future.get();
  return error == nullptr ? Status::good() : failed(what, error.get());
}

// Whether the brokers themselves have given the transaction up by now: they fence the producer that they think dead.
bool KafkaTransaction::outlived() const {
  return steady_clock_ms() - began_ms_ >= producer_.transaction_timeout_ms() * 9 / 10;
}

Status KafkaTransaction::failed(const char* what, rd_kafka_error_t* error) {
  ready_ = false;
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
  std::string text = fmt::format("{}: {}", what, rd_kafka_error_string(error));
  const auto session = producer_.session();
  {
    const std::lock_guard lock(session->mutex);
    if (session->failed > 0) text += "; first not delivered: " + session->first_failure;
  }
  if (is_outcast(code)) return Status::of(Fault::lost, std::move(text));
  if (is_fencing(code) && !outlived()) {
    const bool is_again = fenced_ms_ != no_time_ms && steady_clock_ms() - fenced_ms_ < fence_pause_ms;
    fenced_ms_ = steady_clock_ms();
    if (is_again) return fenced_by_another(std::move(text));
  }
  if (const char* advice = what_to_do(code)) return Status::of(Fault::refused, text + ": " + advice);
  return Status::of(Fault::retry, std::move(text));
}

Status KafkaTransaction::init() {
  if (std::exchange(used_, true)) {
    if (Status status = producer_.renew(); !status.ok()) return status;
  }
  began_ms_ = steady_clock_ms();
  const auto timeout_ms = static_cast<int>(producer_.transaction_timeout_ms());
  Status status =
      watched("init_transactions", [=](rd_kafka_t* handle) { return rd_kafka_init_transactions(handle, timeout_ms); });
  ready_ = status.ok();
  return status;
}

Status KafkaTransaction::begin(std::span<const TaskProgress> progress, bool& already) {
  already = false;
  if (!ready_) {
    if (Status status = init(); !status.ok()) return status;
  }
  if (doubtful_) {
    std::vector<PartitionId> numbers;
    for (const TaskProgress& task : progress) numbers.push_back(task.partition);
    std::vector<TaskProgress> known;
    if (Status status = source_.committed_in(topics_, numbers, producer_.transaction_timeout_ms(), known); !status.ok())
      return status;
    doubtful_ = false;
    already = std::ranges::equal(progress, known, [](const auto& a, const auto& b) { return a.epoch <= b.epoch; });
    if (already) return Status::good();
  }
  began_ms_ = steady_clock_ms();
  if (Status status = watched("begin_transaction", rd_kafka_begin_transaction); !status.ok()) return status;
  return offsets_go_ == OffsetsGo::first ? send_offsets(progress) : Status::good();
}

Status KafkaTransaction::send_offsets(std::span<const TaskProgress> progress) {
  const auto timeout_ms = static_cast<int>(producer_.transaction_timeout_ms());
  const auto session = producer_.session();
  const std::shared_ptr<rd_kafka_topic_partition_list_t> offsets = progress_list(session->client.handle(), progress);
  const std::shared_ptr<rd_kafka_consumer_group_metadata_t> member(source_.group_metadata(), [](auto* known) {
    if (known != nullptr) rd_kafka_consumer_group_metadata_destroy(known);
  });
  if (member == nullptr) {
    ready_ = false;
    return Status::of(Fault::lost, "the consumer joins its group again");
  }
  Status status = watched("send_offsets_to_transaction", [=](rd_kafka_t* handle) {
    return rd_kafka_send_offsets_to_transaction(handle, offsets.get(), member.get(), timeout_ms);
  });
  if (status.ok()) kill_point("offsets_sent");
  return status;
}

Status KafkaTransaction::commit(std::span<const TaskProgress> progress) {
  if (offsets_go_ == OffsetsGo::last) {
    if (Status status = send_offsets(progress); !status.ok()) return status;
  }
  const auto timeout_ms = static_cast<int>(producer_.transaction_timeout_ms());
  doubtful_ = true;
  Status status = watched("commit_transaction",
                          [=](rd_kafka_t* handle) { return rd_kafka_commit_transaction(handle, timeout_ms); });
  doubtful_ = !status.ok();
  return status;
}

}  // namespace vigia
