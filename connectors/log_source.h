// A log that several processes of one application share by partition number, and that remembers how far they have come.
//
//   source->join()       until it is good: from now on the group decides who reads what
//   source->change()     before each poll; what it asks for must be answered before records come again:
//     offered              read numbers() : source->take(from)
//     withdrawn            finish what was read, then source->give_up()
//     lost                 too late for that: somebody else may read them already. Nothing may be committed any more;
//                          source->give_up()
//
// RecordSource::open(from) is join, take and all partitions, without a group.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "connectors/record_source.h"

namespace vigia {

// How far one partition number has come.
struct TaskProgress {
  PartitionId partition;
  std::uint64_t epoch = 0;            // the last one that is public; 0: none
  std::vector<PartitionOffset> next;  // of each topic: where to read on after it
  std::int32_t partitions = 0;        // how many numbers there were then; 0: not known

  friend bool operator==(const TaskProgress&, const TaskProgress&) = default;
};

class LogSource : public RecordSource {
 public:
  enum class Change : std::uint8_t { none, offered, withdrawn, lost };

  // REQUIRES: not open. After a fault it may be called again.
  [[nodiscard]] virtual Status join() = 0;

  // What the group asks for. Stays until it is answered, but for withdrawn, which may become lost.
  [[nodiscard]] virtual Change change() = 0;
  // Offered or held, in order.
  [[nodiscard]] virtual std::span<const PartitionId> numbers() const = 0;

  // Begins to read each of numbers() at its offset in `from`, or at its beginning when it is not there. May be called
  // again before the first poll.
  [[nodiscard]] virtual Status take(std::span<const PartitionOffset> from) = 0;
  virtual void give_up() = 0;

  // How far these numbers have come: waits until no transaction of a process before us is undecided. Fault::retry: it still
  // is, or nobody answers. Any thread.
  [[nodiscard]] virtual Status committed(std::span<const PartitionId> numbers, std::vector<TaskProgress>& out) = 0;

  // How far the logs of a topic have come that others of the group read: their ends, added up. Never waits: it asks in the
  // background, and gives the answer when it is called again. `end` stays when there are none. Fault::retry: no answer yet.
  [[nodiscard]] virtual Status others_end(TopicIndex topic, std::int64_t& end) = 0;

  // Notes the progress; for those who have no transaction to put it in. Any thread.
  [[nodiscard]] virtual Status commit(std::span<const TaskProgress> progress) = 0;

  // Records exactly [from.next, end) of one partition, appended to `batch`, for replaying a journalled epoch. Waits for
  // them at most wait_ms without progress, and not while change() has something to say: that is Fault::retry, too.
  // Fault::refused when they are gone. May only be called between take() and the first poll; leaves the reading position at
  // `end`. The caller merges (record_merge.h).
  [[nodiscard]] virtual Status read_range(const PartitionOffset& from, Offset end, TimeMs wait_ms,
                                          RecordBatch& batch) = 0;
};

}  // namespace vigia
