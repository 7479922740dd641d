// Reads one topic of a Kafka cluster, all of its partitions, committed records only, from positions that the caller
// keeps. It is no member of a consumer group: every instance reads everything. Waits out brokers that are away, takes up
// partitions that appear, and goes on behind what retention has removed.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "connectors/kafka_client.h"
#include "connectors/record_source.h"
#include "connectors/status.h"

namespace vigia {

struct TopicReaderOptions {
  std::string brokers;
  std::string group;                              // only named to the brokers: nothing is joined and nothing committed
  std::map<std::string, std::string> properties;  // handed to librdkafka as they are
  std::string topic;
  KafkaLog log;                                       // librdkafka's; called from its threads
  std::function<void(const std::string& text)> warn;  // of records that are gone; called by poll(). May be empty
};

// One thread at a time.
class TopicReader {
 public:
  explicit TopicReader(TopicReaderOptions options) : options_(std::move(options)) {}
  ~TopicReader() { close(); }
  TopicReader(const TopicReader&) = delete;
  TopicReader& operator=(const TopicReader&) = delete;

  // Does not wait for brokers. A partition that is not in `from` is read from its beginning. Fault::refused: settings.
  [[nodiscard]] Status open(std::span<const PartitionOffset> from);
  void close();

  // Asks for the topic's partitions. Fault::retry: no broker answers, or there is no such topic yet.
  [[nodiscard]] Status refresh(TimeMs timeout_ms);
  [[nodiscard]] std::size_t partition_count() const { return partitions_.size(); }

  // Waits for a record at most wait_ms, then hands over what has been fetched, at most `limit` records.
  void poll(TimeMs wait_ms, std::size_t limit, const std::function<void(const rd_kafka_message_t&)>& sink);

  // Where to go on, of all partitions whose position is known.
  [[nodiscard]] std::vector<PartitionOffset> positions() const;

  // Where the log ends now, with what is not committed yet. Fault::retry: not every leader answers in time.
  [[nodiscard]] Status ends(TimeMs timeout_ms, std::vector<PartitionOffset>& out);
  // Everything before those ends has been handed over.
  [[nodiscard]] bool has_read(std::span<const PartitionOffset> ends) const;

 private:
  struct Partition {
    std::int64_t next = RD_KAFKA_OFFSET_BEGINNING;
    bool is_assigned = false;
    bool is_sure = true;  // what comes next is what follows `next`
    bool lost = false;    // its position is not in the log any more
  };

  void assign();
  void take(const rd_kafka_message_t& message, const std::function<void(const rd_kafka_message_t&)>& sink);
  [[nodiscard]] bool make_sure(std::int32_t number, Partition& partition);
  void find_lost();
  [[nodiscard]] Status connect(KafkaClient& client, bool committed_only) const;

  TopicReaderOptions options_;
  KafkaClient client_;
  KafkaClient end_client_;                     // sees what is not committed
  std::map<std::int32_t, std::int64_t> kept_;  // positions of open(), until the partition appears
  std::map<std::int32_t, Partition> partitions_;
};

}  // namespace vigia
