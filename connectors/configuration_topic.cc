#include "connectors/configuration_topic.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "connectors/kafka_fetch_watch.h"

namespace vigia {
namespace {

// Brokers take a record of a megabyte without being told to.
constexpr std::size_t piece_bytes = std::size_t{512} << 10;
constexpr std::size_t records_at_once = 1000;
constexpr TimeMs poll_wait_ms = 100;
constexpr std::string_view current_key = "current";

template <class Number>
bool read_number(std::string_view text, int base, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

struct PieceKey {
  ConfigurationHash hash;
  std::size_t piece = 0, pieces = 0;
};

std::optional<PieceKey> read_piece_key(std::string_view key) {
  const auto first = key.find('/'), last = key.rfind('/');
  PieceKey out;
  if (first == key.npos || first == last) return std::nullopt;
  const bool good = read_number(key.substr(0, first), 16, out.hash.value) &&
                    read_number(key.substr(first + 1, last - first - 1), 10, out.piece) &&
                    read_number(key.substr(last + 1), 10, out.pieces);
  return good && out.piece < out.pieces ? std::optional(out) : std::nullopt;
}

TopicReaderOptions reader_options_of(const ConfigurationTopicOptions& options) {
  return {.brokers = options.brokers,
          .group = options.application + "-configurations",
          .properties = options.properties,
          .topic = options.topic,
          .log = options.log,
          .warn = {}};
}

}  // namespace

ConfigurationTopicOptions configuration_options(const Pipeline& pipeline, KafkaLog log) {
  return {.brokers = pipeline.brokers,
          .application = pipeline.application,
          .topic = pipeline.outputs.configurations,
          .properties = pipeline.properties,
          .log = std::move(log)};
}

ConfigurationTopic::ConfigurationTopic(ConfigurationTopicOptions options)
    : options_(std::move(options)), reader_(reader_options_of(options_)) {}

Status ConfigurationTopic::open() {
  const std::lock_guard lock(mutex_);
  return reader_.open({});
}

Status ConfigurationTopic::open_producer() {
  if (producer_) return Status::good();
  KafkaProducerOptions options;
  options.brokers = options_.brokers;
  options.client = options_.application;
  options.properties = options_.properties;
  options.flush_timeout_ms = options_.patience_ms;
  options.log = options_.log;
  auto producer = std::make_unique<KafkaProducer>(std::move(options));
  if (Status status = producer->open(); !status.ok()) return status;
  producer_ = std::move(producer);
  return Status::good();
}

Status ConfigurationTopic::check(bool create) {
  const std::lock_guard lock(mutex_);
  if (Status status = open_producer(); !status.ok()) return status;
  const std::string topics[] = {options_.topic};
  return producer_->check_topics(topics, create, compacted(), 1);
}

Status ConfigurationTopic::catch_up() {
  const std::lock_guard lock(mutex_);
  return read_to_end();
}

Status ConfigurationTopic::read_to_end() {
  std::vector<PartitionOffset> ends;
  if (Status status = reader_.ends(options_.patience_ms, ends); !status.ok()) return status;
  const TimeMs deadline_ms = steady_clock_ms() + options_.patience_ms;
  while (!reader_.has_read(ends)) {
    if (steady_clock_ms() >= deadline_ms)
      return Status::of(Fault::retry,
                        fmt::format("{}: not read to its end in {} s", options_.topic, options_.patience_ms / 1000));
    reader_.poll(poll_wait_ms, records_at_once, [this](const rd_kafka_message_t& message) { take(message); });
  }
  return Status::good();
}

void ConfigurationTopic::poll() {
  const std::lock_guard lock(mutex_);
  reader_.poll(0, records_at_once, [this](const rd_kafka_message_t& message) { take(message); });
}

// What is no record of ours is left out; a configuration that is not whole is not found.
void ConfigurationTopic::take(const rd_kafka_message_t& message) {
  const std::string_view key(static_cast<const char*>(message.key), message.key_len);
  const std::string_view value(static_cast<const char*>(message.payload), message.len);
  if (key == current_key) {
    ConfigurationHash hash;
    if (read_number(value, 16, hash.value)) current_ = hash;
  } else if (const auto piece = read_piece_key(key)) {
    Pieces& pieces = known_[piece->hash];
    pieces.count = piece->pieces;
    pieces.parts[piece->piece] = value;
  }
}

ConfigurationHash ConfigurationTopic::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

bool ConfigurationTopic::has(ConfigurationHash hash) const {
  const std::lock_guard lock(mutex_);
  return is_whole(hash);
}

bool ConfigurationTopic::is_whole(ConfigurationHash hash) const {
  const auto found = known_.find(hash);
  return found != known_.end() && found->second.parts.size() == found->second.count;
}

Status ConfigurationTopic::find(ConfigurationHash hash, Configuration& out) const {
  const std::lock_guard lock(mutex_);
  return read(hash, out);
}

Status ConfigurationTopic::read(ConfigurationHash hash, Configuration& out) const {
  const auto where = [&] { return fmt::format("{}: configuration {}", options_.topic, hash.text()); };
  if (!is_whole(hash))
    return Status::of(Fault::refused,
                      fmt::format("{} is not there; restore the topic: without it what was judged by this "
                                  "configuration can't be derived again",
                                  where()));
  std::string bytes;
  for (const auto& [piece, part] : known_.at(hash).parts) bytes += part;
  Status status = decode(bytes, out);
  if (!status.ok()) status.text = where() + ": " + status.text;
  return status;
}

std::vector<Configuration> ConfigurationTopic::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<Configuration> found;
  for (const auto& [hash, pieces] : known_) {
    Configuration one;
    if (read(hash, one).ok()) found.push_back(std::move(one));
  }
  return found;
}

Status ConfigurationTopic::announce(const Configuration& configuration) {
  const std::lock_guard lock(mutex_);
  if (Status status = open_producer(); !status.ok()) return status;
  const ConfigurationHash hash = configuration.hash();
  if (!is_whole(hash)) {
    const std::string bytes = encode(configuration);
    const std::size_t pieces = (bytes.size() + piece_bytes - 1) / piece_bytes;
    for (std::size_t piece = 0; piece < pieces; ++piece) {
      const auto part = std::string_view(bytes).substr(piece * piece_bytes, piece_bytes);
      const Status status =
          producer_->produce(options_.topic, fmt::format("{}/{}/{}", hash.text(), piece, pieces), part, {}, 0);
      if (!status.ok()) return status;
    }
  }
  if (Status status = producer_->flush(); !status.ok()) return status;
  if (Status status = producer_->produce(options_.topic, current_key, hash.text(), {}, 0); !status.ok()) return status;
  if (Status status = producer_->flush(); !status.ok()) return status;
  return read_to_end();
}

}  // namespace vigia
