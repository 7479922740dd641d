// The command `reload` on the topics of stream `command`, as a question that can be asked: should the configuration be read
// again? Every instance hears it, and reads its own files (docs/reload.md).
#pragma once

#include <atomic>
#include <list>
#include <thread>

#include "connectors/kafka_client.h"
#include "connectors/pipeline_config.h"
#include "connectors/topic_reader.h"

namespace vigia {

// A thread of its own reads, where there is such a topic; brokers and topics that are not there are waited for.
class ReloadCommands {
 public:
  ReloadCommands(const Pipeline& pipeline, const KafkaLog& log);
  ~ReloadCommands() { stop(); }
  ReloadCommands(const ReloadCommands&) = delete;
  ReloadCommands& operator=(const ReloadCommands&) = delete;

  // What is on the topics by now was meant for those that ran.
  void start();
  void stop();

  // Whether one has come since the last call. Thread-safe.
  [[nodiscard]] bool take_request() { return requested_.exchange(false); }

 private:
  void run();
  void begin(TopicReader& reader) const;
  void take(const rd_kafka_message_t& message);

  std::list<TopicReader> readers_;
  std::atomic<bool> requested_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace vigia
