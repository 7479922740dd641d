// The configurations of an application as tasks of one stage: those on the topic, and the one that was loaded.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "app/configurations.h"
#include "app/stage_loading.h"
#include "connectors/configuration_topic.h"
#include "operators/stage_config.h"

namespace vigia {

// What of a stage a configuration decides.
struct StageRules {
  std::vector<RuleSpec> rules;
  std::shared_ptr<const SiteModel> site;
  std::shared_ptr<const SigmaPlan> sigma;  // null: none
};

[[nodiscard]] StageConfig under(const StageRules& rules, StageConfig config);

class VersionedTasks : public Configurations {
 public:
  using MakeTask = std::function<std::unique_ptr<Task>(const StageRules& rules)>;

  // `topic` outlives it.
  VersionedTasks(ConfigurationTopic& topic, const LoadedStage& loaded, MakeTask make);

  // The loaded one until another is announced.
  [[nodiscard]] ConfigurationHash current() override;
  [[nodiscard]] Status catch_up() override { return topic_.catch_up(); }
  [[nodiscard]] Status make_task(ConfigurationHash hash, std::unique_ptr<Task>& out) override;

 private:
  [[nodiscard]] Status find(ConfigurationHash hash, StageRules& out);

  ConfigurationTopic& topic_;
  ConfigurationHash own_hash_;
  StageRules own_;
  MakeTask make_;
  std::mutex mutex_;             // of what follows
  ConfigurationHash last_hash_;  // the last one that was asked for
  StageRules last_;
};

}  // namespace vigia
