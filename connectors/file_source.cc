#include "connectors/file_source.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "connectors/line_reader.h"
#include "connectors/partitioner.h"

namespace vigia {

namespace {

namespace ondemand = simdjson::ondemand;
static_assert(LineReader::padding_bytes >= simdjson::SIMDJSON_PADDING);

// A line, as far as it could be read. Views point into the line or the parser.
struct RecordedLine {
  std::string_view topic, key, value;
  bool has_topic = false, has_time = false, has_value = false;
  TimeMs timestamp_ms = 0;
  std::int64_t partition = -1, offset = -1;
};

// An error text; empty when good.
using Problem = std::string;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r' || text.back() == '\n'))
    text.remove_suffix(1);
  return text;
}

Problem read_text(ondemand::value value, const char* name, std::string& into) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return fmt::format("\"{}\" is not a string", name);
  into.assign(text);
  return {};
}

Problem read_integer(ondemand::value value, const char* name, std::int64_t least, std::int64_t& into) {
  if (value.get_int64().get(into) != simdjson::SUCCESS) return fmt::format("\"{}\" is not an integer", name);
  if (into < least) return fmt::format("\"{}\" is {}, expected {} or more", name, into, least);
  return {};
}

Problem read_raw(ondemand::value value, RecordedLine& line) {
  ondemand::json_type type;
  if (value.type().get(type) != simdjson::SUCCESS) return "\"value\" is not JSON";
  if (type == ondemand::json_type::null) return {};
  auto error = simdjson::SUCCESS;
  if (type == ondemand::json_type::object || type == ondemand::json_type::array) {
    ondemand::object object;
    ondemand::array array;
    if (type == ondemand::json_type::object) {
      error = value.get_object().get(object);
      if (error == simdjson::SUCCESS) error = object.raw_json().get(line.value);
    } else {
      error = value.get_array().get(array);
      if (error == simdjson::SUCCESS) error = array.raw_json().get(line.value);
    }
  } else {
    line.value = value.raw_json_token();
  }
  line.value = trimmed(line.value);  // simdjson goes up to the next token
  line.has_value = true;
  return error == simdjson::SUCCESS ? Problem{} : Problem{"\"value\" is not JSON"};
}

// The members of a line. `topic` and `key` are the caller's memory for the two texts.
Problem read_line(ondemand::parser& parser, std::string_view text, std::string& topic, std::string& key,
                  RecordedLine& line) {
  ondemand::document document;
  ondemand::object object;
  const simdjson::padded_string_view padded(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING);
  if (const auto error = parser.iterate(padded).get(document); error != simdjson::SUCCESS) {
    return fmt::format("not JSON ({})", simdjson::error_message(error));
  }
  if (const auto error = document.get_object().get(object); error != simdjson::SUCCESS) {
    return error == simdjson::INCORRECT_TYPE ? "not a JSON object"
                                             : fmt::format("not JSON ({})", simdjson::error_message(error));
  }
  topic.clear();
  key.clear();
  for (auto member : object) {
    ondemand::field field;
    if (const auto error = std::move(member).get(field); error != simdjson::SUCCESS) {
      return fmt::format("not JSON ({})", simdjson::error_message(error));
    }
    const ondemand::raw_json_string name = field.key();
    Problem problem;
    if (name == "topic") {
      problem = read_text(field.value(), "topic", topic);
      line.has_topic = true;
    } else if (name == "key") {
      if (!field.value().is_null()) problem = read_text(field.value(), "key", key);
    } else if (name == "timestamp_ms") {
      problem = read_integer(field.value(), "timestamp_ms", INT64_MIN, line.timestamp_ms);
      line.has_time = true;
    } else if (name == "partition") {
      problem = read_integer(field.value(), "partition", 0, line.partition);
      if (problem.empty() && line.partition > INT32_MAX) problem = "\"partition\" is too large";
    } else if (name == "offset") {
      problem = read_integer(field.value(), "offset", 0, line.offset);
    } else if (name == "value") {
      problem = read_raw(field.value(), line);
    }
    if (!problem.empty()) return problem;
  }
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) return "not JSON (something follows the object)";
  if (!line.has_topic) return "no \"topic\"";
  if (!line.has_time) return "no \"timestamp_ms\"";
  line.topic = topic;
  line.key = key;
  return {};
}

}  // namespace

struct FileSource::Impl {
  explicit Impl(FileSourceOptions o) : options(std::move(o)) {}

  FileSourceOptions options;
  std::unique_ptr<LineReader> reader;
  ondemand::parser parser;
  std::string topic, key;
  std::map<std::pair<std::int32_t, std::uint16_t>, PartitionStatus> partitions;
  std::map<std::pair<std::int32_t, std::uint16_t>, std::int64_t> skip_before;
  std::map<std::string, std::uint64_t> skipped;
  std::int32_t partition_count = 1;
  Status failure;  // of the line after the last batch
  bool finished = false;

