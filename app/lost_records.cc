#include "app/lost_records.h"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "app/source_alert.h"

namespace vigia {
namespace {

void add_attribute(schema::AlertT& alert, const char* key, std::int64_t value) {
  auto attribute = std::make_unique<schema::AttributeT>();
  attribute->key = key;
  attribute->value = fmt::format("{}", value);
  alert.attributes.push_back(std::move(attribute));
}

}  // namespace

schema::AlertT loss_alert(const JournalLoss& loss, PartitionId partition, TimeMs clock_ms,
                          const std::string& application) {
  const std::int64_t count = loss.end.value - loss.first.value;
  // Two gaps may be found at one clock.
  const auto discriminator = static_cast<std::uint32_t>(loss.first.value ^ (loss.first.value >> 32));
  schema::AlertT alert = source_alert(source_rule("records_lost"), application,
                                      fmt::format("{}/{}", loss.topic, partition.value), loss.at_ms, discriminator);
  alert.revision = 1;
  alert.status = schema::AlertStatus::confirmed;
  alert.end_ms = alert.start_ms;
  alert.detected_ms = clock_ms;
  alert.cause = "not_in_the_log";
  alert.message = fmt::format(
      "{} offsets of {}, {} to {}, were not in the log any more when they were to be read: what their records say was "
      "never judged",
      count, alert.subject_id, loss.first.value, loss.end.value - 1);
  add_attribute(alert, "first_offset", loss.first.value);
  add_attribute(alert, "last_offset", loss.end.value - 1);
  add_attribute(alert, "offsets", count);
  return alert;
}

}  // namespace vigia
