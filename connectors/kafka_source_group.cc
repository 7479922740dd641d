// KafkaSource and its group: who reads what, from where, and how far it has come.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "connectors/kafka_handles.h"
#include "connectors/kafka_progress.h"
#include "connectors/kafka_source_impl.h"

namespace vigia {

namespace {

constexpr int seek_timeout_ms = 1'000;
constexpr TimeMs seek_pause_ms = 10;

Status away() { return Status::of(Fault::retry, "the consumer joins its group again"); }

}  // namespace

Status KafkaSource::join() {
  Impl& s = *impl_;
  if (!s.options.only_partitions.empty() || s.options.first_partitions > 0) {
    if (Status status = open({}); !status.ok()) return status;
    s.wanted = Change::offered;
    return Status::good();
  }
  {
    const std::unique_lock lock(s.swap);
    if (Status status = s.begin(true); !status.ok()) return status;
  }
  s.asked_ms = steady_clock_ms();
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(static_cast<int>(s.options.topics.size()));
  for (const auto& topic : s.options.topics) rd_kafka_topic_partition_list_add(list, topic.c_str(), -1);
  const rd_kafka_resp_err_t error = rd_kafka_subscribe(s.client.handle(), list);
  rd_kafka_topic_partition_list_destroy(list);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Status::good();
  return Status::of(Fault::refused, fmt::format("consumer group {}: {}", s.options.group, rd_kafka_err2str(error)));
}

// Runs inside our own polls. Partitions that were never taken are given back at once.
void KafkaSource::Impl::on_rebalance(rd_kafka_resp_err_t what, const rd_kafka_topic_partition_list_t& list) {
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    hold(list);
    wanted = Change::offered;
    asked_ms = no_time_ms;
    return;
  }
  if (partitions.empty()) {
    rd_kafka_assign(client.handle(), nullptr);
    numbers.clear();
    wanted = Change::none;
    asked_ms = steady_clock_ms();
    return;
  }
  // Also when the client is closed, or the group is gone: the answer is the same.
  wanted = rd_kafka_assignment_lost(client.handle()) != 0 ? Change::lost : Change::withdrawn;
}

// The numbers that all topics have in the list; range assignment gives whole numbers.
void KafkaSource::Impl::hold(const rd_kafka_topic_partition_list_t& list) {
  numbers.clear();
  std::map<std::int32_t, std::size_t> topics_of;
  for (int i = 0; i < list.cnt; ++i) ++topics_of[list.elems[i].partition];
  for (const auto& [number, topics] : topics_of) {
    if (topics != options.topics.size()) {
      refused = Status::of(
          Fault::refused,
          fmt::format("the consumer group {} gave this instance partition {} of only {} of {} topics: do all instances "
                      "read the same topics, with the same number of partitions?",
                      options.group, number, topics, options.topics.size()));
    }
    if (number >= partition_count) {
      refused = Status::of(Fault::refused,
                           fmt::format("partition {} is new: the topics had {} partitions when this instance started; "
                                       "stop all instances, and start one again: it says what can be done",
                                       number, partition_count));
    }
    numbers.push_back(PartitionId{number});
  }
}

KafkaSource::Change KafkaSource::change() {
  Impl& s = *impl_;
  if (s.rejoin_due) {  // while no broker answers: with the next call
    s.rejoin_due = !join().ok();
    return Change::none;
  }
  s.serve_group();
  if (s.was_fenced_by_itself()) {
    s.fenced_ms = steady_clock_ms();
    s.rejoin_due = true;
    if (!s.partitions.empty()) s.wanted = Change::lost;
  }
  if (s.is_forgotten()) s.rejoin_due = true;
  if (s.wanted == Change::withdrawn && rd_kafka_assignment_lost(s.client.handle()) != 0) s.wanted = Change::lost;
  return s.wanted;
}

// Brokers let nobody else have the name of a member. One whose answer gets lost on the way asks again, under a new id, and
// is fenced by itself.
bool KafkaSource::Impl::is_fenced() {
  char text[512];
  return client.handle() != nullptr &&
         rd_kafka_fatal_error(client.handle(), text, sizeof text) == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
}

bool KafkaSource::Impl::was_fenced_by_itself() {
  return is_fenced() && steady_clock_ms() - fenced_ms >= fence_pause_ms;
}

// Brokers answer, and the group does not.
bool KafkaSource::Impl::is_forgotten() {
  const TimeMs now_ms = steady_clock_ms();
  if (!in_group || asked_ms == no_time_ms || now_ms - asked_ms < join_patience_ms) return false;
  if (now_ms - leaders_asked_ms < leader_refresh_ms || !refresh_leaders()) return false;
  if (options.log)
    options.log(4, fmt::format("consumer group {}: no answer to joining it for {} s; joining it again", options.group,
                               (now_ms - asked_ms) / 1000));
  return true;
}

// What comes here is the group's; records go to the queues of their partitions.
void KafkaSource::Impl::serve_group() {
  if (client.handle() == nullptr) return;
  while (rd_kafka_message_t* message = in_group ? rd_kafka_consumer_poll(client.handle(), 0) : nullptr) {
    if (message->err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED && !partitions.empty()) wanted = Change::lost;
    rd_kafka_message_destroy(message);
  }
  if (!in_group) rd_kafka_poll(client.handle(), 0);
}

