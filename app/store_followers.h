// The stores of an instance, below its state directory, and what keeps them up to date: the alerts, and what reports need.
// They hold what was committed, so they read the topics, as everybody else does.
#pragma once

#include <memory>
#include <string>

#include "connectors/alert_follower.h"
#include "connectors/alert_store.h"
#include "connectors/record_follower.h"
#include "connectors/record_store.h"

namespace vigia {

[[nodiscard]] std::string alert_directory(const std::string& state_directory);
[[nodiscard]] std::string record_directory(const std::string& state_directory);

// One thread at a time. The pipeline outlives it.
class StoreFollowers {
 public:
  explicit StoreFollowers(const Pipeline& pipeline) : pipeline_(pipeline) {}

  // After a crash it takes a while. A damaged store is put aside, and read anew.
  [[nodiscard]] Status start();

  // Waits until both have what was committed before, for some time; then the next start goes on, and a warning says so.
  // REQUIRES: started.
  void catch_up();

 private:
  [[nodiscard]] Status follow_alerts(const std::string& directory);
  [[nodiscard]] Status follow_records(const std::string& directory);

  const Pipeline& pipeline_;
  AlertStore alerts_;
  RecordStore records_;
  std::unique_ptr<AlertFollower> alert_follower_;
  std::unique_ptr<RecordFollower> record_follower_;
};

}  // namespace vigia
