// Fetches single records from Kafka by topic, partition and offset: the evidence behind alerts.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "connectors/evidence.h"
#include "connectors/kafka_client.h"

namespace vigia {

struct EvidenceReaderOptions {
  std::string brokers;
  std::string group;                              // only named to the brokers: nothing is joined and nothing committed
  std::map<std::string, std::string> properties;  // handed to librdkafka as they are
  KafkaLog log;                                   // called from librdkafka's threads. May be empty
};

// One thread at a time. Connects when it is first asked, and stays connected.
class EvidenceReader {
 public:
  explicit EvidenceReader(EvidenceReaderOptions options) : options_(std::move(options)) {}
  ~EvidenceReader() { close(); }
  EvidenceReader(const EvidenceReader&) = delete;
  EvidenceReader& operator=(const EvidenceReader&) = delete;

  using Found = std::function<void(const EvidencePlace& place, EvidenceRecord record)>;

  // Reads all partitions side by side, and gives each record, or that it is gone, as it comes. Fault::retry when limit_ms
  // have passed before every place had its answer; Fault::refused: settings.
  [[nodiscard]] Status read(std::span<const EvidencePlace> places, TimeMs limit_ms, const Found& found);

  void close();

 private:
  using Partition = std::pair<std::string, std::int32_t>;
  struct Open {
    std::deque<std::int64_t> offsets;  // those not answered yet, rising
    bool is_sure = false;              // what comes next comes from where the first of them should be
  };

  [[nodiscard]] Status connect();
  void assign();
  void take(const rd_kafka_message_t& message, const Found& found);
  void take_record(const Partition& partition, Open& open, const rd_kafka_message_t& message, const Found& found);
  void find_bounds(const Partition& partition, Open& open, const Found& found);
  void give_up_before(const Partition& partition, Open& open, std::int64_t offset, const Found& found);
  [[nodiscard]] bool make_sure(const Partition& partition, Open& open);

  EvidenceReaderOptions options_;
  KafkaClient client_;
  std::map<Partition, Open> open_;
};

}  // namespace vigia
