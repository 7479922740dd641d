#include "connectors/dead_letters.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "connectors/record_batch.h"
#include "schemas/json_object.h"
#include "schemas/utf8.h"

namespace vigia {

namespace {

std::string base64(std::string_view bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) {
      return at < bytes.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at])) : 0U;
    };
    const std::uint32_t word = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    text += digits[word >> 18];
    text += digits[word >> 12 & 63];
    text += i + 1 < bytes.size() ? digits[word >> 6 & 63] : '=';
    text += i + 2 < bytes.size() ? digits[word & 63] : '=';
  }
  return text;
}

// As text when it is one, so that people can read it.
void field(json::JsonObject& object, const std::string& name, std::string_view bytes) {
  if (is_utf8(bytes)) {
    object.field(name, bytes);
  } else {
    object.field(name + "_base64", std::string_view(base64(bytes)));
  }
}

}  // namespace

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
  field(object, "key", record.key);
  if (record.is_tombstone) {
    object.key("value") += "null";
  } else {
    field(object, "value", record.value);
  }
  const auto headers = headers_of(record);
  if (headers.empty()) return;
  std::string& list = object.key("headers");
  list += '[';
  for (const RecordHeader& header : headers) {
    if (list.back() != '[') list += ',';
    json::JsonObject item(list);
    item.field("name", header.name);
    field(item, "value", header.value);
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
