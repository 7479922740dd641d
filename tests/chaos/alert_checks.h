// What must be true of an alert topic, whatever happened to the engine. Every check gives a text for people; empty: good.
#pragma once

#include <string>
#include <vector>

#include "engine/task.h"
#include "watcher.h"

namespace vigia::test {

// A record that is no alert ends the test.
[[nodiscard]] std::vector<Alert> alerts_of(const TopicLog& log);

// Exactly-once law: each (alert_id, revision) is there once, and the revisions of an alert come as 1, 2, 3... An alert's
// key is its subject, so all its revisions are in one partition.
[[nodiscard]] std::string broken_exactly_once(const TopicLog& log);

// Two readers of one topic have read the same, in the same order.
[[nodiscard]] std::string read_differently(const TopicLog& one, const TopicLog& other);

// Order law: the last revisions, withdrawn ones left out, are those of a replay in all values but alert_id, revision,
// detected_ms, late_by_ms and evidence. Instants that were never revised have the same alert_id and evidence too.
[[nodiscard]] std::string other_than_replayed(const std::vector<Alert>& replayed, const std::vector<Alert>& found);

}  // namespace vigia::test
