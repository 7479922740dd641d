// A task's snapshot held in memory: what a snapshot store would have.
#pragma once

#include <map>
#include <string>

#include "connectors/status.h"
#include "engine/task.h"

namespace vigia {

class TaskImages {
 public:
  // Takes the keys that changed since the last call on this task (all: every key).
  void collect(Task& task, bool all) {
    task.snapshot(
        all,
        [this](KeyImage&& image) {
          if (image.bytes.empty()) {
            keys_.erase(image.key);
          } else {
            keys_.insert_or_assign(std::move(image.key), std::move(image.bytes));
          }
        },
        meta_);
  }

  // REQUIRES: an empty task.
  [[nodiscard]] Status restore(Task& task) const {
    if (std::string error = task.restore_meta(meta_); !error.empty())
      return Status::of(Fault::damaged, std::move(error));
    for (const auto& [key, bytes] : keys_) {
      if (std::string error = task.restore_key(key, bytes); !error.empty()) {
        return Status::of(Fault::damaged, std::move(error));
      }
    }
    return Status::good();
  }

 private:
  std::map<std::string, std::string> keys_;
  std::string meta_;
};

}  // namespace vigia
