// The journal on a topic of the application: partition N holds the entries of the tasks with number N, keyed by the task,
// in the order of their epochs.
#pragma once

#include <map>
#include <string>

#include "connectors/journal.h"
#include "connectors/kafka_client.h"
#include "connectors/kafka_producer.h"
#include "connectors/pipeline_config.h"

namespace vigia {

struct KafkaJournalOptions {
  std::string brokers;
  std::string topic;
  std::map<std::string, std::string> properties;
  TimeMs patience_ms = 30'000;  // without progress, while reading
  KafkaLog log;
};

// Of the application's own.
[[nodiscard]] KafkaJournalOptions journal_options(const Pipeline& pipeline, KafkaLog log);

class KafkaJournal : public Journal {
 public:
  // Writes with `producer`, which outlives it: within its transactions, when it has them.
  KafkaJournal(KafkaProducer& producer, KafkaJournalOptions options);
  // Only reads: append() is refused.
  explicit KafkaJournal(KafkaJournalOptions options);

  [[nodiscard]] Status append(std::span<const JournalEntry> entries) override;
  [[nodiscard]] Status read(const std::string& task, PartitionId partition, JournalPosition position,
                            std::uint64_t first_epoch, std::uint64_t committed_epoch,
                            const std::function<void(const JournalEntry&)>& sink) override;
  [[nodiscard]] JournalPosition position(PartitionId partition) const override;

 private:
  [[nodiscard]] Status open_reader();
  [[nodiscard]] Status add(const rd_kafka_message_t& message, JournalOrder& order) const;

  KafkaProducer* producer_ = nullptr;  // null: only reads
  KafkaJournalOptions options_;
  KafkaClient reader_;
  std::map<std::int32_t, JournalPosition> read_to_;  // by partition
};

}  // namespace vigia
