#include "connectors/kafka_properties.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace vigia {
namespace {

struct Restricted {
  std::string_view name;
  std::vector<std::string_view> allowed;  // none: not to be set at all
  std::string_view instead;
};

const std::vector<Restricted>& restricted() {
  static const std::vector<Restricted> table = {
      {"bootstrap.servers", {}, "kafka.brokers instead"},
      {"metadata.broker.list", {}, "kafka.brokers instead"},
      {"group.id", {}, "application instead; it is the consumer group"},
      {"transactional.id", {}, "application instead; the transactional ids are made of it"},
      {"enable.auto.commit", {"false"}, "offsets are committed with the state"},
      {"enable.auto.offset.store", {"false"}, "offsets are committed with the state"},
      {"auto.offset.reset", {"error", "earliest", "smallest", "beginning"}, "latest would skip records unseen"},
      {"partition.assignment.strategy", {"range"}, "a task needs the same partition number of all topics of its stage"},
      {"isolation.level", {"read_committed"}, "aborted records must not be judged"},
  };
  return table;
}

}  // namespace

std::string kafka_property_problem(const std::string& name, const std::string& value) {
  for (const Restricted& property : restricted()) {
    if (name != property.name) continue;
    if (property.allowed.empty()) return std::string(property.instead);
    if (std::find(property.allowed.begin(), property.allowed.end(), value) != property.allowed.end()) return {};
    return fmt::format("{} ({})", fmt::join(property.allowed, " or "), property.instead);
  }
  return {};
}

}  // namespace vigia
