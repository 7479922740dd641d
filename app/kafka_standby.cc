#include "app/kafka_standby.h"

#include <algorithm>
#include <utility>

#include "connectors/kafka_group_members.h"

namespace vigia {
namespace {

constexpr TimeMs answer_ms = 2'000;
constexpr TimeMs journal_patience_ms = 5'000;  // a task that is taken on may have to wait for it
constexpr std::size_t queue_bytes = std::size_t{16} << 20;

KafkaSourceOptions reader_of(KafkaSourceOptions source) {
  source.instance.clear();
  source.create_topics = false;
  source.accept_lost = false;
  source.queue_bytes = std::min(source.queue_bytes, queue_bytes);
  return source;
}

KafkaJournalOptions impatient(KafkaJournalOptions journal) {
  journal.patience_ms = journal_patience_ms;
  return journal;
}

}  // namespace

KafkaStandby::KafkaStandby(KafkaSource& member, KafkaSourceOptions source, KafkaJournalOptions journal,
                           bool exactly_once, InspectRecords inspect)
    : member_(member),
      source_(reader_of(std::move(source))),
      journal_(impatient(std::move(journal))),
      parts_{.journal = journal_,
             .choose = [this](StandbyChoice& choice) { return choose(choice); },
             .committed = {},
             .make_source =
                 [this](std::span<const PartitionId> numbers) {
                   KafkaSourceOptions options = source_;
                   for (const PartitionId number : numbers) options.only_partitions.push_back(number.value);
                   return std::make_unique<KafkaSource>(std::move(options));
                 },
             .restore = {},
             .inspect = std::move(inspect)} {
  if (exactly_once) return;
  parts_.committed = [this](std::span<const PartitionId> numbers, std::vector<TaskProgress>& out) {
    return member_.committed(numbers, out);
  };
}

Status KafkaStandby::choose(StandbyChoice& choice) {
  std::vector<GroupMember> members;
  std::string self;
  if (Status status = member_.members(answer_ms, members, self); !status.ok()) return status;
  const auto us = std::ranges::find(members, self, &GroupMember::id);
  if (us == members.end()) return Status::of(Fault::retry, "not yet a member of the consumer group");
  choice.ours = us->numbers;
  choice.numbers = standby_numbers(members, self, member_.partition_count());
  return Status::good();
}

}  // namespace vigia
