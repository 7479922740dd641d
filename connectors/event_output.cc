#include "connectors/event_output.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "connectors/event_encoding.h"
#include "connectors/kafka_client.h"
#include "schemas/json_object.h"

namespace vigia {
namespace {

constexpr TimeMs broker_patience_ms = 30'000;

bool is_simulated(StreamId stream) {
  return stream == StreamId::seal || stream == StreamId::trip || stream == StreamId::access ||
         stream == StreamId::camera;
}

// The pipeline's first source of each stream.
using Topics = std::map<StreamId, SourceSpec>;

Status find_topics(const Pipeline& pipeline, Topics& out) {
  for (const SourceSpec& source : pipeline.sources) out.emplace(source.stream, source);
  for (const StreamId stream : {StreamId::seal, StreamId::trip})
    if (!out.contains(stream))
      return Status::of(
          Fault::refused,
          fmt::format("the pipeline has no source of the stream {}: the simulator needs one", name_of(stream)));
  for (auto at = out.begin(); at != out.end();) at = is_simulated(at->first) ? std::next(at) : out.erase(at);
  return Status::good();
}

class Recording : public EventOutput {
 public:
  Recording(std::FILE* file, Topics topics) : file_(file), topics_(std::move(topics)) {}
  ~Recording() override {
    if (file_ != stdout) std::fclose(file_);
  }

  Status write(const SimulatedEvent& event) override {
    line_.clear();
    {
      json::JsonObject object(line_);
      object.field("topic", topics_.at(event.stream()).topic);
      object.field("key", event.key());
      object.field("timestamp_ms", event.broker_ms);
      object.key("value") += encoder_.encode(event, RecordFormat::json);
    }
    line_ += '\n';
    if (std::fwrite(line_.data(), 1, line_.size(), file_) != line_.size()) return failed();
    return Status::good();
  }

  Status finish() override { return std::fflush(file_) == 0 ? Status::good() : failed(); }

 private:
  static Status failed() {
    return Status::of(Fault::storage, fmt::format("the recording could not be written: {}", std::strerror(errno)));
  }

  std::FILE* file_;
  Topics topics_;
  EventEncoder encoder_;
  std::string line_;
};

class KafkaEvents : public EventOutput {
 public:
  explicit KafkaEvents(Topics topics) : topics_(std::move(topics)) {}

  Status open(const Pipeline& pipeline, bool create, std::int32_t partitions) {
    KafkaClientOptions options;
    options.brokers = pipeline.brokers;
    options.user = pipeline.properties;
    options.defaults = {{"linger.ms", "5"}, {"compression.codec", "lz4"}, {"queue.buffering.max.messages", "500000"}};
    options.fixed = {{"partitioner", "murmur2_random"}, {"enable.idempotence", "true"}};
    if (Status status = client_.open(RD_KAFKA_PRODUCER, options); !status.ok()) return status;
    std::vector<std::string> names;
    for (const auto& [stream, source] : topics_) names.push_back(source.topic);
    KafkaTopics known;
    if (Status status = fetch_topics(client_, names, broker_patience_ms, known); !status.ok()) return status;
    std::vector<std::string> missing;
    for (const std::string& name : names) {
      if (!known.topics.contains(name)) missing.push_back(name);
    }
    if (missing.empty()) return Status::good();
    if (!create) {
      return Status::of(Fault::missing_topics, missing_topics_text(pipeline.brokers, missing, partitions, {}));
    }
    for (const std::string& name : missing) {
      Status status = create_topic(client_, name, partitions, {}, broker_patience_ms);
      if (!status.ok()) return status;
    }
    return Status::good();
  }

  Status write(const SimulatedEvent& event) override {
    const SourceSpec& topic = topics_.at(event.stream());
    const std::string_view value = encoder_.encode(event, topic.format);
    for (;;) {
      const rd_kafka_resp_err_t error = rd_kafka_producev(
          client_.handle(), RD_KAFKA_V_TOPIC(topic.topic.c_str()),
          RD_KAFKA_V_KEY(event.key().data(), event.key().size()),
          RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
          RD_KAFKA_V_TIMESTAMP(event.broker_ms), RD_KAFKA_V_END);
      rd_kafka_poll(client_.handle(), error == RD_KAFKA_RESP_ERR__QUEUE_FULL ? 10 : 0);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Status::good();
      if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        return Status::of(Fault::fatal, fmt::format("{}: {}", topic.topic, rd_kafka_err2str(error)));
      }
    }
  }

  Status finish() override {
    const rd_kafka_resp_err_t error = rd_kafka_flush(client_.handle(), static_cast<int>(broker_patience_ms));
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Status::good();
    return Status::of(Fault::retry, fmt::format("not every event was acknowledged: {}", rd_kafka_err2str(error)));
  }

 private:
  Topics topics_;
  EventEncoder encoder_;
  KafkaClient client_;
};

}  // namespace

Status open_recording(const std::string& path, const Pipeline& pipeline, std::unique_ptr<EventOutput>& out) {
  Topics topics;
  if (Status status = find_topics(pipeline, topics); !status.ok()) return status;
  std::FILE* file = path == "-" ? stdout : std::fopen(path.c_str(), "wb");
  if (file == nullptr) return Status::of(Fault::storage, fmt::format("{}: {}", path, std::strerror(errno)));
  out = std::make_unique<Recording>(file, std::move(topics));
  return Status::good();
}

Status open_kafka_output(const Pipeline& pipeline, bool create, std::int32_t partitions,
                         std::unique_ptr<EventOutput>& out) {
  Topics topics;
  if (Status status = find_topics(pipeline, topics); !status.ok()) return status;
  auto kafka = std::make_unique<KafkaEvents>(std::move(topics));
  Status status = kafka->open(pipeline, create, partitions);
  if (status.ok()) out = std::move(kafka);
  return status;
}

}  // namespace vigia
