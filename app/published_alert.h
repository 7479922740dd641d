// A record of the alert topic, as it was found, and whose it is.
#pragma once

#include <librdkafka/rdkafka.h>

#include <optional>
#include <span>
#include <string>

#include "app/alert_comparison.h"

namespace vigia {

// `expected`: the format that the topic should have.
[[nodiscard]] PublishedAlert read_published(const rd_kafka_message_t& message, RecordFormat expected);

// Another application says that it is its: the topic may be shared. What says nothing is taken for ours.
[[nodiscard]] bool is_of_another(const PublishedAlert& alert, const std::string& application);

// The partition number of the task that it came from, by the records behind it; empty: nobody can tell.
[[nodiscard]] std::optional<PartitionId> task_number(const PublishedAlert& alert, std::span<const std::string> topics);

}  // namespace vigia
