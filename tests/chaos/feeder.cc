#include "feeder.h"

#include <chrono>
#include <exception>
#include <utility>

namespace vigia::test {

Feeder::Feeder(FeederOptions options)
    : options_(std::move(options)), kafka_(options_.bootstrap), load_(options_.load), thread_([this] { run(); }) {}

Feeder::~Feeder() {
  {
    const std::lock_guard lock(mutex_);
    if (wish_ == Wish::go_on) wish_ = Wish::stop;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Feeder::finish() {
  {
    const std::lock_guard lock(mutex_);
    wish_ = Wish::finish;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (error_) std::rethrow_exception(error_);
}

void Feeder::run() {
  try {
    Wish wish = Wish::go_on;
    for (; wish == Wish::go_on; wish = wait_for_next_tick()) {
      send(load_.next());
      ++ticks_;
    }
    if (wish == Wish::finish) send(load_.last());
  } catch (...) {
    error_ = std::current_exception();
    failed_ = true;
  }
}

// A trip event is in its topic before what the seal does on the trip is in the other.
void Feeder::send(const LoadTick& tick) {
  if (!tick.trips.empty()) kafka_.produce(options_.trip_topic, tick.trips);
  if (!tick.seals.empty()) kafka_.produce(options_.seal_topic, tick.seals);
  now_ms_ = tick.seals.empty() ? now_ms_.load() : tick.seals.back().timestamp_ms;
}

Feeder::Wish Feeder::wait_for_next_tick() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::microseconds(1'000'000 / options_.ticks_a_second),
                    [this] { return wish_ != Wish::go_on; });
  return wish_;
}

}  // namespace vigia::test
