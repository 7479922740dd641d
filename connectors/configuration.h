// What decides about alerts, beside the records, and may change while the engine runs: the rules, and the zones and routes
// that they speak of. Each version is kept, under the hash of what it means, so that an alert can be derived again by the
// rules of its time (docs/reload.md).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/config_diagnostics.h"
#include "connectors/configuration_hash.h"
#include "connectors/status.h"
#include "operators/rule.h"
#include "operators/sigma_plan.h"
#include "operators/site_model.h"

namespace vigia {

// A GeoJSON or YAML file as it was read.
struct SiteDocument {
  std::string name;  // for people
  std::string content;
};

struct Configuration {
  std::vector<RuleSpec> rules;  // with the implicit ones
  std::vector<SiteDocument> site;
  std::vector<SiteDocument> sigma;  // detections and correlations
  SiteDocument sigma_pipeline;      // without a name: there is none
  std::string timezone = "UTC";     // of the local days; it changes with a restart only

  // The same for the same meaning: layout of the rules, and the files' names don't count. Never 0.
  [[nodiscard]] ConfigurationHash hash() const;
};

// The bytes of schemas/configuration.fbs.
[[nodiscard]] std::string encode(const Configuration& configuration);
// Fault::damaged: no such bytes. Fault::refused: rules of a kind or with parameters that this version does not have.
// Parameters that are newer than the bytes have their defaults.
[[nodiscard]] Status decode(std::string_view bytes, Configuration& out);

// Its zones, routes and local days. Fault::refused: the files have mistakes, which the text names, or the time zone is not
// known here.
[[nodiscard]] Status build_site(const Configuration& configuration, std::shared_ptr<const SiteModel>& out);

// Its detections and correlations; null when there are none, or with mistakes, which are noted.
[[nodiscard]] std::shared_ptr<const SigmaPlan> plan_of(const Configuration& configuration, Diagnostics& diagnostics);

// What is different, one line each, for people: "rule stop: changed". Empty: nothing that they would see.
[[nodiscard]] std::vector<std::string> differences(const Configuration& before, const Configuration& after);

}  // namespace vigia
