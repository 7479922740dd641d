// Makes applied epochs public, on a thread of its own, while the next ones are made.
//
// What waits goes together, in one transaction: as soon as none is under way and there is something to say, else when it
// has waited for `every_ms` (group commit). What was read far behind the end of its log is late already: it waits for
// `behind_every_ms`, because transactions one on the heels of the other take from the speed at which that is caught up.
// What is known of alerts that people have read in the alerts themselves waits for `states_every_ms`, for the like reason:
// it would take from the speed of those.
// After a fault nothing goes until retry(), and then the same again: the epochs stay as they are, journal entries and
// results, so nothing has to be taken back and applied again.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "app/result_delivery.h"
#include "connectors/epoch_transaction.h"
#include "connectors/journal.h"
#include "connectors/log_source.h"
#include "connectors/record_batch.h"

namespace vigia {

// One epoch of all tasks that had a part in it, as applied.
struct AppliedEpoch {
  RecordBatch batch;                   // rejected records point into it
  std::vector<JournalEntry> entries;   // of the tasks; empty: the journal has them already
  std::vector<TaskProgress> progress;  // of the tasks, after it
  std::vector<EpochResult> results;    // of the tasks
  bool is_behind = false;              // more than another poll gives was there to be read
};

struct PublisherOptions {
  TimeMs every_ms = 1000;         // how long what says nothing may wait
  TimeMs behind_every_ms = 200;   // and what is said behind the end of the log
  TimeMs states_every_ms = 100;   // and what is no more than states of alerts
  std::size_t epochs_max = 1024;  // waiting, beside those under way
};

// One thread calls it.
class EpochPublisher {
 public:
  // All outlive the publisher.
  EpochPublisher(Journal& journal, ResultDelivery& delivery, EpochTransaction& transaction, PublisherOptions options);
  ~EpochPublisher();  // waits for what is under way, and leaves what waits

  void add(std::unique_ptr<AppliedEpoch> epoch);
  // Waits at most limit_ms until another epoch may be added, or a fault.
  [[nodiscard]] bool has_room(TimeMs limit_ms);

  // Good, or the fault of the last attempt.
  [[nodiscard]] Status status() const;
  void retry();
  // Waits until everything is public, or a fault; gives status().
  [[nodiscard]] Status drain();
  // Forgets what waits, once nothing is under way, and the fault.
  void discard();

  // What has become public since the last call, in order.
  [[nodiscard]] std::vector<std::unique_ptr<AppliedEpoch>> take_public();
  [[nodiscard]] std::size_t waiting() const;  // epochs not public yet

 private:
  using Group = std::vector<std::unique_ptr<AppliedEpoch>>;

  void run();
  [[nodiscard]] bool is_due() const;
  [[nodiscard]] TimeMs patience_ms(const AppliedEpoch& epoch) const;
  [[nodiscard]] TimeMs patience_ms() const;  // of the most urgent that waits
  [[nodiscard]] Status publish(const Group& group);

  Journal& journal_;
  ResultDelivery& delivery_;
  EpochTransaction& transaction_;
  const PublisherOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Group queue_;    // what waits
  Group going_;    // under way, or to be tried again
  Group public_;   // done
  Status status_;  // of the last attempt
  bool busy_ = false, draining_ = false, stop_ = false;
  std::thread thread_;
};

}  // namespace vigia
