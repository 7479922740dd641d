// Where the commands that look into a pipeline's state find it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace vigia {

struct StateLocation {
  std::string directory;
  std::string timezone = "UTC";
  std::vector<std::string> rules;  // ids of the pipeline's; empty: not known
};

// From a pipeline's file, or a state directory given straight; errors go to standard error.
[[nodiscard]] std::optional<StateLocation> locate_state(const std::string& config, const std::string& directory);

// A directory of our own that is gone afterwards: for RocksDB's notes when it reads beside a writer.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }  // empty: could not be made

 private:
  std::string path_;
};

}  // namespace vigia
