#include "app/reload_commands.h"

#include <spdlog/spdlog.h>

#include "connectors/kafka_fetch_watch.h"
#include "schemas/command_reader.h"

namespace vigia {
namespace {

constexpr TimeMs wait_ms = 200, answer_ms = 2000, look_again_ms = 10'000;
constexpr std::size_t records_at_once = 100;

}  // namespace

ReloadCommands::ReloadCommands(const Pipeline& pipeline, const KafkaLog& log) {
  for (const SourceSpec& source : pipeline.sources) {
    if (source.stream != StreamId::command) continue;
    TopicReaderOptions options;
    options.brokers = pipeline.brokers;
    options.group = pipeline.application + "-commands";
    options.properties = pipeline.properties;
    options.topic = source.topic;
    options.log = log;
    readers_.emplace_back(std::move(options));
  }
}

void ReloadCommands::start() {
  if (!readers_.empty()) thread_ = std::thread([this] { run(); });
}

void ReloadCommands::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void ReloadCommands::run() {
  for (TopicReader& reader : readers_) begin(reader);
  TimeMs looked_ms = steady_clock_ms();
  while (!stopping_) {
    for (TopicReader& reader : readers_)
      reader.poll(wait_ms, records_at_once, [this](const rd_kafka_message_t& message) { take(message); });
    if (steady_clock_ms() - looked_ms < look_again_ms) continue;
    looked_ms = steady_clock_ms();
    for (TopicReader& reader : readers_) static_cast<void>(reader.refresh(answer_ms));  // partitions that have appeared
  }
}

// At the ends; a topic that is not there yet is read from its beginning once it is.
void ReloadCommands::begin(TopicReader& reader) const {
  std::vector<PartitionOffset> ends;
  Status status = reader.open({});
  if (status.ok()) status = reader.ends(answer_ms, ends);
  if (status.ok()) status = reader.open(ends);
  if (status.ok()) status = reader.refresh(answer_ms);
  if (!status.ok()) spdlog::warn("commands: {}; waiting for it", status.text);
}

void ReloadCommands::take(const rd_kafka_message_t& message) {
  const std::string_view bytes(static_cast<const char*>(message.payload), message.len);
  schema::CommandT command;
  const std::string error = read_command(bytes, command);
  if (!error.empty())
    spdlog::warn("commands: {}/{} at {}: {}", rd_kafka_topic_name(message.rkt), message.partition, message.offset,
                 error);
  if (!error.empty() || command.action != schema::CommandAction::reload) return;
  spdlog::info("{} asks for the configuration to be read again", command.by.empty() ? "a command" : command.by);
  requested_ = true;
}

}  // namespace vigia
