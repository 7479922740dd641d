// KafkaSource and what others of its group read: how far those logs have come.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>

#include "connectors/kafka_source_impl.h"

namespace vigia {

namespace {

constexpr TimeMs ends_timeout_ms = 2'000;  // for all of them
constexpr TimeMs ask_pause_ms = 1'000;     // also when there was no answer

}  // namespace

Status KafkaSource::others_end(TopicIndex topic, std::int64_t& end) {
  Impl& s = *impl_;
  std::vector<std::int32_t> others;
  for (std::int32_t number = 0; number < s.partition_count; ++number) {
    if (std::ranges::find(s.numbers, PartitionId{number}) == s.numbers.end()) others.push_back(number);
  }
  if (others.empty()) return Status::good();
  s.others.resize(s.options.topics.size());
  Impl::Others& asked = s.others[topic.value];
  const std::string& name = s.options.topics[topic.value];
  if (!asked.answer.valid() && steady_clock_ms() - asked.asked_ms >= ask_pause_ms) {
    asked.asked_ms = steady_clock_ms();
    asked.answer = std::async(std::launch::async, [&s, name, others] { return s.ends_of(name, others); });
  }
  const bool is_there =
      asked.answer.valid() && asked.answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  const std::int64_t sum = is_there ? asked.answer.get() : no_ends;
  if (sum == no_ends) return Status::of(Fault::retry, fmt::format("{}: no answer yet about its end", name));
  end = sum;
  return Status::good();
}

// On a thread of its own. Who is about to change the client waits for it, so it waits for nobody.
std::int64_t KafkaSource::Impl::ends_of(const std::string& topic, const std::vector<std::int32_t>& others_read) const {
  const std::shared_lock lock(swap, std::try_to_lock);
  if (!lock.owns_lock() || client.handle() == nullptr) return no_ends;
  const TimeMs deadline_ms = steady_clock_ms() + ends_timeout_ms;
  std::int64_t sum = 0;
  for (const std::int32_t number : others_read) {
    const auto left_ms = static_cast<int>(std::max<TimeMs>(deadline_ms - steady_clock_ms(), 1));
    std::int64_t begin = 0, end = 0;
    const auto error = rd_kafka_query_watermark_offsets(client.handle(), topic.c_str(), number, &begin, &end, left_ms);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return no_ends;
    sum += end;
  }
  return sum;
}

}  // namespace vigia
