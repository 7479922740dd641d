// One connection through the proxy.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kafka_frames.h"
#include "proxy.h"

namespace vigia::test {

class ProxyLink {
 public:
  ProxyLink(Proxy& proxy, int client, int broker);  // both become its own
  ~ProxyLink();

  // Adds what to wait for; true: look again soon, whatever comes.
  bool wants(const ProxyRules& rules, std::vector<pollfd>& fds) const;
  // Moves what can be moved. False: it is over.
  [[nodiscard]] bool move(const ProxyRules& rules);

 private:
  using Clock = std::chrono::steady_clock;
  struct Chunk {
    Clock::time_point due;
    std::string bytes;
  };
  struct Flow {
    int from, to;
    FrameScanner scanner;
    std::deque<Chunk> chunks = {};
    std::size_t queued = 0;
    double allowance = 0;  // bytes, when throttled
    Clock::time_point paid = Clock::now();
  };

  [[nodiscard]] bool read(Flow& flow, bool requests, const ProxyRules& rules);
  [[nodiscard]] bool write(Flow& flow, const ProxyRules& rules);
  [[nodiscard]] bool answer_passes(std::string_view header);

  Proxy& proxy_;
  Flow up_, down_;
  std::map<std::int32_t, std::int16_t> asked_;  // correlation to api
  bool close_ = false;
};

}  // namespace vigia::test
