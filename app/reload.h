// The files of this instance against the configuration that the application runs by: at the start, and when they are read
// again (docs/reload.md).
//
// What the files say is announced when they have changed since this instance last read them; then all instances follow, this
// one too. Files that have not changed follow what was announced elsewhere: so an instance that has not got its new files yet
// does not take a change back. An instance that has never read any announces nothing where others run: its files must be those that
// hold, or held once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/stage_loading.h"
#include "connectors/configuration_topic.h"

namespace vigia {

// One thread. Fault::retry is returned; the same call may be repeated.
class Reload {
 public:
  // Both outlive it. `running`: what was loaded at the start.
  Reload(const LoadedStage& running, ConfigurationTopic& topic);

  // At the start, with the topic there: afterwards a configuration holds. Fault::misconfigured: the application is another
  // pipeline's.
  [[nodiscard]] Status begin();

  // Reads the files again. What is wrong with them is logged, all of it, and nothing changes: that is good, too.
  [[nodiscard]] Status again();

 private:
  [[nodiscard]] Status check_application(const Configuration& loaded) const;
  [[nodiscard]] Status follow(const Configuration& loaded);
  [[nodiscard]] std::optional<std::string> last_read() const;
  [[nodiscard]] Status note_read(ConfigurationHash hash) const;

  const LoadedStage& running_;
  ConfigurationTopic& topic_;
  std::string note_;  // the file that names the configuration last read here
};

// What is different beside rules and zones, one line each, with what to do about it. Empty: nothing.
[[nodiscard]] std::vector<std::string> fixed_differences(const Pipeline& running, const Pipeline& wanted);

}  // namespace vigia
