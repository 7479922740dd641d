#include "connectors/dead_letters.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "connectors/json_bytes.h"
#include "connectors/record_batch.h"

namespace vigia {

void append_rejected_json(const RejectedRecord& rejected, std::span<const std::string> topics, std::string& out) {
  const InputRecord& record = *rejected.record;
  json::JsonObject object(out);
  object.field("kind", rejected.kind == RejectKind::dead_letter ? "dead_letter" : "too_late");
  object.field("reason", std::string_view(rejected.reason));
  object.field("topic", std::string_view(topics[record.topic.value]));
  object.field("partition", record.partition.value);
  object.field("offset", record.offset.value);
  if (rejected.event_index >= 0) object.field("event_index", rejected.event_index);
  object.field("timestamp_ms", record.broker_ms);
  append_bytes_field(object, "key", record.key);
  if (record.is_tombstone) {
    object.key("value") += "null";
  } else {
    append_bytes_field(object, "value", record.value);
  }
  const auto headers = headers_of(record);
  if (headers.empty()) return;
  std::string& list = object.key("headers");
  list += '[';
  for (const RecordHeader& header : headers) {
    if (list.back() != '[') list += ',';
    json::JsonObject item(list);
    item.field("name", header.name);
    append_bytes_field(item, "value", header.value);
  }
  list += ']';
}

FileDeadLetters::~FileDeadLetters() {
  if (fd_ >= 0) ::close(fd_);
}

Status FileDeadLetters::open() {
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  return fd_ >= 0 ? Status::good() : Status::of(Fault::storage, fmt::format("{}: {}", path_, std::strerror(errno)));
}

// One write() for all: after a failure the caller writes the epoch again, and a reader takes out what is there twice by
// topic, partition, offset and event index.
Status FileDeadLetters::write(std::span<const RejectedRecord> rejected, std::span<const std::string> topics) {
  if (rejected.empty()) return Status::good();
  line_.clear();
  for (const RejectedRecord& one : rejected) {
    append_rejected_json(one, topics, line_);
    line_ += '\n';
  }
  for (std::string_view left = line_; !left.empty();) {
    const ssize_t wrote = ::write(fd_, left.data(), left.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return Status::of(Fault::storage, fmt::format("{}: {}", path_, std::strerror(errno)));
    left.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return Status::good();
}

Status FileDeadLetters::flush() { return Status::good(); }

Status MemoryDeadLetters::write(std::span<const RejectedRecord> rejected, std::span<const std::string> topics) {
  for (const RejectedRecord& one : rejected) {
    const InputRecord& record = *one.record;
    kept.push_back({one.kind, topics[record.topic.value], std::string(record.key), std::string(record.value),
                    one.reason, record.partition.value, one.event_index, record.offset.value});
  }
  return Status::good();
}

}  // namespace vigia
