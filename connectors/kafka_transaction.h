// Kafka transactions around epochs.
//
//            begin_transaction          send_offsets          commit_transaction
//   ready ──────────────────► open ──────────────────► sent ─────────────────────► ready
//     ▲                        │                         │            │
//     │ init_transactions      │ any fault, any time-out │            │ no answer: nobody knows
//     └──────── new producer ◄─┴─────────────────────────┴────────────┘
//
// There is one way back from everything that goes wrong: another librdkafka producer with the same transactional id. Its
// init_transactions has the brokers abort what the old one had open, or finish the commit that it was about; then the
// group's committed offsets tell which, by the epoch in their metadata. The old producer never writes again. That is also
// what a process that comes back after a crash does, so what it left open holds no reader up.
//
// Each call is watched: one that does not come back in its time is left behind with its producer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connectors/epoch_transaction.h"
#include "connectors/kafka_producer.h"
#include "connectors/kafka_source.h"

namespace vigia {

// When the offsets of a transaction are sent. The brokers refuse a transaction while they finish the last. librdkafka 2.0 asks
// again after 20 ms where a record was the first to be refused, and after retry.backoff.ms where the offsets were: for short
// transactions one on the heels of the other they go first, and must be known then. Until the end of the transaction nobody
// else gets to know the group's offsets: with long ones they go last.
enum class OffsetsGo : std::uint8_t { first, last };

class KafkaTransaction : public EpochTransaction {
 public:
  // `producer` has a transactional id; both outlive the transaction. `topics`: those that the progress speaks of.
  KafkaTransaction(KafkaProducer& producer, KafkaSource& source, std::vector<std::string> topics,
                   OffsetsGo offsets_go = OffsetsGo::last)
      : producer_(producer), source_(source), topics_(std::move(topics)), offsets_go_(offsets_go) {}

  // Takes the place of whoever had the transactional id before. Fault::refused: the brokers can't do transactions, or not
  // with these time-outs.
  [[nodiscard]] Status init();

  [[nodiscard]] Status begin(std::span<const TaskProgress> progress, bool& already) override;
  [[nodiscard]] Status commit(std::span<const TaskProgress> progress) override;

 private:
  using Call = std::function<rd_kafka_error_t*(rd_kafka_t*)>;

  [[nodiscard]] Status send_offsets(std::span<const TaskProgress> progress);
  [[nodiscard]] Status watched(const char* what, Call call);
  [[nodiscard]] Status failed(const char* what, rd_kafka_error_t* error);
  [[nodiscard]] bool outlived() const;

  KafkaProducer& producer_;
  KafkaSource& source_;
  std::vector<std::string> topics_;
  const OffsetsGo offsets_go_;
  bool used_ = false;              // the producer has begun something
  bool ready_ = false;             // init_transactions is done, and nothing went wrong since
  bool doubtful_ = false;          // a commit may have been good
  TimeMs began_ms_ = 0;            // steady
  TimeMs fenced_ms_ = no_time_ms;  // steady: the last time
};

}  // namespace vigia
