// Reads recordings: JSON lines {"topic", "key", "timestamp_ms", "value", optional "partition", "offset"}, in the order of
// the files and of their lines. `-` is standard input.
//
// The value's raw JSON is the record, untouched; without value, or with null, the record is a tombstone. A line that is
// not such an object ends the reading with Fault::unreadable and "FILE:LINE: ..."; a value that makes no sense does not:
// it becomes a dead letter like any other record. Lines of topics that the pipeline does not read are skipped and
// counted.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connectors/record_source.h"

namespace vigia {

struct FileSourceOptions {
  std::vector<std::string> paths;
  std::vector<std::string> topics;  // by TopicIndex
  std::int32_t partitions = 1;      // records without a partition are spread over these by the hash of their key
};

class FileSource : public RecordSource {
 public:
  explicit FileSource(FileSourceOptions options);
  ~FileSource() override;

  // Records of a partition before its offset in `from` are left out. Fault::unreadable names a file that is not there.
  [[nodiscard]] Status open(std::span<const PartitionOffset> from) override;
  [[nodiscard]] std::int32_t partition_count()
      const override;  // of the records read so far, at least options.partitions
  // Records in file order, not merged; limits.wait_ms means nothing. at_end of all partitions: finished().
  [[nodiscard]] Status poll(RecordBatch& batch, const PollLimits& limits) override;
  [[nodiscard]] bool finished() const override;
  void close() override;
  [[nodiscard]] std::uint64_t queued_bytes() const override { return 0; }

  [[nodiscard]] std::uint64_t bytes_read() const;   // for a progress bar
  [[nodiscard]] std::uint64_t bytes_total() const;  // 0: not known (a pipe)
  [[nodiscard]] const std::map<std::string, std::uint64_t>& skipped_topics() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vigia
