// Where records come from: Kafka, files, memory. One thread calls a source; the batches it fills may go to others.
//
//   source->open(from)            until it is good; Fault::retry and missing_topics may be asked again after a pause
//   source->poll(batch, ...)      again and again; the batch's records live as long as the batch
//   source->close()
//
// Back-pressure: don't poll. A source holds a bounded number of bytes ahead of the reader and stops fetching by itself.
// Implementations: KafkaSource, FileSource, MemorySource (tests; it can be told to fail). What a running engine reads is
// a LogSource (log_source.h), which can also be read again and shared with other processes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "connectors/record_batch.h"
#include "connectors/status.h"
#include "engine/identity.h"

namespace vigia {

// Where to read on in one partition. Topics by name: what is kept on disk must survive a change of the source list.
struct PartitionOffset {
  std::string topic;
  PartitionId partition;
  Offset next;  // the first offset not yet read

  friend bool operator==(const PartitionOffset&, const PartitionOffset&) = default;
};

struct PollLimits {
  std::size_t records = 65536;
  std::size_t bytes = std::size_t{32} << 20;  // the record that passes the limit is still given
  TimeMs wait_ms = 100;                       // for the first record; no wait for the second
};

class RecordSource {
 public:
  virtual ~RecordSource() = default;

  // Finds the partitions and begins to read each at its offset in `from`, or at its beginning when it is not there.
  // REQUIRES: not open. After a fault the source may be opened again.
  [[nodiscard]] virtual Status open(std::span<const PartitionOffset> from) = 0;

  // Number of partitions of the stage (the same for all its topics). REQUIRES: open.
  [[nodiscard]] virtual std::int32_t partition_count() const = 0;

  // Clears `batch` and fills it: no record after wait_ms is good, too, and brings news of the partitions. With
  // Fault::retry (broker away) what is in the batch is good and the source goes on trying by itself; with any other
  // fault nothing more will come.
  [[nodiscard]] virtual Status poll(RecordBatch& batch, const PollLimits& limits) = 0;

  // No record will ever come again: a file read to its end.
  [[nodiscard]] virtual bool finished() const = 0;

  virtual void close() = 0;

  // Bytes held ahead of the reader, for the memory budget.
  [[nodiscard]] virtual std::uint64_t queued_bytes() const = 0;
};

}  // namespace vigia