std::span<const PartitionId> KafkaSource::numbers() const { return impl_->numbers; }

Status KafkaSource::take(std::span<const PartitionOffset> from) {
  Impl& s = *impl_;
  if (!s.refused.ok()) return s.refused;
  s.drop_partitions();
  s.assign(from);
  s.wanted = Change::none;
  s.lost.clear();
  s.reassign_due = s.seek_due = false;
  return std::exchange(s.assigned_before, true) ? s.seek_anew() : Status::good();
}

// What an earlier assignment of this client has fetched may still come, without what lay before it, the end of the log
// too. After a seek that has been answered it does not.
Status KafkaSource::Impl::seek_anew() {
  const TimeMs deadline_ms = steady_clock_ms() + options.request_timeout_ms;
  const KafkaPartitionList list(rd_kafka_topic_partition_list_new(16));
  for (const auto& partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), partition->topic_name().c_str(), partition->partition.value)->offset =
        partition->begins_at();
  }
  for (;;) {
    rd_kafka_error_t* error = rd_kafka_seek_partitions(client.handle(), list.get(), seek_timeout_ms);
    std::string text = error == nullptr ? "" : rd_kafka_error_string(error);
    if (error != nullptr) rd_kafka_error_destroy(error);
    for (int i = 0; i < list->cnt && text.empty(); ++i) {
      if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) text = rd_kafka_err2str(list->elems[i].err);
    }
    if (text.empty()) return Status::good();
    if (steady_clock_ms() > deadline_ms) return Status::of(Fault::retry, "partitions are not ready: " + text);
    wait(seek_pause_ms);  // the assignment takes a moment itself
  }
}

void KafkaSource::give_up() {
  Impl& s = *impl_;
  s.drop_partitions();
  s.numbers.clear();
  s.wanted = Change::none;
  s.asked_ms = steady_clock_ms();
}

void KafkaSource::Impl::drop_partitions() {
  nudge.stop();
  if (!partitions.empty() || wanted != Change::none) rd_kafka_assign(client.handle(), nullptr);
  tasks.clear();
  partitions.clear();
}

void KafkaSource::Impl::assign(std::span<const PartitionOffset> from) {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(16);
  for (const PartitionId number : numbers) {
    TaskMerge<KafkaPartition>& task = tasks.emplace_back(kafka_away_after_ms);
    for (std::size_t t = 0; t < options.topics.size(); ++t) {
      const std::string& name = options.topics[t];
      const auto known = std::find_if(
          from.begin(), from.end(), [&](const PartitionOffset& o) { return o.topic == name && o.partition == number; });
      const bool fresh = known == from.end() || known->next.value < 0;
      const std::int64_t position = fresh ? RD_KAFKA_OFFSET_BEGINNING : known->next.value;
      partitions.push_back(std::make_unique<KafkaPartition>(client.handle(), watch, name,
                                                            TopicIndex{static_cast<std::uint16_t>(t)}, number, position,
                                                            wake_fd, *pool, limit_kbytes * 1024));
      const auto at = static_cast<std::size_t>(number.value);
      partitions.back()->leader = at < leaders[t].size() ? leaders[t][at] : -1;
      task.add(*partitions.back());
      rd_kafka_topic_partition_list_add(list, name.c_str(), number.value)->offset = position;
    }
  }
  rd_kafka_assign(client.handle(), list);
  rd_kafka_topic_partition_list_destroy(list);
  nudge.start(client.handle());
  opened_ms = alive_ms = steady_clock_ms();
}

Status KafkaSource::committed(std::span<const PartitionId> numbers, std::vector<TaskProgress>& out) {
  return committed_in(impl_->options.topics, numbers, impl_->options.request_timeout_ms, out);
}

Status KafkaSource::committed_in(std::span<const std::string> topics, std::span<const PartitionId> numbers,
                                 TimeMs timeout_ms, std::vector<TaskProgress>& out) {
  const std::shared_lock lock(impl_->swap);
  if (impl_->client.handle() == nullptr) return away();
  return fetch_progress(impl_->client, topics, numbers, static_cast<int>(timeout_ms), out);
}

Status KafkaSource::commit(std::span<const TaskProgress> progress) {
  const std::shared_lock lock(impl_->swap);
  return impl_->client.handle() == nullptr ? away() : commit_progress(impl_->client, progress);
}

Status KafkaSource::members(TimeMs timeout_ms, std::vector<GroupMember>& out, std::string& self) {
  Impl& s = *impl_;
  const std::shared_lock lock(s.swap);
  self.clear();
  if (s.client.handle() == nullptr) return away();
  if (char* id = rd_kafka_memberid(s.client.handle())) {
    self = id;
    rd_kafka_mem_free(s.client.handle(), id);
  }
  return describe_group(s.client, s.options.group, s.options.topics.front(), timeout_ms, out);
}

rd_kafka_consumer_group_metadata_t* KafkaSource::group_metadata() const {
  const std::shared_lock lock(impl_->swap);
  return impl_->client.handle() == nullptr ? nullptr : rd_kafka_consumer_group_metadata(impl_->client.handle());
}

}  // namespace vigia