  void add(const RecordedLine& line, std::uint16_t topic_index, RecordBatch& batch);
  Status read_into(RecordBatch& batch, const PollLimits& limits);
};

FileSource::FileSource(FileSourceOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
FileSource::~FileSource() = default;

Status FileSource::open(std::span<const PartitionOffset> from) {
  Impl& s = *impl_;
  close();
  s.reader = std::make_unique<LineReader>(s.options.paths);
  s.partition_count = std::max(s.options.partitions, 1);
  for (const auto& offset : from) {
    const auto topic = std::find(s.options.topics.begin(), s.options.topics.end(), offset.topic);
    if (topic == s.options.topics.end()) continue;
    const auto index = static_cast<std::uint16_t>(topic - s.options.topics.begin());
    s.skip_before[{offset.partition.value, index}] = offset.next.value;
  }
  return s.reader->check();
}

void FileSource::Impl::add(const RecordedLine& line, std::uint16_t topic_index, RecordBatch& batch) {
  const std::int32_t partition = line.partition >= 0 ? static_cast<std::int32_t>(line.partition)
                                                     : murmur2_partition(line.key, std::max(options.partitions, 1));
  partition_count = std::max(partition_count, partition + 1);
  const std::pair id{partition, topic_index};
  PartitionStatus& status = partitions[id];
  status.topic = TopicIndex{topic_index};
  status.partition = PartitionId{partition};
  const Offset offset{line.offset >= 0 ? line.offset : status.next.value};
  status.next = Offset{offset.value + 1};
  if (const auto skip = skip_before.find(id); skip != skip_before.end() && offset.value < skip->second) return;

  if (status.count++ == 0) status.first = offset;
  status.last_broker_ms = line.timestamp_ms;
  if (batch.keep.empty() || batch.keep.back().get() != reader->chunk().get()) batch.keep.push_back(reader->chunk());
  batch.records.push_back({.topic = TopicIndex{topic_index},
                           .partition = PartitionId{partition},
                           .offset = offset,
                           .broker_ms = line.timestamp_ms,
                           .key = batch.bytes.copy(line.key),
                           .value = line.value,
                           .is_tombstone = !line.has_value});
}

Status FileSource::Impl::read_into(RecordBatch& batch, const PollLimits& limits) {
  std::size_t bytes = 0;
  while (batch.records.size() < limits.records && bytes < limits.bytes) {
    std::string_view text;
    bool more = false;
    if (Status status = reader->next(text, more); !status.ok()) return status;
    if (!more) {
      finished = true;
      return Status::good();
    }
    if (text.find_first_not_of(" \t") == std::string_view::npos) continue;  // an empty line
    RecordedLine line;
    if (const Problem problem = read_line(parser, text, topic, key, line); !problem.empty()) {
      return Status::of(Fault::unreadable, fmt::format("{}:{}: {}; expected an object with \"topic\", \"key\", "
                                                       "\"timestamp_ms\" and \"value\"",
                                                       reader->path(), reader->line_number(), problem));
    }
    const auto known = std::find(options.topics.begin(), options.topics.end(), line.topic);
    if (known == options.topics.end()) {
      ++skipped[std::string(line.topic)];
      continue;
    }
    add(line, static_cast<std::uint16_t>(known - options.topics.begin()), batch);
    bytes += line.key.size() + line.value.size();
  }
  return Status::good();
}

Status FileSource::poll(RecordBatch& batch, const PollLimits& limits) {
  Impl& s = *impl_;
  batch.clear();
  if (!s.failure.ok()) return s.failure;
  for (auto& [id, status] : s.partitions) {
    status.first = Offset{-1};
    status.count = 0;
  }
  Status status = s.read_into(batch, limits);
  for (auto& [id, partition] : s.partitions) {
    partition.at_end = s.finished;
    batch.partitions.push_back(partition);
  }
  if (status.ok() || batch.records.empty()) return status;
  s.failure = std::move(status);  // first what came before it
  return Status::good();
}

std::int32_t FileSource::partition_count() const { return impl_->partition_count; }
bool FileSource::finished() const { return impl_->finished; }
std::uint64_t FileSource::bytes_read() const { return impl_->reader == nullptr ? 0 : impl_->reader->bytes_read(); }
std::uint64_t FileSource::bytes_total() const { return impl_->reader == nullptr ? 0 : impl_->reader->bytes_total(); }
const std::map<std::string, std::uint64_t>& FileSource::skipped_topics() const { return impl_->skipped; }

void FileSource::close() {
  Impl& s = *impl_;
  s.reader.reset();
  s.partitions.clear();
  s.skip_before.clear();
  s.skipped.clear();
  s.failure = Status::good();
  s.finished = false;
}

}  // namespace vigia
