#include "connectors/kafka_fetch_nudge.h"

#include <algorithm>
#include <cstdint>

namespace vigia {

namespace {
constexpr int answer_ms = 1000;
}

void KafkaFetchNudge::start(rd_kafka_t* handle) {
  stop_ = false;
  thread_ = std::thread([this, handle] { run(handle); });
}

void KafkaFetchNudge::stop() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    wanted_.clear();
  }
  changed_.notify_all();
  thread_.join();
}

void KafkaFetchNudge::nudge(const std::string& topic, std::int32_t partition) {
  {
    std::lock_guard lock(mutex_);
    const std::pair asked{topic, partition};
    if (std::find(wanted_.begin(), wanted_.end(), asked) != wanted_.end()) return;
    wanted_.push_back(asked);
  }
  changed_.notify_all();
}

void KafkaFetchNudge::run(rd_kafka_t* handle) {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || !wanted_.empty(); });
    if (stop_) return;
    const auto [topic, partition] = wanted_.back();
    wanted_.pop_back();
    lock.unlock();
    std::int64_t low = 0, high = 0;
    (void)rd_kafka_query_watermark_offsets(handle, topic.c_str(), partition, &low, &high, answer_ms);
    lock.lock();
  }
}

}  // namespace vigia
