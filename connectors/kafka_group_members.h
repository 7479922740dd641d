// Who else is in a consumer group, and which partition numbers they have. Only asked for: nothing depends on it that must be
// right.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "connectors/kafka_client.h"
#include "connectors/status.h"
#include "engine/identity.h"

namespace vigia {

struct GroupMember {
  std::string id;                    // that the coordinator gave
  std::string instance;              // group.instance.id; empty: it has none
  std::vector<PartitionId> numbers;  // in order
};

// Members in the order in which librdkafka's range assignor goes through them; the numbers are those of `topic`. Empty where
// there is no such group. Fault::retry: no answer in time, or the group is about to share its partitions out anew.
[[nodiscard]] Status describe_group(KafkaClient& client, const std::string& group, const std::string& topic,
                                    TimeMs timeout_ms, std::vector<GroupMember>& out);

// The partition numbers, of `partitions`, whose copies the member `self` keeps: those of others that would come to it if
// their owner left the group. Whichever single member leaves, what then changes hands goes to who has a copy of it: range
// assignment moves a number by one place at most, and always to the same side.
[[nodiscard]] std::vector<PartitionId> standby_numbers(std::span<const GroupMember> members, const std::string& self,
                                                       std::int32_t partitions);

}  // namespace vigia
