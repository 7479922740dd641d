// KafkaSource and what is to be read and is not there any more.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "connectors/kafka_source_impl.h"

namespace vigia {

namespace {

constexpr int bounds_timeout_ms = 1'000;

auto find_loss(auto& losses, TopicIndex topic, PartitionId partition) {
  return std::ranges::find_if(losses,
                              [&](const auto& one) { return one.topic == topic && one.partition == partition; });
}

}  // namespace

// Of all partitions that were to be read on where their log has nothing any more.
Status KafkaSource::Impl::find_lost() {
  Status worst;
  for (auto& partition : partitions) {
    if (!partition->is_misplaced()) continue;
    Status status = find_lost(*partition);
    if (worst.ok() || worst.fault == Fault::retry) worst = std::move(status);
  }
  if (Status status = go_on_elsewhere(); !status.ok()) return status;
  return worst;
}

Status KafkaSource::Impl::find_lost(KafkaPartition& partition) {
  OffsetBounds log;
  if (Status status = bounds_of(partition, log); !status.ok()) return status;
  const bool at_beginning = partition.begins_at() < 0;
  const Offset position = at_beginning ? log.begin : Offset{partition.begins_at()};
  OffsetGap gap;
  Status status = judge_position(partition.name(), position, log, options.accept_lost, gap);
  if (!status.ok()) return status;
  if (!gap.is_empty()) {
    const auto known = find_loss(lost, partition.topic, partition.partition);
    if (known != lost.end())
      known->gap.end = gap.end;
    else
      lost.push_back({partition.topic, partition.partition, gap});
  }
  if (!at_beginning) partition.skip_to(gap.end);
  reassign_due = true;
  return Status::good();
}

// With the first record behind it, whose time is the one at which it was found; or when there is none. Until then reading has
// not gone on, for all that anybody knows.
void KafkaSource::Impl::tell_lost(PartitionStatus& status) {
  const auto known = find_loss(lost, status.topic, status.partition);
  if (known == lost.end()) return;
  if (status.count == 0 && !status.at_end) {
    status.next = known->gap.first;
    return;
  }
  status.lost = known->gap;
  lost.erase(known);
}

Status KafkaSource::Impl::bounds_of(const KafkaPartition& partition, OffsetBounds& log) {
  const auto error =
      rd_kafka_query_watermark_offsets(client.handle(), partition.topic_name().c_str(), partition.partition.value,
                                       &log.begin.value, &log.end.value, bounds_timeout_ms);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Status::good();
  return Status::of(Fault::retry,
                    fmt::format("{}: where its log begins: {}", partition.name(), rd_kafka_err2str(error)));
}

// While journalled epochs are read again.
Status KafkaSource::Impl::records_gone(const KafkaPartition& partition) {
  OffsetBounds log;
  if (Status status = bounds_of(partition, log); !status.ok()) return status;
  const Offset position{std::max<std::int64_t>(partition.begins_at(), 0)};
  OffsetGap gap;  // the log may have been replaced
  if (Status status = judge_position(partition.name(), position, log, true, gap); !status.ok()) return status;
  return vigia::records_gone(partition.name(), gap);
}

// librdkafka takes no seek of a partition that it has given up, so all are assigned anew where they are.
Status KafkaSource::Impl::go_on_elsewhere() {
  if (std::exchange(reassign_due, false)) {
    std::vector<PartitionOffset> from;
    for (const auto& partition : partitions)
      from.push_back({partition->topic_name(), partition->partition, partition->status().next});
    drop_partitions();
    assign(from);
    seek_due = true;
  }
  if (!seek_due) return Status::good();
  Status status = seek_anew();
  seek_due = !status.ok();
  return status;
}

}  // namespace vigia
