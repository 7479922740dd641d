#include "app/versioned_tasks.h"

#include <utility>

namespace vigia {

StageConfig under(const StageRules& rules, StageConfig config) {
  config.rules = rules.rules;
  config.site = rules.site;
  config.sigma = rules.sigma;
  return config;
}

VersionedTasks::VersionedTasks(ConfigurationTopic& topic, const LoadedStage& loaded, MakeTask make)
    : topic_(topic),
      own_hash_(loaded.configuration.hash()),
      own_{loaded.stage.rules, loaded.stage.site, loaded.stage.sigma},
      make_(std::move(make)) {}

ConfigurationHash VersionedTasks::current() {
  const ConfigurationHash announced = topic_.current();
  return announced.is_known() ? announced : own_hash_;
}

Status VersionedTasks::make_task(ConfigurationHash hash, std::unique_ptr<Task>& out) {
  StageRules rules = own_;
  if (hash.is_known() && hash != own_hash_) {
    if (Status status = find(hash, rules); !status.ok()) return status;
  }
  out = make_(rules);
  return Status::good();
}

// Tasks change one after another to the same. Who follows the journal of others may hear of it there first.
Status VersionedTasks::find(ConfigurationHash hash, StageRules& out) {
  const std::lock_guard lock(mutex_);
  if (hash != last_hash_) {
    if (!topic_.has(hash)) {
      if (Status status = topic_.catch_up(); !status.ok()) return status;
    }
    Configuration configuration;
    if (Status status = topic_.find(hash, configuration); !status.ok()) return status;
    if (Status status = build_site(configuration, last_.site); !status.ok()) return status;
    Diagnostics diagnostics;
    last_.sigma = plan_of(configuration, diagnostics);
    if (!diagnostics.errors.empty()) return Status::of(Fault::refused, format_errors(diagnostics.errors));
    last_.rules = std::move(configuration.rules);
    last_hash_ = hash;
  }
  out = last_;
  return Status::good();
}

}  // namespace vigia
