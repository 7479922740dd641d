// A TCP proxy in front of a Kafka broker, which does to connections what networks do. One thread, poll(). The rules may be
// switched at any time, from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

#include "connectors/status.h"
#include "kafka_frames.h"

namespace vigia::test {

class ProxyLink;

// What happens to bytes at present.
struct ProxyRules {
  bool closed = false;         // connections are closed, new ones at once
  bool held = false;           // nothing moves in either direction, and nobody is told
  bool drops_answers = false;  // requests arrive, answers do not
  int delay_ms = 0;            // in each direction
  int bytes_per_s = 0;         // in each direction of each connection; 0: no limit
  // The next so many answers to requests of this kind are lost: never sent, or the connection is closed in their place.
  KafkaApi lost_api = KafkaApi::any;
  int lost_answers = 0;
  bool lost_by_closing = false;
};

class Proxy {
 public:
  Proxy();
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  [[nodiscard]] Status start();                         // listens on a free port of loopback
  void lead_to(std::uint16_t port) { target_ = port; }  // of the broker
  [[nodiscard]] std::uint16_t port() const { return port_; }

  void set(const ProxyRules& rules);
  void pass() { set({}); }
  void cut_now();  // closes what is open; new connections are as the rules say
  void delay(int delay_ms) { set({.delay_ms = delay_ms}); }
  void throttle(int bytes_per_s) { set({.bytes_per_s = bytes_per_s}); }
  void lose_answers(KafkaApi to, int count, bool by_closing) {
    set({.lost_api = to, .lost_answers = count, .lost_by_closing = by_closing});
  }

  [[nodiscard]] int lost() const { return lost_; }  // answers, since the start
  [[nodiscard]] std::size_t links() const { return link_count_; }

 private:
  void run();
  void take_new_ones();
  [[nodiscard]] ProxyRules rules();

  std::uint16_t port_ = 0;
  std::atomic<std::uint16_t> target_ = 0;
  int listener_ = -1;
  int waker_ = -1;
  std::mutex mutex_;
  ProxyRules rules_;
  bool cut_ = false;
  std::atomic<bool> stop_ = false;
  std::atomic<int> lost_ = 0;
  std::atomic<std::size_t> link_count_ = 0;
  std::list<std::unique_ptr<ProxyLink>> links_;
  std::thread thread_;

  friend class ProxyLink;
  // True: this answer is lost.
  [[nodiscard]] bool loses_answer_to(std::int16_t api, bool& by_closing);
};

}  // namespace vigia::test
