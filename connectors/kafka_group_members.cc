#include "connectors/kafka_group_members.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace vigia {
namespace {

struct EventFree {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
struct QueueFree {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
struct AdminOptionsFree {
  void operator()(rd_kafka_AdminOptions_t* options) const { rd_kafka_AdminOptions_destroy(options); }
};

std::string text_of(const char* text) { return text == nullptr ? std::string() : text; }

GroupMember member_of(const rd_kafka_MemberDescription_t* described, const std::string& topic) {
  GroupMember member{text_of(rd_kafka_MemberDescription_consumer_id(described)),
                     text_of(rd_kafka_MemberDescription_group_instance_id(described)),
                     {}};
  const auto* assignment = rd_kafka_MemberDescription_assignment(described);
  const auto* list = assignment == nullptr ? nullptr : rd_kafka_MemberAssignment_partitions(assignment);
  for (int i = 0; list != nullptr && i < list->cnt; ++i) {
    if (list->elems[i].topic == topic) member.numbers.push_back(PartitionId{list->elems[i].partition});
  }
  std::ranges::sort(member.numbers);
  return member;
}

// As librdkafka compares them.
bool goes_before(const GroupMember& a, const GroupMember& b) {
  return a.instance.empty() || b.instance.empty() ? a.id < b.id : a.instance < b.instance;
}

// Of `members` members, by range assignment: the first ones get one more when it does not come out even.
std::size_t owner_of(std::int32_t number, std::int32_t partitions, std::size_t members) {
  const auto at = static_cast<std::size_t>(number), all = static_cast<std::size_t>(partitions);
  const std::size_t each = all / members, more = all % members;
  return at < more * (each + 1) ? at / (each + 1) : more + (at - more * (each + 1)) / each;
}

}  // namespace

Status describe_group(KafkaClient& client, const std::string& group, const std::string& topic, TimeMs timeout_ms,
                      std::vector<GroupMember>& out) {
  out.clear();
  char text[512];
  const std::unique_ptr<rd_kafka_AdminOptions_t, AdminOptionsFree> options(
      rd_kafka_AdminOptions_new(client.handle(), RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(timeout_ms), text, sizeof text);
  const std::unique_ptr<rd_kafka_queue_t, QueueFree> answers(rd_kafka_queue_new(client.handle()));
  const char* groups[] = {group.c_str()};
  rd_kafka_DescribeConsumerGroups(client.handle(), groups, 1, options.get(), answers.get());
  const std::unique_ptr<rd_kafka_event_t, EventFree> event(
      rd_kafka_queue_poll(answers.get(), static_cast<int>(timeout_ms)));
  const auto* result = event == nullptr ? nullptr : rd_kafka_event_DescribeConsumerGroups_result(event.get());
  std::size_t count = 0;
  const auto* const* found =
      result == nullptr ? nullptr : rd_kafka_DescribeConsumerGroups_result_groups(result, &count);
  if (count != 1) return Status::of(Fault::retry, fmt::format("consumer group {}: no answer about its members", group));
  if (const auto* error = rd_kafka_ConsumerGroupDescription_error(found[0])) {
    return Status::of(Fault::retry,
                      fmt::format("members of consumer group {}: {}", group, rd_kafka_error_string(error)));
  }
  const auto state = rd_kafka_ConsumerGroupDescription_state(found[0]);
  if (state == RD_KAFKA_CONSUMER_GROUP_STATE_EMPTY || state == RD_KAFKA_CONSUMER_GROUP_STATE_DEAD)
    return Status::good();
  if (state != RD_KAFKA_CONSUMER_GROUP_STATE_STABLE)
    return Status::of(Fault::retry, fmt::format("consumer group {} is sharing its partitions out anew", group));
  const std::size_t members = rd_kafka_ConsumerGroupDescription_member_count(found[0]);
  for (std::size_t i = 0; i < members; ++i)
    out.push_back(member_of(rd_kafka_ConsumerGroupDescription_member(found[0], i), topic));
  std::ranges::sort(out, goes_before);
  return Status::good();
}

std::vector<PartitionId> standby_numbers(std::span<const GroupMember> members, const std::string& self,
                                         std::int32_t partitions) {
  std::vector<PartitionId> numbers;
  if (members.size() < 2) return numbers;
  for (const GroupMember& owner : members) {
    if (owner.id == self) continue;
    std::vector<const GroupMember*> others;
    for (const GroupMember& member : members) {
      if (&member != &owner) others.push_back(&member);
    }
    for (const PartitionId number : owner.numbers) {
      if (number.value >= partitions) continue;
      if (others[owner_of(number.value, partitions, others.size())]->id == self) numbers.push_back(number);
    }
  }
  std::ranges::sort(numbers);
  return numbers;
}

}  // namespace vigia
