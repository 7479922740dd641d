// Where records go that could not be applied: dead letters and too-late events, with their bytes, key, headers and the
// reason, so that nothing is lost and somebody can mend and send them again.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "connectors/status.h"
#include "engine/record.h"

namespace vigia {

// The headers that are added to the original ones. Values are text; event-index is left out for a whole record.
inline constexpr const char* reason_header = "vigia-reason";
inline constexpr const char* topic_header = "vigia-topic";
inline constexpr const char* partition_header = "vigia-partition";
inline constexpr const char* offset_header = "vigia-offset";
inline constexpr const char* event_index_header = "vigia-event-index";
inline constexpr const char* truncated_header =
    "vigia-truncated";  // bytes of the whole value, of which this is the beginning

class DeadLetters {
 public:
  virtual ~DeadLetters() = default;

  // Takes what one epoch rejected. `topics` names the sources, by TopicIndex. Nothing is kept of the records.
  [[nodiscard]] virtual Status write(std::span<const RejectedRecord> rejected, std::span<const std::string> topics) = 0;

  // As AlertSink::flush.
  [[nodiscard]] virtual Status flush() = 0;
};

// One JSON line each: kind, reason, topic, partition, offset, event_index, timestamp_ms, key and value (as text when they
// are UTF-8, else as key_base64, value_base64), headers.
class FileDeadLetters : public DeadLetters {
 public:
  explicit FileDeadLetters(std::string path) : path_(std::move(path)) {}
  ~FileDeadLetters() override;
  // Begins the file anew.
  [[nodiscard]] Status open();
  // REQUIRES: it is open.
  [[nodiscard]] Status write(std::span<const RejectedRecord> rejected, std::span<const std::string> topics) override;
  [[nodiscard]] Status flush() override;

 private:
  std::string path_;
  std::string line_;
  int fd_ = -1;
};

// The line that FileDeadLetters writes, without the newline. Appends to `out`.
void append_rejected_json(const RejectedRecord& rejected, std::span<const std::string> topics, std::string& out);

class MemoryDeadLetters : public DeadLetters {
 public:
  struct Kept {
    RejectKind kind;
    std::string topic, key, value, reason;
    std::int32_t partition, event_index;
    std::int64_t offset;
  };
  [[nodiscard]] Status write(std::span<const RejectedRecord> rejected, std::span<const std::string> topics) override;
  [[nodiscard]] Status flush() override { return Status::good(); }

  std::vector<Kept> kept;
};

}  // namespace vigia
