// A folder of configuration files for one test, removed at its end.
#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "connectors/pipeline_config.h"

namespace vigia::test {

class ConfigFiles {
 public:
  ConfigFiles() {
    static std::atomic<int> next = 0;
    folder_ = std::filesystem::temp_directory_path() /
              ("vigia-config-" + std::to_string(getpid()) + "-" + std::to_string(next++));
    std::filesystem::create_directories(folder_);
  }
  ~ConfigFiles() { std::filesystem::remove_all(folder_); }
  ConfigFiles(const ConfigFiles&) = delete;
  ConfigFiles& operator=(const ConfigFiles&) = delete;

  // The path of what was written.
  std::string write(const std::string& name, const std::string& text) const {
    const auto path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }

  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

  LoadedPipeline load(const std::string& text) const {
    return load_pipeline(write("pipeline.yaml", text), [this](const std::string& name) -> std::optional<std::string> {
      const auto found = environment.find(name);
      return found == environment.end() ? std::nullopt : std::optional<std::string>(found->second);
    });
  }

  std::map<std::string, std::string> environment;

 private:
  std::filesystem::path folder_;
};

}  // namespace vigia::test
